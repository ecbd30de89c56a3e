"""Header cells to contract columns: normalise, then aliases, then the spellings people use."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce

import polars as pl

from lake_assets.contracts.dataset import Dataset

GERMAN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})
"""How umlauts are written where there are none (DIN 5007-2)."""

STROKED = str.maketrans(
    {"ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"}
)
"""Latin letters that Unicode does not decompose."""

UNIT = r"\(\s*[^()\s]{1,5}\s*\)|\[\s*[^\[\]\s]{1,5}\s*\]"
"""One short word in brackets; more words say more than a unit: ``Price (last year)``."""

SIGNS = {"#": ("number", "no"), "%": ("percent", "pct"), "&": ("and",)}
"""What is read for a sign in a name; the first reading leaves signs out."""


def normalise(cell: str) -> str:
    """``" Unit-Price (EUR)"`` -> ``unit_price_eur``: lower case, ``_``, no other sign."""
    cell = re.sub(r"[\s\-]+", "_", cell.strip().lower())
    return re.sub(r"[^a-z0-9_]", "", cell).strip("_")


def variants(cell: str) -> Iterator[str]:
    """Other names that a header cell may stand for, as letters and digits only.

    Where ``_`` stands does not matter: ``TransactionID`` and ``unit.price`` are written without.
    Accents are left out (``Größe`` is grosse), or umlauts written with an e (groesse). A unit in
    brackets is left out: ``Unit Price (EUR)``. Letters of other scripts stay, and so match no
    column: what is left of a name without them is another name.
    """
    bare = re.sub(UNIT, " ", cell)
    for text in dict.fromkeys((cell, bare)):
        folded = unicodedata.normalize("NFC", text).casefold()
        for spelling in dict.fromkeys((folded, folded.translate(GERMAN))):
            for name in _with_signs(spelling):
                decomposed = unicodedata.normalize("NFKD", name.translate(STROKED))
                letters = "".join(sign for sign in decomposed.casefold() if sign.isalnum())
                if letters:
                    yield letters


def _with_signs(text: str) -> Iterator[str]:
    yield text
    for at in range(max(map(len, SIGNS.values()))):
        named = text
        for sign, words in SIGNS.items():
            named = named.replace(sign, words[min(at, len(words) - 1)])
        if named != text:
            yield named


@dataclass(frozen=True, slots=True)
class Claims:
    """Which cells of a header stand for which column.

    Attributes:
        positions: contract column -> the positions of its cells; the one with the column's own
            name first, then those with an alias, in the order of the header.
        extra: header cells that no column claims, in order.
    """

    positions: dict[str, tuple[int, ...]]
    extra: tuple[str, ...]


def claim_columns(cells: Sequence[str], dataset: Dataset) -> Claims:
    """Find the contract's columns in a header.

    A cell is read by :func:`normalise` first. Only where that names no column, its variants are
    tried; they count if they name exactly one column, and no other cell names that column.
    """
    names = {
        name: column.name for column in dataset.columns for name in (column.name, *column.aliases)
    }
    claimed: dict[str, list[int]] = {}
    for position, cell in enumerate(cells):
        if column := names.get(normalise(cell)):
            claimed.setdefault(column, []).append(position)
    first = {place for places in claimed.values() for place in places}
    guessed: dict[str, list[int]] = {}
    for position, cell in enumerate(cells):
        if position not in first and (column := _by_variant(cell, names)):
            guessed.setdefault(column, []).append(position)
    claimed |= {
        column: places
        for column, places in guessed.items()
        if column not in claimed and len(places) == 1
    }
    known = {place for places in claimed.values() for place in places}
    own = {column.name for column in dataset.columns}
    aliased = [normalise(cell) not in own for cell in cells]
    return Claims(
        {
            column: tuple(sorted(places, key=aliased.__getitem__))
            for column, places in claimed.items()
        },
        tuple(cell.strip() for at, cell in enumerate(cells) if at not in known),
    )


def _by_variant(cell: str, names: dict[str, str]) -> str | None:
    """The one column that a cell's variants name."""
    wanted = set(variants(cell))
    found = {column for name, column in names.items() if name.replace("_", "") in wanted}
    return found.pop() if len(found) == 1 else None


def merge_duplicates(cells: Sequence[pl.Expr]) -> tuple[pl.Expr, pl.Expr]:
    """One value of several cells that stand for the same column.

    Args:
        cells: one expression or more, of one type; null where a cell has no value.

    Returns:
        The value: that of the cells which have one, null where none has or where they differ; and
        a Boolean, never null: whether they differ.
    """
    value = pl.coalesce(*cells)
    conflict = reduce(
        lambda before, cell: before | (cell != value).fill_null(False), cells, pl.lit(False)
    )
    return pl.when(~conflict).then(value), conflict
