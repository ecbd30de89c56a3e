"""Whether the values that a dataset's checks compare with are of the columns' types."""

from collections.abc import Sequence
from datetime import datetime, time
from decimal import Decimal

from lake_assets.contracts.column import TIMES, Column, ColumnType
from lake_assets.contracts.quality import Quality, Reference

COMPARABLE = (ColumnType.INTEGER, ColumnType.DECIMAL, ColumnType.TIMESTAMP, ColumnType.DATE)


def check_values(quality: Quality, columns: Sequence[Column]) -> None:
    """Make sure that accepted values and bounds are values of their columns, digit for digit.

    Args:
        quality: names columns that there are.
        columns: of the dataset.

    Raises:
        ValueError: one is not; the message names it.
    """
    named = {column.name: column for column in columns}
    for name, accepted in quality.accepted.items():
        column = named[name]
        if column.type in (ColumnType.BOOLEAN, *TIMES):
            raise ValueError(
                f"quality.accepted.{name}: a {column.type} column takes no list; use a range or "
                "a rule"
            )
        for value in accepted.values:
            _check(f"quality.accepted.{name}", column, value)
    for name, bounds in quality.ranges.items():
        column = named[name]
        if column.type not in COMPARABLE:
            types = " and ".join(COMPARABLE)
            raise ValueError(f"quality.ranges.{name}: ranges are for {types}, not {column.type}")
        for bound in (bounds.minimum, bounds.maximum):
            if bound is not None:
                _check(f"quality.ranges.{name}", column, bound)


def check_reference(reference: Reference, own: Sequence[Column], target: Sequence[Column]) -> None:
    """Make sure that what refers is of the types of what it refers to.

    Raises:
        ValueError: the numbers of columns or their types differ, or the target has no such column.
    """
    names, others = reference.columns, reference.to.columns
    where = f"quality.references {', '.join(names)}"
    if len(names) != len(others):
        raise ValueError(f"{where}: {len(names)} columns refer to {len(others)}; name as many")
    mine = {column.name: column for column in own}
    there = {column.name: column for column in target}
    if unknown := sorted(set(others) - set(there)):
        raise ValueError(
            f"{where}: {reference.to.dataset} has no column {', '.join(unknown)}; it has "
            f"{', '.join(there)}"
        )
    for name, other in zip(names, others, strict=True):
        one, two = mine[name], there[other]
        scales = {each.scale for each in (one, two) if each.type is ColumnType.DECIMAL}
        if one.type is not two.type or len(scales) > 1:
            raise ValueError(
                f"{where}: {name} is {one.type} and {reference.to.dataset}.{other} is {two.type}, "
                "or of another scale; they could never be equal for sure"
            )


def _check(where: str, column: Column, value: str | float | datetime) -> None:
    if not _is_of(column, value):
        kind = str(column.type)
        if column.type is ColumnType.DECIMAL:
            kind = f"decimal({column.precision},{column.scale})"
        raise ValueError(
            f"{where}: {value!r} is no value of a column of type {kind}; write texts in quotes, "
            "numbers without, and no more decimals than the column has"
        )


def _is_of(column: Column, value: str | float | datetime) -> bool:
    match column.type:
        case ColumnType.STRING:
            return isinstance(value, str)
        case ColumnType.TIMESTAMP:
            return isinstance(value, datetime)
        case ColumnType.DATE:
            return isinstance(value, datetime) and value.time() == time()
        case ColumnType.INTEGER:
            return isinstance(value, int) and -(2**63) <= value < 2**63
        case ColumnType.DECIMAL if isinstance(value, int | float):
            exact = Decimal(str(value))
            whole = column.precision - column.scale
            places = exact.normalize().as_tuple().exponent
            is_exact = isinstance(places, int) and -places <= column.scale
            return exact.is_finite() and is_exact and abs(exact) < 10**whole
    return False
