"""Bytes to physical lines, at the speed of a CSV reader, with nothing lost."""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Literal

import polars as pl

LINE_END = re.compile(rb"\r\n?|\n")
"""A line feed, a carriage return and a line feed, or a carriage return alone."""

LONE_CR = re.compile(rb"\r(?!\n)")

UNUSED = bytes(set(range(1, 32)) - set(b"\t\n\r"))
"""Bytes of which hardly a file has one: any that is not there can divide or mark."""

WINDOW = 8 * 1024
"""Where text is damaged, so many bytes and the rest of a line are looked at at once."""

TAKEN = (codecs.BOM_UTF8, b"x", b"\x1f\x8b", b"\x28\xb5")
"""Starts that Polars' CSV reader takes for something else than text: a byte order mark, which it
drops though within a file it is text, and zlib, gzip and zstd, which it expands. ``x^2`` is zlib.
A line feed before them keeps it from that."""

_LINE_ENDS = re.compile(rb"(\r\n?|\n)")
_ESCAPED = re.compile(rb"\xed[\xb0-\xb3][\x80-\xbf]")  # U+DC00 to U+DCFF, as UTF-8 would be
_ESCAPES = {0xDC00 + byte: byte for byte in range(0x100)}


def split_lines(data: bytes) -> pl.DataFrame:
    """Divide UTF-8 text into its lines, each as it stands: joined again they are the text.

    A line that is not valid UTF-8 keeps its bytes one for one, read as Latin-1; one that
    ``transcoding.to_utf8_stream`` wrote keeps its good characters, and its bad bytes as Latin-1.

    Args:
        data: whole lines; the last one may lack its line end.

    Returns:
        ``raw_row`` (String, without the line end), ``line_end`` (String: LF, CR LF, CR, or empty
        at the end of the text), ``undecodable`` (Boolean), one row a physical line, blank ones
        included.
    """
    ends = _count_ends(data)
    free = list(islice((chr(byte) for byte in UNUSED if byte not in data), 3))
    if ends.uniform and free:
        lines, damaged = _read(data, free[0])
        raw_row = pl.col("raw_row")
        line_end = pl.lit(ends.uniform)
    elif len(free) == 3 and not _ESCAPED.search(data):  # an escaped byte could be a mark
        # Mark the other line ends, and let line feeds alone divide.
        separator, crlf, cr = free
        data = data.replace(b"\r\n", crlf.encode() + b"\n").replace(b"\r", cr.encode() + b"\n")
        lines, damaged = _read(data, separator)
        raw_row = pl.col("raw_row").str.strip_suffix(crlf).str.strip_suffix(cr)
        line_end = (
            pl.when(pl.col("raw_row").str.ends_with(crlf))
            .then(pl.lit("\r\n"))
            .when(pl.col("raw_row").str.ends_with(cr))
            .then(pl.lit("\r"))
            .otherwise(pl.lit("\n"))
        )
    else:
        return _split_slowly(data)
    if lines.len() != ends.lines:  # the reader's idea of a line differs from ours
        return _split_slowly(data)
    at = pl.int_range(pl.len())
    if ends.tail:
        line_end = pl.when(at < ends.lines - 1).then(line_end).otherwise(pl.lit(""))
    return lines.to_frame("raw_row").select(
        raw_row,
        line_end.alias("line_end"),
        (at.is_in(damaged) if damaged else pl.lit(False)).alias("undecodable"),
    )


def count_lines(data: bytes) -> int:
    """Physical lines in ``data``, by its line ends alone: the count that no parser can sway."""
    return _count_ends(data).lines


def windows(data: bytes) -> Iterator[bytes]:
    """Whole lines, of about :data:`WINDOW` bytes together."""
    at = 0
    while at < len(data):
        end = LINE_END.search(data, at + WINDOW)
        yield (window := data[at : end.end() if end else len(data)])
        at += len(window)


def divide(data: bytes) -> list[bytes]:
    """Line, line end, line, line end, ..., and what is behind the last line end."""
    return _LINE_ENDS.split(data)


@dataclass(frozen=True, slots=True)
class _Ends:
    """How many line feeds, CR LFs and lone carriage returns; whether the last line has no end."""

    feeds: int
    pairs: int
    lone: int
    tail: bool

    @property
    def lines(self) -> int:
        return self.feeds + self.lone + self.tail

    @property
    def uniform(self) -> str | None:
        """The line end, if it is LF or CR LF everywhere."""
        if self.lone:
            return None
        return {0: "\n", self.feeds: "\r\n"}.get(self.pairs)


def _count_ends(data: bytes) -> _Ends:
    feeds, returns = data.count(b"\n"), data.count(b"\r")
    # Looking for the first lone one is faster than counting pairs, which mostly are all.
    pairs = data.count(b"\r\n") if returns and LONE_CR.search(data) else returns
    return _Ends(feeds, pairs, returns - pairs, bool(data) and not data.endswith((b"\n", b"\r")))


def _read(data: bytes, separator: str) -> tuple[pl.Series, list[int]]:
    """The lines that line feeds divide, and the indices of those that are not valid UTF-8."""
    try:
        return _parse(data, separator, "utf8"), []
    except pl.exceptions.ComputeError:
        lines = _parse(data, separator, "utf8-lossy")
    damaged: dict[int, str] = {}
    first = 0
    for window in windows(data):
        if not _decode(window)[1]:
            first += window.count(b"\n")
            continue
        for number, line in enumerate(window.split(b"\n"), first):
            text, is_damaged = _decode(line.removesuffix(b"\r"))
            if is_damaged:
                damaged[number] = text
        first += window.count(b"\n")
    return lines.scatter(list(damaged), list(damaged.values())), list(damaged)


def _parse(data: bytes, separator: str, encoding: Literal["utf8", "utf8-lossy"]) -> pl.Series:
    if not data:
        return pl.Series("raw_row", [], dtype=pl.String)
    if data.startswith(TAKEN):
        return _parse(b"\n" + data, separator, encoding)[1:]
    return pl.read_csv(
        data,
        separator=separator,
        quote_char=None,
        has_header=False,
        schema={"raw_row": pl.String},
        empty_string_is_null=False,
        encoding=encoding,
    )["raw_row"]


def _split_slowly(data: bytes) -> pl.DataFrame:
    parts = divide(data)
    decoded = [_decode(line) for line in parts[::2]]
    ends = [*(end.decode() for end in parts[1::2]), ""]
    if not parts[-1]:
        del decoded[-1], ends[-1]
    return pl.DataFrame(
        {
            "raw_row": [text for text, _ in decoded],
            "line_end": ends,
            "undecodable": [is_damaged for _, is_damaged in decoded],
        },
        schema={"raw_row": pl.String, "line_end": pl.String, "undecodable": pl.Boolean},
    )


def _decode(line: bytes) -> tuple[str, bool]:
    """A line's text, and whether it is not valid UTF-8."""
    try:
        return line.decode("utf-8"), False
    except UnicodeDecodeError:
        return _unescaped(line) or line.decode("latin-1"), True


def _unescaped(line: bytes) -> str | None:
    """What ``transcoding.to_utf8_stream`` wrote, if that is all that is wrong with a line."""
    if not _ESCAPED.search(line):
        return None
    try:
        text = line.decode("utf-8", "surrogatepass").translate(_ESCAPES)
        text.encode()  # another surrogate: half of a pair, as CESU-8 has them
    except UnicodeError:
        return None
    return text
