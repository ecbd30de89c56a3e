"""Masking policies of Snowflake on what says something of a person.

The loader has to see what it compares; everybody else sees a mask. Whoever may see more gets a
policy of their own: these are made once and never replaced.
"""

import re

from lake_assets.warehouse.roles import loader_role
from lake_assets.warehouse.sql import Dialect, Field, dotted, literal, quoted, sql_type
from lake_assets.warehouse.star import Star

MASK = "***"


def personal_fields(star: Star) -> list[tuple[str, Field]]:
    """(table, column) of what is personal, in dimensions and facts."""
    tables = [
        *((table.name, table.fields) for table in star.dimensions),
        *((table.name, table.fields) for table in star.facts),
    ]
    return [(name, field) for name, fields in tables for field in fields if field.personal]


def create_policies(star: Star) -> list[str]:
    """A policy for each type that a personal column has."""
    types = sorted({field.type for _, field in personal_fields(star)})
    return [_policy(star, each) for each in types]


def set_policies(star: Star) -> list[str]:
    """Each personal column gets the policy of its type; that can be repeated."""
    return [
        f"ALTER TABLE {table} MODIFY COLUMN {quoted(field.name)} "
        f"SET MASKING POLICY {_name(star, field.type)} FORCE"
        for table, field in personal_fields(star)
    ]


def _policy(star: Star, kind: str) -> str:
    of = sql_type(kind, Dialect.SNOWFLAKE)
    masked = literal(MASK) if of == "VARCHAR" and kind != "json" else "NULL"
    return (
        f"CREATE MASKING POLICY IF NOT EXISTS {_name(star, kind)} AS (VALUE {of}) RETURNS {of} ->\n"
        f"  CASE WHEN IS_ROLE_IN_SESSION({literal(loader_role(star))}) THEN VALUE "
        f"ELSE {masked} END"
    )


def _name(star: Star, kind: str) -> str:
    told = re.sub(r"\W+", "_", kind).strip("_").upper()
    return dotted(star.declared.database, star.declared.star_schema, f"MASK_PERSONAL_{told}")
