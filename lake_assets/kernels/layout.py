"""A file's layout: encoding, delimiter, and where each column stands. Decided from its head."""

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass

from lake_assets.contracts.dataset import Dataset
from lake_assets.kernels.encoding import Encoding, decode_head, sniff_encoding
from lake_assets.kernels.header import map_header
from lake_assets.kernels.refusal import FileRefusedError as FileRefusedError

HEAD_BYTES = 256 * 1024
"""How much of a file a layout is decided from."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How to read one file.

    Attributes:
        encoding: of the whole file.
        delimiter: one character.
        header: the header line as it stands, without its line end.
        header_line: its physical line number, from 1; lines before it are blank.
        width: the number of header cells.
        positions: contract column -> position of its cell.
        extra: header cells that the contract does not know.
    """

    encoding: Encoding
    delimiter: str
    header: str
    header_line: int
    width: int
    positions: Mapping[str, int]
    extra: tuple[str, ...]


def read_layout(head: bytes, dataset: Dataset, *, whole: bool) -> Layout:
    """Decide how a file is to be read.

    Args:
        head: its first bytes, :data:`HEAD_BYTES` of them or more.
        whole: whether ``head`` is all of the file.

    Raises:
        FileRefusedError: the file breaks the contract as a whole; nothing of it can be read.
    """
    encoding = sniff_encoding(head, dataset.format.encodings)
    if encoding is None:
        raise FileRefusedError(
            "undecodable", f"the text is in none of the encodings {dataset.format.encodings}"
        )
    text = decode_head(head, encoding, whole=whole)
    if not text.strip():
        raise FileRefusedError("empty_file", "the file has no text at all")
    lines = re.split("\r\n?|\n", text)
    header_line = next(number for number, line in enumerate(lines, 1) if line.strip())
    if header_line == len(lines) and not whole:
        raise FileRefusedError(
            "unreadable",
            f"the header has no end within {len(head):,} bytes",
        )
    header = lines[header_line - 1]
    delimiter, positions, extra, width = _find_columns(header, dataset)
    required = [column.name for column in dataset.columns if column.required]
    if missing := [name for name in required if name not in positions]:
        raise FileRefusedError(
            "missing_columns",
            f"the header lacks {', '.join(missing)}; it reads {header[:500]!r}",
        )
    blank = f' \r\t\0"{delimiter}'
    if whole and not any(line.strip(blank) for line in lines[header_line:]):
        raise FileRefusedError(
            "no_data_rows", "there is a header, and no row with a value below it"
        )
    return Layout(encoding, delimiter, header, header_line, width, positions, tuple(extra))


def _find_columns(header: str, dataset: Dataset) -> tuple[str, dict[str, int], list[str], int]:
    """The delimiter under which the header names most of the contract's columns."""
    best: tuple[int, str, list[str]] | None = None
    for delimiter in dataset.format.delimiters:
        try:
            cells = next(csv.reader([header], delimiter=delimiter), [])
        except csv.Error as error:
            raise FileRefusedError("unreadable", f"the header cannot be read: {error}") from error
        if len(cells) < 2 and len(dataset.columns) > 1:
            continue
        try:
            found = len(map_header(cells, dataset)[0])
        except ValueError:
            found = len(dataset.columns)  # it names columns, even twice: this is the delimiter
        if best is None or (found, len(cells)) > (best[0], len(best[2])):
            best = found, delimiter, cells
    if best is None:
        raise FileRefusedError(
            "delimiter_detection_failed",
            f"none of {dataset.format.delimiters} divides the header {header[:500]!r}",
        )
    _, delimiter, cells = best
    try:
        positions, extra = map_header(cells, dataset)
    except ValueError as error:
        raise FileRefusedError("duplicate_columns", f"in the header, {error}") from error
    return delimiter, positions, extra, len(cells)
