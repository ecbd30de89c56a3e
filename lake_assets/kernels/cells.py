"""Records to cells: one string column a contract column, and what was wrong with the rest."""

from collections.abc import Sequence

import polars as pl

from lake_assets.kernels.layout import Layout
from lake_assets.kernels.records import well_quoted

BLANK = "blank"
HEADER = "header"
GOOD = "good"
OTHER_DELIMITER = "other_delimiter"
DAMAGED = "damaged"


def split_cells(
    records: pl.DataFrame, text: bytes, layout: Layout, delimiters: Sequence[str]
) -> pl.DataFrame:
    """Divide records into cells.

    Most records of a piece are plain, so the piece is parsed whole, in one go, and what is not
    plain is set right after. A record with the wrong number of cells is recovered where exactly
    one other delimiter of the contract gives the right number, or where only empty cells are too
    many; otherwise it is damaged.

    Args:
        records: as ``records.join_records`` gives them.
        text: the same records as UTF-8 text.
        layout: of the file.
        delimiters: the contract's.

    Returns:
        ``line_number``, ``raw_row``, ``span``, ``kind`` (one of the constants above), ``damage``
        (String: why a record is damaged, else null), and a String column ``cell_<n>`` for each
        header cell (null where the record is not good), one row a record in the same order.
    """
    names = [f"cell_{n}" for n in range(layout.width)]
    records = _classify(records, layout, delimiters)
    parsed = _parse_all(records, text, names, layout)
    kinds = set(records["kind"].unique())
    if not kinds <= {GOOD}:
        usable = records["kind"] == GOOD
        parsed = parsed.with_columns(pl.when(usable).then(pl.col(name)).alias(name) for name in names)
    for delimiter in delimiters:
        rows = (records["recovered_with"] == delimiter).arg_true()
        if not rows.is_empty():
            part = _parse(records["raw_row"].gather(rows), names, delimiter, quote=None)
            parsed = parsed.with_columns(parsed[name].scatter(rows, part[name]) for name in names)
    cells = pl.concat(
        [records.select("line_number", "raw_row", "span", "kind", "damage"), parsed],
        how="horizontal",
    )
    return _skip_empty(cells, names)


def _classify(records: pl.DataFrame, layout: Layout, delimiters: Sequence[str]) -> pl.DataFrame:
    raw = pl.col("raw_row")
    records = records.with_columns(
        _separators(layout.delimiter).alias("separators"),
        pl.when(pl.col("quotes") > 0)
        .then(raw.str.contains(well_quoted(layout.delimiter)))
        .otherwise(True)
        .alias("well_quoted"),
    )
    wanted = layout.width - 1
    short_or_long = pl.col("separators") != wanted
    # A row in another delimiter: it divides the row rightly, and no second one does.
    others = [d for d in delimiters if d != layout.delimiter]
    fits = [
        pl.when(raw.str.count_matches(d, literal=True) == wanted).then(pl.lit(d)) for d in others
    ]
    recovered = (
        pl.when(short_or_long & (pl.col("quotes") == 0) & (pl.col("separators") == 0))
        .then(
            pl.when(pl.sum_horizontal(fit.is_not_null() for fit in fits) == 1).then(
                pl.coalesce(fits)
            )
        )
        .otherwise(None)
        if fits
        else pl.lit(None, pl.String)
    )
    empty_tail = raw.str.contains(rf"[{_escaped(layout.delimiter)}\s]+$") & (
        raw.str.strip_chars_end(f"{layout.delimiter} \r").str.count_matches(
            layout.delimiter, literal=True
        )
        <= wanted
    )
    records = records.with_columns(recovered.alias("recovered_with"))
    return records.with_columns(
        pl.when(pl.col("undecodable"))
        .then(pl.lit("undecodable bytes"))
        .when(raw.str.strip_chars() == "")
        .then(None)
        .when(~pl.col("well_quoted"))
        .then(pl.lit("unbalanced or stray quotes"))
        .when(pl.col("recovered_with").is_not_null())
        .then(None)
        .when((pl.col("separators") > wanted) & ~((pl.col("quotes") == 0) & empty_tail))
        .then(pl.lit("too many cells"))
        .when(pl.col("separators") < wanted)
        .then(pl.lit("too few cells"))
        .alias("damage"),
    ).with_columns(
        pl.when(raw.str.strip_chars() == "")
        .then(pl.lit(BLANK))
        .when(raw.str.strip_chars_end() == layout.header.rstrip())
        .then(pl.lit(HEADER))
        .when(pl.col("damage").is_not_null())
        .then(pl.lit(DAMAGED))
        .when(pl.col("recovered_with").is_not_null())
        .then(pl.lit(OTHER_DELIMITER))
        .otherwise(pl.lit(GOOD))
        .alias("kind")
    )


def _separators(delimiter: str) -> pl.Expr:
    """Delimiters outside quotes; the costlier way is taken for records with quotes only."""
    raw = pl.col("raw_row")
    return (
        pl.when(pl.col("quotes") > 0)
        .then(raw.str.replace_all('"[^"]*"', "").str.count_matches(delimiter, literal=True))
        .otherwise(raw.str.count_matches(delimiter, literal=True))
    )


def _parse_all(
    records: pl.DataFrame, text: bytes, names: list[str], layout: Layout
) -> pl.DataFrame:
    """Parse the whole text; where the parser sees other records than we do, the good ones only."""
    if records.is_empty():
        return pl.DataFrame(schema=dict.fromkeys(names, pl.String))
    quote = '"' if (records["quotes"] > 0).any() else None
    if records["well_quoted"].all() and not records["undecodable"].any():
        try:
            parsed = _read(text, names, layout.delimiter, quote)
        except pl.exceptions.ComputeError:
            parsed = pl.DataFrame()
        if parsed.height == records.height:
            return parsed
    good = (records["kind"] == GOOD).arg_true()
    part = _parse(records["raw_row"].gather(good), names, layout.delimiter, quote)
    rows = pl.DataFrame({"at": pl.int_range(records.height, eager=True)})
    part = part.with_columns(good.cast(pl.Int64).alias("at"))
    return rows.join(part, on="at", how="left", maintain_order="left").select(names)


def _parse(raw: pl.Series, names: list[str], delimiter: str, quote: str | None) -> pl.DataFrame:
    if raw.is_empty():
        return pl.DataFrame(schema=dict.fromkeys(names, pl.String))
    parsed = _read(raw.str.join("\n")[0].encode(), names, delimiter, quote)
    if parsed.height != raw.len():
        raise AssertionError(f"{raw.len()} records were parsed as {parsed.height}")
    return parsed


def _read(text: bytes, names: list[str], delimiter: str, quote: str | None) -> pl.DataFrame:
    return pl.read_csv(
        text,
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
    empty = pl.all_horizontal(pl.col(name).str.strip_chars() == "" for name in names)
    return cells.with_columns(
        pl.when(pl.col("kind").is_in([GOOD, OTHER_DELIMITER]) & empty)
        .then(pl.lit(BLANK))
        .otherwise("kind")
        .alias("kind")
    )


def _escaped(delimiter: str) -> str:
    return "\\" + delimiter if delimiter in "|^]\\-" else delimiter
