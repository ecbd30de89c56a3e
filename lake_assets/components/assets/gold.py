"""Gold of event dates, made by an asset's step, as Dagster shows it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import dagster as dg

from lake_assets.components import metadata
from lake_assets.components.engines import Done
from lake_assets.components.resources import store_of
from lake_assets.components.runs.jobs import confirmed, run_on_engine
from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.lake import Lake

if TYPE_CHECKING:
    from lake_assets.jobs.checks import Finding
    from lake_assets.jobs.compaction.metrics import Metrics
    from lake_assets.storage.store import Store


@dataclass(frozen=True, slots=True)
class GoldOfDate:
    """Gold of a date: its audit, and the metadata of the partition in gold and in audit."""

    metrics: "Metrics"
    gold: metadata.Metadata
    audit: metadata.Metadata

    @property
    def date(self) -> str:
        """ISO: the partition."""
        return self.metrics.target_date


def make_gold(
    context: dg.AssetExecutionContext, lake: Lake, dataset: Dataset, dates: Sequence[str]
) -> list[GoldOfDate]:
    """Compact dates (ISO) on the engine that is chosen, and tell the catalog.

    Raises:
        CompactionError: a date could not be made; the others are.
        dagster.Failure: the lake does not hold what the job reports.
    """
    from lake_assets.jobs.job import Compact
    from lake_assets.jobs.report import find_metrics

    store = store_of(context, lake)
    done = run_on_engine(context, lake, dataset, Compact(dates=tuple(dates)))
    with confirmed():
        days = find_metrics(store, dataset, done.report.dates, dates)
    if dataset.gold.crawler_name:
        _start_crawler(context, dataset.gold.crawler_name)
    return [_told(context, store, dataset, day, done) for day in days]


def check_gold(
    store: "Store", lake: Lake, dataset: Dataset, made: Iterable[GoldOfDate]
) -> "dict[str, dict[str, Finding]]":
    """Date -> name of the check -> what it found."""
    from lake_assets.jobs.checks import Around, gold_checks

    around = Around.of(store, lake, dataset)
    return {each.date: gold_checks(store, dataset, each.metrics, around) for each in made}


def _told(
    context: dg.AssetExecutionContext, store: "Store", dataset: Dataset, day: "Metrics", done: Done
) -> GoldOfDate:
    from lake_assets.jobs.sample_rows import sample_rows
    from lake_assets.jobs.tables.current import gold_files
    from lake_assets.storage.zones import metrics_key

    objects = gold_files(store, dataset, day.target_date)
    carried = "" if day.carried_rows is None else f" and {day.carried_rows} carried"
    context.log.info(
        f"{day.target_date}: {day.status}, {day.total_rows_in_source_partition} rows in{carried}, "
        f"{day.rows_after_dedup} out, {day.removed} superseded."
    )
    gold = {
        "dagster/partition_row_count": day.rows_after_dedup,
        "rows": day.rows_after_dedup,
        "bytes": sum(info.size for info in objects),
        "files": len(objects),
        "rows_in": day.total_rows_in_source_partition,
        "superseded": day.removed,
        **({} if day.carried_rows is None else {"carried": day.carried_rows}),
        **({} if day.snapshot is None else {"snapshot": day.snapshot}),
        "status": day.status,
        "sample": metadata.markdown(sample_rows(store, dataset, objects)),
        **_built_on(day),
        **done.metadata,
        **_place(store, dataset, day),
    }
    audit = {
        "rows": metadata.markdown([_rows(day)]),
        **({"counts": metadata.markdown([{**day.audit_counts}])} if day.audit_counts else {}),
        "nulls": metadata.markdown(
            [{"column": name, "nulls": nulls} for name, nulls in day.null_counts.items() if nulls]
        ),
        **_built_on(day),
        "files_read": len(day.inputs),
        "files_written": len(day.outputs),
        "status": day.status,
        "processed_at": day.processed_at_utc,
        **metadata.place(store, metrics_key(dataset, day.target_date)),
    }
    return GoldOfDate(day, gold, audit)


def _rows(day: "Metrics") -> dict[str, int]:
    """The equation that the check ``conservation`` counts again."""
    carried = {} if day.carried_rows is None else {"carried": day.carried_rows}
    return {
        **carried,
        "processed": day.total_rows_in_source_partition,
        "superseded by key": day.duplicate_rows_removed,
        "superseded by file": day.superseded_rows_removed,
        "rows": day.rows_after_dedup,
    }


def _built_on(day: "Metrics") -> metadata.Metadata:
    """The tables that went in beside the date's own rows, where the contract has such."""
    tables = [("carried on", day.carried)] if day.carried else []
    tables += [("looked up", version) for version in day.lookups or []]
    if not tables:
        return {}
    return {
        "built_on": metadata.markdown(
            [
                {
                    "": how,
                    "table of": version.dataset,
                    "date": version.date or "none yet",
                    "snapshot": version.snapshot or "",
                }
                for how, version in tables
            ]
        )
    }


def _place(store: "Store", dataset: Dataset, day: "Metrics") -> metadata.Metadata:
    """Where the rows are: a date's folder; of a snapshot its own, and its manifest."""
    from lake_assets.storage.zones import gold_prefix, manifest_key, snapshot_prefix

    if day.snapshot is None:
        return metadata.place(store, gold_prefix(dataset, day.target_date))
    manifest = manifest_key(dataset, day.target_date, day.snapshot)
    return {
        **metadata.place(store, snapshot_prefix(dataset, day.target_date, day.snapshot)),
        "manifest": metadata.where(store, manifest),
    }


def _start_crawler(context: dg.AssetExecutionContext, name: str) -> None:
    """Tell the catalog; gold is right whether or not that works."""
    from lake_assets.catalog.crawler import CrawlerError, start_crawler

    try:
        context.log.info(f"Glue crawler {name}: {start_crawler(name)}.")
    except CrawlerError as error:
        context.log.warning(str(error))
