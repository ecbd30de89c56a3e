"""The processed rows of one date, read a few files at a time."""

from collections.abc import Iterator, Sequence

import polars as pl

from lake_assets.contracts.dataset import Dataset
from lake_assets.kernels.gold import processed_schema
from lake_assets.kernels.values.types import LINEAGE
from lake_assets.storage.objects import ObjectInfo
from lake_assets.storage.store import Store, each

READ_BYTES = 16 << 20
"""Small files are read together until they have so many bytes."""
READ_ROWS = 1 << 19
"""Of a larger file at most so many rows are in memory at once."""
MOST_CHUNKS = 32


def processed_rows(
    store: Store, inputs: Sequence[ObjectInfo], dataset: Dataset
) -> Iterator[pl.DataFrame]:
    """The rows of these Parquet files, in tables of bounded size.

    A table has the columns of :func:`processed_schema`. An optional column that a file of another
    contract version lacks is null; a column that the contract does not know is left out.

    Raises:
        StoreError: a file cannot be read.
        polars.exceptions.PolarsError: a file is not Parquet, or not of these columns.
    """
    for group in _groups(inputs):
        parts = _fetched(store, group)
        rows = _scan(parts, dataset)
        if sum(info.size for info in group) <= READ_BYTES:
            yield _complete(rows.collect(), dataset, group)
            continue
        total = rows.select(pl.len()).collect().item()
        for first in range(0, total, READ_ROWS):
            yield _complete(rows.slice(first, READ_ROWS).collect(), dataset, group)


def _groups(inputs: Sequence[ObjectInfo]) -> Iterator[list[ObjectInfo]]:
    """Neighbours that together have at most :data:`READ_BYTES`, larger ones alone."""
    group: list[ObjectInfo] = []
    size = 0
    for info in inputs:
        if group and size + info.size > READ_BYTES:
            yield group
            group, size = [], 0
        group.append(info)
        size += info.size
    if group:
        yield group


def _fetched(store: Store, group: Sequence[ObjectInfo]) -> list[bytes]:
    return each(store, store.read, [info.key for info in group])


def _scan(parts: Sequence[bytes], dataset: Dataset) -> pl.LazyFrame:
    """One scan of all parts: a tenth of the time that reading small ones one by one takes."""
    # Files of another contract version may lack an optional column; _complete sees to the others.
    return pl.scan_parquet(
        list(parts),
        schema=processed_schema(dataset),
        missing_columns="insert",
        extra_columns="ignore",
    )


def _complete(rows: pl.DataFrame, dataset: Dataset, group: Sequence[ObjectInfo]) -> pl.DataFrame:
    """The rows as they are, if what every processed row has is there."""
    required = [column.name for column in dataset.columns if column.required]
    for name in (*required, *LINEAGE):
        if rows[name].null_count():
            raise pl.exceptions.SchemaError(
                f"{_named(group)} lacks values of {name}, which every processed row has. If a file "
                "there is not of this lake, take it away; else rebuild the date from the archive."
            )
    # Many small chunks make everything after this several times slower.
    return rows.rechunk() if rows.n_chunks() > MOST_CHUNKS else rows


def _named(group: Sequence[ObjectInfo]) -> str:
    if len(group) == 1:
        return group[0].key
    return f"One of the {len(group)} files from {group[0].key} to {group[-1].key}"
