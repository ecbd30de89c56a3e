"""Columns of another dataset's gold beside rows of this one: a left join that multiplies no row."""

from collections.abc import Sequence

import polars as pl

from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.gold import Lookup
from lake_assets.kernels.gold import gold_schema
from lake_assets.kernels.values.types import data_type

ON = "_on_"
"""Begins the names of the key's columns in a :func:`lookup_table`; no contract's column does so."""


class MultipliedError(pl.exceptions.PolarsError):
    """A lookup would give a row of ours several rows, or none."""


def lookup_schema(lookup: Lookup) -> pl.Schema:
    """Names and types of the columns that a lookup reads of the other's gold."""
    there = gold_schema(lookup.target)
    names = dict.fromkeys([*lookup.on.values(), *lookup.columns.values()])
    return pl.Schema({name: there[name] for name in names})


def lookup_table(rows: pl.DataFrame, lookup: Lookup, dataset: Dataset) -> pl.DataFrame:
    """What is looked up, ready for :func:`look_up`.

    Args:
        rows: of the other's gold, with the columns of :func:`lookup_schema`.
        lookup: of ``dataset``.
        dataset: the contract of the rows that look up.

    Returns:
        One row a key: its columns, named ``_on_<column here>`` and of the types here, and the
        looked-up columns under their names here. A key that has no room in the types here is left
        out: no row of ours has it.

    Raises:
        MultipliedError: a key is there twice.
    """
    keys = [
        pl.col(other).cast(data_type(dataset.column(mine)), strict=False).alias(ON + mine)
        for mine, other in lookup.on.items()
    ]
    columns = [pl.col(source).alias(name) for name, source in lookup.columns.items()]
    found = rows.select(*keys, *columns)
    found = found.drop_nulls([ON + mine for mine in lookup.on])
    twice = found.height - found.select(ON + mine for mine in lookup.on).n_unique()
    if twice:
        raise MultipliedError(
            f"{lookup.dataset} has {twice:,} rows with a key that another row has, so that a row "
            "here could find several. Make its newest table again, then this one."
        )
    return found


def look_up(rows: pl.DataFrame, lookup: Lookup, table: pl.DataFrame) -> pl.DataFrame:
    """The rows, in their order, with the looked-up columns behind theirs.

    Args:
        rows: with the columns of ``lookup.on``.
        lookup: what is looked up.
        table: a :func:`lookup_table` of it.

    Raises:
        MultipliedError: there are more rows than before, or fewer.
    """
    on = list(lookup.on)
    found = rows.join(
        table,
        left_on=on,
        right_on=[ON + mine for mine in on],
        how="left",
        maintain_order="left",
        coalesce=True,
    )
    if found.height != rows.height:
        raise MultipliedError(
            f"{rows.height:,} rows looked {lookup.dataset} up, and {found.height:,} came back."
        )
    return found


def look_up_all(
    rows: pl.DataFrame, lookups: Sequence[Lookup], tables: Sequence[pl.DataFrame]
) -> pl.DataFrame:
    """The same for several lookups, one behind the other."""
    for lookup, table in zip(lookups, tables, strict=True):
        rows = look_up(rows, lookup, table)
    return rows


def orphans(rows: pl.DataFrame, lookup: Lookup, table: pl.DataFrame) -> pl.DataFrame:
    """The rows that look for a key and find none; a null among its columns looks for nothing.

    Args:
        rows: with the columns of ``lookup.on``.
        lookup: what is looked up.
        table: a :func:`lookup_table` of it.
    """
    on = list(lookup.on)
    return rows.drop_nulls(on).join(
        table, left_on=on, right_on=[ON + mine for mine in on], how="anti", maintain_order="left"
    )
