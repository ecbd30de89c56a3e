"""Bytes to physical lines, at the speed of a CSV reader, with nothing lost."""

import codecs

import polars as pl

SEPARATORS = bytes(set(range(1, 32)) - set(b"\t\n\r"))


def split_lines(data: bytes, first_line: int) -> pl.DataFrame:
    """Divide UTF-8 text into its lines.

    A line that is not valid UTF-8 keeps its bytes one for one, read as Latin-1.

    Args:
        data: whole lines; the last one may lack its line feed.
        first_line: the physical number of the first line, from 1.

    Returns:
        ``line_number`` (UInt32), ``raw_row`` (String, without the line end), ``undecodable``
        (Boolean), ``crlf`` (Boolean, whether the line end is CR LF), one row a physical line,
        blank ones included.
    """
    expected = count_lines(data)
    damaged: list[int] = []
    try:
        lines = _read(data, "utf8")
    except pl.exceptions.ComputeError:
        lines = _read(data, "utf8-lossy")
        lines, damaged = _restore(lines, data)
    if lines.len() != expected:  # the reader's idea of a line differs from ours: do it slowly
        lines, damaged = _restore(pl.Series("raw_row", [""] * expected), data, every=True)
    number = pl.int_range(first_line, first_line + pl.len(), dtype=pl.UInt32)
    return lines.to_frame("raw_row").select(
        number.alias("line_number"),
        "raw_row",
        pl.int_range(pl.len()).is_in(damaged).alias("undecodable")
        if damaged
        else pl.lit(False).alias("undecodable"),
        _crlf(data, expected).alias("crlf"),
    )


def count_lines(data: bytes) -> int:
    """Physical lines in ``data``, by its line feeds alone: the count that no parser can sway."""
    return data.count(b"\n") + (not data.endswith(b"\n") and bool(data))


def _crlf(data: bytes, lines: int) -> pl.Series | pl.Expr:
    """Most files have one kind of line end; in a mixed one every line is looked at."""
    found = data.count(b"\r\n")
    if found in (0, data.count(b"\n")):
        return pl.lit(found > 0)
    return pl.Series([line.endswith(b"\r") for line in data.split(b"\n")[:lines]])


def _read(data: bytes, encoding: str) -> pl.Series:
    if not data:
        return pl.Series("raw_row", [], dtype=pl.String)
    separator = next((byte for byte in SEPARATORS if byte not in data), None)
    if separator is None:
        return pl.Series("raw_row", [], dtype=pl.String)
    if data.startswith(codecs.BOM_UTF8):  # within a file a mark is text; the reader would drop it
        return _read(b"\n" + data, encoding)[1:]
    return pl.read_csv(
        data,
        separator=chr(separator),
        quote_char=None,
        has_header=False,
        schema={"raw_row": pl.String},
        empty_string_is_null=False,
        encoding=encoding,
    )["raw_row"]


def _restore(lines: pl.Series, data: bytes, *, every: bool = False) -> tuple[pl.Series, list[int]]:
    """Give lines that were read lossily (or all) their bytes back; the damaged ones' indices."""
    raw = data.split(b"\n")
    suspects = (
        range(lines.len())
        if every
        else lines.str.contains("\N{REPLACEMENT CHARACTER}", literal=True).arg_true().to_list()
    )
    texts, damaged = [], []
    for at in suspects:
        line = raw[at].removesuffix(b"\r")
        try:
            texts.append(line.decode("utf-8"))
        except UnicodeDecodeError:
            texts.append(line.decode("latin-1"))
            damaged.append(at)
    return lines.scatter(list(suspects), texts), damaged
