"""One look at the rows of a gold partition, for everything that is expected of them.

Each file is read once, and is alone in memory: what is counted in it is a few figures, some rows
as a sample, and eight bytes a row for each set of columns that should be unique.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import polars as pl

from lake_assets.contracts.dataset import Dataset
from lake_assets.jobs.checks.expectations import Expectation
from lake_assets.jobs.checks.finding import SAMPLE_ROWS, Row
from lake_assets.jobs.checks.footers import UNREADABLE
from lake_assets.jobs.checks.samples import sampled
from lake_assets.jobs.tables.current import gold_files
from lake_assets.storage.errors import ObjectNotFound
from lake_assets.storage.store import Store

HASH = "_hash"
"""No column of a contract starts so."""
SUSPECTS = 1_000
"""Equal hashes that are compared value by value: of so few, one may be chance."""


@dataclass(slots=True)
class Tally:
    """Rows at fault, and the first of them."""

    broken: int = 0
    sample: list[Row] = field(default_factory=list)


@dataclass(slots=True)
class Scan:
    """What was seen.

    Attributes:
        rows: of all files that can be read.
        tallies: one for each expectation, in their order.
        doubles: one for each set of unique columns, in their order: rows beyond the first.
        unreadable: key -> why the file cannot be read as a part of this table.
    """

    rows: int
    tallies: list[Tally]
    doubles: list[Tally]
    unreadable: dict[str, str]


def scan(
    store: Store,
    dataset: Dataset,
    day: str,
    expected: Sequence[Expectation],
    unique: Sequence[Sequence[str]],
) -> Scan:
    """Look at the gold rows of a date (ISO).

    Args:
        store: of the lake.
        dataset: the contract.
        day: the date.
        expected: what is counted.
        unique: sets of columns; rows with a null in one of them are not compared.

    Raises:
        StoreUnavailable: the store cannot be read.
    """
    seen = Scan(0, [Tally() for _ in expected], [Tally() for _ in unique], {})
    hashes: list[list[pl.Series]] = [[] for _ in unique]
    keys = [info.key for info in gold_files(store, dataset, day)]
    for key in keys:
        try:
            rows = pl.scan_parquet(store.read(key))
            _count(rows, dataset, expected, seen)
            for found, columns in zip(hashes, unique, strict=True):
                found.append(_hashed(rows, columns).select(HASH).collect().to_series())
        except (ObjectNotFound, *UNREADABLE) as error:
            seen.unreadable[key] = str(error).partition("\n")[0]
    for tally, found, columns in zip(seen.doubles, hashes, unique, strict=True):
        together = pl.concat([pl.Series(HASH, [], pl.UInt64), *found])
        tally.broken = together.len() - together.n_unique()
        if tally.broken:
            readable = [key for key in keys if key not in seen.unreadable]
            _compare(store, dataset, readable, columns, together, tally)
    return seen


def _count(
    rows: pl.LazyFrame, dataset: Dataset, expected: Sequence[Expectation], seen: Scan
) -> None:
    """Add one file's rows; all of it, or nothing if it cannot be read."""
    counts = (
        rows.select(
            pl.len().alias("rows"),
            *(
                each.broken.fill_null(False).sum().alias(f"broken {at}")
                for at, each in enumerate(expected)
            ),
        )
        .collect(engine="streaming")
        .row(0)
    )
    seen.rows += counts[0]
    for tally, broken, each in zip(seen.tallies, counts[1:], expected, strict=True):
        tally.broken += broken
        if broken and (missing := SAMPLE_ROWS - len(tally.sample)):
            faulty = rows.filter(each.broken.fill_null(False))
            tally.sample += sampled(faulty, dataset, each.columns, missing)


def _hashed(rows: pl.LazyFrame, columns: Sequence[str]) -> pl.LazyFrame:
    return rows.drop_nulls(list(columns)).with_columns(pl.struct(columns).hash().alias(HASH))


def _compare(
    store: Store,
    dataset: Dataset,
    keys: Sequence[str],
    columns: Sequence[str],
    hashes: pl.Series,
    tally: Tally,
) -> None:
    """Take out of a tally what only the hashes have in common, and show some of the rest."""
    suspects = hashes.filter(hashes.is_duplicated()).unique().sort().head(SUSPECTS)
    names = list(dict.fromkeys([*dataset.key, *columns, "source_file", "line_number"]))
    found = pl.concat(
        _hashed(pl.scan_parquet(store.read(key)), columns)
        .filter(pl.col(HASH).is_in(suspects.implode()))
        .select(*names, HASH)
        .collect()
        for key in keys
    )
    distinct = found.select(columns).n_unique() - found[HASH].n_unique()
    tally.broken -= distinct
    doubled = found.filter(pl.struct(columns).is_duplicated()).sort(columns)
    tally.sample = sampled(doubled.lazy(), dataset, columns, SAMPLE_ROWS)
