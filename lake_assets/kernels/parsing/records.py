"""Physical lines to records: a quoted cell may hold line ends."""

import re

import polars as pl


def join_records(lines: pl.DataFrame, delimiter: str, max_lines: int) -> pl.DataFrame:
    """Join the lines that one quoted cell spans.

    A line that ends within an open quote takes in the lines up to the one that closes it, at most
    ``max_lines`` in all, and never one of another piece. The next line of odd quotes closes it
    only if every quote of the joined record then stands where it may; otherwise the opening line
    alone is damaged: a stray quote never costs its neighbours.

    Args:
        lines: ``piece`` (UInt32), ``line_number`` (UInt32), and the columns of
            ``lines.split_lines``; in order.
        delimiter: of the files.
        max_lines: lines that a record may span.

    Returns:
        ``lines`` without ``line_end``, with ``quotes`` (UInt32, quote characters in the record)
        and ``span`` (UInt32, its physical lines), one row a record; joined lines keep the line
        ends between them.
    """
    lines = lines.with_columns(
        pl.col("raw_row").str.count_matches('"', literal=True).alias("quotes"),
        pl.lit(1, pl.UInt32).alias("span"),
    )
    odd = lines.select((pl.col("quotes") % 2 == 1).arg_true().cast(pl.Int64)).to_series()
    names = [name for name in lines.columns if name != "line_end"]
    if odd.len() < 2:
        return lines.select(names)
    start, end = odd[:-1], odd[1:]
    near = (end - start < max_lines) & (lines["piece"].gather(start) == lines["piece"].gather(end))
    pairs = pl.DataFrame({"start": start, "end": end}).filter(near)
    opens = lines["raw_row"].gather(pairs["start"]).str.contains(_ends_open(delimiter))
    joined = _join(lines, pairs.filter(opens))
    joined = joined.filter(pl.col("raw_row").str.contains(well_quoted(delimiter)))
    if joined.is_empty():
        return lines.select(names)
    joined = joined[_in_turn(joined["start"].to_list(), joined["end"].to_list())]
    within = joined.select(pl.int_ranges("start", pl.col("end") + 1).explode(empty_as_null=False))
    stays = pl.repeat(True, lines.height, eager=True).scatter(within.to_series(), False)
    # Each joined record in the place of its first line; to sort takes ten times as long.
    count = lines.height
    places = pl.int_range(count, dtype=pl.Int64, eager=True).scatter(
        joined["start"], pl.int_range(count, count + joined.height, dtype=pl.Int64, eager=True)
    )
    both = pl.concat([lines.select(names), joined.select(names)])
    return both[places.filter(stays.scatter(joined["start"], True))]


def _join(lines: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    """``start``, ``end`` and one record of the lines from each start to its end."""
    at = pl.int_ranges("start", pl.col("end") + 1).alias("at")
    spanned = pairs.with_columns(at).explode("at", empty_as_null=False)
    line_end = pl.when(pl.col("at") == pl.col("end")).then(pl.lit("")).otherwise("line_end")
    return (
        pl.concat([lines[spanned["at"]], spanned], how="horizontal")
        .group_by("start", "end", maintain_order=True)
        .agg(
            pl.col("piece", "line_number").first(),
            (pl.col("raw_row") + line_end).str.join(""),
            pl.col("undecodable").any(),
            pl.col("quotes").sum(),
            pl.len().cast(pl.UInt32).alias("span"),
        )
    )


def _in_turn(starts: list[int], ends: list[int]) -> list[int]:
    """Of pairs in file order, those that start behind the end of the last one taken."""
    taken, last = [], -1
    for at, (start, end) in enumerate(zip(starts, ends, strict=True)):
        if start > last:
            taken.append(at)
            last = end
    return taken


def _ends_open(delimiter: str) -> str:
    """Matches a line whose last cell opens a quote and does not close it (RFC 4180, section 2)."""
    d = re.escape(delimiter)
    cell = rf'(?:"(?:[^"]|"")*"|[^"{d}]*)'
    return rf'^(?:{cell}{d})*"(?:[^"]|"")*$'


def well_quoted(delimiter: str) -> str:
    """A regular expression for a record in which every quote stands where RFC 4180 allows it."""
    d = re.escape(delimiter)
    cell = rf'(?:"(?:[^"]|"")*"|[^"{d}]*)'
    return rf"^{cell}(?:{d}{cell})*$"
