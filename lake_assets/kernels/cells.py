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

UNDECODABLE = "undecodable bytes"
MISQUOTED = "unbalanced or stray quotes"

MARK = "\ufeff"
"""Where files were appended to one another, their byte order marks stand before their headers."""


def split_cells(
    records: pl.DataFrame, text: bytes, layout: Layout, delimiters: Sequence[str]
) -> pl.DataFrame:
    """Divide records into cells.

    Most records of a piece are plain, so the piece is parsed whole, in one go, and what is not
    plain is set right after. A record with the wrong number of cells is recovered where exactly
    one other delimiter of the contract gives the right number; otherwise it is damaged. So it is
    where only empty cells are too many: a delimiter in the middle of a row whose last cell is
    empty looks the same, and would shift its values.

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
        parsed = parsed.with_columns(
            pl.when(usable).then(pl.col(name)).alias(name) for name in names
        )
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
    """Add ``kind``, ``damage`` and ``recovered_with``; only odd records are looked at closely."""
    wanted = layout.width - 1
    raw = pl.col("raw_row")
    records = records.with_columns(
        raw.str.count_matches(layout.delimiter, literal=True).alias("separators"),
        (raw.str.starts_with(layout.header[:8]) | raw.str.starts_with(MARK)).alias("like_header"),
    )
    is_odd = (pl.col("quotes") > 0) | (pl.col("separators") != wanted)
    is_odd = is_odd | pl.col("undecodable") | pl.col("like_header")
    odd = records.select(is_odd.arg_true()).to_series()
    closer = _look_closely(records[odd], layout, delimiters)
    verdicts = [
        pl.repeat(plain, records.height, dtype=pl.String, eager=True)
        .alias(name)
        .scatter(odd, closer[name])
        for name, plain in (("kind", GOOD), ("damage", None), ("recovered_with", None))
    ]
    return records.drop("separators", "like_header").with_columns(verdicts)


def _look_closely(odd: pl.DataFrame, layout: Layout, delimiters: Sequence[str]) -> pl.DataFrame:
    """``kind``, ``damage`` and ``recovered_with`` of records that are not plain."""
    wanted = layout.width - 1
    raw = pl.col("raw_row")
    quoted = pl.col("quotes") > 0
    blank = raw.str.strip_chars("".join([*delimiters, *" \t\r"])).str.strip_chars() == ""
    outside = pl.when(quoted).then(raw.str.replace_all('"[^"]*"', "")).otherwise(raw)
    odd = odd.with_columns(
        outside.str.count_matches(layout.delimiter, literal=True).alias("separators"),
        # A row in another delimiter: it divides the row rightly, and no second one does.
        *(
            (
                (raw.str.count_matches(other, literal=True) == wanted)
                & ~quoted
                & (pl.col("separators") == 0)
                & (wanted > 0)
            ).alias(f"fits {other}")
            for other in delimiters
            if other != layout.delimiter
        ),
    )
    fits = [name for name in odd.columns if name.startswith("fits ")]
    candidates: list[pl.Expr] = [
        pl.when(pl.col(name)).then(pl.lit(name.removeprefix("fits "))) for name in fits
    ]
    recovered = pl.coalesce(candidates or [pl.lit(None, pl.String)])
    one_fits = pl.sum_horizontal(fits) == 1 if fits else pl.lit(False)
    return (
        odd.with_columns(pl.when(one_fits).then(recovered).alias("recovered_with"))
        .with_columns(
            pl.when(blank)
            .then(None)
            .when("undecodable")
            .then(pl.lit(UNDECODABLE))
            .when(quoted & ~raw.str.contains(well_quoted(layout.delimiter)))
            .then(pl.lit(MISQUOTED))
            .when(pl.col("recovered_with").is_not_null())
            .then(None)
            .when(pl.col("separators") > wanted)
            .then(pl.lit("too many cells"))
            .when(pl.col("separators") < wanted)
            .then(pl.lit("too few cells"))
            .alias("damage"),
        )
        .select(
            pl.when(blank)
            .then(pl.lit(BLANK))
            .when(raw.str.strip_chars_end().str.strip_prefix(MARK) == layout.header.rstrip())
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
    records: pl.DataFrame, text: bytes, names: list[str], layout: Layout
) -> pl.DataFrame:
    """Parse the whole text; where quotes or bytes are damaged, the good records only."""
    quote = '"' if (records["quotes"] > 0).any() else None
    if not records["damage"].is_in([UNDECODABLE, MISQUOTED]).any():
        try:
            parsed = _read(text, names, layout.delimiter, quote)
        except pl.exceptions.PolarsError:
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
    text = text.removeprefix(MARK.encode())
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
    candidates = cells.select((pl.col(names[0]).str.strip_chars() == "").arg_true()).to_series()
    empty = cells[candidates].select(
        pl.all_horizontal(pl.col(name).str.strip_chars() == "" for name in names)
    )
    return cells.with_columns(cells["kind"].scatter(candidates.filter(empty.to_series()), BLANK))
