"""MERGE of computed rows into a table: only what differs is written."""

from collections.abc import Sequence
from datetime import datetime

from lake_assets.warehouse.sql import instant, listed, quoted


def merge_rows(table: str, key: str, names: Sequence[str], source: str, at: datetime) -> str:
    """Update rows that differ from the source, and insert those that are new.

    Args:
        table: the target, which has the column ``loaded_at`` besides ``names``.
        key: the column by which a row is known; the source has each once.
        names: the columns of the source.
        source: a query.
        at: of the load.
    """
    others = [name for name in names if name != key]
    differs = " OR ".join(f"t.{quoted(name)} IS DISTINCT FROM s.{quoted(name)}" for name in others)
    stamp = instant(at)
    sets = ", ".join(f"{quoted(name)} = s.{quoted(name)}" for name in others)
    return (
        f"MERGE INTO {table} AS t USING (\n{source}\n) AS s\n"
        f"ON t.{quoted(key)} = s.{quoted(key)}\n"
        f"WHEN MATCHED AND ({differs}) THEN UPDATE SET {sets}, {quoted('loaded_at')} = {stamp}\n"
        f"WHEN NOT MATCHED THEN INSERT ({listed([*names, 'loaded_at'])}) "
        f"VALUES ({listed(list(names), 's')}, {stamp})"
    )


def delete_gone(table: str, key: str, source: str, touched: str) -> str:
    """Delete the rows that ``touched`` is true of, and that the source does not have any more.

    Args:
        table: the target.
        key: the column by which a row is known; never null.
        source: a query that has that column.
        touched: a condition on the target's columns.
    """
    kept = f"SELECT g.{quoted(key)} FROM (\n{source}\n) AS g"
    return f"DELETE FROM {table} WHERE {touched} AND {quoted(key)} NOT IN (\n{kept}\n)"
