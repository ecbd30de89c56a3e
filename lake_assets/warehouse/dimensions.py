"""Dimensions from a staging table: the latest row of a key, or its versions over time.

A dimension is a function of the rows in its staging table: what a load changes is computed anew
from all rows of the keys that it touched. So the order in which rows arrive does not matter, and
loading the same again changes nothing.
"""

from datetime import datetime

from lake_assets.warehouse.merge import delete_gone, merge_rows
from lake_assets.warehouse.sql import listed, microseconds, quoted
from lake_assets.warehouse.star import DimensionTable, Star
from lake_assets.warehouse.touched import as_key, touched_keys

AGE = ("ingest_ts", "source_file", "line_number")
"""What decides between the rows of one key and time, as in gold: the greatest are kept."""


def merge_dimension(star: Star, table: DimensionTable, at: datetime) -> list[str]:
    """Bring the touched keys of a dimension up to date."""
    source = versions(star, table) if table.declared.history else latest(star, table)
    keys = touched_keys(star, table.stage)
    names = [field.name for field in table.fields if field.name != "loaded_at"]
    surrogate, key = table.declared.surrogate, table.declared.key
    return [
        delete_gone(table.name, surrogate, source, f"{as_key(key)} IN ({keys})"),
        merge_rows(table.name, surrogate, names, source, at),
    ]


def latest(star: Star, table: DimensionTable) -> str:
    """Type 1: the latest row of each touched key, whatever its date."""
    key = table.declared.key
    order = ", ".join(f"s.{quoted(name)} DESC" for name in AGE)
    values = listed([field.name for field in table.values], "s")
    return (
        f"SELECT MD5({as_key(key, 's')}) AS {quoted(table.declared.surrogate)}, {values}\n"
        f"FROM {table.stage.name} AS s\n"
        f"WHERE {as_key(key, 's')} IN ({touched_keys(star, table.stage)})\n"
        f"QUALIFY ROW_NUMBER() OVER (PARTITION BY s.{quoted(key)} ORDER BY {order}) = 1"
    )


def versions(star: Star, table: DimensionTable) -> str:
    """Type 2: the versions of each touched key, in the order of their own time.

    Neighbours in time with the same values of ``history`` are one version: it begins with the
    first of them and shows the other columns as the last of them has them. Of two rows of one key
    and time, the one that arrived later counts.
    """
    key = f"o.{quoted(table.declared.key)}"
    values = [field.name for field in table.values]
    shown = listed(values, "o")
    age = ", ".join(f"s.{quoted(name)} DESC" for name in AGE)
    before = f"OVER (PARTITION BY {key} ORDER BY o.seen_at)"
    differs = " OR ".join(
        f"LAG(o.{quoted(name)}) {before} IS DISTINCT FROM o.{quoted(name)}"
        for name in table.declared.history
    )
    starts = f"MIN(o.seen_at) OVER (PARTITION BY {key}, o.version_number)"
    last = f"ROW_NUMBER() OVER (PARTITION BY {key}, o.version_number ORDER BY o.seen_at DESC)"
    ends = f"LEAD(o.starts_at) OVER (PARTITION BY {key} ORDER BY o.version_number)"
    start = f"CAST({microseconds('o.starts_at')} AS VARCHAR)"
    digest = f"MD5({as_key(table.declared.key, 'o')} || '@' || {start})"
    seen = f"s.{quoted(table.declared.effective)}"
    return f"""SELECT {digest} AS {quoted(table.declared.surrogate)}, {shown},
  o.version_number AS {quoted("version")}, o.starts_at AS {quoted("effective_from")},
  {ends} AS {quoted("effective_to")}, {ends} IS NULL AS {quoted("is_current")}
FROM (
  SELECT {shown}, o.version_number, {starts} AS starts_at
  FROM (
    SELECT {shown}, o.seen_at, SUM(o.begins) OVER (
      PARTITION BY {key} ORDER BY o.seen_at ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS version_number
    FROM (
      SELECT {shown}, o.seen_at,
        CASE WHEN LAG(o.seen_at) {before} IS NULL OR {differs} THEN 1 ELSE 0 END AS begins
      FROM (
        SELECT {listed(values, "s")}, CAST({seen} AS TIMESTAMP) AS seen_at
        FROM {table.stage.name} AS s
        WHERE {as_key(table.declared.key, "s")} IN ({touched_keys(star, table.stage)})
        QUALIFY ROW_NUMBER() OVER (
          PARTITION BY s.{quoted(table.declared.key)}, {seen}
          ORDER BY {age}
        ) = 1
      ) AS o
    ) AS o
  ) AS o
  QUALIFY {last} = 1
) AS o"""
