"""Rows of snapshots into a staging table: COPY, or the same from Parquet files at hand."""

from collections.abc import Iterable, Sequence

from lake_assets.storage.zones import gold_prefix
from lake_assets.warehouse.sql import Dialect, day, listed, literal, quoted, sql_type
from lake_assets.warehouse.star import LAKE_DATE, StageTable

MAX_FILES = 1_000
"""That a COPY may name."""


def copy_files(stage: StageTable, keys: Sequence[str], lake_date: str | None) -> str:
    """Snowflake's COPY of at most :data:`MAX_FILES` files.

    ``FORCE``, because the ledger decides what is loaded, not Snowflake's own memory of 64 days,
    which would silently skip a file.

    Args:
        stage: the table.
        keys: of the files, below the lake's URI.
        lake_date: of all rows (ISO); None takes each row's own.
    """
    assert len(keys) <= MAX_FILES, "too many files for one COPY"
    prefix = gold_prefix(stage.dataset)
    files = ", ".join(literal(key.removeprefix(prefix)) for key in keys)
    columns = [
        f"$1:{field.name}::{sql_type(field.type, Dialect.SNOWFLAKE)}" for field in stage.gold
    ]
    time = f"$1:{stage.day_column}::{sql_type('date', Dialect.SNOWFLAKE)}"
    values = ", ".join([day(lake_date) if lake_date else time, *columns])
    return (
        f"COPY INTO {stage.name} ({_columns(stage)})\n"
        f"FROM (SELECT {values} FROM @{stage.files})\n"
        f"FILES = ({files})\nFILE_FORMAT = (TYPE = PARQUET USE_LOGICAL_TYPE = TRUE)\n"
        "ON_ERROR = ABORT_STATEMENT FORCE = TRUE"
    )


def insert_files(stage: StageTable, paths: Sequence[str], lake_date: str | None) -> str:
    """The same for DuckDB. A column that a file lacks is an error there."""
    files = ", ".join(map(literal, paths))
    columns = [
        f"CAST({_lower(field.name)} AS {sql_type(field.type, Dialect.DUCKDB)})"
        for field in stage.gold
    ]
    time = f"CAST({_lower(stage.day_column)} AS DATE)"
    values = ", ".join([day(lake_date) if lake_date else time, *columns])
    return (
        f"INSERT INTO {stage.name} ({_columns(stage)})\n"
        f"SELECT {values} FROM read_parquet([{files}], hive_partitioning = false)"
    )


def forget_dates(stage: StageTable, days: Iterable[str]) -> str:
    """Rows of snapshots that are replaced."""
    return f"DELETE FROM {stage.name} WHERE {of_dates(days)}"


def forget_carried(stage: StageTable, days: Iterable[str]) -> str:
    """Rows that a table carries on: they are there already, under the date that they came from."""
    own = f"CAST({quoted(stage.day_column)} AS DATE)"
    return f"DELETE FROM {stage.name} WHERE {of_dates(days)} AND {own} <> {quoted('lake_date')}"


def count_dates(stage: StageTable, days: Iterable[str]) -> str:
    """(date, rows) of what is in the table."""
    date = quoted("lake_date")
    return (
        f"SELECT {date}, COUNT(*) FROM {stage.name} WHERE {of_dates(days)} "
        f"GROUP BY {date} ORDER BY {date}"
    )


def of_dates(days: Iterable[str]) -> str:
    """The condition that a row is of one of these dates (ISO)."""
    return f"{quoted('lake_date')} IN ({', '.join(map(day, days))})"


def _columns(stage: StageTable) -> str:
    return listed([LAKE_DATE.name, *(field.name for field in stage.gold)])


def _lower(name: str) -> str:
    return f'"{name}"'
