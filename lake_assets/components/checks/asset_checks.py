"""Asset checks: what the functions in ``jobs.checks`` find, as Dagster shows it, by partition."""

import warnings
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import dagster as dg

from lake_assets.components.metadata import markdown
from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.quality import Limit

if TYPE_CHECKING:
    from lake_assets.jobs.checks import Finding

AT_ONCE = 1_000
"""Dagster refuses to fetch more than ten thousand events at once."""
FIGURES = 6
"""Behind the point of a share: more is noise."""
GUIDE = "docs/how-to/set-quality-checks.md"

Events = dg.Output[None] | dg.AssetCheckEvaluation

# Partitioned checks are a preview: decision 0028 says so, and not every start of a process.
warnings.filterwarnings("ignore", "Specifying a partitions_def on an AssetCheckSpec")


def spec(
    name: str,
    asset: dg.AssetKey,
    description: str,
    partitions: dg.PartitionsDefinition[str],
    *,
    blocking: bool = False,
) -> dg.AssetCheckSpec:
    """A check of each partition of an asset; a blocking one holds back what is downstream."""
    return dg.AssetCheckSpec(
        name, asset=asset, description=description, blocking=blocking, partitions_def=partitions
    )


def gold_specs(
    dataset: Dataset, gold: dg.AssetKey, partitions: dg.PartitionsDefinition[str]
) -> list[dg.AssetCheckSpec]:
    """The checks of each date of gold: those of ``jobs.checks.gold_checks`` for this contract."""
    quality = dataset.quality
    told = {
        "gold_against_processed": "Each key of processed once, with its latest arrival.",
        "schema": "The files have the contract's columns and types, and no others.",
        "uniqueness": "No key is there twice, nor what else the contract says is unique.",
        "duplicate_rate": f"Superseded rows: {levels(quality.max_duplicate_rate)}.",
        "null_rates": "Completeness: nulls a column within the contract's limits, and none in "
        "required columns.",
    }
    if quality.accepted:
        told["accepted_values"] = f"The values of {', '.join(quality.accepted)} are known ones."
    if quality.ranges:
        told["ranges"] = f"The values of {', '.join(quality.ranges)} are within their bounds."
    if quality.references:
        tables = dict.fromkeys(each.to.dataset for each in quality.references)
        told["references"] = f"What refers to {', '.join(tables)} is there."
    if dataset.gold.lookups:
        tables = dict.fromkeys(each.dataset for each in dataset.gold.lookups)
        told["lookups"] = f"What looks up {', '.join(tables)} finds something."
    if quality.volume:
        told["volume"] = "About as many rows as this weekday had in the weeks before."
    conservation = spec(
        "conservation",
        gold,
        "Rows in gold = rows in processed - superseded, counted in the files.",
        partitions,
        blocking=True,
    )
    return [conservation, *(spec(name, gold, text, partitions) for name, text in told.items())]


def levels(limit: Limit) -> str:
    """``warns above 2.0%, fails above 5.0%``."""
    told = (("warns", limit.warn), ("fails", limit.fail))
    return ", ".join(f"{verb} above {share:.1%}" for verb, share in told if share is not None)


def evaluations(
    context: dg.AssetExecutionContext,
    asset: dg.AssetKey,
    found: Mapping[str, Mapping[str, "Finding"]],
) -> Iterator[Events]:
    """The findings of a run as results of its checks: to be yielded behind the asset itself.

    ``AssetCheckResult`` has no partition, and takes that of the run, which a run over a range of
    dates has not: see decision 0028.

    Args:
        context: of the run.
        asset: that was checked, and is materialized.
        found: partition -> name of the check -> what was found.
    """
    specs = [each for each in context.assets_def.check_specs if each.asset_key == asset]
    yield from of_partitions(context, asset, specs, found)
    for name in dict.fromkeys(name for findings in found.values() for name in findings):
        key = dg.AssetCheckKey(asset, name)
        if key in context.selected_asset_check_keys:
            output = context.assets_def.get_output_name_for_asset_check_key(key)
            yield dg.Output(None, output)


def of_partitions(
    context: dg.AssetExecutionContext,
    asset: dg.AssetKey,
    specs: Iterable[dg.AssetCheckSpec],
    found: "Mapping[str, Mapping[str, Finding]]",
) -> Iterator[dg.AssetCheckEvaluation]:
    """The same, without what a step of the asset itself owes to Dagster."""
    blocking = {spec.name: spec.blocking for spec in specs}
    targets = _targets(context, asset, list(found))
    for partition, findings in found.items():
        for name, finding in findings.items():
            yield dg.AssetCheckEvaluation(
                asset_key=asset,
                check_name=name,
                blocking=blocking[name],
                partition=partition,
                target_materialization_data=targets.get(partition),
                **shown(finding),
            )


def shown(finding: "Finding") -> dict[str, Any]:
    """A finding as the arguments of a check's result."""
    from lake_assets.jobs.checks import Severity

    metadata: dict[str, object] = {
        name: round(figure, FIGURES) for name, figure in finding.figures.items()
    }
    if finding.table:
        metadata["details"] = markdown(finding.table)
    if not finding.passed:
        if finding.sample:
            metadata["sample"] = markdown(finding.sample)
        # Plain text: Dagster shows it at once, and Markdown behind a link.
        metadata["recover"] = dg.MetadataValue.text(f"{finding.recover} See {GUIDE}.")
    is_warning = finding.severity is Severity.WARN
    return {
        "passed": finding.passed,
        "severity": dg.AssetCheckSeverity.WARN if is_warning else dg.AssetCheckSeverity.ERROR,
        "description": finding.sentence,
        "metadata": metadata,
    }


def _targets(
    context: dg.AssetExecutionContext, asset: dg.AssetKey, partitions: list[str]
) -> dict[str, Any]:
    """Partition -> its latest materialization, to which a result applies."""
    from dagster._core.definitions.asset_checks.asset_check_evaluation import (
        AssetCheckEvaluationTargetMaterializationData,
    )

    found: dict[str, Any] = {}
    # Newest first: those that this run has just made, one for each partition.
    records = [
        record
        for batch in _batches(partitions)
        for record in context.instance.fetch_materializations(
            dg.AssetRecordsFilter(asset_key=asset, asset_partitions=batch), limit=len(batch)
        ).records
    ]
    for record in records:
        if record.partition_key is not None:
            found.setdefault(
                record.partition_key,
                AssetCheckEvaluationTargetMaterializationData(
                    storage_id=record.storage_id,
                    run_id=record.run_id,
                    timestamp=record.timestamp,
                ),
            )
    return found


def _batches(partitions: list[str]) -> Iterator[list[str]]:
    for first in range(0, len(partitions), AT_ONCE):
        yield partitions[first : first + AT_ONCE]
