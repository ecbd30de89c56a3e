"""Text to exact numbers. A decimal never passes through a binary float."""

from functools import cache

import polars as pl

from lake_assets.contracts.column import Column, DecimalMark, Percent
from lake_assets.kernels.values.currency import COMMA, POINT
from lake_assets.kernels.values.evidence import Readings
from lake_assets.kernels.values.number_texts import NumberType, placed, take_apart

WHOLE_DIGITS = 18
"""Digits of an integer, at most: all of them fit 64 bits."""


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
    wanted = NumberType(
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
    wanted = NumberType(
        pl.Int64(), WHOLE_DIGITS, 0, mark, Percent.REJECT, currency=False, within_text=False
    )
    return _read(text, wanted, survey)


def _read(text: pl.Series, wanted: NumberType, survey: bool) -> Readings:
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
    read = take_apart(text.gather(rows), wanted)
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
        {mark: placed(part[mark], at, text.len()) for mark in (POINT, COMMA)},
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


_NO_TEXT = pl.Series([None], dtype=pl.String)


@cache
def _machine_written(wanted: NumberType) -> str:
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


def _marked(point: pl.Series, comma: pl.Series | None = None) -> dict[str, pl.Series]:
    masks = {POINT: point, COMMA: comma}
    return {
        mark: mask.fill_null(False)
        for mark, mask in masks.items()
        if mask is not None and mask.any()
    }
