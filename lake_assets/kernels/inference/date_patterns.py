"""Which timestamp patterns a column of texts is written in, from a list of common ones."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from lake_assets.kernels.timestamps import Evidence, parse_timestamps

CLOCK = "[ H:mm[:ss[.SSS]]]"
HALF_DAY = " h:mm[:ss][ ]a"
ISO = "'T'HH:mm[:ss[.SSS]][XXX]"
ZONED = " HH:mm[:ss[.SSS]][ ]XXX"
YEAR_FIRST = tuple(
    f"yyyy{sign}MM{sign}dd{time}" for sign in "-/." for time in (CLOCK, ISO, HALF_DAY, ZONED)
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

LIKE_A_DATE = r"^\d{1,4}[-/.]\d{1,2}[-/.]\d{2,4}|^\d{8}(?:$|[ T])"
SHARE = 0.9
"""Of the texts, this many are dates in a column of dates; the rest would be rejected."""


@dataclass(frozen=True, slots=True)
class DatePatterns:
    """The patterns of a column.

    Attributes:
        formats: as a contract lists them.
        read: texts that they read.
        evidence: for the order of day and month.
        is_open: whether the texts do not tell that order, so that both are listed.
    """

    formats: tuple[str, ...]
    read: int
    evidence: Evidence
    is_open: bool


def find_patterns(
    texts: pl.Series, parts: Sequence[tuple[pl.Series, date | None]] = ()
) -> DatePatterns | None:
    """The patterns that a column's texts are written in.

    Args:
        texts: String, trimmed, without nulls.
        parts: the same texts by file, each with the date in the file's name; such a date tells
            the order of day and month where the texts do not.

    Returns:
        None if less than :data:`SHARE` of the texts are dates.
    """
    if not _enough(int(texts.str.contains(LIKE_A_DATE).sum()), texts):
        return None
    formats: list[str] = []
    evidence = Evidence()
    is_open = False
    rest = texts
    for pattern in YEAR_FIRST:
        if not _begins(rest, rf"^\d{{4}}{re.escape(pattern[4])}"):
            continue
        unread = ~_reads(rest, pattern)
        if not unread.all():
            formats.append(pattern)
            rest = rest.filter(unread)
    for day_first, month_first in DAY_OR_MONTH_FIRST:
        sign = re.escape(day_first[1])
        if not _begins(rest, rf"^\d{{1,2}}{sign}\d{{1,2}}{sign}"):
            continue
        readings, seen = parse_timestamps(rest, (day_first, month_first), None)
        unread = readings["instant"].is_null() & readings["DM"].is_null()
        if unread.all():
            continue
        for part, named in parts:
            seen += Evidence(name=parse_timestamps(part, (day_first, month_first), named)[1].name)
        rest, evidence = rest.filter(unread), evidence + seen
        order = seen.order() or ("DM" if day_first.startswith("d.") else None)
        is_open |= order is None
        formats += [day_first] if order != "MD" else []
        formats += [month_first] if order != "DM" else []
    for pattern in PACKED:
        if not _begins(rest, r"^\d{8}"):
            break
        unread = ~_reads(rest, pattern)
        if not unread.all() and (formats or not unread.any()):
            formats.append(pattern)
            rest = rest.filter(unread)
    read = texts.len() - rest.len()
    return DatePatterns(tuple(formats), read, evidence, is_open) if _enough(read, texts) else None


def _begins(texts: pl.Series, pattern: str) -> bool:
    """Whether a text begins so: quicker than to try each date pattern on all of them."""
    return bool(texts.str.contains(pattern).any())


def _enough(found: int, texts: pl.Series) -> bool:
    return found > 0 and found >= SHARE * texts.len()


def _reads(texts: pl.Series, pattern: str) -> pl.Series:
    """Whether each text is a date of the last or this century in that pattern."""
    instants = parse_timestamps(texts, (pattern,), None)[0]["instant"]
    return instants.dt.year().is_between(1900, 2099).fill_null(False)
