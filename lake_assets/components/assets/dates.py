"""Assets by event date: processed (rebuilt from archive on demand), and gold with its audit."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from lake_assets.components import lineage, metadata
from lake_assets.components.assets.followers import log_followers, looked_up_deps, when_gold_is_due
from lake_assets.components.assets.freshness import freshness
from lake_assets.components.assets.gold import check_gold, make_gold
from lake_assets.components.assets.touched import log_touched, touched
from lake_assets.components.checks import asset_checks
from lake_assets.components.names import asset_key, asset_tags, engines_key, store_key
from lake_assets.components.partitions import event_partitions, files_of_dates
from lake_assets.components.resources import store_of
from lake_assets.components.runs.jobs import confirmed, run_on_engine
from lake_assets.components.runs.metrics import gold_metrics, send
from lake_assets.components.runs.retries import retried
from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.lake import Lake


def date_assets(lake: Lake, dataset: Dataset) -> list[dg.AssetsDefinition]:
    """The assets from processed/ to gold/ and audit/ of one dataset."""
    return [_processed(lake, dataset), _gold(lake, dataset)]


def _processed(lake: Lake, dataset: Dataset) -> dg.AssetsDefinition:
    key = asset_key(lake, "processed", dataset.name)
    archived = asset_key(lake, "archive", dataset.name)
    archive = dg.AssetDep(
        archived,
        partition_mapping=files_of_dates(dataset),
    )

    @dg.multi_asset(
        name=f"{lake.lake}_{dataset.name}_processed",
        specs=[
            dg.AssetSpec(
                key,
                deps=[archive],
                description=f"Good rows, typed, by event date, in `{dataset.zones.processed}`. "
                "Ingest runs add to it; materializing a date rebuilds it from the archive.",
                group_name=lake.lake,
                kinds={"parquet", "silver", "polars"},
                owners=lake.owners,
                tags=asset_tags(lake, dataset, "processed"),
                metadata=lineage.of_processed(dataset, archived),
            )
        ],
        partitions_def=event_partitions(dataset),
        backfill_policy=dg.BackfillPolicy.single_run(),
        required_resource_keys={store_key(lake), engines_key(lake)},
        pool=lake.lake,
    )
    @retried
    def processed(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[Any]]:
        from lake_assets.jobs.job import Rebuild
        from lake_assets.jobs.report import check_processed, find_runs
        from lake_assets.storage.zones import processed_prefix

        store = store_of(context, lake)
        done = run_on_engine(context, lake, dataset, Rebuild(dates=tuple(context.partition_keys)))
        with confirmed():
            restated = find_runs(store, dataset, done.report.runs)
            check_processed(store, dataset, done.report.dates, context.partition_keys)
        for day in done.report.dates:
            context.log.info(f"{day.date}: {day.rows} rows rebuilt in {day.files} files.")
            context.add_asset_metadata(
                {
                    "dagster/partition_row_count": day.rows,
                    "rows": day.rows,
                    "files": day.files,
                    **done.metadata,
                    **metadata.place(store, processed_prefix(dataset, day.date)),
                },
                asset_key=key,
                partition_key=day.date,
            )
        yield dg.MaterializeResult(asset_key=key)
        # A run that was restated has changed its other dates too.
        found = touched(context, dataset, store, restated, told=context.partition_keys)
        log_touched(context, lake, dataset, store, found)

    return processed


def _gold(lake: Lake, dataset: Dataset) -> dg.AssetsDefinition:
    table = dataset.gold.table
    source = asset_key(lake, "processed", dataset.name)
    gold_key = asset_key(lake, "gold", table)
    audit_key = asset_key(lake, "audit", table)

    @dg.multi_asset(
        name=f"{lake.lake}_{table}",
        specs=[
            dg.AssetSpec(
                gold_key,
                deps=[source, *looked_up_deps(lake, dataset)],
                description=_description(dataset),
                group_name=lake.lake,
                kinds={"parquet", "gold", "polars"},
                owners=lake.owners,
                automation_condition=when_gold_is_due(lake, dataset),
                tags=asset_tags(lake, dataset, "gold"),
                freshness_policy=freshness(dataset),
                metadata={
                    **lineage.of_gold(dataset, source),
                    "dagster/table_name": f"{lake.lake}.{table}",
                },
            ),
            dg.AssetSpec(
                audit_key,
                deps=[gold_key],
                description="What the compaction of each date found and did: "
                f"`{dataset.zones.gold_audit}date=.../metrics.json`.",
                group_name=lake.lake,
                kinds={"json"},
                owners=lake.owners,
                tags=asset_tags(lake, dataset, "audit"),
            ),
        ],
        check_specs=asset_checks.gold_specs(dataset, gold_key, event_partitions(dataset)),
        partitions_def=event_partitions(dataset),
        backfill_policy=dg.BackfillPolicy.single_run(),
        required_resource_keys={store_key(lake), engines_key(lake)},
        pool=lake.lake,
    )
    @retried
    def gold(
        context: dg.AssetExecutionContext,
    ) -> Iterator[dg.MaterializeResult[Any] | asset_checks.Events]:
        made = make_gold(context, lake, dataset, context.partition_keys)
        for each in made:
            for key, found in ((gold_key, each.gold), (audit_key, each.audit)):
                context.add_asset_metadata(found, asset_key=key, partition_key=each.date)
        yield dg.MaterializeResult(asset_key=gold_key)
        findings = check_gold(store_of(context, lake), lake, dataset, made)
        yield from asset_checks.evaluations(context, gold_key, findings)
        yield dg.MaterializeResult(asset_key=audit_key)
        send(context, lake, dataset, gold_metrics([each.metrics for each in made]))
        log_followers(context, lake, dataset, store_of(context, lake), context.partition_keys)

    return gold


def _description(dataset: Dataset) -> str:
    """What a row of the table is, and what a date of it holds."""
    gold, key = dataset.gold, ", ".join(dataset.key)
    held = f"every {key} known by then" if gold.carry else f"each {key} of that date"
    told = [
        f"`{gold.table}`: {dataset.description}" if dataset.description else f"`{gold.table}`.",
        f"A date has one row for {held}; the latest arrival wins.",
    ]
    for lookup in gold.lookups:
        names = ", ".join(f"`{name}`" for name in lookup.columns)
        told.append(f"Beside them stand {names} of {lookup.dataset}, by {', '.join(lookup.on)}.")
    told.append(f"In `{dataset.zones.gold}{gold.table}/`.")
    if gold.snapshots:
        told.append("Each change of a date is a new snapshot, which counts once it has a manifest.")
    return " ".join(told)
