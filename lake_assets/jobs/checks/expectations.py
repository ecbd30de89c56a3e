"""What a contract expects of the rows of gold, as expressions that are true of rows at fault."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

import polars as pl

from lake_assets.contracts.column import Column, ColumnType
from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.quality import Accepted, Limit, Range, Reference
from lake_assets.jobs.checks.finding import severity_of
from lake_assets.jobs.checks.rates import null_limit, null_share
from lake_assets.jobs.checks.references import Tables
from lake_assets.jobs.compaction.metrics import Metrics
from lake_assets.kernels.values.types import data_type

MOST_TOLD = 10
"""Values of a list that are told."""

CheckName = Literal["accepted_values", "ranges", "references", "null_rates"]


@dataclass(frozen=True, slots=True)
class Expectation:
    """What the rows of gold should be like.

    Attributes:
        check: the check that it belongs to.
        columns: those that it is about.
        told: the same in words: ``quantity is 1 to 100``.
        broken: true for a row at fault; null or false for others.
        limit: the share of rows that may be at fault.
    """

    check: CheckName
    columns: tuple[str, ...]
    told: str
    broken: pl.Expr
    limit: Limit


def expectations(dataset: Dataset, tables: Tables) -> Iterator[Expectation]:
    """Those of the contract on single rows; what is unique is seen over all rows."""
    for name, accepted in dataset.quality.accepted.items():
        yield _accepted(dataset.column(name), accepted)
    for name, bounds in dataset.quality.ranges.items():
        yield _range(dataset.column(name), bounds)
    for reference in dataset.quality.references:
        yield _reference(dataset, reference, tables)


def nulls(dataset: Dataset, day: Metrics) -> Iterator[Expectation]:
    """Of each column with more nulls than it may have, so that some of its rows can be shown."""
    for column in dataset.columns:
        limit = null_limit(dataset, column.name)
        if severity_of(null_share(day, column.name), limit):
            broken = pl.col(column.name).is_null()
            yield Expectation(
                "null_rates", (column.name,), f"{column.name} is filled", broken, limit
            )


def _accepted(column: Column, accepted: Accepted) -> Expectation:
    values = pl.Series(
        [_exact(column, value) for value in accepted.values], dtype=data_type(column)
    )
    told = f"{column.name} is one of {_listed(accepted.values)}"
    broken = ~pl.col(column.name).is_in(values.implode())
    return Expectation("accepted_values", (column.name,), told, broken, accepted.max_share)


def _range(column: Column, bounds: Range) -> Expectation:
    value = pl.col(column.name)
    outside: list[pl.Expr] = []
    told: list[str] = []
    if bounds.minimum is not None:
        outside.append(value < pl.lit(_exact(column, bounds.minimum), data_type(column)))
        told.append(f"at least {_exact(column, bounds.minimum)}")
    if bounds.maximum is not None:
        outside.append(value > pl.lit(_exact(column, bounds.maximum), data_type(column)))
        told.append(f"at most {_exact(column, bounds.maximum)}")
    text = f"{column.name} is {' and '.join(told)}"
    broken = pl.any_horizontal(outside)
    return Expectation("ranges", (column.name,), text, broken, bounds.max_share)


def _reference(dataset: Dataset, reference: Reference, tables: Tables) -> Expectation:
    names = reference.columns
    keys = tables.keys(reference.to).rename(dict(zip(reference.to.columns, names, strict=True)))
    # Precisions may differ; a key that has no room here is no value of ours.
    like = {name: data_type(dataset.column(name)) for name in names}
    keys = keys.cast(like, strict=False).drop_nulls()  # type: ignore[arg-type]
    there = _together(names).is_in(keys.select(_together(names)).to_series().implode())
    broken = pl.all_horizontal(pl.col(name).is_not_null() for name in names) & ~there
    target = f"{reference.to.dataset} ({keys.height:,} keys)"
    told = f"{', '.join(names)} is in {target}"
    return Expectation("references", tuple(names), told, broken, reference.max_share)


def _listed(values: Sequence[object]) -> str:
    more = f" and {len(values) - MOST_TOLD} more" if len(values) > MOST_TOLD else ""
    return ", ".join(map(str, values[:MOST_TOLD])) + more


def _together(names: Sequence[str]) -> pl.Expr:
    return pl.col(names[0]) if len(names) == 1 else pl.struct(names)


def _exact(column: Column, value: object) -> object:
    """A value of the contract as one of the column, which it was found to be at load."""
    if column.type is ColumnType.DATE and isinstance(value, datetime):
        return value.date()
    return Decimal(str(value)) if column.type is ColumnType.DECIMAL else value
