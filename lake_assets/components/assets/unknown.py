"""Files of no dataset: the asset of those that came, its check, and the job that takes them."""

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, Any

import dagster as dg

from lake_assets.components import metadata
from lake_assets.components.checks import asset_checks
from lake_assets.components.names import (
    FOLDERS_KNOWN,
    INGEST,
    asset_key,
    asset_tags,
    run_tags,
    store_key,
    unknown_job,
)
from lake_assets.components.partitions import arrival_partitions
from lake_assets.components.resources import store_of
from lake_assets.components.runs.retries import retried
from lake_assets.contracts.lake import Lake
from lake_assets.contracts.zones import Unknown

if TYPE_CHECKING:
    from dagster._core.definitions.unresolved_asset_job_definition import (
        UnresolvedAssetJobDefinition,
    )


def refusing_job(lake: Lake, unknown: Unknown) -> "UnresolvedAssetJobDefinition":
    """The job that takes such files away."""
    return dg.define_asset_job(
        unknown_job(lake),
        selection=dg.AssetSelection.assets(asset_key(lake, "rejected", unknown.name)),
        description=f"Takes away the files below {unknown.raw} that are of no dataset.",
        tags=run_tags(lake, unknown, INGEST),
        executor_def=dg.in_process_executor,
    )


def unknown_asset(lake: Lake, unknown: Unknown) -> dg.AssetsDefinition:
    """The files that were taken away, by the day they arrived, and their check."""
    key = asset_key(lake, "rejected", unknown.name)

    @dg.multi_asset(
        name=f"{lake.lake}_{unknown.name}_rejected",
        specs=[
            dg.AssetSpec(
                key,
                description=f"Files that were dropped below `{unknown.raw}` where no dataset takes "
                f"any, by the day they arrived (UTC): `{unknown.rejected}<day>/`, each with its "
                "reason beside it.",
                group_name=lake.lake,
                kinds={"json"},
                owners=lake.owners,
                tags=asset_tags(lake, unknown, "rejected"),
                partitions_def=arrival_partitions(lake),
            )
        ],
        check_specs=[
            asset_checks.spec(
                FOLDERS_KNOWN,
                key,
                f"Every file below {unknown.raw} is below the raw zone of a dataset.",
                arrival_partitions(lake),
            )
        ],
        required_resource_keys={store_key(lake)},
        pool=lake.lake,
    )
    @retried
    def rejected(
        context: dg.AssetExecutionContext,
    ) -> Iterator[dg.MaterializeResult[Any] | asset_checks.Events]:
        from lake_assets.jobs.checks.unknown import folders_known
        from lake_assets.jobs.unknown import kept, refuse_unknown

        store = store_of(context, lake)
        day = date.fromisoformat(context.partition_key)
        verdicts = refuse_unknown(store, lake, day)
        for verdict in verdicts:
            context.log.warning(
                f"{verdict.source_file} {verdict.outcome}: {verdict.reason}: {verdict.detail}"
            )
        there = kept(store, lake, day)
        finding = folders_known(lake, verdicts, there)
        yield dg.MaterializeResult(
            asset_key=key,
            metadata={
                "files": len(finding.table),
                "bytes": sum(int(row["bytes"]) for row in finding.table),
                "kept": metadata.markdown(finding.table),
                **metadata.place(store, f"{unknown.rejected}{day}/"),
            },
        )
        found = {context.partition_key: {FOLDERS_KNOWN: finding}}
        yield from asset_checks.evaluations(context, key, found)

    return rejected
