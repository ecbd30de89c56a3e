"""Lines of a telco sample that are no good record, and why: one defect a line."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import polars as pl

from lake_assets.samples.chance import draw, key, pick
from lake_assets.samples.telco_json import Style, line

STRATUM: Final = 67
"""Beside one good record of every 67 stands a defect: less than 1.5 % of a file."""


class Mark(IntEnum):
    """What is wrong with a line."""

    NONE = 0
    TRUNCATED = 1
    NOT_JSON = 2
    TWO_OBJECTS = 3
    TRAILING_COMMA = 4
    AN_ARRAY = 5
    A_NUMBER = 6
    A_TEXT = 7
    A_NULL = 8
    KEY_TWICE = 9
    OBJECT_FOR_TEXT = 10
    ARRAY_FOR_TEXT = 11
    NULL_KEY = 12
    EMPTY_KEY = 13
    NEEDED_ABSENT = 14
    IMPOSSIBLE_TIME = 15
    TIME_IN_WORDS = 16
    BLANK = 17
    ONLY_SPACES = 18


REASONS: Final[Mapping[Mark, str]] = {
    Mark.TRUNCATED: "INVALID_JSON",
    Mark.NOT_JSON: "INVALID_JSON",
    Mark.TWO_OBJECTS: "INVALID_JSON",
    Mark.TRAILING_COMMA: "INVALID_JSON",
    Mark.AN_ARRAY: "INVALID_JSON",
    Mark.A_NUMBER: "INVALID_JSON",
    Mark.A_TEXT: "INVALID_JSON",
    Mark.A_NULL: "INVALID_JSON",
    Mark.KEY_TWICE: "STRUCTURAL",
    Mark.OBJECT_FOR_TEXT: "INVALID_TYPE",
    Mark.ARRAY_FOR_TEXT: "INVALID_TYPE",
    Mark.NULL_KEY: "MISSING_REQUIRED_COLUMN",
    Mark.EMPTY_KEY: "MISSING_REQUIRED_COLUMN",
    Mark.NEEDED_ABSENT: "MISSING_REQUIRED_COLUMN",
    Mark.IMPOSSIBLE_TIME: "INVALID_TIMESTAMP_FORMAT",
    Mark.TIME_IN_WORDS: "INVALID_TIMESTAMP_FORMAT",
}
"""The first reason of each mark that rejects; the line of a mark without one is skipped."""

_KINDS = pl.Series([*Mark][1:], dtype=pl.UInt8)
_MARK = pl.col("mark")


@dataclass(frozen=True, slots=True)
class Roles:
    """Required columns of a dataset that defects befall: `text` and `needed` are strings."""

    key: str
    text: str
    needed: str
    moment: str


def mark_beside(stream: int, record: pl.Expr) -> pl.Expr:
    """Return the `Mark` (UInt8) of the line that stands before each record (UInt64, its number).

    It is NONE, which is no line, beside all but one of every `STRATUM` records.
    """
    stratum = record // STRATUM
    place = stratum * STRATUM + draw(key(stream, "defect"), stratum, STRATUM)
    # A step of seven, coprime to the kinds: every kind comes, but neighbours are unalike.
    turn = (stratum * 7 + key(stream, "turn") % 97) % len(_KINDS)
    return pl.when(record == place).then(pick(_KINDS, turn)).otherwise(pl.lit(0, dtype=pl.UInt8))


def texts(
    rows: pl.DataFrame, style: Style, values: Mapping[str, pl.Expr], roles: Roles
) -> pl.Series:
    """Return each row's line (String), with the defect that its column `mark` asks for.

    `values` are the JSON texts of the columns; an empty text leaves the key out.
    """
    cells = rows.select(_MARK, *(value.alias(name) for name, value in values.items()))
    known = {name: pl.col(name) for name in values}
    made = cells.select(line(style, known).alias("text")).to_series()
    at = (cells["mark"] != Mark.NONE).arg_true()
    return made.scatter(at, cells[at].select(_marked_line(style, known, roles)).to_series())


def _marked_line(style: Style, values: Mapping[str, pl.Expr], roles: Roles) -> pl.Expr:
    damaged = dict(values)
    text, moment = values[roles.text], values[roles.moment]
    damaged[roles.key] = _unless({Mark.NULL_KEY: "null", Mark.EMPTY_KEY: '""'}, values[roles.key])
    damaged[roles.text] = (
        pl.when(_MARK == Mark.OBJECT_FOR_TEXT)
        .then(pl.concat_str(pl.lit('{"value":'), text, pl.lit("}")))
        .when(_MARK == Mark.ARRAY_FOR_TEXT)
        .then(pl.concat_str(pl.lit("["), text, pl.lit("]")))
        .otherwise(text)
    )
    damaged[roles.needed] = _unless({Mark.NEEDED_ABSENT: ""}, damaged[roles.needed])
    damaged[roles.moment] = _unless(
        {Mark.IMPOSSIBLE_TIME: '"2024-02-30T25:61:00Z"', Mark.TIME_IN_WORDS: '"yesterday"'}, moment
    )
    whole = line(style, damaged)
    spelled = dict(style.keys)[roles.key]
    another = f'{{"{spelled}"{style.colon}"another"{style.comma}'
    broken = (
        pl.when(_MARK == Mark.TRUNCATED)
        .then(whole.str.head(whole.str.len_chars() // 2))
        .when(_MARK == Mark.TWO_OBJECTS)
        .then(pl.concat_str(whole, whole))
        .when(_MARK == Mark.TRAILING_COMMA)
        .then(pl.concat_str(whole.str.strip_suffix("}"), pl.lit(",}")))
        .when(_MARK == Mark.KEY_TWICE)
        .then(pl.concat_str(pl.lit(another), whole.str.strip_prefix("{")))
        .otherwise(whole)
    )
    return _unless(
        {
            Mark.NOT_JSON: "ERROR upstream timed out, retry in 30 s",
            Mark.AN_ARRAY: '["heartbeat",1]',
            Mark.A_NUMBER: "42",
            Mark.A_TEXT: '"heartbeat"',
            Mark.A_NULL: "null",
            Mark.BLANK: "",
            Mark.ONLY_SPACES: "   ",
        },
        broken,
    )


def _unless(texts: Mapping[Mark, str], otherwise: pl.Expr) -> pl.Expr:
    """Return a mark's own text on the rows that bear it."""
    for mark, text in texts.items():
        otherwise = pl.when(_MARK.eq(mark)).then(pl.lit(text)).otherwise(otherwise)
    return otherwise
