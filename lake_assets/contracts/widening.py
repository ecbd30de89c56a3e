"""Whether values of one type can be kept in another, from the types alone."""

from enum import StrEnum

from lake_assets.contracts.column import Column, ColumnType
from lake_assets.contracts.types import Typed

INTEGER_DIGITS = 19
"""Digits of the largest integer of 64 bits."""


class Widening(StrEnum):
    """What becomes of a value when its column gets another type."""

    SAME = "same"  # the types are one
    WIDER = "wider"  # every value has room
    CHECKED = "checked"  # no value is changed, but a large one may have no room
    TEXT = "text"  # an integer becomes its digits; the file may have spelt it otherwise
    LOSSY = "lossy"  # values may be lost, or read otherwise


def widening(old: Typed, new: Typed) -> Widening:
    """What becomes of values of the type ``old`` in a column of the type ``new``.

    Integers go into decimals. The precision and the scale of a decimal may grow; where there is
    room for fewer digits before the mark than there was, each value has to be looked at. Only
    integers have one text for each value; of all other types, the file's text is not known.
    """
    match old.type, new.type:
        case ColumnType.DECIMAL, ColumnType.DECIMAL:
            if (old.precision, old.scale) == (new.precision, new.scale):
                return Widening.SAME
            if new.scale < old.scale or new.precision < old.precision:
                return Widening.LOSSY
            return _with_room_for(old.precision - old.scale, new)
        case ColumnType.INTEGER, ColumnType.DECIMAL:
            return _with_room_for(INTEGER_DIGITS, new)
        case ColumnType.INTEGER, ColumnType.STRING:
            return Widening.TEXT
        case ColumnType.JSON, ColumnType.STRING:
            return Widening.WIDER
    return Widening.SAME if old.type == new.type else Widening.LOSSY


def typed(column: Column) -> Typed:
    """The type of a column."""
    return Typed(column.type, column.precision, column.scale)


def type_name(of: Typed) -> str:
    """``integer``, ``decimal(18,2)``."""
    return f"decimal({of.precision},{of.scale})" if of.type is ColumnType.DECIMAL else of.type.value


def whole_digits(of: Typed) -> int:
    """Digits that a decimal has room for before the mark."""
    return of.precision - of.scale


def _with_room_for(digits: int, new: Typed) -> Widening:
    return Widening.WIDER if whole_digits(new) >= digits else Widening.CHECKED
