"""Which timestamp patterns a column of texts is written in, from a list of common ones."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

import polars as pl

from lake_assets.contracts.column import Column, ColumnType
from lake_assets.kernels.values.evidence import NOTHING, Readings, weigh
from lake_assets.kernels.values.timestamps import read_timestamps

CLOCK = "[ H:mm[:ss[.SSS]]]"
HALF_DAY = " h:mm[:ss][ ]a"
ISO = "'T'HH:mm[:ss[.SSS]][XXX]"
ZONED = " HH:mm[:ss[.SSS]][ ]XXX"
YEAR_FIRST = tuple(
    f"yyyy{sign}MM{sign}dd{time}" for sign in "-/." for time in (CLOCK, ISO, HALF_DAY, ZONED)
)
MONTH_NAMED = tuple(
    f"{weekday}{day}{time}"
    for weekday in ("", "E, ", "EEEE, ")
    for day in (
        *(f"d{sign}{month}{sign}yyyy" for sign in " -" for month in ("MMM", "MMMM")),
        "d-MMM-yy",
        *(f"{month} d, yyyy" for month in ("MMM", "MMMM")),
    )
    for time in (CLOCK, HALF_DAY)
)
PACKED = ("yyyyMMdd", "yyyyMMdd HHmmss", "yyyyMMdd'T'HHmmss[XXX]")
"""Digits alone: an article number may look like one, so every text has to be read."""
DAY_OR_MONTH_FIRST = tuple(
    (f"d{sign}M{sign}{year}{time}", f"M{sign}d{sign}{year}{time}")
    for sign in "/-."
    for year in ("yyyy", "yy")
    for time in (CLOCK, HALF_DAY)
)
"""The same texts in both orders: which one it is, the texts have to tell."""

HAS_MONTH = r"(?i)\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\b"
LIKE_A_DATE = "|".join(
    [
        r"^\d{1,4}[-/.]\d{1,2}[-/.]\d{2,4}",
        r"^\d{8}(?:$|[ T])",
        rf"^[A-Za-z\d, -]*{HAS_MONTH}.*\d{{2}}",
    ]
)
SHARE = 0.9
"""Of the texts, this many are dates in a column of dates; the rest would be rejected."""


@dataclass(frozen=True, slots=True)
class DatePatterns:
    """The patterns of a column.

    Attributes:
        formats: as a contract lists them.
        read: texts that they read.
        day_first, month_first: texts that can be read in this order alone.
        by_name: whether nothing but the dates in the files' names tells the order.
        is_open: whether nothing decides that order, so that both are listed.
    """

    formats: tuple[str, ...]
    read: int
    day_first: int = 0
    month_first: int = 0
    by_name: bool = False
    is_open: bool = False


def find_patterns(texts: pl.Series, named: date | pl.Series | None = None) -> DatePatterns | None:
    """The patterns that a column's texts are written in.

    Args:
        texts: String, trimmed, without nulls.
        named: the date in the file's name, or a Date series of that of each text; such a date
            tells the order of day and month where the texts do not.

    Returns:
        None if less than :data:`SHARE` of the texts are dates.
    """
    if not _enough(int(texts.str.contains(LIKE_A_DATE).sum()), texts):
        return None
    days = named if isinstance(named, pl.Series) else pl.lit(named, pl.Date)
    rows = texts.alias("text").to_frame().with_columns(days.alias("named"))
    found = [*_year_first(rows), *_month_named(rows)]
    rest = rows.filter(~_in_our_time(rows["text"], tuple(found))) if found else rows
    evidence, is_open = NOTHING, False
    for orders in DAY_OR_MONTH_FIRST:
        sign = re.escape(orders[0][1])
        if not _begins(rest["text"], rf"^\d{{1,2}}{sign}\d{{1,2}}{sign}"):
            continue
        readings = read_timestamps(rest["text"], as_column(*orders), rest["named"])
        read = any_reading(readings).is_not_null()
        if not read.any():
            continue
        seen = weigh("at", readings)[0]
        order = seen.reading("at") or ("DM" if orders[0].startswith("d.") else None)
        is_open |= order is None
        found += [orders[0]] if order != "MD" else []
        found += [orders[1]] if order != "DM" else []
        rest, evidence = rest.filter(~read), evidence + seen
    for pattern in PACKED:
        if not _begins(rest["text"], r"^\d{8}"):
            break
        read = _in_our_time(rest["text"], (pattern,))
        if read.any() and (found or read.all()):
            found.append(pattern)
            rest = rest.filter(~read)
    count = texts.len() - rest.height
    if not _enough(count, texts):
        return None
    clues = {order: evidence.clues.get(f"at {order}", 0) for order in ("DM", "MD")}
    by_name = bool(evidence.hints) and not any(clues.values())
    return DatePatterns(tuple(found), count, clues["DM"], clues["MD"], by_name, is_open)


@cache
def as_column(*formats: str) -> Column:
    """A column of a contract with these formats."""
    return Column(name="at", type=ColumnType.TIMESTAMP, formats=list(formats))


def any_reading(readings: Readings) -> pl.Series:
    """The instants of texts, those of one order of day and month where there are two."""
    ways = [readings.alternatives[way] for way in sorted(readings.alternatives)]
    return (
        pl.DataFrame([column.alias(str(at)) for at, column in enumerate([readings.value, *ways])])
        .select(pl.coalesce(pl.all()))
        .to_series()
    )


def of_days(formats: Sequence[str], texts: pl.Series) -> tuple[str, ...]:
    """The same patterns without a time of day; empty if texts have one.

    Args:
        formats: as :func:`find_patterns` gives them.
        texts: String, trimmed; that they were found for.
    """
    days = tuple(pattern.removesuffix(CLOCK) for pattern in formats)
    if any("H" in day or "h" in day for day in days) or texts.str.contains(":").any():
        return ()
    return days


def _year_first(rows: pl.DataFrame) -> list[str]:
    found: list[str] = []
    rest = rows["text"]
    for pattern in YEAR_FIRST:
        if _begins(rest, rf"^\d{{4}}{re.escape(pattern[4])}"):
            rest = _take(rest, pattern, found)
    return found


def _month_named(rows: pl.DataFrame) -> list[str]:
    found: list[str] = []
    rest = rows["text"]
    if _begins(rest, HAS_MONTH):
        for pattern in MONTH_NAMED:
            rest = _take(rest, pattern, found)
            if rest.is_empty():
                break
    return found


def _take(texts: pl.Series, pattern: str, found: list[str]) -> pl.Series:
    """The texts that a pattern does not read; it is found if there are others."""
    read = _in_our_time(texts, (pattern,))
    if not read.any():
        return texts
    found.append(pattern)
    return texts.filter(~read)


def _begins(texts: pl.Series, pattern: str) -> bool:
    """Whether a text begins so: quicker than to try each date pattern on all of them."""
    return bool(texts.str.contains(pattern).any())


def _enough(found: int, texts: pl.Series) -> bool:
    return found > 0 and found >= SHARE * texts.len()


def _in_our_time(texts: pl.Series, formats: tuple[str, ...]) -> pl.Series:
    """Whether each text is a date of the last or this century in those patterns."""
    instants = any_reading(read_timestamps(texts, as_column(*formats)))
    return instants.dt.year().is_between(1900, 2099).fill_null(False)
