"""Which partition a row belongs to: the one place that says so."""

import polars as pl

from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.partitioning import PartitionBy

ARRIVAL = "ingest_ts"
"""Every row has the arrival of its file, so that a row that is read again stays where it was."""


def partition_date(dataset: Dataset) -> pl.Expr:
    """The date (Date, UTC) of a row's partition in processed and gold.

    It stands in the columns of processed: the contract's, typed, and those of ``types.LINEAGE``.
    """
    partition = dataset.partition
    column = partition.column if partition.by is PartitionBy.EVENT else ARRIVAL
    assert column  # the contract was validated
    return pl.col(column).dt.date()
