"""The one amount in a price text: ``From $109.90``, ``Cena 14,79 EUR``."""

from typing import Final

import polars as pl

from lake_assets.kernels.values.currency import USAGE
from lake_assets.kernels.values.notation import COMMA_NUMBER, POINT_NUMBER

_NUMBER: Final = (
    r"(?:[0-9]{1,3}(?:[ '][0-9]{3}(?-u:\b))+(?:[.,][0-9]+)?|[.,]?[0-9]+(?:[.,][0-9]+)*)"
)
_CANDIDATE: Final = rf"(?:[^\s0-9]* )?[^\s0-9]*?{_NUMBER} ?[^\s0-9]*"
_PARTS: Final = (
    rf"^(?:(?<word>[^\s0-9]*) )?(?<glued>[^\s0-9]*?)(?<number>{_NUMBER}) ?(?<after>[^\s0-9]*)$"
)
UNITS: Final = ("ft", "cm", "mm", "km", "kg", "lb", "lbs", "oz", "ml", "pcs", "pc", "x")
"""Behind a number, these say that it measures or counts something, and is no price."""

_UP_TO: Final = ("to", "bis", "till", "til", "à")
"""Behind a number, these say that a range begins: its currency may stand at its end."""

_NAMES: Final = pl.Series(list(USAGE))


def _names_currency(name: pl.Expr) -> pl.Expr:
    return name.is_in(_NAMES.implode()) | name.str.to_lowercase().is_in(_NAMES.implode())


def amount_in_text(text: pl.Series) -> pl.Series:
    """Take the amount out of the words around it.

    The first number beside a currency is it, else the first number. No amount: percentages,
    measures, numbers that end a word (``A5``), dates and other numbers in no notation. ``35€99``,
    ``1.837, 32`` and ``12,-`` are read as shops mean them.

    Args:
        text: String, with plain signs (``notation.plain_signs``).

    Returns:
        String: the amount as ``-$109.90``; null where there is none.
    """
    rows = pl.DataFrame({"at": pl.int_range(text.len(), dtype=pl.UInt32, eager=True), "text": text})
    shops = (
        pl.col("text")
        .str.replace(r"^([0-9]+)(?:€| € ?|€ )([0-9]{2})$", "$1.$2€")
        .str.replace(r"^([0-9]+)€([0-9]+)$", "$1.$2€")
        .str.replace_all(r"([0-9][.,]) ([0-9]{2})([^0-9]|$)", "$1$2$3")
        .str.replace_all(r"([0-9][.,]) ?[-–—]+", "${1}00")
    )
    candidates = (
        rows.select("at", shops.str.extract_all(_CANDIDATE).alias("candidate"))
        .explode("candidate")
        .drop_nulls()
        .select("at", pl.col("candidate").str.extract_groups(_PARTS).alias("parts"))
        .unnest("parts")
    )
    if candidates.is_empty():
        return pl.Series([None], dtype=pl.String).new_from_index(0, text.len())
    glued = pl.col("glued").str.strip_chars("([*:;\"'=")
    mark = glued.str.strip_chars("+-")
    word = pl.col("word").fill_null("").str.strip_chars("([*:;\"'=+-")
    behind = pl.col("after").str.extract("^([^/]*)")
    bare = behind.str.strip_chars(".,;:*)]!")
    names = candidates.with_columns(
        (glued.str.starts_with("-") | glued.str.ends_with("-")).alias("negative"),
        mark.alias("mark"),
        pl.coalesce(
            *(pl.when(_names_currency(name)).then(name) for name in (mark, word, behind, bare))
        ).alias("currency"),
        bare.str.to_lowercase().alias("unit"),
    )
    number = pl.col("number")
    no_amount = (
        ((pl.col("mark") != "") & ~_names_currency(pl.col("mark")))
        | pl.col("unit").is_in(UNITS)
        | pl.col("after").str.starts_with("%")
        | ~(number.str.contains(POINT_NUMBER) | number.str.contains(COMMA_NUMBER))
    )
    amounts = (
        names.filter(~no_amount)
        .sort(
            "at",
            pl.col("currency").is_null() & ~pl.col("unit").is_in(_UP_TO),
            maintain_order=True,
        )
        .unique("at", keep="first", maintain_order=True)
        .select(
            "at",
            pl.when("negative").then(pl.lit("-")).otherwise(pl.lit(""))
            + pl.col("currency").fill_null("")
            + number.str.replace(r"^([.,])", "0$1"),  # kr.5 would be five
        )
    )
    return rows.select("at").join(amounts, on="at", how="left", maintain_order="left").to_series(1)
