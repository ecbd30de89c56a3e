"""What type the texts of a column are, by evidence: what nearly all of them can be read as."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import polars as pl

from lake_assets.contracts.column import ColumnType
from lake_assets.kernels.inference.date_patterns import DatePatterns, find_patterns
from lake_assets.kernels.numbers import parse_decimal, parse_integer
from lake_assets.kernels.rows import FALSE, TRUE

NULLS = ("", "-", "--", "n/a", "#n/a", "na", "null", "(null)", "\\n", "none", "nil", "nan")
"""Cells that are taken for 'no value' in a file without a contract, in lower case."""

SHARE = 0.9
"""A type that reads this share of a column's texts is its type; the rest would be rejected."""
COVERED = 0.99
"""The scale of a decimal column is that of this share of its numbers, at least."""

IDENTIFIER = re.compile(r"(?:^|_)(?:id|code|zip|postcode|phone|sku|ean|isbn|iban)$|[a-z]id$")
"""Names of columns whose digits are nothing to calculate with."""
NO_NUMBER = r"^(?:0\d+|\+\d{7,}|\d{19,})$"
"""Leading zeros, telephone numbers, and what is longer than an integer may be."""

CENTS = r"[.,]\d{1,2}$"
"""12.00 is a whole number; but a column where most are written so is one of amounts."""
LIKE_A_NUMBER = (
    r"^(?:[A-Z]{3})?[^A-Za-z\d]{0,4}\d[\d.,'\s\u{00A0}\u{202F}]*[^A-Za-z\d]{0,4}(?:[A-Z]{3})?$"
)
"""Looked for first, because to compile what reads numbers takes longer than to read a sample."""


@dataclass(frozen=True, slots=True)
class Evidenced:
    """The type of a column, and what speaks for it.

    Attributes:
        type: as a contract names it.
        rows, filled, distinct: cells in all, those with a value, and different values.
        unread: filled cells that are not of the type; they would be rejected.
        precision, scale: of a decimal.
        patterns: of a timestamp.
        example: the most frequent text, shortened.
        looks_whole: the texts are whole numbers, but the name says that they identify something.
    """

    type: ColumnType
    rows: int
    filled: int
    distinct: int
    unread: int = 0
    precision: int = 18
    scale: int = 2
    patterns: DatePatterns | None = None
    example: str = ""
    looks_whole: bool = False


def without_nulls(cells: pl.Series) -> pl.Series:
    """Cells as trimmed text, null where they say that there is no value."""
    text = cells.str.strip_chars()
    is_null = text.str.to_lowercase().is_in(list(NULLS))
    return text.to_frame("text").select(pl.when(~is_null).then("text")).to_series()


def infer_type(
    name: str, cells: pl.Series, parts: Sequence[tuple[pl.Series, date | None]] = ()
) -> Evidenced:
    """The type that nearly all texts of a column are of.

    Args:
        name: of the column, normalised: an ``_id`` is text even where it has digits alone.
        cells: String, as :func:`without_nulls` gives them.
        parts: the same by file, each with the date in the file's name, if that is known.
    """
    texts = cells.drop_nulls().rename("text")
    counts = texts.value_counts(name="n")
    as_text = Evidenced(ColumnType.STRING, cells.len(), texts.len(), counts.height)
    if texts.is_empty():
        return as_text
    most = counts.filter(pl.col("n") == counts["n"].max())["text"].to_list()
    as_text = replace(as_text, example=min(most)[:80])
    if int(texts.str.to_lowercase().is_in(TRUE + FALSE).sum()) == texts.len() and (
        texts.str.contains(r"[A-Za-z]").any()
    ):
        return replace(as_text, type=ColumnType.BOOLEAN)
    patterns = find_patterns(texts, parts)
    if patterns and not IDENTIFIER.search(name):
        unread = texts.len() - patterns.read
        return replace(as_text, type=ColumnType.TIMESTAMP, unread=unread, patterns=patterns)
    likely = int(texts.str.contains(LIKE_A_NUMBER).sum())
    if likely < SHARE * texts.len() or texts.str.contains(NO_NUMBER).any():
        return as_text
    shows_cents = int(texts.str.contains(CENTS).sum()) * 2 > texts.len()
    whole = 0 if shows_cents else int(parse_integer(texts).count())
    numbers = parse_decimal(texts, 38, 18).drop_nulls()
    if whole >= SHARE * texts.len() and whole >= COVERED * numbers.len():
        if IDENTIFIER.search(name):
            return replace(as_text, looks_whole=True)
        return replace(as_text, type=ColumnType.INTEGER, unread=texts.len() - whole)
    if numbers.len() < SHARE * texts.len():
        return as_text
    precision, scale = _digits(numbers)
    read = int(parse_decimal(texts, precision, scale).count())
    return replace(
        as_text,
        type=ColumnType.DECIMAL,
        unread=texts.len() - read,
        precision=precision,
        scale=scale,
    )


def _digits(numbers: pl.Series) -> tuple[int, int]:
    """Precision and scale for nearly all of the numbers, with room to grow."""
    plain = numbers.cast(pl.String).str.strip_chars_end("0")
    scales = plain.str.split(".").list.get(1).str.len_chars().sort()
    scale = max(2, int(scales[min(scales.len() - 1, int(scales.len() * COVERED))]))
    whole = max(numbers.abs().cast(pl.String).str.split(".").list.get(0).str.len_chars())
    return min(38, max(18, whole + 2 + scale)), scale
