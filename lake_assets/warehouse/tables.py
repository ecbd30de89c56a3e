"""CREATE statements of schemas and tables, for both dialects."""

from collections.abc import Iterable

from lake_assets.warehouse.sql import Dialect, Field, dotted, quoted, sql_type
from lake_assets.warehouse.star import Star

LEDGER = (
    Field("dataset", "string", required=True),
    Field("lake_date", "date", required=True),
    Field("snapshot", "string", required=True),
    Field("file", "string"),
    Field("etag", "string"),
    Field("row_count", "integer", required=True),
    Field("loaded_at", "timestamp", required=True),
)
"""A row a file; an empty snapshot has one row without a file."""

TOUCHED = (Field("stage", "string", required=True), Field("key", "string", required=True))
TURN = (Field("id", "integer", required=True), Field("taken_at", "timestamp"))


def create_schemas(star: Star) -> list[str]:
    """The schemas of a database that is there."""
    base = star.declared.database
    return [
        f"CREATE SCHEMA IF NOT EXISTS {dotted(base, name)}"
        for name in (star.declared.staging_schema, star.declared.star_schema)
    ]


def create_staging(star: Star, dialect: Dialect) -> list[str]:
    """Staging tables."""
    return [create_table(stage.name, stage.fields, dialect) for stage in star.stages]


def create_star(star: Star, dialect: Dialect) -> list[str]:
    """Dimensions and facts."""
    return [
        *(create_table(table.name, table.fields, dialect) for table in star.dimensions),
        *(create_table(table.name, table.fields, dialect) for table in star.facts),
    ]


def add_columns(star: Star, dialect: Dialect) -> list[str]:
    """Columns that tables made under an earlier contract may lack; those that are there stay.

    None that is required: rows that are there would have no value for it.
    """
    return [
        f"ALTER TABLE {name} ADD COLUMN IF NOT EXISTS "
        f"{quoted(field.name)} {sql_type(field.type, dialect)}"
        for name, fields in star.columns.items()
        for field in fields
        if not field.required
    ]


def create_own(star: Star, dialect: Dialect) -> list[str]:
    """The loader's own tables."""
    turn = star.turn
    return [
        create_table(star.ledger, LEDGER, dialect),
        create_table(star.touched, TOUCHED, dialect),
        create_table(turn, TURN, dialect),
        f"INSERT INTO {turn} ({quoted('id')}) SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM {turn})",
    ]


def create_table(name: str, fields: Iterable[Field], dialect: Dialect) -> str:
    """One table. What is required is NOT NULL: both dialects refuse a row that breaks that."""
    columns = ",\n".join(
        f"  {quoted(field.name)} {sql_type(field.type, dialect)}"
        + (" NOT NULL" if field.required else "")
        for field in fields
    )
    return f"CREATE TABLE IF NOT EXISTS {name} (\n{columns}\n)"
