"""Facts from a staging table: each key once, with the dimensions' versions of its own time."""

from datetime import datetime

from lake_assets.warehouse.dimensions import AGE
from lake_assets.warehouse.merge import delete_gone, merge_rows
from lake_assets.warehouse.sql import listed, quoted
from lake_assets.warehouse.star import FactTable, Link, Star
from lake_assets.warehouse.touched import as_key, touched_keys

FIRST = "CAST('0001-01-01 00:00:00' AS TIMESTAMP)"
LAST = "CAST('9999-12-31 23:59:59.999999' AS TIMESTAMP)"
"""Times of no event."""


def merge_facts(star: Star, table: FactTable, at: datetime) -> list[str]:
    """Bring the touched keys of a fact table up to date."""
    key = table.declared.key
    names = [field.name for field in table.fields if field.name != "loaded_at"]
    keys = touched_keys(star, table.stage)
    return [
        delete_gone(table.name, key, latest_facts(star, table), f"{as_key(key)} IN ({keys})"),
        merge_rows(table.name, key, names, joined(star, table), at),
    ]


def latest_facts(star: Star, table: FactTable) -> str:
    """The latest row of each touched key, whatever dates it came in."""
    key = table.declared.key
    order = ", ".join(f"s.{quoted(name)} DESC" for name in AGE)
    return (
        f"SELECT {listed([field.name for field in table.values], 's')}\n"
        f"FROM {table.stage.name} AS s\n"
        f"WHERE {as_key(key, 's')} IN ({touched_keys(star, table.stage)})\n"
        f"QUALIFY ROW_NUMBER() OVER (PARTITION BY s.{quoted(key)} ORDER BY {order}) = 1"
    )


def joined(star: Star, table: FactTable) -> str:
    """The same with the surrogate keys of the dimensions; null where there is no such key.

    The times of a key's versions do not overlap, so that no row is multiplied. Before a key's
    first version the first one counts.
    """
    values = listed([field.name for field in table.values], "f")
    surrogates = "".join(
        f", d{n}.{quoted(link.dimension.declared.surrogate)} AS {quoted(link.name)}"
        for n, link in enumerate(table.links)
    )
    joins = "".join(
        f"\nLEFT JOIN {link.dimension.name} AS d{n} ON {_condition(table, link, f'd{n}')}"
        for n, link in enumerate(table.links)
    )
    return f"SELECT {values}{surrogates}\nFROM (\n{latest_facts(star, table)}\n) AS f{joins}"


def count_keys(star: Star, table: FactTable) -> str:
    """(rows, keys) among those touched, which are as many if each key is there once."""
    key = quoted(table.declared.key)
    keys = touched_keys(star, table.stage)
    return (
        f"SELECT COUNT(*), COUNT(DISTINCT t.{key}) FROM {table.name} AS t "
        f"WHERE {as_key(table.declared.key, 't')} IN ({keys})"
    )


def _condition(table: FactTable, link: Link, alias: str) -> str:
    same = f"{alias}.{quoted(link.dimension.declared.key)} = f.{quoted(link.declared.on)}"
    if not link.dimension.declared.history:
        return same
    at = f"f.{quoted(table.declared.at)}"
    # No OR: DuckDB then compares each fact with each version, which took 40 seconds for a year.
    since = f"CASE WHEN {alias}.{quoted('version')} = 1 THEN {FIRST} "
    since += f"ELSE {alias}.{quoted('effective_from')} END"
    until = f"COALESCE({alias}.{quoted('effective_to')}, {LAST})"
    return f"{same} AND {at} >= {since} AND {at} < {until}"
