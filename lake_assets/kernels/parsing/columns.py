"""Cells to the texts of the contract's columns, wherever each file has them."""

import re
from collections.abc import Sequence
from functools import reduce
from operator import or_

import polars as pl

from lake_assets.contracts.dataset import Dataset
from lake_assets.kernels.parsing.cells import MARK
from lake_assets.kernels.parsing.header import merge_duplicates
from lake_assets.kernels.parsing.layout import Layout


def contract_columns(
    cells: pl.DataFrame, layouts: Sequence[Layout | None], dataset: Dataset
) -> pl.DataFrame:
    """The contract's columns as trimmed text, null where a cell says that there is no value.

    Where several cells of a header claim one column, its text is that of those which have one,
    and null where they differ.

    Args:
        cells: ``piece`` and ``cell_<n>``.
        layouts: of the pieces, ``piece`` is the index; None for pieces without rows here.
        dataset: the contract.
    """
    names = [column.name for column in dataset.columns]
    trimmed = cells.select(_trimmed(name, cells["piece"], layouts) for name in names)
    # In a step of its own: an expression that is used twice is also computed twice.
    texts = trimmed.select(valued(name, dataset).alias(name) for name in names)
    merged = [_claims(cells, name, layouts, dataset)[0] for name in _claimed_twice(layouts)]
    return texts.with_columns(merged) if merged else texts


def differing(
    cells: pl.DataFrame, layouts: Sequence[Layout | None], dataset: Dataset
) -> pl.Series | None:
    """Rows in which cells that claim one column have different values.

    Args:
        cells, layouts, dataset: as for :func:`contract_columns`.

    Returns:
        Boolean, never null; None where no header claims a column twice.
    """
    found = [_claims(cells, name, layouts, dataset)[1] for name in _claimed_twice(layouts)]
    return reduce(or_, found) if found else None


def _claimed_twice(layouts: Sequence[Layout | None]) -> list[str]:
    known = [layout.positions.items() for layout in layouts if layout]
    return sorted({name for items in known for name, places in items if len(places) > 1})


def _claims(
    cells: pl.DataFrame, name: str, layouts: Sequence[Layout | None], dataset: Dataset
) -> tuple[pl.Series, pl.Series]:
    """The text of a column that several cells claim, null where they differ; whether they do."""
    places = [layout.positions.get(name, ()) if layout else () for layout in layouts]
    claims = [
        _text([place[nth] if len(place) > nth else None for place in places], cells["piece"])
        for nth in range(max(map(len, places)))
    ]
    texts = cells.select(claim.alias(str(nth)) for nth, claim in enumerate(claims))
    texts = texts.select(valued(nth, dataset).alias(nth) for nth in texts.columns)
    value, conflict = merge_duplicates([pl.col(nth) for nth in texts.columns])
    merged = texts.select(value.alias(name), conflict.alias("differ"))
    return merged[name], merged["differ"]


def valued(name: str, dataset: Dataset) -> pl.Expr:
    """A text, null where it says that there is no value."""
    nulls = "|".join(re.escape(token) for token in ["", *dataset.format.nulls])
    return pl.when(~pl.col(name).str.contains(f"^(?i:{nulls})$")).then(pl.col(name))


def _trimmed(name: str, piece: pl.Series, layouts: Sequence[Layout | None]) -> pl.Expr:
    places = [layout.positions.get(name, ()) if layout else () for layout in layouts]
    return _text([place[0] if place else None for place in places], piece).alias(name)


def _text(places: Sequence[int | None], piece: pl.Series) -> pl.Expr:
    """The trimmed text at a place which may differ by piece."""
    text = _cell(places, piece).str.strip_chars()
    return text.str.strip_prefix(MARK) if 0 in places else text


def _cell(places: Sequence[int | None], piece: pl.Series) -> pl.Expr:
    """The text of the cell that stands at a place which may differ by piece."""
    distinct = sorted({place for place in places if place is not None})
    if not distinct:
        return pl.lit(None, pl.String)
    if len(set(places)) == 1:
        return pl.col(f"cell_{distinct[0]}")
    at = pl.lit(pl.Series(places, dtype=pl.UInt32).gather(piece))
    return pl.coalesce(pl.when(at == place).then(f"cell_{place}") for place in distinct)
