"""Columns that the tables of a warehouse lack, because the contract has got them since."""

from collections.abc import Collection, Mapping

from lake_assets.warehouse.errors import ColumnMismatch
from lake_assets.warehouse.session import Session
from lake_assets.warehouse.sql import Field
from lake_assets.warehouse.star import Star


def missing_columns(session: Session, star: Star) -> dict[str, list[Field]]:
    """Full name of a table -> the columns that it lacks; tables that lack none are left out."""
    found = {}
    for name, fields in star.columns.items():
        there = {str(row[0]).upper() for row in session.execute(f"DESCRIBE TABLE {name}")}
        if lost := [field for field in fields if field.name.upper() not in there]:
            found[name] = lost
    return found


def refuse_missing(star: Star, missing: Mapping[str, Collection[Field]]) -> None:
    """Make sure that no table lacks a column.

    Raises:
        ColumnMismatch: one does; the message says how it gets it.
    """
    if not missing:
        return
    told = "; ".join(
        f"{name.replace(chr(34), '')} lacks {', '.join(field.name for field in fields)}"
        for name, fields in missing.items()
    )
    required = any(field.required for fields in missing.values() for field in fields)
    raise ColumnMismatch(
        f"The contract of {star.lake.lake} has columns that the warehouse does not have: {told}. "
        + (
            "One of them is required, which rows that are there could not be: make the table "
            "anew, empty LOAD_LEDGER, and load again."
            if required
            else f"Run `lake warehouse ddl {star.lake.lake} --out DIRECTORY`, and in Snowflake "
            "what it writes: 35_new_columns.sql adds them, with nulls in the rows that are there."
        )
        + " Nothing was loaded."
    )
