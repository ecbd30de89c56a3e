"""Timestamps of a retail sample, in the formats of the contract."""

from datetime import timedelta
from functools import lru_cache
from typing import Final

import polars as pl

from lake_assets.samples.chance import draw, key, pick
from lake_assets.samples.retail_plan import FilePlan

OPENING: Final = 7 * 60
"""Shops open at seven: no row falls in the hours that a change of clock skips or repeats."""
OPEN_MINUTES: Final = 16 * 60

_MINUTES = 24 * 60
_CLOCKS: Final = ("HH:mm:ss", "HHmmss", "HH:mm", "H:mm", "hh:mma", "")
_FORMATS: Final = (
    # date part, clock, weight
    ("%Y-%m-%d ", "HH:mm:ss", 50),
    ("%Y-%m-%d ", "H:mm", 10),
    ("%Y/%m/%d ", "HH:mm:ss", 8),
    ("%Y-%m-%dT", "HH:mm:ss", 8),
    ("%Y%m%d ", "HHmmss", 4),
    ("%d-%m-%y ", "HH:mm", 4),
    ("%m/%d/%Y ", "hh:mma", 8),
    ("%Y-%m-%d", "", 1),
    ("%Y/%m/%d", "", 1),
    ("%Y%m%d", "", 1),
)
_SLASHED_WEIGHT: Final = 20


def timestamps(plan: FilePlan, row: pl.Expr, event: pl.Expr, late: pl.Expr) -> pl.Expr:
    """Return the text of each row's instant.

    `event` (UInt64) decides the time of day, `row` (UInt64) its format, `late` (UInt64) the
    days before the file's own date.
    """
    formats = [*_FORMATS]
    if plan.slashed is not None:
        formats.append((plan.slashed, "H:mm", _SLASHED_WEIGHT))
    turns = [place for place, (_, _, weight) in enumerate(formats) for _ in range(weight)]
    drawn = draw(key(plan.file_key, "format"), row, len(turns))
    if plan.slashed is not None:
        # The first row is never late or marked: the evidence that settles the convention.
        slashed = pl.lit(len(turns) - 1, dtype=pl.UInt64)
        drawn = pl.when(row == 0).then(slashed).otherwise(drawn)
    style = pick(pl.Series(turns, dtype=pl.UInt64), drawn)
    days = [plan.day - timedelta(days=back) for back in range(plan.late_days + 1)]
    dates = pl.Series([day.strftime(pattern) for pattern, _, _ in formats for day in days])
    clock_of_style = pl.Series([_CLOCKS.index(clock) for _, clock, _ in formats], dtype=pl.UInt64)
    clock = pick(clock_of_style, style)
    minute = draw(key(plan.file_key, "minute"), event, OPEN_MINUTES) + OPENING
    second = draw(key(plan.file_key, "second"), event, 60)
    return pl.concat_str(
        pick(dates, style * len(days) + late),
        pick(_minute_texts(), clock * _MINUTES + minute),
        pick(_second_texts(), clock * 60 + second),
    )


@lru_cache(maxsize=1)
def _minute_texts() -> pl.Series:
    return pl.Series([_minute_text(c, *divmod(m, 60)) for c in _CLOCKS for m in range(_MINUTES)])


@lru_cache(maxsize=1)
def _second_texts() -> pl.Series:
    separators = {"HH:mm:ss": ":", "HHmmss": ""}
    return pl.Series(
        [
            f"{separators[clock]}{second:02d}" if clock in separators else ""
            for clock in _CLOCKS
            for second in range(60)
        ]
    )


def _minute_text(clock: str, hour: int, minute: int) -> str:
    match clock:
        case "":
            return ""
        case "HHmmss":
            return f"{hour:02d}{minute:02d}"
        case "H:mm":
            return f"{hour}:{minute:02d}"
        case "hh:mma":
            return f"{(hour - 1) % 12 + 1:02d}:{minute:02d}{'AM' if hour < 12 else 'PM'}"
        case _:
            return f"{hour:02d}:{minute:02d}"
