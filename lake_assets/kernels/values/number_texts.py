"""The texts of numbers taken apart: sign, currency, grouping, decimals."""

from dataclasses import dataclass
from functools import cache

import polars as pl

from lake_assets.contracts.column import DecimalMark, Percent
from lake_assets.kernels.values.adornment import read_adornments
from lake_assets.kernels.values.amounts import amount_in_text
from lake_assets.kernels.values.currency import COMMA, POINT, THOUSANDTHS, WHOLE
from lake_assets.kernels.values.notation import COMMA_NUMBER, PARTS, POINT_NUMBER, plain_signs

_READINGS = (POINT, COMMA, "lean")


@dataclass(frozen=True, slots=True)
class NumberType:
    """What a column's numbers must be like.

    Attributes:
        kind: in Polars.
        whole, scale: digits before and behind the decimal mark, at most.
        mark, percent, within_text: the options of the column.
        currency: it may be there.
    """

    kind: pl.DataType
    whole: int
    scale: int
    mark: DecimalMark
    percent: Percent
    currency: bool
    within_text: bool


def take_apart(text: pl.Series, wanted: NumberType) -> pl.DataFrame:
    """Sign, currency, grouping and decimals set aside, each only where it may stand.

    Args:
        text: String, not null.
        wanted: what it should be.

    Returns:
        ``value``; ``only``: the mark of a text that can have no other; ``contested``: it can have
        both, to different effect; of such texts ``.`` and ``,``, the values under the two marks,
        and ``lean``, the mark that type or currency speak for.
    """
    text = plain_signs(text)
    read = _by_notation(text, wanted)
    if not wanted.within_text:
        return read
    lost = (read["value"].is_null() & ~read["contested"]).arg_true()
    if lost.is_empty():
        return read
    again = _by_notation(amount_in_text(text.gather(lost)), wanted)
    rows = pl.int_range(text.len(), dtype=pl.UInt32, eager=True)
    again = again.with_columns(lost.alias("at"))
    read = read.with_columns(rows.alias("at")).filter(~rows.is_in(lost.implode()))
    return pl.concat([read, again], how="diagonal").sort("at").drop("at")


def _by_notation(text: pl.Series, wanted: NumberType) -> pl.DataFrame:
    parts = text.str.extract_groups(PARTS).struct.unnest()
    around = read_adornments(parts["before"], parts["after"])
    texts = parts.hstack(around).select(*_texts(wanted), "negative", "percent", "usage")
    contested = texts["contested"].any()
    typed = texts.select(
        _typed(pl.coalesce(POINT, COMMA), wanted).alias("value"), "contested", _ONLY
    )
    if not contested:
        return typed
    at = texts["contested"].arg_true()
    both = texts.filter("contested").with_columns(
        _typed(pl.col(mark), wanted).alias(mark) for mark in (POINT, COMMA)
    )
    value = pl.when(pl.col("lean") == POINT).then(POINT).when(pl.col("lean") == COMMA).then(COMMA)
    leant = both.with_columns(_lean().alias("lean")).select(value.alias("value"), *_READINGS)
    return typed.with_columns(
        typed["value"].scatter(at, leant["value"]),
        *(placed(leant[name], at, text.len()).alias(name) for name in _READINGS),
    )


@cache
def _texts(wanted: NumberType) -> tuple[pl.Expr, ...]:
    """The columns ``.`` and ``,``: what is left of a number by each decimal mark, as ``1234.5``."""
    known = pl.col("known")
    if wanted.percent is Percent.REJECT:
        known &= ~pl.col("percent")
    if not wanted.currency:
        known &= pl.col("usage").is_null()
    body = pl.col("body")
    digits = body.str.replace_all(" ", "", literal=True).str.replace_all("'", "", literal=True)
    point = (
        pl.when(known & body.str.contains(POINT_NUMBER))
        .then(digits.str.replace_all(",", "", literal=True))
        .alias(POINT)
    )
    comma = (
        pl.when(known & body.str.contains(COMMA_NUMBER))
        .then(digits.str.replace_all(".", "", literal=True).str.replace(",", ".", literal=True))
        .alias(COMMA)
    )
    nothing = pl.lit(None, pl.String)
    if wanted.mark is DecimalMark.POINT:
        return point, nothing.alias(COMMA), pl.lit(False).alias("contested"), body
    if wanted.mark is DecimalMark.COMMA:
        return nothing.alias(POINT), comma, pl.lit(False).alias("contested"), body
    return point, comma, (point != comma).fill_null(False).alias("contested"), body


def _typed(number: pl.Expr, wanted: NumberType) -> pl.Expr:
    if wanted.percent is Percent.FRACTION:
        hundredth = (pl.lit("00") + number).str.replace(
            r"^([0-9]*)([0-9]{2})(?:\.([0-9]*))?$", "$1.$2$3"
        )
        number = pl.when("percent").then(hundredth).otherwise(number)
    fits = number.str.contains(rf"^0*[0-9]{{0,{wanted.whole}}}(?:\.[0-9]{{0,{wanted.scale}}}0*)?$")
    if wanted.scale == 0:
        number = number.str.replace(r"\.0*$", "")
    signed = pl.when("negative").then(pl.lit("-") + number).otherwise(number)
    return pl.when(fits).then(signed).cast(wanted.kind, strict=False)


_ONLY = (
    pl.when(pl.col(COMMA).is_null())
    .then(pl.when(pl.col(POINT).is_not_null()).then(pl.lit(POINT)))
    .when(pl.col(POINT).is_null())
    .then(pl.lit(COMMA))
    .alias("only")
)


def _lean() -> pl.Expr:
    """What speaks for a mark: the usage of the currency, else that the other does not fit."""
    usage, comma = pl.col("usage"), pl.col("body").str.contains(",", literal=True)
    groups = pl.when(comma).then(pl.lit(POINT)).otherwise(pl.lit(COMMA))
    return (
        pl.when(usage == WHOLE)
        .then(groups)
        .when((usage == POINT) & comma)
        .then(groups)
        .when((usage == COMMA) & ~comma)
        .then(groups)
        .when((usage == THOUSANDTHS) & ~comma)
        .then(pl.lit(POINT))
        .when(pl.col(COMMA).is_null() & pl.col(POINT).is_not_null())
        .then(pl.lit(POINT))
        .when(pl.col(POINT).is_null() & pl.col(COMMA).is_not_null())
        .then(pl.lit(COMMA))
    )


def placed(values: pl.Series, at: pl.Series, height: int) -> pl.Series:
    """Values at some rows of a column, null elsewhere."""
    nothing = pl.Series([None], dtype=values.dtype).new_from_index(0, height)
    return nothing.scatter(at, values)
