"""Keys whose rows in the star have to be looked at again, noted within a load's transaction."""

from collections.abc import Iterable

from lake_assets.warehouse.sql import literal, quoted
from lake_assets.warehouse.staging import of_dates
from lake_assets.warehouse.star import DimensionTable, FactTable, StageTable, Star


def touch_dates(star: Star, stage: StageTable, days: Iterable[str]) -> str:
    """The keys that a staging table has for these dates (ISO)."""
    return _insert(star, stage, f"{stage.name} AS s WHERE {of_dates(days)}")


def touch_all(star: Star, stage: StageTable) -> str:
    """All keys that a staging table has."""
    return _insert(star, stage, f"{stage.name} AS s")


def touch_facts(star: Star, fact: FactTable, dimension: DimensionTable, on: str) -> str:
    """The facts of the dimension's keys that were touched: their versions may be others now."""
    keys = touched_keys(star, dimension.stage)
    return _insert(star, fact.stage, f"{fact.stage.name} AS s WHERE {as_key(on, 's')} IN ({keys})")


def forget_touched(star: Star) -> str:
    """None, before and after a load."""
    return f"DELETE FROM {star.touched}"


def touched_keys(star: Star, stage: StageTable) -> str:
    """Those of a staging table, as text."""
    name = literal(stage.declared.table)
    return f"SELECT {quoted('key')} FROM {star.touched} WHERE {quoted('stage')} = {name}"


def as_key(column: str, table: str = "") -> str:
    """A key as text, which integers have only one of."""
    before = f"{table}." if table else ""
    return f"CAST({before}{quoted(column)} AS VARCHAR)"


def _insert(star: Star, stage: StageTable, source: str) -> str:
    name = literal(stage.declared.table)
    return (
        f"INSERT INTO {star.touched} ({quoted('stage')}, {quoted('key')})\n"
        f"SELECT DISTINCT {name}, {as_key(stage.key, 's')} FROM {source}"
    )
