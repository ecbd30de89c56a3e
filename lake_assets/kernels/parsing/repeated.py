"""Headers among the rows: files are appended to one another, and each brings its own."""

from collections.abc import Sequence

import polars as pl

from lake_assets.contracts.dataset import Dataset
from lake_assets.kernels.parsing.cells import BLANK, DAMAGED, HEADER, OTHER_HEADER
from lake_assets.kernels.parsing.header import claim_columns
from lake_assets.kernels.parsing.layout import Layout
from lake_assets.kernels.parsing.mending import cells_of

MOST = 1000
"""Different texts that are looked at in a block; a header among more is a row that is rejected."""


def mark_headers(cells: pl.DataFrame, layouts: Sequence[Layout], dataset: Dataset) -> pl.DataFrame:
    """Find records that name all the required columns.

    With the columns in the places of the file's header, such a record is that header again, in
    whatever spelling. With the columns in other places, the rows below it would be read wrong.

    Args:
        cells: as ``cells.split_cells`` gives them.
        layouts: of the pieces; ``piece`` is the index.
        dataset: the contract.

    Returns:
        ``cells`` with ``kind`` and ``damage`` set for such records.
    """
    # Names hardly ever have digits, rows nearly always: that leaves few records to look at.
    words = ~pl.col("raw_row").str.contains("[0-9]") & ~pl.col("kind").is_in([BLANK, HEADER])
    rows = cells.select(words.arg_true()).to_series()
    if rows.is_empty():
        return cells
    some = cells.select("piece", "raw_row")[rows]
    texts = some.unique(maintain_order=True).head(MOST)
    found = texts.with_columns(
        pl.Series(
            "what", [_what(text, layouts[at], dataset) for at, text in texts.iter_rows()], pl.String
        )
    ).drop_nulls("what")
    if found.is_empty():
        return cells
    what = some.join(found, on=["piece", "raw_row"], how="left", maintain_order="left")["what"]
    marked = what.is_not_null()
    places, what = rows.filter(marked), what.filter(marked)
    again = what == HEADER
    kinds = again.replace_strict([True, False], [HEADER, DAMAGED], return_dtype=pl.String)
    damage = again.replace_strict([True, False], [None, OTHER_HEADER], return_dtype=pl.String)
    return cells.with_columns(
        cells["kind"].clone().scatter(places, kinds),
        cells["damage"].clone().scatter(places, damage),
    )


def _what(text: str, layout: Layout, dataset: Dataset) -> str | None:
    claims = claim_columns(cells_of(text, layout.delimiter), dataset).positions
    required = {column.name for column in dataset.columns if column.required}
    if len(required) < 2 or not claims.keys() >= required:
        return None
    if claims == layout.positions:
        return HEADER
    moved = any(layout.positions.get(column, at) != at for column, at in claims.items())
    return OTHER_HEADER if moved else None
