"""Physical lines to records: a quoted cell may hold line feeds."""

import re

import polars as pl


def join_records(lines: pl.DataFrame, delimiter: str, max_lines: int, newline: str) -> pl.DataFrame:
    """Join the lines that one quoted cell spans.

    A line that ends within an open quote takes in the lines up to the one that closes it, at most
    ``max_lines`` of them. If none does, only the opening line is damaged: it stays alone.

    Args:
        lines: as ``lines.split_lines`` gives them.
        delimiter: of the file.
        max_lines: lines that a record may span.
        newline: what joined lines are joined with, the file's own line end.

    Returns:
        ``lines`` with ``span`` (UInt32, physical lines of the record) and ``quotes`` (UInt32,
        quote characters in it), one row a record.
    """
    lines = lines.with_columns(
        pl.col("raw_row").str.count_matches('"', literal=True).alias("quotes"),
        pl.lit(1, pl.UInt32).alias("span"),
    )
    odd = lines.select((pl.col("quotes") % 2 == 1).arg_true().alias("at")).to_series()
    if odd.is_empty():
        return lines
    opens = lines["raw_row"].gather(odd).str.contains(_ends_open(delimiter)).to_list()
    starts, ends = _spans(odd.to_list(), opens, max_lines)
    if not starts:
        return lines
    spanned = (
        pl.DataFrame({"record": starts, "at": starts, "end": ends})
        .select("record", pl.int_ranges("at", pl.col("end") + 1).alias("at"))
        .explode("at")
    )
    joined = (
        lines[spanned["at"]]
        .with_columns(spanned["record"])
        .group_by("record", maintain_order=True)
        .agg(
            pl.col("line_number").first(),
            pl.col("raw_row").str.join(newline),
            pl.col("undecodable").any(),
            pl.col("quotes").sum(),
            pl.len().cast(pl.UInt32).alias("span"),
        )
        .select(lines.columns)
    )
    alone = pl.repeat(True, lines.height, eager=True).scatter(spanned["at"], False)
    return pl.concat([lines.filter(alone), joined]).sort("line_number")


def _spans(odd: list[int], opens: list[bool], max_lines: int) -> tuple[list[int], list[int]]:
    """Pair each opening line with the next line of odd quotes, if that is near enough.

    Walks the few lines with an odd number of quotes, never all lines.
    """
    starts, ends, at = [], [], 0
    while at + 1 < len(odd):
        if opens[at] and odd[at + 1] - odd[at] < max_lines:
            starts.append(odd[at])
            ends.append(odd[at + 1])
            at += 2
        else:
            at += 1
    return starts, ends


def _ends_open(delimiter: str) -> str:
    """Matches a line whose last cell opens a quote and does not close it (RFC 4180, section 2)."""
    d = re.escape(delimiter)
    cell = rf'(?:"(?:[^"]|"")*"|[^"{d}]*)'
    return rf'^(?:{cell}{d})*[ ]*"(?:[^"]|"")*$'


def well_quoted(delimiter: str) -> str:
    """A regular expression for a record in which every quote stands where RFC 4180 allows it."""
    d = re.escape(delimiter)
    cell = rf'(?:"(?:[^"]|"")*"|[^"{d}]*)'
    return rf"^{cell}(?:{d}{cell})*$"
