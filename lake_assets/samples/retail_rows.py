"""The records of a retail sample file, a block of rows at a time, as Polars expressions."""

import polars as pl

from lake_assets.samples.chance import draw, key
from lake_assets.samples.retail_cells import cells
from lake_assets.samples.retail_marks import ANCHOR, Mark, is_anchor, marks
from lake_assets.samples.retail_plan import FilePlan

_ROW, _EVENT, _MARK = pl.col("row"), pl.col("event"), pl.col("mark")


def block(plan: FilePlan, first: int, count: int) -> pl.DataFrame:
    """Make the rows `first` to `first + count - 1` of a file.

    Columns: `line` (String, without line end), `mark` (UInt8, a `Mark`), `late` (UInt64, days
    before the file's date) and `transaction_id` (String), the last two being those of the row
    before its defect.
    """
    numbered = pl.select(pl.int_range(first, first + count, dtype=pl.UInt64).alias("row"))
    marked = numbered.with_columns(
        marks(plan.file_key, _ROW, plan.rows).alias("mark"), _repeats(plan).alias("repeats")
    ).with_columns(pl.col("repeats") & (_MARK == Mark.NONE))
    # A repeated transaction shares its event, and with it id, date and price, with its anchor.
    anchor = _ROW - _ROW % ANCHOR
    events = marked.with_columns(
        pl.when("repeats").then(anchor).otherwise(_ROW).alias("event"), _stray(plan).alias("stray")
    )
    facts = events.with_columns(
        _late(plan).alias("late"),
        pl.concat_str(pl.lit(plan.id_prefix), (_EVENT + 10_000_000).cast(pl.String)).alias("id"),
        _quantity(plan).alias("pieces"),
        _price(plan).alias("cents"),
    )
    return facts.select(_line(plan).alias("line"), "mark", "late", transaction_id="id")


def _repeats(plan: FilePlan) -> pl.Expr:
    # Anchors repeat nothing; the other seven rows of eight make up for them.
    share = round(plan.duplicates * 1_000_000 * ANCHOR / (ANCHOR - 1))
    return ~is_anchor(_ROW) & (draw(key(plan.file_key, "repeat"), _ROW, 1_000_000) < share)


def _stray(plan: FilePlan) -> pl.Expr:
    """Say which rows of a comma file are separated by semicolons."""
    if plan.delimiter != ",":
        return pl.lit(False)
    return (_MARK == Mark.NONE) & (draw(key(plan.file_key, "stray"), _ROW, 100) < 3)


def _late(plan: FilePlan) -> pl.Expr:
    if plan.late_days == 0:
        return pl.lit(0, dtype=pl.UInt64)
    drawn = draw(key(plan.file_key, "late"), _EVENT, 100)
    days = draw(key(plan.file_key, "late days"), _EVENT, plan.late_days) + 1
    return pl.when((drawn < 3) & (_EVENT > 0)).then(days).otherwise(pl.lit(0, dtype=pl.UInt64))


def _quantity(plan: FilePlan) -> pl.Expr:
    drawn = draw(key(plan.file_key, "quantity"), _EVENT, 12)
    change = draw(key(plan.file_key, "change"), _ROW, 11) + 1
    return pl.when("repeats").then((drawn + change) % 12).otherwise(drawn) + 1


def _price(plan: FilePlan) -> pl.Expr:
    """Draw unit prices in cents: mostly below 25.00, one in five up to 1,499.99."""
    drawn = draw(key(plan.file_key, "price"), _EVENT, 1 << 40)
    return pl.when(drawn % 5 == 0).then(drawn % 149_900 + 100).otherwise(drawn % 2_450 + 50)


def _line(plan: FilePlan) -> pl.Expr:
    separator = pl.when("stray").then(pl.lit(";")).otherwise(pl.lit(plan.delimiter))
    texts = cells(plan)
    joined: list[pl.Expr] = []
    for place, name in enumerate(plan.columns):
        part = texts[name] if place == 0 else pl.concat_str(separator, texts[name])
        if place >= len(plan.columns) - 2:
            part = pl.when(_MARK == Mark.SHORT_ROW).then(pl.lit("")).otherwise(part)
        joined.append(part)
    surplus = plan.delimiter.join(("", "EXTRA", "X9"))
    joined.append(pl.when(_MARK == Mark.LONG_ROW).then(pl.lit(surplus)).otherwise(pl.lit("")))
    return (
        pl.when(_MARK < Mark.ONLY_DELIMITERS)
        .then(pl.concat_str(joined))
        .when(_MARK == Mark.ONLY_DELIMITERS)
        .then(pl.lit(plan.delimiter * (len(plan.columns) - 1)))
        .when(_MARK == Mark.REPEATED_HEADER)
        .then(pl.lit(plan.delimiter.join(plan.header)))
        .otherwise(pl.lit(""))
    )
