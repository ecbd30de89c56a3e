"""Gold against processed: each key once, with its latest arrival."""

from collections.abc import Sequence

import polars as pl

from lake_assets.contracts.dataset import Dataset
from lake_assets.jobs.checks.counted import columns_of
from lake_assets.jobs.checks.finding import SAMPLE_ROWS, Finding, Row
from lake_assets.jobs.checks.samples import shown
from lake_assets.jobs.compaction.metrics import Metrics
from lake_assets.jobs.compaction.processed_rows import left_out
from lake_assets.jobs.tables.current import gold_files, version_files
from lake_assets.kernels.gold import without_files
from lake_assets.storage.store import Store
from lake_assets.storage.zones import processed_prefix


def gold_against_processed(store: Store, dataset: Dataset, metrics: Sequence[Metrics]) -> Finding:
    """Gold has each key of processed exactly once, and of each the latest arrival.

    Where the contract carries, the rows of the table before count as well.
    """
    table: list[Row] = []
    sample: list[Row] = []
    for day in metrics:
        files = gold_files(store, dataset, day.target_date)
        gold = columns_of(store, files, [*dataset.key, "ingest_ts"], dataset)
        rows = pl.concat([_processed(store, dataset, day), _carried(store, dataset, day)])
        latest = rows.group_by(dataset.key).agg(pl.col("ingest_ts").max())
        faults = {
            "keys twice": gold.filter(~pl.struct(dataset.key).is_first_distinct()),
            "missing": latest.join(gold, on=dataset.key, how="anti"),
            "not in processed": gold.join(latest, on=dataset.key, how="anti"),
            "not the latest": gold.join(latest, on=dataset.key).filter(
                pl.col("ingest_ts") != pl.col("ingest_ts_right")
            ),
        }
        counts = {what: rows.height for what, rows in faults.items()}
        if any(counts.values()):
            table.append({"date": day.target_date, **counts})
        for what, rows in faults.items():
            sample += _keys(rows, dataset, day.target_date, what)
    sentence = f"{len(metrics)} dates: each key once, the latest arrival of each."
    if table:
        sentence = "Gold differs from the latest rows of processed."
    return Finding(
        not table,
        sentence,
        {"dates": len(metrics)},
        table,
        sample=sample[:SAMPLE_ROWS],
        recover="Materialize the dates again. `lake trace LAKE/DATASET --row KEY` shows the rows "
        "from which that of a key is chosen.",
    )


def superseded_keys(store: Store, dataset: Dataset, day: Metrics) -> list[Row]:
    """The keys that came most often on a date, with the number of their rows and files."""
    rows = _processed(store, dataset, day)
    often = (
        rows.group_by(dataset.key)
        .agg(pl.len().alias("rows"), pl.col("source_file").n_unique().alias("files"))
        .filter(pl.col("rows") > 1)
        .sort(pl.col("rows"), *dataset.key, descending=[True, *(False for _ in dataset.key)])
        .head(SAMPLE_ROWS)
        .with_columns(shown(dataset, name) for name in dataset.key)
    )
    return list(often.iter_rows(named=True))


def own_duplicates(store: Store, dataset: Dataset, day: Metrics) -> int:
    """Rows of a date's processed partition whose key a later one of the same date has."""
    rows = _processed(store, dataset, day)
    return rows.height - rows.select(dataset.key).n_unique()


def _processed(store: Store, dataset: Dataset, day: Metrics) -> pl.DataFrame:
    """The columns that decide of the rows of a date, those of superseded files left out."""
    files = store.list(processed_prefix(dataset, day.target_date))
    rows = columns_of(store, files, _deciding(dataset), dataset)
    return without_files(rows, left_out(store, dataset, day.target_date))


def _carried(store: Store, dataset: Dataset, day: Metrics) -> pl.DataFrame:
    """The same columns of the table that was carried on; no row, if there was none."""
    files = version_files(store, dataset, day.carried) if day.carried else []
    return columns_of(store, files, _deciding(dataset), dataset)


def _deciding(dataset: Dataset) -> list[str]:
    return [*dataset.key, "ingest_ts", "source_file", "ingest_run_id"]


def _keys(rows: pl.DataFrame, dataset: Dataset, day: str, what: str) -> list[Row]:
    keys = rows.head(SAMPLE_ROWS).select(
        pl.lit(day).alias("date"),
        *(shown(dataset, name).name.prefix("key ") for name in dataset.key),
        pl.lit(what).alias("what"),
    )
    return list(keys.iter_rows(named=True))
