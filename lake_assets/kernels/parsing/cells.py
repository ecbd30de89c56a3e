"""Records to cells: one string column a header cell, and what was wrong with the rest."""

from collections.abc import Sequence

import polars as pl

from lake_assets.kernels.decoding.lines import TAKEN
from lake_assets.kernels.parsing.layout import Layout
from lake_assets.kernels.parsing.records import well_quoted
from lake_assets.kernels.parsing.sparse import all_empty, some_longer

BLANK = "blank"
HEADER = "header"
GOOD = "good"
OTHER_DELIMITER = "another delimiter"
DAMAGED = "damaged"

UNDECODABLE = "undecodable bytes"
MISQUOTED = "unbalanced or stray quotes"
TOO_MANY = "too many cells"
TOO_FEW = "too few cells"
TOO_LONG = "a cell that is too long"
OTHER_HEADER = "a header with the columns in other places"
DIFFERING = "cells that claim one column and differ"

MARK = "\ufeff"
"""Where files were appended to one another, their byte order marks stand before their headers."""

ORIGIN = ("piece", "line_number", "raw_row", "span", "kind", "damage")

MOST_CELLS = 8 * 1024 * 1024
"""Cells that are kept of the records of a block (16 bytes each, some times over)."""
WIDE = 256
"""Cells of a header; where there are more, only those that somebody asks for are kept."""


def split_cells(
    records: pl.DataFrame,
    text: bytes,
    layouts: Sequence[Layout],
    delimiters: Sequence[str],
    max_field_bytes: int,
) -> pl.DataFrame:
    """Divide records into cells.

    Most records are plain, so the text is parsed whole, in one go, and what is not plain is set
    right after. A record with the wrong number of cells is recovered where exactly one other
    delimiter of the contract gives the right number; otherwise it is damaged. So it is where only
    empty cells are too many: a delimiter in the middle of a row whose last cell is empty looks the
    same, and would shift its values.

    Where that would be too many cells (a small file with a wide header and short lines has
    thousands of them a byte), only the good records are parsed, and only the cells kept that a
    column of the contract claims.

    Args:
        records: as ``records.join_records`` gives them.
        text: the same records as UTF-8 text.
        layouts: of the pieces, all of one delimiter; ``piece`` is the index.
        delimiters: the contract's.
        max_field_bytes: a longer cell damages its record.

    Returns:
        ``piece``, ``line_number``, ``raw_row``, ``span``, ``kind`` (one of the constants above),
        ``damage`` (String: why a record is damaged, else null), and a String column ``cell_<n>``
        for each header cell, or each claimed one (null where the record is not good or its piece
        has fewer), one row a record in the same order.
    """
    delimiter = layouts[0].delimiter
    width = max(layout.width for layout in layouts)
    records = _classify(records, layouts, delimiters)
    if width > WIDE or width * records.height > MOST_CELLS:
        return _split_sparsely(records, layouts, delimiters, max_field_bytes)
    names = [f"cell_{n}" for n in range(width)]
    parsed = _parse_all(records, text, names, delimiter)
    usable = records["kind"] == GOOD
    if not usable.all():
        parsed = parsed.with_columns(
            pl.when(usable).then(pl.col(name)).alias(name) for name in names
        )
    for other in delimiters:
        rows = (records["recovered_with"] == other).arg_true()
        if not rows.is_empty():
            part = _parse(records["raw_row"].gather(rows), names, other, quote=None)
            parsed = parsed.with_columns(parsed[name].scatter(rows, part[name]) for name in names)
    cells = pl.concat([records.select(ORIGIN), parsed], how="horizontal")
    return _limit(_skip_empty(cells, names), names, max_field_bytes)


def _split_sparsely(
    records: pl.DataFrame,
    layouts: Sequence[Layout],
    delimiters: Sequence[str],
    max_field_bytes: int,
) -> pl.DataFrame:
    """:func:`split_cells` with the claimed cells alone, of classified records."""
    width = max(layout.width for layout in layouts)
    claims = (places for layout in layouts for places in layout.positions.values())
    kept = sorted({place for places in claims for place in places})
    schema = {f"cell_{n}": pl.String for n in range(width)}
    parts = [pl.DataFrame(schema={"at": pl.UInt32, **{f"cell_{n}": pl.String for n in kept}})]
    kind, damage = records["kind"], records["damage"]
    for delimiter in dict.fromkeys([layouts[0].delimiter, *delimiters]):
        own = delimiter == layouts[0].delimiter
        rows = (
            (kind == GOOD) if own else (records["recovered_with"] == delimiter).fill_null(False)
        ).arg_true()
        if rows.is_empty():
            continue
        some = records[rows]
        empty = all_empty(some["raw_row"], delimiter)
        long = ~empty & some_longer(
            some["raw_row"], delimiter, max_field_bytes, max(1, MOST_CELLS // width)
        )
        kind = kind.scatter(rows.filter(empty), BLANK).scatter(rows.filter(long), DAMAGED)
        damage = damage.scatter(rows.filter(long), TOO_LONG)
        fine = ~empty & ~long
        quote = '"' if own and (some["quotes"] > 0).any() else None
        if fine.any() and kept:
            parsed = _parse(
                some["raw_row"].filter(fine), list(schema), delimiter, quote, columns=kept
            )
            parts.append(parsed.select(rows.filter(fine).alias("at"), pl.all()))
    parsed = pl.concat(parts)
    place = pl.repeat(None, records.height, dtype=pl.UInt32, eager=True).scatter(
        parsed["at"], pl.int_range(parsed.height, dtype=pl.UInt32, eager=True)
    )
    return records.select(
        "piece", "line_number", "raw_row", "span", kind.alias("kind"), damage.alias("damage")
    ).hstack(parsed.select(pl.exclude("at").gather(place)))


def _classify(
    records: pl.DataFrame, layouts: Sequence[Layout], delimiters: Sequence[str]
) -> pl.DataFrame:
    """Add ``kind``, ``damage`` and ``recovered_with``; only odd records are looked at closely."""
    delimiter = layouts[0].delimiter
    records, wanted, header = _expected(records, layouts)
    raw = pl.col("raw_row")
    like_header = raw.str.starts_with(header.str.slice(0, 8)) | raw.str.starts_with(MARK)
    is_odd = (pl.col("quotes") > 0) | pl.col("undecodable") | like_header
    is_odd = is_odd | (raw.str.count_matches(delimiter, literal=True) != wanted)
    odd = records.select(is_odd.arg_true()).to_series()
    closer = _look_closely(records[odd], wanted, header, delimiter, delimiters)
    verdicts = [
        pl.repeat(plain, records.height, dtype=pl.String, eager=True)
        .alias(name)
        .scatter(odd, closer[name])
        for name, plain in (("kind", GOOD), ("damage", None), ("recovered_with", None))
    ]
    return records.with_columns(verdicts)


def _expected(
    records: pl.DataFrame, layouts: Sequence[Layout]
) -> tuple[pl.DataFrame, pl.Expr, pl.Expr]:
    """The number of delimiters that a record should have, and its file's header."""
    # Stripped here: a copy of a wide header for each record would fill the memory.
    header = pl.Series([layout.header for layout in layouts]).str.strip_chars_end()
    if len({(layout.width, layout.header) for layout in layouts}) == 1:
        return records, pl.lit(layouts[0].width - 1), pl.lit(header[0])
    wanted = pl.Series([layout.width - 1 for layout in layouts])
    piece = records["piece"]
    records = records.with_columns(_wanted=wanted.gather(piece), _header=header.gather(piece))
    return records, pl.col("_wanted"), pl.col("_header")


def _look_closely(
    odd: pl.DataFrame,
    wanted: pl.Expr,
    header: pl.Expr,
    delimiter: str,
    delimiters: Sequence[str],
) -> pl.DataFrame:
    """``kind``, ``damage`` and ``recovered_with`` of records that are not plain."""
    raw = pl.col("raw_row")
    quoted = pl.col("quotes") > 0
    blank = raw.str.strip_chars("".join([*delimiters, *" \t\r"])).str.strip_chars() == ""
    outside = pl.when(quoted).then(raw.str.replace_all('"[^"]*"', "")).otherwise(raw)
    odd = odd.with_columns(outside.str.count_matches(delimiter, literal=True).alias("separators"))
    # A row in another delimiter: it divides the row rightly, and no second one does.
    alone = ~quoted & (pl.col("separators") == 0) & (wanted > 0)
    others = [other for other in delimiters if other != delimiter]
    odd = odd.with_columns(
        ((raw.str.count_matches(other, literal=True) == wanted) & alone).alias(f"fits {other}")
        for other in others
    )
    fits = [f"fits {other}" for other in others]
    recovered = pl.coalesce(
        pl.lit(None, pl.String), *(pl.when(f"fits {other}").then(pl.lit(other)) for other in others)
    )
    one_fits = pl.sum_horizontal(fits) == 1 if fits else pl.lit(False)
    return (
        odd.with_columns(pl.when(one_fits).then(recovered).alias("recovered_with"))
        .with_columns(
            pl.when(blank)
            .then(None)
            .when("undecodable")
            .then(pl.lit(UNDECODABLE))
            .when(quoted & ~raw.str.contains(well_quoted(delimiter)))
            .then(pl.lit(MISQUOTED))
            .when(pl.col("recovered_with").is_not_null())
            .then(None)
            .when(pl.col("separators") > wanted)
            .then(pl.lit(TOO_MANY))
            .when(pl.col("separators") < wanted)
            .then(pl.lit(TOO_FEW))
            .alias("damage"),
        )
        .select(
            pl.when(blank)
            .then(pl.lit(BLANK))
            .when(raw.str.strip_chars_end().str.strip_prefix(MARK) == header)
            .then(pl.lit(HEADER))
            .when(pl.col("damage").is_not_null())
            .then(pl.lit(DAMAGED))
            .when(pl.col("recovered_with").is_not_null())
            .then(pl.lit(OTHER_DELIMITER))
            .otherwise(pl.lit(GOOD))
            .alias("kind"),
            "damage",
            "recovered_with",
        )
    )


def _parse_all(
    records: pl.DataFrame, text: bytes, names: list[str], delimiter: str
) -> pl.DataFrame:
    """Parse the whole text; where quotes or bytes are damaged, the good records only."""
    quote = '"' if (records["quotes"] > 0).any() else None
    if not records["damage"].is_in([UNDECODABLE, MISQUOTED]).any():
        try:
            parsed = _read(text, names, delimiter, quote)
        except pl.exceptions.PolarsError:
            parsed = pl.DataFrame()
        if parsed.height == records.height:
            return parsed
    good = (records["kind"] == GOOD).arg_true()
    part = _parse(records["raw_row"].gather(good), names, delimiter, quote)
    place = pl.repeat(None, records.height, dtype=pl.UInt32, eager=True).scatter(
        good, pl.int_range(good.len(), dtype=pl.UInt32, eager=True)
    )
    return part.select(pl.col(name).gather(place) for name in names)


def _parse(
    raw: pl.Series,
    names: list[str],
    delimiter: str,
    quote: str | None,
    columns: list[int] | None = None,
) -> pl.DataFrame:
    if raw.is_empty():
        return pl.DataFrame(schema=dict.fromkeys(names, pl.String))
    parsed = _read(raw.str.join("\n")[0].encode(), names, delimiter, quote, columns)
    if parsed.height != raw.len():
        raise AssertionError(f"{raw.len()} records were parsed as {parsed.height}")
    return parsed


def _read(
    text: bytes,
    names: list[str],
    delimiter: str,
    quote: str | None,
    columns: list[int] | None = None,
) -> pl.DataFrame:
    text = text.removeprefix(MARK.encode())
    if text.startswith(TAKEN):
        return _read(b"\n" + text, names, delimiter, quote)[1:]
    return pl.read_csv(
        text,
        columns=columns,
        separator=delimiter,
        quote_char=quote,
        has_header=False,
        schema=dict.fromkeys(names, pl.String),
        empty_string_is_null=False,
        extra_columns="ignore",
        missing_columns="insert",
    )


def _skip_empty(cells: pl.DataFrame, names: list[str]) -> pl.DataFrame:
    """A record whose cells are all empty is a spreadsheet's blank row."""
    candidates = cells.select((pl.col(names[0]).str.strip_chars() == "").arg_true()).to_series()
    if candidates.is_empty():
        return cells
    empty = cells[candidates].select(
        pl.all_horizontal((pl.col(name).str.strip_chars() == "").fill_null(True) for name in names)
    )
    return cells.with_columns(cells["kind"].scatter(candidates.filter(empty.to_series()), BLANK))


def _limit(cells: pl.DataFrame, names: list[str], max_field_bytes: int) -> pl.DataFrame:
    """A cell beyond the contract's limit damages its record."""
    long = cells["raw_row"].str.len_bytes() > max_field_bytes
    if not long.any():
        return cells
    too_long = (
        long
        & cells.select(
            pl.any_horizontal(
                (pl.col(name).str.len_bytes() > max_field_bytes).fill_null(False) for name in names
            )
        ).to_series()
    )
    return cells.with_columns(
        pl.when(too_long).then(pl.lit(DAMAGED)).otherwise("kind").alias("kind"),
        pl.when(too_long).then(pl.lit(TOO_LONG)).otherwise("damage").alias("damage"),
        *(pl.when(~too_long).then(name).alias(name) for name in names),
    )
