"""Names, literals and types as SQL; the only place that quotes."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Dialect(StrEnum):
    """Whose SQL. What both understand is written once."""

    SNOWFLAKE = "snowflake"
    DUCKDB = "duckdb"


TIMESTAMPS = {Dialect.SNOWFLAKE: "TIMESTAMP_NTZ(6)", Dialect.DUCKDB: "TIMESTAMP"}
TYPES = {
    "string": "VARCHAR",
    "integer": "BIGINT",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "json": "VARCHAR",  # its text, as in the lake: PARSE_JSON is one word away
}
"""The contract's words. Decimals and timestamps are said by :func:`sql_type`."""


@dataclass(frozen=True, slots=True)
class Field:
    """A column of a table.

    Attributes:
        name: as in the contract, in lower case.
        type: in the contract's words, such as ``decimal(18,2)``.
        required: never null.
        personal: says something of a person.
    """

    name: str
    type: str
    required: bool = False
    personal: bool = False


def quoted(name: str) -> str:
    """An identifier: in upper case, where Snowflake looks for it, and safe if it is a keyword."""
    return f'"{name.upper()}"'


def dotted(*names: str) -> str:
    """``"TELCO_DB"."STAGING"."STG_PLANS"``."""
    return ".".join(map(quoted, names))


def listed(names: "list[str]", table: str = "") -> str:
    """Columns, with commas; of a table's alias, if one is given."""
    before = f"{table}." if table else ""
    return ", ".join(f"{before}{quoted(name)}" for name in names)


def literal(text: str) -> str:
    """A text in quotes.

    Raises:
        ValueError: it has a sign that the dialects read in different ways.
    """
    if re.search(r"[\\\x00-\x1f]", text):
        raise ValueError(f"{text!r} has a backslash or a control character; SQL does not take that")
    return "'" + text.replace("'", "''") + "'"


def day(text: str) -> str:
    """A date (ISO)."""
    return f"CAST({literal(text)} AS DATE)"


def instant(at: datetime) -> str:
    """A time, which has an offset, as UTC."""
    assert at.utcoffset() is not None, "a time without an offset"
    shown = (at - at.utcoffset()).strftime("%Y-%m-%d %H:%M:%S.%f")  # type: ignore[operator]
    return f"CAST({literal(shown)} AS TIMESTAMP)"


def sql_type(name: str, dialect: Dialect) -> str:
    """The type of a column; ``name`` is in the contract's words.

    Raises:
        ValueError: no contract has such a type.
    """
    if name == "timestamp":
        return TIMESTAMPS[dialect]
    if re.fullmatch(r"decimal\(\d+,\d+\)", name):
        return name.upper()
    if name not in TYPES:
        raise ValueError(f"a warehouse has no column of the type {name!r}")
    return TYPES[name]


def microseconds(time: str) -> str:
    """A time as a number that both dialects agree on, from 1970."""
    epoch = "CAST('1970-01-01 00:00:00' AS TIMESTAMP)"
    return f"DATEDIFF('microsecond', {epoch}, {time})"
