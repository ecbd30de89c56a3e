"""A sample of a file without a contract, as a table of texts."""

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from lake_assets.kernels.inference.column_types import without_nulls
from lake_assets.kernels.inference.dialect import Dialect, sniff_dialect, text_lines
from lake_assets.kernels.inference.trials import NO_DELIMITER, RECORD_LINES, csv_reader

TOTAL = r"(?i)^\W*(?:grand\s|sub)?totals?\b"
"""How a last row begins that adds up those above; as a contract has it."""
BLANK = ' \r\n\t\0",;|'
"""Lines of nothing else are blank for the reader, too."""


@dataclass(frozen=True, slots=True)
class SampledTable:
    """What a sample holds.

    Attributes:
        dialect: how it is written.
        header: the header cells, trimmed; ``column 1`` and so on if there is no header.
        cells: a String column for each of them, named by its position from 0; null where there is
            no value. Rows of another width than the header's are not there.
        rows: rows seen, without blank ones and repeated headers.
        nulls: the tokens that stand for 'no value', in lower case.
        other_delimiters: signs that divide a row rightly that the delimiter does not divide.
        text_above: the last line, from 1, that has text and stands above the header; else 0.
        total: whether the last row looks like a total. It is not in ``cells``.
    """

    dialect: Dialect
    header: tuple[str, ...]
    cells: pl.DataFrame
    rows: int
    nulls: frozenset[str]
    other_delimiters: frozenset[str]
    text_above: int = 0
    total: bool = False


def read_table(text: str, *, whole: bool) -> SampledTable:
    """Read a sample in the dialect that it seems to be in.

    Args:
        text: the head of a file.
        whole: whether that is all of the file; if not, its last line may be cut in two.
    """
    dialect = sniff_dialect(text, whole=whole)
    lines = text_lines(text.removeprefix("\ufeff"), whole=whole)
    records = list(_records(lines[dialect.preamble :], dialect))
    width = len(records[0]) if records and dialect.has_header else dialect.width
    header = [cell.strip() for cell in records[0]] if records else []
    if dialect.has_header:
        records = [record for record in records[1:] if record != records[0]]
    else:
        header = [f"column {at}" for at in range(1, width + 1)]
    total = whole and len(records) > 1 and bool(re.match(TOTAL, " ".join(records[-1])))
    if total:
        records.pop()
    fitting = [record for record in records if len(record) == width]
    raw = pl.DataFrame(fitting, schema=[(str(at), pl.String) for at in range(width)], orient="row")
    cells = raw.select(without_nulls(raw[name]).alias(name) for name in raw.columns)
    above = [at for at, line in enumerate(lines[: dialect.preamble], 1) if line.strip(BLANK)]
    return SampledTable(
        dialect,
        tuple(header),
        cells,
        len(records),
        _nulls(raw, cells),
        _others(records, width),
        above[-1] if above else 0,
        total,
    )


def _records(lines: Sequence[str], dialect: Dialect) -> Iterator[list[str]]:
    """The records that are not blank, up to a quote that is never closed."""
    delimiter = dialect.delimiter or NO_DELIMITER
    reader = csv_reader(lines, delimiter, dialect.quote, dialect.escape)
    at = 0
    try:
        for record in reader:
            if any(map(str.strip, record)) and reader.line_num - at <= RECORD_LINES:
                yield record
            at = reader.line_num
    except csv.Error:
        return


def _nulls(raw: pl.DataFrame, cells: pl.DataFrame) -> frozenset[str]:
    found = set()
    for name in raw.columns:
        tokens = raw[name].filter(cells[name].is_null()).str.strip_chars().str.to_lowercase()
        found.update(tokens.unique().to_list())
    return frozenset(found)


def _others(records: Sequence[Sequence[str]], width: int) -> frozenset[str]:
    undivided = [record[0] for record in records if len(record) == 1 < width]
    fits = Counter(sign for text in undivided for sign in ",;\t|" if text.count(sign) == width - 1)
    return frozenset(fits)
