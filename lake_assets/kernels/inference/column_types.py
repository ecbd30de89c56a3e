"""What type the texts of a column are, by evidence: what nearly all of them can be read as."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import polars as pl

from lake_assets.contracts.column import Column, ColumnType, DecimalMark
from lake_assets.kernels.inference.date_patterns import DatePatterns, find_patterns
from lake_assets.kernels.rows import read_column
from lake_assets.kernels.values.booleans import read_boolean
from lake_assets.kernels.values.currency import COMMA, POINT
from lake_assets.kernels.values.evidence import NOTHING, Evidence, Readings, by_row, settle, weigh
from lake_assets.kernels.values.json_texts import read_json

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
LIKE_A_NUMBER = r"^[^\d]{0,5}\d[\d.,'\s\u{00A0}\u{202F}]*[^\d]{0,5}$"
"""Looked for first, because to compile what reads numbers takes longer than to read a sample."""

MARKS = {POINT: DecimalMark.POINT, COMMA: DecimalMark.COMMA}
MOST_DIGITS, MOST_DECIMALS = 38, 18
"""Of a decimal."""


@dataclass(frozen=True, slots=True)
class Cells:
    """A column's cells, of one file or of several.

    Attributes:
        texts: String, as :func:`without_nulls` gives them.
        piece: UInt32, the file of each, from 0; None if they are of one.
        days: the date in each file's name, if there is one.
    """

    texts: pl.Series
    piece: pl.Series | None = None
    days: Sequence[date | None] = (None,)

    @classmethod
    def of_files(cls, files: Sequence[pl.Series], days: Sequence[date | None]) -> "Cells":
        """The cells of several files, one after another."""
        pieces = [
            pl.repeat(at, texts.len(), dtype=pl.UInt32, eager=True)
            for at, texts in enumerate(files)
        ]
        return cls(pl.concat(files), pl.concat(pieces), days)

    def filled(self) -> "Cells":
        """Those that have a value."""
        there = self.texts.is_not_null()
        piece = self.piece.filter(there) if self.piece is not None else None
        return Cells(self.texts.filter(there).rename("text"), piece, self.days)

    def named(self) -> date | pl.Series | None:
        """The date in the name of each cell's file."""
        if self.piece is None:
            return self.days[0]
        return pl.Series(self.days, dtype=pl.Date).gather(self.piece)


@dataclass(frozen=True, slots=True)
class Numbers:
    """What the numbers of a column are like.

    Attributes:
        precision, scale: of a decimal.
        mark: the decimal mark, if there are texts that could be read by both, and other texts
            show which one it is.
        shown: texts that show it; none if that was other columns.
        clue: the mark that the texts show, needed or not.
        two_ways: texts that could be read by both.
        leaning: of these, one that is read by the column's type or its currency, although no
            other text shows the mark; empty if there is none.
    """

    precision: int = 18
    scale: int = 2
    mark: DecimalMark = DecimalMark.AUTO
    shown: int = 0
    clue: DecimalMark = DecimalMark.AUTO
    two_ways: int = 0
    leaning: str = ""


@dataclass(frozen=True, slots=True)
class Evidenced:
    """The type of a column, and what speaks for it.

    Attributes:
        type: as a contract names it.
        rows, filled, distinct: cells in all, those with a value, and different values.
        unread: filled cells that are not of the type, or ambiguous; they would be rejected.
        numbers: of an integer or a decimal.
        patterns: of a timestamp.
        example: the most frequent text, shortened.
        looks_whole: the texts are whole numbers, but the name says that they identify something.
    """

    type: ColumnType
    rows: int
    filled: int
    distinct: int
    unread: int = 0
    numbers: Numbers = field(default_factory=Numbers)
    patterns: DatePatterns | None = None
    example: str = ""
    looks_whole: bool = False


def without_nulls(cells: pl.Series, nulls: Collection[str] = NULLS) -> pl.Series:
    """Cells as trimmed text, null where they say that there is no value: one of ``nulls``."""
    text = cells.str.strip_chars()
    is_null = text.str.to_lowercase().is_in(list(nulls))
    return text.to_frame("text").select(pl.when(~is_null).then("text")).to_series()


def infer_type(name: str, cells: Cells, mark: DecimalMark = DecimalMark.AUTO) -> Evidenced:
    """The type that nearly all texts of a column are of, by the readers of the contracts.

    Args:
        name: of the column, normalised: an ``_id`` is text even where it has digits alone.
        cells: of the column.
        mark: the decimal mark, if that is known from elsewhere.
    """
    filled = cells.filled()
    texts = filled.texts
    counts = texts.value_counts(name="n")
    as_text = Evidenced(ColumnType.STRING, cells.texts.len(), texts.len(), counts.height)
    if texts.is_empty():
        return as_text
    most = counts.filter(pl.col("n") == counts["n"].max())["text"].to_list()
    as_text = replace(as_text, example=min(most)[:80])
    nested = texts.filter(texts.str.contains(r"^[{\[]"))
    if nested.len() >= SHARE * texts.len():
        unread = texts.len() - read_json(nested).count()
        if unread <= (1 - SHARE) * texts.len():
            return replace(as_text, type=ColumnType.JSON, unread=unread)
        return as_text
    if texts.str.contains(r"^[A-Za-z]{1,5}$").any() and not (
        read_boolean(texts, Column(name="truth", type=ColumnType.BOOLEAN)).null_count()
    ):
        return replace(as_text, type=ColumnType.BOOLEAN)
    is_identifier = bool(IDENTIFIER.search(name))
    if not is_identifier and (patterns := find_patterns(texts, filled.named())):
        unread = texts.len() - patterns.read
        return replace(as_text, type=ColumnType.TIMESTAMP, unread=unread, patterns=patterns)
    likely = int(texts.str.contains(LIKE_A_NUMBER).sum())
    if likely < SHARE * texts.len() or texts.str.contains(NO_NUMBER).any():
        return as_text
    return _infer_number(filled, as_text, mark, is_identifier=is_identifier)


def _infer_number(
    filled: Cells, as_text: Evidenced, mark: DecimalMark, *, is_identifier: bool
) -> Evidenced:
    texts = filled.texts
    decimal = Column(name="n", type=ColumnType.DECIMAL, decimal_mark=mark)
    widest = decimal.model_copy(update={"precision": MOST_DIGITS, "scale": MOST_DECIMALS})
    readings = read_column(texts, widest, survey=True)
    evidence = weigh("n", readings, filled.piece, len(filled.days))
    values = _settled(readings, evidence, filled).drop_nulls()
    if int(texts.str.contains(CENTS).sum()) * 2 <= texts.len():
        integer = Column(name="n", type=ColumnType.INTEGER, decimal_mark=mark)
        numbers, unread = _numbers(filled, integer, evidence)
        read = texts.len() - unread
        if read >= SHARE * texts.len() and read >= COVERED * values.len():
            if is_identifier:
                return replace(as_text, looks_whole=True)
            return replace(as_text, type=ColumnType.INTEGER, unread=unread, numbers=numbers)
    precision, scale = _digits(values)
    column = decimal.model_copy(update={"precision": precision, "scale": scale})
    numbers, unread = _numbers(filled, column, evidence)
    if texts.len() - unread < SHARE * texts.len():
        return as_text
    return replace(as_text, type=ColumnType.DECIMAL, unread=unread, numbers=numbers)


def _numbers(filled: Cells, column: Column, evidence: Sequence[Evidence]) -> tuple[Numbers, int]:
    """What becomes of the texts in a column of numbers, and how many of them are not read."""
    readings = read_column(filled.texts, column)
    clues = Evidence(clues=sum(evidence, NOTHING).clues)
    clue = MARKS.get(clues.reading("n") or "", DecimalMark.AUTO)
    # Of what leans by the type alone, the widest decimal knows nothing: so it is weighed again.
    seen = weigh("n", readings, filled.piece, len(filled.days))
    hinted = [Evidence(one.clues, other.hints) for one, other in zip(evidence, seen, strict=True)]
    values = _settled(readings, hinted, filled)
    contested = filled.texts.clear()
    if readings.alternatives:
        both = [way.is_not_null() for way in readings.alternatives.values()]
        contested = filled.texts.filter(both[0] | both[1])
    leaning = contested[0] if contested.len() and not clues.clues else ""
    numbers = Numbers(
        column.precision,
        column.scale,
        clue if contested.len() else column.decimal_mark,
        sum(clues.clues.values()),
        clue,
        contested.len(),
        leaning,
    )
    return numbers, values.null_count()


def _settled(readings: Readings, evidence: Sequence[Evidence], filled: Cells) -> pl.Series:
    """The values, where each file has the mark that its own texts show."""
    return settle(readings, by_row([one.reading("n") for one in evidence], filled.piece))[0]


def _digits(numbers: pl.Series) -> tuple[int, int]:
    """Precision and scale for nearly all of the numbers, with room to grow."""
    if numbers.is_empty():
        return 18, 2
    plain = numbers.cast(pl.String).str.strip_chars_end("0")
    scales = plain.str.split(".").list.get(1).str.len_chars().sort()
    scale = max(2, int(scales[min(scales.len() - 1, int(scales.len() * COVERED))]))
    whole = max(numbers.abs().cast(pl.String).str.split(".").list.get(0).str.len_chars())
    return min(38, max(18, whole + 2 + scale)), scale
