"""Rows of gold that looked for something in another dataset's gold, and found nothing."""

from collections.abc import Mapping

import polars as pl

from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.gold import Lookup
from lake_assets.jobs.checks.counted import column_tables
from lake_assets.jobs.checks.finding import (
    SAMPLE_ROWS,
    Finding,
    Row,
    Severity,
    allowed,
    severity_of,
    worst,
)
from lake_assets.jobs.checks.samples import shown_together
from lake_assets.jobs.compaction.metrics import Metrics, TableVersion
from lake_assets.jobs.tables.current import gold_files, version_files
from lake_assets.kernels.gold import processed_schema
from lake_assets.kernels.lookups import lookup_table, orphans
from lake_assets.storage.store import Store

RECOVER = (
    "Look whether the files of the dataset looked up are late: when they are here, its newest "
    "table has the keys, and this date finds them when it is made again. Or allow some with "
    "`max_missing`."
)


def lookups(store: Store, dataset: Dataset, day: Metrics) -> Finding:
    """Few enough rows of a date found nothing in the tables that they looked up.

    What is compared is gold's own columns with the keys of the very tables that the audit names. A
    row with a null among the columns of `on` looks for nothing.

    Raises:
        StoreUnavailable: the store cannot be read.
    """
    versions = {version.dataset: version for version in day.lookups or []}
    found = [_missing(store, dataset, day, one, versions) for one in dataset.gold.lookups]
    rows = day.rows_after_dedup
    table: list[Row] = []
    levels: list[Severity | None] = []
    told: list[str] = []
    for lookup, missing in zip(dataset.gold.lookups, found, strict=True):
        count = int(missing["rows"].sum())
        share = count / rows if rows else 0.0
        level = severity_of(share, lookup.max_missing)
        levels.append(level)
        name = _name(lookup)
        told.append(f"{name}: {count:,} found nothing" if count else f"{name}: all found")
        if level:
            limit = allowed(lookup.max_missing, level)
            table.append(
                {
                    "looked up": name,
                    "rows that found nothing": count,
                    "share": round(share, 4),
                    "allowed": limit,
                    "level": level,
                }
            )
    total = [int(missing["rows"].sum()) for missing in found]
    level = worst(levels)
    return Finding(
        level is None,
        f"{rows:,} rows. {'; '.join(told)}.",
        {"rows": rows, "missing": sum(total), "largest_share": max(total) / rows if rows else 0.0},
        table,
        level or Severity.ERROR,
        [row for one in found for row in one.head(SAMPLE_ROWS).iter_rows(named=True)][:SAMPLE_ROWS],
        RECOVER,
    )


def _missing(
    store: Store,
    dataset: Dataset,
    day: Metrics,
    lookup: Lookup,
    versions: Mapping[str, TableVersion],
) -> pl.DataFrame:
    """The keys that were not found, those of most rows first: ``looked up, key, rows``."""
    table = _keys(store, dataset, lookup, versions.get(lookup.dataset))
    on = list(lookup.on)
    like = processed_schema(dataset)
    frames = [pl.DataFrame(schema={**{name: like[name] for name in on}, "rows": pl.UInt32()})]
    for rows in column_tables(store, gold_files(store, dataset, day.target_date), on, dataset):
        frames.append(orphans(rows, lookup, table).group_by(on).agg(pl.len().alias("rows")))
    return (
        pl.concat(frames)
        .group_by(on)
        .agg(pl.col("rows").sum())
        .sort(pl.col("rows"), *on, descending=[True, *(False for _ in on)])
        .select(
            pl.lit(_name(lookup)).alias("looked up"),
            shown_together(dataset, on).alias("key"),
            "rows",
        )
    )


def _keys(
    store: Store, dataset: Dataset, lookup: Lookup, version: TableVersion | None
) -> pl.DataFrame:
    """The keys of a table that was looked up, ready to be compared with."""
    names = list(lookup.on.values())
    like = processed_schema(lookup.target)
    files = version_files(store, lookup.target, version) if version else []
    none = pl.DataFrame(schema={name: like[name] for name in names})
    keys = pl.concat([none, *column_tables(store, files, names, lookup.target)])
    alone = lookup.model_copy(update={"columns": {}})
    return lookup_table(keys.unique(), alone, dataset)


def _name(lookup: Lookup) -> str:
    return f"{lookup.dataset} by {', '.join(lookup.on)}"
