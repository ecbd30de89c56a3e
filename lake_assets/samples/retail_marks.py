"""Which rows of a retail sample are not good, and why: one defect a row, spread evenly."""

from collections.abc import Mapping
from enum import IntEnum
from typing import Final

import polars as pl

from lake_assets.samples.chance import draw, key, pick

STRATUM: Final = 67
"""One row of every 67 is marked: never more than 1.5 % of a file, in the smallest sample too."""
ANCHOR: Final = 8
"""Every eighth row is never marked, so that a repeated transaction has a good row to repeat."""


class Mark(IntEnum):
    """What is wrong with a row."""

    NONE = 0
    SHORT_ROW = 1
    LONG_ROW = 2
    EMPTY_TRANSACTION_ID = 3
    EMPTY_STORE_ID = 4
    EMPTY_REVENUE = 5
    REVENUE_NOT_AVAILABLE = 6
    IMPOSSIBLE_HOUR_AND_DAY = 7
    IMPOSSIBLE_MONTH = 8
    IMPOSSIBLE_DAY = 9
    NOT_A_DATE = 10
    FRACTIONAL_QUANTITY = 11
    PRICE_IN_LETTERS = 12
    REVENUE_OFF = 13
    ZERO_QUANTITY = 14
    NEGATIVE_QUANTITY = 15
    NEGATIVE_PRICE = 16
    ONLY_DELIMITERS = 17
    BLANK_LINE = 18
    REPEATED_HEADER = 19


REASONS: Final[Mapping[Mark, str]] = {
    Mark.SHORT_ROW: "STRUCTURAL",
    Mark.LONG_ROW: "STRUCTURAL",
    Mark.EMPTY_TRANSACTION_ID: "MISSING_REQUIRED_COLUMN",
    Mark.EMPTY_STORE_ID: "MISSING_REQUIRED_COLUMN",
    Mark.EMPTY_REVENUE: "MISSING_REQUIRED_COLUMN",
    Mark.REVENUE_NOT_AVAILABLE: "MISSING_REQUIRED_COLUMN",
    Mark.IMPOSSIBLE_HOUR_AND_DAY: "INVALID_TIMESTAMP_FORMAT",
    Mark.IMPOSSIBLE_MONTH: "INVALID_TIMESTAMP_FORMAT",
    Mark.IMPOSSIBLE_DAY: "INVALID_TIMESTAMP_FORMAT",
    Mark.NOT_A_DATE: "INVALID_TIMESTAMP_FORMAT",
    Mark.FRACTIONAL_QUANTITY: "INVALID_NUMBER",
    Mark.PRICE_IN_LETTERS: "INVALID_NUMBER",
    Mark.REVENUE_OFF: "BUSINESS_LOGIC_FAIL",
    Mark.ZERO_QUANTITY: "BUSINESS_LOGIC_FAIL",
    Mark.NEGATIVE_QUANTITY: "BUSINESS_LOGIC_FAIL",
    Mark.NEGATIVE_PRICE: "BUSINESS_LOGIC_FAIL",
}
"""The first reason of each mark that rejects; a mark without one makes the row skipped."""

# Rows of nothing but delimiters are the commonest of the skipped in real files.
_CYCLE = pl.Series([*[*Mark][1:], Mark.ONLY_DELIMITERS], dtype=pl.UInt8)


def is_anchor(row: pl.Expr) -> pl.Expr:
    """Say of each row number whether it is an anchor (never marked)."""
    return row % ANCHOR == 0


def marks(file_key: int, row: pl.Expr, rows: int) -> pl.Expr:
    """Return the `Mark` (UInt8) of each row number (UInt64) of a file of `rows` rows.

    The last row of a stratum is never marked: a blank last line would vanish from a file that
    ends without a newline.
    """
    stratum = row // STRATUM
    place = stratum * STRATUM + draw(key(file_key, "mark"), stratum, STRATUM - 2)
    place = place + is_anchor(place).cast(pl.UInt64)
    # A step of seven, coprime to the cycle: every kind comes, but neighbours are unalike.
    turn = (stratum * 7 + key(file_key, "turn") % 97) % len(_CYCLE)
    marked = (row == place) & (stratum < rows // STRATUM)
    return pl.when(marked).then(pick(_CYCLE, turn)).otherwise(pl.lit(0, dtype=pl.UInt8))
