"""Assets by arrival date: raw -> validated -> rejected and archive, in one run a batch.

What the run touches in processed is logged last, as materializations of the event dates, so that
gold follows for those dates and no others.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import dagster as dg

from lake_assets.components import lineage, metadata
from lake_assets.components.assets.followers import log_followers
from lake_assets.components.assets.freshness import freshness
from lake_assets.components.assets.gold_at_once import log_at_once, make_at_once
from lake_assets.components.assets.touched import log_touched, touched
from lake_assets.components.checks import asset_checks
from lake_assets.components.names import (
    APART_TAG,
    asset_key,
    asset_tags,
    engines_key,
    store_key,
)
from lake_assets.components.partitions import arrival_partitions
from lake_assets.components.resources import store_of
from lake_assets.components.runs.jobs import PARENT_TAG, committed_before, confirmed, run_on_engine
from lake_assets.components.runs.metrics import gold_metrics, ingest_metrics, send
from lake_assets.components.runs.retries import retried
from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.lake import Lake

KINDS = {"csv": "csv", "ndjson": "json"}
"""Format of the files -> the kind for which Dagster has a sign."""


def arrival_assets(lake: Lake, dataset: Dataset) -> list[dg.AssetsDefinition]:
    """The assets from raw/ to archive/ of one dataset."""
    return [_raw(lake, dataset), _validated(lake, dataset), _ingested(lake, dataset)]


def spec(
    lake: Lake,
    dataset: Dataset,
    zone: str,
    description: str,
    kinds: set[str],
    deps: Sequence[dg.AssetKey],
    columns: Mapping[str, Any] | None = None,
    freshness: dg.FreshnessPolicy | None = None,
) -> dg.AssetSpec:
    """An asset of a dataset that is partitioned by arrival."""
    return dg.AssetSpec(
        asset_key(lake, zone, dataset.name),
        deps=deps,
        description=description,
        group_name=lake.lake,
        kinds=kinds,
        owners=lake.owners,
        tags=asset_tags(lake, dataset, zone),
        metadata=columns,
        partitions_def=arrival_partitions(lake),
        freshness_policy=freshness,
    )


def _raw(lake: Lake, dataset: Dataset) -> dg.AssetsDefinition:
    key = asset_key(lake, "raw", dataset.name)

    @dg.multi_asset(
        name=f"{lake.lake}_{dataset.name}_raw",
        specs=[
            spec(
                lake,
                dataset,
                "raw",
                f"Files as they were dropped in `{dataset.zones.raw}`, by the day they arrived "
                "(UTC). They stay there only until a run takes them.",
                {KINDS[dataset.format.type], "bronze"},
                [],
                lineage.of_files(dataset) | lineage.of_contract(dataset),
            )
        ],
        required_resource_keys={store_key(lake)},
        pool=lake.lake,
    )
    @retried
    def raw(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[Any]]:
        from lake_assets.jobs.validate import waiting

        store = store_of(context, lake)
        day = date.fromisoformat(context.partition_key)
        found = [info for info in waiting(store, lake, dataset) if info.modified.date() == day]
        yield dg.MaterializeResult(
            asset_key=key,
            metadata={
                "files": len(found),
                "bytes": sum(info.size for info in found),
                "waiting": metadata.files(found),
                **metadata.place(store, dataset.zones.raw),
            },
        )

    return raw


def _validated(lake: Lake, dataset: Dataset) -> dg.AssetsDefinition:
    key = asset_key(lake, "validated", dataset.name)
    upstream = asset_key(lake, "raw", dataset.name)

    @dg.multi_asset(
        name=f"{lake.lake}_{dataset.name}_validated",
        specs=[
            spec(
                lake,
                dataset,
                "validated",
                f"Files whose header fits the contract, in `{dataset.zones.validated}`. A file "
                f"that does not goes to `{dataset.zones.rejected_system}` with the reason.",
                {KINDS[dataset.format.type], "bronze"},
                [upstream],
                lineage.of_files(dataset, upstream) | lineage.of_contract(dataset),
            )
        ],
        check_specs=[
            asset_checks.spec(
                "header_contract",
                key,
                "Every file was let in by its header and form.",
                arrival_partitions(lake),
            )
        ],
        required_resource_keys={store_key(lake)},
        pool=lake.lake,
    )
    @retried
    def validated(
        context: dg.AssetExecutionContext,
    ) -> Iterator[dg.MaterializeResult[Any] | asset_checks.Events]:
        from lake_assets.jobs.checks import header_contract
        from lake_assets.jobs.validate import refused, sentence_of_stuck, stuck, validate
        from lake_assets.storage.errors import StoreUnavailable

        store = store_of(context, lake)
        verdicts = validate(store, lake, dataset, date.fromisoformat(context.partition_key))
        for verdict in verdicts:
            if verdict.outcome != "validated":
                context.log.warning(
                    f"{verdict.source_file} {verdict.outcome}: {verdict.reason}: {verdict.detail}"
                )
        if (
            verdicts
            and len(stuck(verdicts)) == len(verdicts)
            and not any(store.list(dataset.zones.validated))
        ):
            # Nothing else can be done, and a run that fails is seen.
            raise StoreUnavailable(sentence_of_stuck(verdicts))
        accepted = [verdict for verdict in verdicts if verdict.outcome == "validated"]
        rows = [
            {
                "file": v.source_file,
                "bytes": v.size,
                "outcome": v.outcome,
                "why": v.detail or "",
                "now at": v.key,
            }
            for v in verdicts
        ]
        yield dg.MaterializeResult(
            asset_key=key,
            metadata={
                "files": len(accepted),
                "refused": len(refused(verdicts)),
                "stuck": len(stuck(verdicts)),
                "bytes": sum(verdict.size for verdict in accepted),
                "verdicts": metadata.markdown(rows),
                **metadata.place(store, dataset.zones.validated),
            },
        )
        findings = {"header_contract": header_contract(verdicts)}
        yield from asset_checks.evaluations(context, key, {context.partition_key: findings})

    return validated


def _ingested(lake: Lake, dataset: Dataset) -> dg.AssetsDefinition:
    upstream = asset_key(lake, "validated", dataset.name)
    rejected = asset_key(lake, "rejected", dataset.name)
    archive = asset_key(lake, "archive", dataset.name)

    @dg.multi_asset(
        name=f"{lake.lake}_{dataset.name}_ingested",
        specs=[
            spec(
                lake,
                dataset,
                "rejected",
                "Rows that broke the contract, each with its raw text, line number and every "
                f"reason: `{dataset.zones.rejected_rows}json/` and `csv/`.",
                {"json", "csv"},
                [upstream],
                lineage.of_rejects(dataset, upstream),
            ),
            spec(
                lake,
                dataset,
                "archive",
                f"Files that were ingested, byte for byte, in `{dataset.zones.archive}`. "
                "Everything downstream can be rebuilt from here.",
                {KINDS[dataset.format.type]},
                [upstream],
                lineage.of_files(dataset, upstream),
                freshness(dataset),
            ),
        ],
        check_specs=[
            asset_checks.spec(
                "conservation",
                archive,
                "Rows read = good + rejected + duplicate + skipped, and the objects hold them.",
                arrival_partitions(lake),
                blocking=True,
            ),
            asset_checks.spec(
                "reject_rate",
                rejected,
                f"Rejected rows: {asset_checks.levels(dataset.quality.max_reject_rate)}.",
                arrival_partitions(lake),
            ),
        ],
        required_resource_keys={store_key(lake), engines_key(lake)},
        pool=lake.lake,
    )
    @retried
    def ingested(
        context: dg.AssetExecutionContext,
    ) -> Iterator[dg.MaterializeResult[Any] | asset_checks.Events]:
        from lake_assets.jobs.checks import conservation, reject_rate
        from lake_assets.jobs.checks.samples import sampled_rejects
        from lake_assets.jobs.job import Ingest
        from lake_assets.jobs.report import find_runs
        from lake_assets.kernels.accounting import Accounting

        store = store_of(context, lake)
        day = date.fromisoformat(context.partition_key)
        apart = not {APART_TAG, PARENT_TAG}.isdisjoint(context.run.tags)
        done = run_on_engine(context, lake, dataset, Ingest(arrival=day, apart=apart))
        with confirmed():
            records = find_runs(store, dataset, done.report.runs)
        reported = {record.ingest_run_id for record in records}
        earlier = committed_before(context, dataset, store, day, day)
        records = [one for one in earlier if one.ingest_run_id not in reported] + records
        balance = conservation(store, records)
        books = sum((record.books for record in records), Accounting())
        context.log.info(balance.sentence)
        shared: metadata.Metadata = {
            "ingest_runs": ", ".join(record.ingest_run_id for record in records),
            **metadata.books(records),
            **done.metadata,
        }
        yield dg.MaterializeResult(
            asset_key=rejected,
            metadata={
                "rows": books.rejected,
                "by_reason": metadata.markdown(
                    [{"reason": reason, "rows": rows} for reason, rows in books.reasons.items()]
                ),
                "sample": metadata.markdown(sampled_rejects(store, records)),
                **shared,
                **metadata.place(store, dataset.zones.rejected_rows),
            },
        )
        yield dg.MaterializeResult(
            asset_key=archive,
            metadata={
                "files": sum(len(record.inputs) for record in records),
                "bytes": sum(item.size for record in records for item in record.inputs),
                "rows_read": books.rows_read,
                "good": books.good,
                "unknown_columns": metadata.unknown_columns(records),
                **shared,
                **metadata.place(store, dataset.zones.archive),
            },
        )
        rate = {"reject_rate": reject_rate(dataset, records, store)}
        yield from asset_checks.evaluations(context, rejected, {context.partition_key: rate})
        balanced = {context.partition_key: {"conservation": balance}}
        yield from asset_checks.evaluations(context, archive, balanced)
        made = []
        if balance.passed:
            found = touched(context, dataset, store, records)
            made = make_at_once(context, lake, dataset, store, found.rows)
            log_touched(context, lake, dataset, store, found)
            log_at_once(context, lake, dataset, store, made)
            log_followers(context, lake, dataset, store, [each.date for each in made])
        metrics = ingest_metrics(records) + gold_metrics([each.metrics for each in made])
        send(context, lake, dataset, metrics)

    return ingested
