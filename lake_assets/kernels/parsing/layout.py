"""A file's layout: encoding, delimiter, and where each column stands. Decided from its head."""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.format import DETECT, CsvFormat, NdjsonFormat
from lake_assets.kernels.decoding.encoding import Encoding, decode_head, no_text, sniff_encoding
from lake_assets.kernels.parsing.header import claim_columns
from lake_assets.kernels.parsing.mending import SAMPLE_RECORDS, cells_of, mend, single_quoted
from lake_assets.kernels.parsing.ndjson_head import BLANKS, read_keys
from lake_assets.kernels.parsing.records import well_quoted
from lake_assets.kernels.parsing.telling import told_header
from lake_assets.kernels.refusal import FileRefusedError

HEAD_BYTES = 256 * 1024
"""How much of a file a layout is decided from."""

SHOWN = 500
"""Characters of a header that are told."""

LINE_END = re.compile(r"\r\n?|\n")
LINE = re.compile(r"([^\r\n]*)(\r\n|\r|\n|\Z)")


@dataclass(frozen=True, slots=True)
class Layout:
    """How to read one file.

    Attributes:
        encoding: of the whole file.
        delimiter: one character; empty if the file is NDJSON.
        header: the header record as it stands, without its line end; empty if there is none.
        header_line: the physical line on which it starts, from 1; lines before it are blank, or
            the preamble that the contract allows. 0 if there is no header.
        header_lines: physical lines that it spans; a quoted header cell may hold line feeds.
        width: the number of header cells.
        positions: contract column -> positions of the cells that claim it, the best claim first.
        extra: header cells that the contract does not know.
        cells: the header's cells; the keys that the head of an NDJSON file has.
        mended: whether the header was damaged; ``cells`` is then how it had to be read.
    """

    encoding: Encoding
    delimiter: str
    header: str
    header_line: int
    header_lines: int
    width: int
    positions: Mapping[str, tuple[int, ...]]
    extra: tuple[str, ...]
    cells: tuple[str, ...]
    mended: bool = False


@dataclass(frozen=True, slots=True)
class _Columns:
    """What a header says under one delimiter."""

    delimiter: str
    width: int
    positions: Mapping[str, tuple[int, ...]]
    extra: tuple[str, ...]
    cells: tuple[str, ...]
    mended: bool = False


def read_layout(head: bytes, dataset: Dataset, *, whole: bool) -> Layout:
    """Decide how a file is to be read.

    Args:
        head: its first bytes, :data:`HEAD_BYTES` of them or more; expanded, if it is compressed.
        dataset: the contract.
        whole: whether ``head`` is all of the file.

    Raises:
        FileRefusedError: the file breaks the contract as a whole; nothing of it can be read.
    """
    if kind := no_text(head):
        wanted = dataset.format.type.upper()
        raise FileRefusedError(
            "error_reading_file", f"the file is {kind}, not text; export it as {wanted}"
        )
    encoding = sniff_encoding(head, dataset.format.encodings)
    if encoding is None:
        likely = sniff_encoding(head, [DETECT])
        hint = f"; it looks most like {likely.name}: add that to format.encodings" if likely else ""
        raise FileRefusedError(
            "undecodable",
            f"the text is in none of the encodings {', '.join(dataset.format.encodings)}{hint}",
        )
    text = decode_head(head, encoding, whole=whole)
    if isinstance(dataset.format, NdjsonFormat):  # no header, and no column has a place of its own
        if not text.strip(BLANKS):
            raise _empty(head, whole=whole)
        keys = read_keys(text, dataset, whole=whole)
        return Layout(encoding, "", "", 0, 0, 0, {}, (), keys)
    blank = "".join([' \r\n\t\0"', *dataset.csv.delimiters])
    if not text.strip(blank):
        raise _empty(head, whole=whole)
    required = [column.name for column in dataset.columns if column.required]
    first: tuple[_Record, _Columns] | FileRefusedError | None = None
    for record in _records(text, dataset.csv, whole=whole):
        if not record.text.strip(blank):
            continue
        try:
            columns = _find_columns(record.text, dataset)
        except FileRefusedError as error:
            first = first or error
        else:
            if not isinstance(first, tuple):
                first = record, columns
            if columns.positions.keys() >= set(required):
                first = record, columns
                break
        if record.line > dataset.csv.preamble_lines:
            break
    if isinstance(first, FileRefusedError):
        raise first
    if first is None:
        raise FileRefusedError(
            "error_reading_file", f"the header has no end within the first {len(head):,} bytes"
        )
    record, columns = first
    columns = _above(record, columns, text, dataset, whole=whole)
    if missing := [name for name in required if name not in columns.positions]:
        raise FileRefusedError(
            "missing_columns",
            f"the header lacks {', '.join(missing)}; it reads "
            f"{told_header(record.text, dataset, SHOWN)}; if "
            "they have other names there, add those to the columns' aliases",
        )
    if whole and not text[record.end :].strip(blank):
        raise FileRefusedError(
            "no_data_rows_found", "there is a header, and no row with a value below it"
        )
    return Layout(
        encoding,
        columns.delimiter,
        record.text,
        record.line,
        record.lines,
        columns.width,
        columns.positions,
        columns.extra,
        columns.cells,
        columns.mended,
    )


def _empty(head: bytes, *, whole: bool) -> FileRefusedError:
    what = "the file has" if whole else f"the first {len(head):,} bytes have"
    return FileRefusedError("empty_file", f"{what} no text at all")


def _above(
    record: "_Record", columns: _Columns, text: str, dataset: Dataset, *, whole: bool
) -> _Columns:
    """The columns of a header, mended if the rows below do not fit it.

    Raises:
        FileRefusedError: header and rows are quoted by a sign that is no quote.
    """
    below = _records(text[record.end :], dataset.csv, whole=whole)
    blank = "".join([" \r\n\t\0", *dataset.csv.delimiters])
    rows = islice((row.text for row in below if row.text.strip(blank)), SAMPLE_RECORDS)
    sample = list(islice(rows, 1))
    required = {column.name for column in dataset.columns if column.required}
    is_divided = len(cells_of(record.text, columns.delimiter)) == columns.width
    fits = is_divided and sample and len(cells_of(sample[0], columns.delimiter)) == columns.width
    if fits and columns.positions.keys() >= required and "'" not in record.text:
        return columns
    sample += rows
    if name := single_quoted(record.text, columns.delimiter, sample):
        raise FileRefusedError(
            "error_reading_file",
            f"the header cell {name} and cells below it stand in single quotes; write the file "
            'with double quotes (") around texts',
        )
    mended = mend(record.text, columns.delimiter, sample, dataset) if record.lines == 1 else None
    if mended is None:
        if not is_divided:
            raise _undivided(record.text, dataset)
        return columns
    claims = mended.claims
    return _Columns(
        mended.delimiter, mended.width, claims.positions, claims.extra, mended.cells, mended=True
    )


@dataclass(frozen=True, slots=True)
class _Record:
    """A record at the head of a file: its text, the line where it starts, where it ends."""

    text: str
    line: int
    lines: int
    end: int


def _records(text: str, limits: CsvFormat, *, whole: bool) -> Iterator[_Record]:
    """The records at the head of a file; a line with an open quote takes in those that close it.

    As in ``records.join_records``, a quote that is only a stray one takes in nothing.
    """
    max_lines = limits.max_record_lines
    at, line = 0, 1
    while at < len(text):
        end, lines = at, 0
        closed: tuple[int, int, int] | None = None
        alone: tuple[int, int, int] | None = None
        quotes = 0
        while lines < max_lines and end < len(text):
            match = LINE.match(text, end)
            assert match  # it matches any text, the empty one too
            if match.end() == match.end(1) and not whole:
                break  # the head ends within this line
            quotes += match[1].count('"')
            end, lines = match.end(), lines + 1
            alone = alone or (match.end(1), end, lines)
            if quotes % 2 == 0:
                if lines == 1 or _is_one(text[at : match.end(1)], limits.delimiters):
                    closed = match.end(1), end, lines
                break
        found = closed or alone
        if found is None:
            return
        stop, end, lines = found
        yield _Record(text[at:stop], line, lines, end)
        at, line = end, line + lines


def _is_one(record: str, delimiters: Sequence[str]) -> bool:
    """Whether lines belong together: well quoted, and none of the later ones is a row itself."""
    _, *later = LINE_END.split(record)
    for delimiter in delimiters:
        if re.search(well_quoted(delimiter), record):
            width = len(next(csv.reader(io.StringIO(record, newline=""), delimiter=delimiter), []))
            if all(line.count(delimiter) + 1 < width for line in later):
                return True
    return False


def _find_columns(header: str, dataset: Dataset) -> _Columns:
    """The columns under the delimiter by which the header names most of the contract's."""
    best = _best(header, dataset)
    if best is None and header.count('"') % 2:
        # A stray quote at the start takes in all cells; the rows below will tell, see ``_above``.
        best = _best(header.replace('"', ""), dataset)
    if best is None:
        raise _undivided(header, dataset)
    if best.width > dataset.csv.max_columns:
        raise FileRefusedError(
            "too_many_columns",
            f"the header has {best.width:,} cells; the contract allows {dataset.csv.max_columns:,}",
        )
    return best


def _best(header: str, dataset: Dataset) -> _Columns | None:
    best: _Columns | None = None
    for delimiter in dataset.csv.delimiters:
        try:
            cells = next(csv.reader(io.StringIO(header, newline=""), delimiter=delimiter), [])
        except csv.Error as error:
            raise FileRefusedError(
                "error_reading_file", f"the header cannot be read: {error}"
            ) from error
        if len(cells) < 2 and len(dataset.columns) > 1:
            continue
        claims = claim_columns(cells, dataset)
        found = _Columns(delimiter, len(cells), claims.positions, claims.extra, tuple(cells))
        if best is None or _rank(found) > _rank(best):
            best = found
    return best


def _undivided(header: str, dataset: Dataset) -> FileRefusedError:
    return FileRefusedError(
        "delimiter_detection_failed",
        f"none of {' '.join(map(repr, dataset.csv.delimiters))} divides the header "
        f"{told_header(header, dataset, SHOWN)}; if another sign does, add it to "
        "format.delimiters; if it is no header, see format.preamble_lines",
    )


def _rank(columns: _Columns) -> tuple[int, int]:
    return len(columns.positions), columns.width
