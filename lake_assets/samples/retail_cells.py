"""The cells of a retail sample's rows, with the defect that each row's mark asks for."""

from collections.abc import Mapping
from typing import Final

import polars as pl

from lake_assets.samples.chance import draw, key, pick
from lake_assets.samples.retail_marks import Mark
from lake_assets.samples.retail_money import bare_money, money
from lake_assets.samples.retail_plan import FilePlan
from lake_assets.samples.retail_times import timestamps

_ROW, _EVENT, _MARK = pl.col("row"), pl.col("event"), pl.col("mark")
_CATEGORIES: Final = (
    *("Grocery", "Beverages", "Household", "Electronics", "Clothing"),
    *("Toys", "Health", "Stationery", "Garden", ""),
)
_IMPOSSIBLE: Final = {
    Mark.IMPOSSIBLE_HOUR_AND_DAY: "2024/02/30 25:61",
    Mark.IMPOSSIBLE_MONTH: "2024-13-01 00:00",
    Mark.IMPOSSIBLE_DAY: "06/31/2024 12:00",
    Mark.NOT_A_DATE: "not a date",
}


def cells(plan: FilePlan) -> dict[str, pl.Expr]:
    """Return each column's text (String), quoted where needed, as expressions over rows.

    The rows' columns: row, event (UInt64), mark (UInt8), stray (Boolean), late, pieces, cents
    (UInt64), id (String).
    """
    # What a stray or ragged row means must not hang on how quotes are read.
    plain = pl.col("stray") | _MARK.is_in([Mark.SHORT_ROW, Mark.LONG_ROW])

    def spelled(amount: pl.Expr, what: str) -> pl.Expr:
        return money(amount, key(plan.file_key, what), _ROW, plain, plan.delimiter)

    def listed(what: str, texts: list[str]) -> pl.Expr:
        return pick(pl.Series(texts), draw(key(plan.file_key, what), _EVENT, len(texts)))

    stores = [f"S{number}" for number in range(100, 160)]
    items = [f"I{number}" for number in range(10_000, 15_000)]
    customers = [f"C{number}" for number in range(20_000, 29_000)] + [""] * 300
    return {
        "transaction_id": _unless({Mark.EMPTY_TRANSACTION_ID: ""}, pl.col("id")),
        "store_id": _unless({Mark.EMPTY_STORE_ID: ""}, listed("store", stores)),
        "timestamp": _unless(_IMPOSSIBLE, timestamps(plan, _ROW, _EVENT, pl.col("late"))),
        "item_id": listed("item", items),
        "item_category": _category(plan, plain),
        "quantity": _quantity(),
        "unit_price": _price(spelled(pl.col("cents"), "price style")),
        "revenue": _revenue(plan, spelled(_billed(plan), "revenue style")),
        "payment_method": listed("payment", ["cash", "card", "card", "mobile", "voucher", ""]),
        "customer_id": listed("customer", customers),
        "discount_code": listed("discount", ["", "", "", "", "SAVE10", "SPRING5", "VIP"]),
    }


def _unless(texts: Mapping[Mark, str], otherwise: pl.Expr) -> pl.Expr:
    """Return a mark's own text on the rows that bear it."""
    for mark, text in texts.items():
        otherwise = pl.when(_MARK.eq(mark)).then(pl.lit(text)).otherwise(otherwise)
    return otherwise


def _category(plan: FilePlan, plain: pl.Expr) -> pl.Expr:
    common = [name for name in _CATEGORIES for _ in range(97)]
    rare = [f'"Home{plan.delimiter} Garden"'] * 22
    rare += ['"12"" Vinyl"'] * 4 + [f'"Gifts{plan.newline}and cards"'] * 4
    drawn = draw(key(plan.file_key, "category"), _EVENT, len(common) + len(rare))
    return pick(pl.Series(common + rare), pl.when(plain).then(drawn % len(common)).otherwise(drawn))


def _quantity() -> pl.Expr:
    pieces = pl.col("pieces").cast(pl.String)
    below_zero = pl.concat_str(pl.lit("-"), pieces)
    signed = pl.when(_MARK == Mark.NEGATIVE_QUANTITY).then(below_zero).otherwise(pieces)
    return _unless({Mark.FRACTIONAL_QUANTITY: "2.5", Mark.ZERO_QUANTITY: "0"}, signed)


def _price(spelled: pl.Expr) -> pl.Expr:
    accounting = pl.concat_str(pl.lit("("), bare_money(pl.col("cents")), pl.lit(")"))
    signed = pl.when(_MARK == Mark.NEGATIVE_PRICE).then(accounting).otherwise(spelled)
    return _unless({Mark.PRICE_IN_LETTERS: "abc"}, signed)


def _billed(plan: FilePlan) -> pl.Expr:
    due = pl.col("pieces") * pl.col("cents")
    # The rule forgives one cent: two is the least that is wrong.
    off = due + 2 + draw(key(plan.file_key, "off"), _ROW, 500)
    return pl.when(_MARK == Mark.REVENUE_OFF).then(off).otherwise(due)


def _revenue(plan: FilePlan, spelled: pl.Expr) -> pl.Expr:
    # The other rules stay true on these rows: one defect each.
    negative = _MARK.is_in([Mark.NEGATIVE_QUANTITY, Mark.NEGATIVE_PRICE])
    below_zero = pl.concat_str(pl.lit("-"), bare_money(_billed(plan)))
    signed = pl.when(negative).then(below_zero).otherwise(spelled)
    empty = {Mark.EMPTY_REVENUE: "", Mark.REVENUE_NOT_AVAILABLE: "N/A"}
    return _unless({**empty, Mark.ZERO_QUANTITY: "0.00"}, signed)
