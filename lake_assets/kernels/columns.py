"""Cells to the texts of the contract's columns, wherever each file has them."""

import re
from collections.abc import Sequence

import polars as pl

from lake_assets.contracts.dataset import Dataset
from lake_assets.kernels.cells import MARK
from lake_assets.kernels.layout import Layout


def contract_columns(
    cells: pl.DataFrame, layouts: Sequence[Layout | None], dataset: Dataset
) -> pl.DataFrame:
    """The contract's columns as trimmed text, null where a cell says that there is no value.

    Args:
        cells: ``piece`` and ``cell_<n>``.
        layouts: of the pieces, ``piece`` is the index; None for pieces without rows here.
        dataset: the contract.
    """
    names = [column.name for column in dataset.columns]
    trimmed = cells.select(_trimmed(name, cells["piece"], layouts) for name in names)
    nulls = "|".join(re.escape(token) for token in ["", *dataset.format.nulls])
    # In a step of its own: an expression that is used twice is also computed twice.
    return trimmed.select(
        pl.when(~pl.col(name).str.contains(f"^(?i:{nulls})$")).then(pl.col(name)).alias(name)
        for name in names
    )


def _trimmed(name: str, piece: pl.Series, layouts: Sequence[Layout | None]) -> pl.Expr:
    places = [layout.positions.get(name, ()) if layout else () for layout in layouts]
    text = _cell([place[0] if place else None for place in places], piece).str.strip_chars()
    if any(place[:1] == (0,) for place in places):
        text = text.str.strip_prefix(MARK)
    return text.alias(name)


def _cell(places: Sequence[int | None], piece: pl.Series) -> pl.Expr:
    """The text of the cell that stands at a place which may differ by piece."""
    distinct = sorted({place for place in places if place is not None})
    if not distinct:
        return pl.lit(None, pl.String)
    if len(set(places)) == 1:
        return pl.col(f"cell_{distinct[0]}")
    at = pl.lit(pl.Series(places, dtype=pl.UInt32).gather(piece))
    return pl.coalesce(pl.when(at == place).then(f"cell_{place}") for place in distinct)
