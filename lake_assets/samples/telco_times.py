"""Moments of a telco sample, in the ISO spellings of several producers."""

from datetime import date, datetime, time
from typing import Final

import polars as pl

_SPELLINGS: Final = (
    # strftime, hours from UTC, weight
    ("%Y-%m-%dT%H:%M:%SZ", 0, 60),
    ("%Y-%m-%dT%H:%M:%S.000Z", 0, 15),
    ("%Y-%m-%d %H:%M:%S", 0, 10),
    ("%Y-%m-%dT%H:%M:%S+02:00", 2, 10),
    ("%Y-%m-%dT%H:%M:%S-05:00", -5, 5),
)
"""The weights add up to a hundred; what has an offset is of another local date near midnight."""


def instants(start: date, days: pl.Expr, second: pl.Expr) -> pl.Expr:
    """Return the moment (Datetime, UTC) so many days after `start`, so far into its day."""
    first = pl.lit(datetime.combine(start, time()))
    return first + pl.duration(days=days.cast(pl.Int64), seconds=second.cast(pl.Int64))


def spelled_times(moment: pl.Expr, drawn: pl.Expr) -> pl.Expr:
    """Return each moment as JSON text; `drawn` (0 to 99) decides how it is spelled."""
    text = pl.lit(None, dtype=pl.String)
    bound = 100
    for pattern, hours, weight in _SPELLINGS:
        spelled = (moment + pl.duration(hours=hours)).dt.strftime(f'"{pattern}"')
        text = pl.when(drawn < bound).then(spelled).otherwise(text)
        bound -= weight
    return text
