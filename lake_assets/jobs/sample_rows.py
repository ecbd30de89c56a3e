"""A few rows of a partition, to be looked at; personal values are masked."""

from io import BytesIO

import polars as pl

from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.lookups import looked_up_columns
from lake_assets.jobs.checks.finding import Row
from lake_assets.jobs.checks.samples import shown_column
from lake_assets.storage.errors import StoreError
from lake_assets.storage.objects import ObjectInfo
from lake_assets.storage.store import Store

ROWS = 5
LARGEST_MB = 64
"""A larger object is not read for the sake of a few rows."""


def sample_rows(store: Store, dataset: Dataset, objects: list[ObjectInfo]) -> list[Row]:
    """The first rows of the smallest object: the contract's columns as text, and those looked up.

    Args:
        store: of the lake.
        dataset: the contract.
        objects: Parquet files of gold.

    Returns:
        At most five rows; none, if even the smallest object is over 64 MB, or cannot be read: to
        tell of that is for the checks.
    """
    smallest = min(objects, key=lambda info: (info.size, info.key), default=None)
    if smallest is None or smallest.size > LARGEST_MB << 20:
        return []
    try:
        rows = pl.read_parquet(BytesIO(store.read(smallest.key)), n_rows=ROWS)
    except (StoreError, pl.exceptions.PolarsError):
        return []
    columns = [*dataset.columns, *looked_up_columns(dataset)]
    # What was looked up is not there in files of an older contract.
    there = [column for column in columns if column.name in rows.columns]
    return rows.select(shown_column(column) for column in there).rows(named=True)
