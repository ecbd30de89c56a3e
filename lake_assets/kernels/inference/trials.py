"""One reading of a sample in one possible dialect, and how plausible that reading is.

The score is that of van den Burg, Nazábal and Sutton, "Wrangling messy CSV files by detecting row
and type patterns" (2019), in outline: how even the records are, times how many of the cells look
like values. The rest are weights for what a person sees at once: quotes that cut through cells,
signs of punctuation, a first line that is not divided.
"""

import csv
import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from lake_assets.kernels.inference.shapes import is_value, is_words

if TYPE_CHECKING:
    from _csv import Reader

USUAL = {",": 1.0, ";": 1.0, "\t": 1.0, "|": 0.98}
LIKELY = {"^": 0.8, "~": 0.8, "#": 0.7, ":": 0.6, " ": 0.5}
CONTROL = dict.fromkeys("\x01\x1c\x1d\x1e\x1f", 0.95)
OTHER = dict.fromkeys("!$%&*+/<=>?@\\_`{}", 0.2)
PRIORS = USUAL | LIKELY | CONTROL | OTHER
"""How likely a sign is to be a delimiter before the text is looked at, relative to a comma."""

NO_DELIMITER = "\ue000"
"""A private-use character, which divides nothing."""

SINGLE_QUOTE = 0.9
"""How likely ``'`` is to quote cells, relative to ``"``: it is an apostrophe, too."""
FIRST_UNDIVIDED = 0.7
"""The weight of a delimiter that is not in the first line: a header is a row like the others."""
PUNCTUATION = 0.8
"""The weight of a sign that a space follows everywhere, as in a sentence."""

SAMPLE_RECORDS = 200
SAMPLE_CELLS = 600
RECORD_LINES = 50
"""A cell of more lines was opened by a stray quote."""

COMMENT = re.compile(r"\s*(?:#|//)")


@dataclass(frozen=True, slots=True)
class Trial:
    """A dialect, the records that it makes of the sample, and on which line, from 0, each starts.

    ``score`` is from 0 to 1.
    """

    delimiter: str
    quote: str | None
    escape: str | None
    records: list[list[str]]
    starts: list[int]
    score: float


def read_sample(
    lines: Sequence[str], delimiter: str, quote: str | None, escape: str | None
) -> Trial:
    """Read a sample in one dialect, and weigh what comes of it.

    Args:
        lines: each ends in its one line feed, and holds no carriage return.
        delimiter: one character.
        quote: one character, or None.
        escape: ``doubled``, ``backslash`` or None.
    """
    reader = csv_reader(lines, delimiter, quote, escape)
    records: list[list[str]] = []
    starts: list[int] = []
    at, is_broken = 0, False
    try:
        for record in islice(reader, SAMPLE_RECORDS):
            records.append(record)
            starts.append(at)
            is_broken |= reader.line_num - at > RECORD_LINES
            at = reader.line_num
    except csv.Error:  # a cell longer than any: the quote that opens it is a stray one
        is_broken = True
    filled = [pair for pair in zip(records, starts, strict=True) if any(pair[0])]
    table = [record for record, start in filled if not COMMENT.match(lines[start])]
    table = table or [record for record, _ in filled]
    score = 0.0 if is_broken or not table else _score("".join(lines), table, delimiter, quote)
    return Trial(delimiter, quote, escape, records, starts, score)


def csv_reader(
    lines: Iterable[str], delimiter: str, quote: str | None, escape: str | None
) -> "Reader":
    """A reader of a dialect; the arguments are those of :func:`read_sample`."""
    return csv.reader(
        lines,
        delimiter=delimiter,
        quotechar=quote,
        quoting=csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE,
        doublequote=escape != "backslash",
        escapechar="\\" if escape == "backslash" and delimiter != "\\" else None,
        skipinitialspace=not delimiter.isspace(),
    )


def undivided_score(lines: Sequence[str]) -> float:
    """What any delimiter has to beat: it is high where whole lines are values."""
    filled = [line.strip() for line in lines[:SAMPLE_RECORDS] if line.strip()]
    values = sum(
        # "2025-01-02 10:00" is one value, "100 200 300" may be three.
        is_value(line.replace(" ", "T")) and not set(line) & USUAL.keys()
        for line in filled
    )
    return 0.05 + 0.45 * values / max(1, len(filled))


def _score(text: str, table: list[list[str]], delimiter: str, quote: str | None) -> float:
    score = PRIORS.get(delimiter, 0) * _evenness(table)
    if not score:
        return 0
    spaced = text.count(f"{delimiter} ") if not delimiter.isspace() else 0
    score *= 1 - (1 - PUNCTUATION) * spaced / max(1, text.count(delimiter))
    score *= SINGLE_QUOTE if quote == "'" else 1
    score *= FIRST_UNDIVIDED if len(table[0]) == 1 else 1
    return score * _quote_fit(text, delimiter, quote or '"') * _likeness(table, delimiter, quote)


def _evenness(table: list[list[str]]) -> float:
    """From 0 (every record is of another width, or of one cell) towards 1 (all alike, and wide).

    A width counts by its share of the cells: lines of prose around a table weigh little.
    """
    widths = Counter(len(record) for record in table)
    cells = sum(rows * width for width, rows in widths.items())
    return sum(
        (rows * width / cells) ** 2 * math.sqrt((width - 1) / width)
        for width, rows in widths.items()
    )


def _quote_fit(text: str, delimiter: str, quote: str) -> float:
    """From 0.5 to 1: how many of the quotes open or close a whole cell."""
    text = text.replace(quote * 2, "").replace(f"\\{quote}", "")
    quotes = text.count(quote)
    if not quotes:
        return 1
    d = re.escape(delimiter)
    cells = re.findall(
        rf"(?:^|(?<={d})) {{0,8}}{quote}[^{quote}]*{quote} {{0,8}}(?={d}|$)", text, re.MULTILINE
    )
    return 0.5 + 0.5 * min(1, 2 * len(cells) / quotes)


def _likeness(table: list[list[str]], delimiter: str, quote: str | None) -> float:
    """How much the cells look like values, from 0 to 1."""
    cells = [cell for record in table if len(record) > 1 for cell in record]
    cells = cells[:: 1 + len(cells) // SAMPLE_CELLS]
    return sum(_weight(cell.strip(), delimiter, quote) for cell in cells) / max(1, len(cells))


def _weight(cell: str, delimiter: str, quote: str | None) -> float:
    if not cell:
        return 0.8
    if is_value(cell):
        return 1
    if quote and (delimiter in cell or "\n" in cell):
        return 1  # a quote was needed, and was there
    if delimiter == " " or delimiter in OTHER:
        return 0.2  # in any text words stand between these
    if cell[0] in "\"'" or cell[-1] in "\"'" or cell.count('"') % 2:
        return 0.1  # cut out of something longer
    return 0.9 if is_words(cell) else 0.4
