"""Pseudo-random choices that are a function of their key and index alone.

Whole-number arithmetic modulo 2**64, the same in Python and in Polars: the bytes of a sample
depend neither on a library's hash or random generator nor on how the rows are cut in blocks.
"""

from collections.abc import Sequence
from typing import TypeVar
from zlib import crc32

import polars as pl

_T = TypeVar("_T")
_MASK = (1 << 64) - 1
# The multipliers and shifts of the splitmix64 finalizer (Steele, Lea and Flood, 2014).
_FIRST = 0xBF58476D1CE4E5B9
_SECOND = 0x94D049BB133111EB


def key(*parts: int | str) -> int:
    """Fold numbers and names into one 64-bit key; the order of the parts matters."""
    folded = 0x9E3779B97F4A7C15
    for part in parts:
        number = crc32(part.encode()) if isinstance(part, str) else part
        folded = _mixed((folded * 31 + number + 1) & _MASK)
    return folded


def chosen(stream: int, index: int, below: int) -> int:
    """Return a number from 0 to `below` - 1, the same as `draw` gives for that index."""
    return (_mixed((index ^ stream) & _MASK) >> 16) % below


def draw(stream: int, index: pl.Expr, below: int) -> pl.Expr:
    """Return UInt64 numbers from 0 to `below` - 1, one for each UInt64 of `index`."""
    mixed = index ^ _word(stream)
    mixed = (mixed ^ (mixed // _word(1 << 30))) * _word(_FIRST)
    mixed = (mixed ^ (mixed // _word(1 << 27))) * _word(_SECOND)
    mixed = mixed ^ (mixed // _word(1 << 31))
    return (mixed // _word(1 << 16)) % _word(below)


def one_of_every(stream: int, index: int, group: int) -> bool:
    """Say whether `index` is the one chosen among its `group` neighbours.

    A small sample then has each kind of file for certain, without a visible rhythm.
    """
    return chosen(stream, index // group, group) == index % group


def shuffled(stream: int, items: Sequence[_T]) -> list[_T]:
    """Return the items in an order that depends on the stream alone."""
    order = sorted(range(len(items)), key=lambda place: (chosen(stream, place, 1 << 40), place))
    return [items[place] for place in order]


def pick(table: pl.Series, index: pl.Expr) -> pl.Expr:
    """Look each index up in a table."""
    return pl.lit(table).gather(index)


def _mixed(number: int) -> int:
    number = ((number ^ (number >> 30)) * _FIRST) & _MASK
    number = ((number ^ (number >> 27)) * _SECOND) & _MASK
    return number ^ (number >> 31)


def _word(number: int) -> pl.Expr:
    return pl.lit(number, dtype=pl.UInt64)
