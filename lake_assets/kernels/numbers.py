"""Text to exact numbers. A decimal never passes through a binary float."""

from dataclasses import dataclass
from functools import cache

import polars as pl

from lake_assets.contracts.column import Column, DecimalMark, Percent
from lake_assets.kernels.adornment import read_adornments
from lake_assets.kernels.amounts import amount_in_text
from lake_assets.kernels.currency import COMMA, POINT, THOUSANDTHS, WHOLE
from lake_assets.kernels.evidence import Readings
from lake_assets.kernels.notation import COMMA_NUMBER, PARTS, POINT_NUMBER, plain_signs

WHOLE_DIGITS = 18
"""Digits of an integer, at most: all of them fit 64 bits."""


@dataclass(frozen=True, slots=True)
class _Type:
    """What a column's numbers must be like."""

    kind: pl.DataType
    whole: int
    scale: int
    mark: DecimalMark
    percent: Percent
    currency: bool
    within_text: bool


def read_decimal(text: pl.Series, column: Column, *, survey: bool = False) -> Readings:
    """Read amounts of money and other decimals.

    ``1234.5``, ``$1,040.00``, ``1.234,56``, ``EUR 12.50``, ``(12.50)``, ``12.50-``,
    ``1 234.50``, ``12,34,567.89``. One sign before three digits (``1,234``) may group or divide:
    such a text has two readings, and leans to the one that fits the column's type, or the usage
    of its currency, if there is one. A number with more decimals than the column's ``scale``
    (other than zeros) or more digits than its ``precision`` is refused, never rounded.

    Args:
        text: String, trimmed, null where there is no value.
        column: of the contract: ``precision``, ``scale``, ``decimal_mark``, ``percent``,
            ``within_text``.
        survey: give the clues also where nothing is contested: for a piece of a file, of which
            another piece may have contested texts.

    Returns:
        Decimal(precision, scale), null where the text is no such number; the alternatives are
        ``.`` and ``,``, by what the decimal mark is.
    """
    kind = pl.Decimal(column.precision, column.scale)
    wanted = _Type(
        kind,
        column.precision - column.scale,
        column.scale,
        column.decimal_mark,
        column.percent,
        currency=True,
        within_text=column.within_text,
    )
    return _read(text, wanted, survey)


def read_integer(
    text: pl.Series, mark: DecimalMark = DecimalMark.AUTO, *, survey: bool = False
) -> Readings:
    """Read whole numbers: ``12``, ``1,200``, ``12.00``; not ``2.5``, never rounded, nor ``$5``.

    Args:
        text: String, trimmed, null where there is no value.
        mark: the column's ``decimal_mark``. By it, ``1,000`` is a thousand, or one.
        survey: as for :func:`read_decimal`.

    Returns:
        Int64; null where the text is not a whole number of at most 18 digits; alternatives as
        :func:`read_decimal` has them.
    """
    wanted = _Type(
        pl.Int64(), WHOLE_DIGITS, 0, mark, Percent.REJECT, currency=False, within_text=False
    )
    return _read(text, wanted, survey)


def _read(text: pl.Series, wanted: _Type, survey: bool) -> Readings:
    """In two tiers: what machines write costs one pattern and a cast; all else is taken apart."""
    plain = text.str.contains(_machine_written(wanted))
    if plain.all():
        value = text.cast(wanted.kind, strict=False)
        if not survey or wanted.mark is not DecimalMark.AUTO:
            return Readings(value)
        return Readings(value, clues=_marked(text.str.contains(".", literal=True).fill_null(False)))
    odd = (~plain).fill_null(False)
    rows = odd.arg_true()
    value = text.zip_with(~odd, _NO_TEXT.new_from_index(0, text.len())).cast(
        wanted.kind, strict=False
    )
    read = _take_apart(text.gather(rows), wanted)
    value = value.scatter(rows, read["value"])
    contested = read["contested"]
    if wanted.mark is not DecimalMark.AUTO or not (survey or contested.any()):
        return Readings(value)
    point = text.str.contains(".", literal=True).fill_null(False) & ~odd
    clues = _marked(
        point.scatter(rows, read["only"] == POINT),
        pl.repeat(False, text.len(), eager=True).scatter(rows, read["only"] == COMMA),
    )
    if not contested.any():
        return Readings(value, clues=clues)
    at, part = rows.filter(contested), read.filter(contested)
    return Readings(
        value,
        {mark: _placed(part[mark], at, text.len()) for mark in (POINT, COMMA)},
        clues,
        _marked(
            *(
                pl.repeat(False, text.len(), eager=True).scatter(
                    at, (part["lean"] == mark).fill_null(False)
                )
                for mark in (POINT, COMMA)
            )
        ),
    )


_READINGS = (POINT, COMMA, "lean")
_NO_TEXT = pl.Series([None], dtype=pl.String)


@cache
def _machine_written(wanted: _Type) -> str:
    """Texts with one reading, that a cast reads. ``12.500`` is none of them: it may be 12500."""
    whole, scale = max(1, wanted.whole), wanted.scale
    if scale == 0 or wanted.mark is DecimalMark.COMMA:
        return rf"^-?[0-9]{{1,{whole}}}$"
    if wanted.mark is DecimalMark.POINT or scale < 3:
        return rf"^-?[0-9]{{1,{whole}}}(?:\.[0-9]{{1,{scale}}})?$"
    forms = [rf"[0-9]{{1,{whole}}}(?:\.[0-9]{{1,2}})?", rf"0\.[0-9]{{1,{scale}}}"]
    if whole > 3:
        forms.append(rf"[0-9]{{4,{whole}}}\.[0-9]{{1,{scale}}}")
    if scale > 3:
        forms.append(rf"[0-9]{{1,{whole}}}\.[0-9]{{4,{scale}}}")
    return f"^-?(?:{'|'.join(forms)})$"


def _take_apart(text: pl.Series, wanted: _Type) -> pl.DataFrame:
    """Sign, currency, grouping and decimals set aside, each only where it may stand.

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


def _by_notation(text: pl.Series, wanted: _Type) -> pl.DataFrame:
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
        *(_placed(leant[name], at, text.len()).alias(name) for name in _READINGS),
    )


@cache
def _texts(wanted: _Type) -> tuple[pl.Expr, ...]:
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


def _typed(number: pl.Expr, wanted: _Type) -> pl.Expr:
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
        .when(pl.col(COMMA).is_null())
        .then(pl.lit(POINT))
        .when(pl.col(POINT).is_null())
        .then(pl.lit(COMMA))
    )


def _placed(values: pl.Series, at: pl.Series, height: int) -> pl.Series:
    nothing = pl.Series([None], dtype=values.dtype).new_from_index(0, height)
    return nothing.scatter(at, values)


def _marked(point: pl.Series, comma: pl.Series | None = None) -> dict[str, pl.Series]:
    masks = {POINT: point, COMMA: comma}
    return {
        mark: mask.fill_null(False)
        for mark, mask in masks.items()
        if mask is not None and mask.any()
    }
