"""Rows and columns of the objects that are there, counted and read anew."""

import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress

import polars as pl

from lake_assets.contracts.dataset import Dataset
from lake_assets.jobs.checks.footers import UNREADABLE, footer_rows
from lake_assets.kernels.evolution import evolve, sources
from lake_assets.kernels.gold import processed_schema
from lake_assets.storage.objects import ObjectInfo
from lake_assets.storage.store import Store


def rows_of(key: str, data: bytes) -> int | None:
    """Rows in an object; None if it cannot be read."""
    if not key.endswith(".parquet"):
        return data.count(b"\n")
    try:
        return int(pl.scan_parquet(data).select(pl.len()).collect().item())
    except UNREADABLE:
        return None


def count_rows(store: Store, prefix: str) -> int:
    """Rows of a Parquet partition, by the footers; those in what cannot be read not counted."""
    return count_in(store, store.list(prefix))


def count_in(store: Store, files: Iterable[ObjectInfo]) -> int:
    """The same of these Parquet files."""
    return sum(footer_rows(store, info) for info in files)


def column_tables(
    store: Store, files: Iterable[ObjectInfo], columns: Sequence[str], dataset: Dataset
) -> Iterator[pl.DataFrame]:
    """Columns of each of these Parquet files, but for those that cannot be read.

    One file is in memory at a time. Those of older contracts are read as of today's.
    """
    for info in files:
        data = store.read(info.key)
        with suppress(*UNREADABLE):
            places = sources(pl.Schema(pl.read_parquet_schema(data)), dataset)
            wanted = [places[name] for name in columns if name in places]
            rows = pl.read_parquet(io.BytesIO(data), columns=wanted)
            yield evolve(rows, dataset).select(columns)


def columns_of(
    store: Store, files: Iterable[ObjectInfo], columns: Sequence[str], dataset: Dataset
) -> pl.DataFrame:
    """The same in one table."""
    like = processed_schema(dataset)
    none = pl.DataFrame(schema={name: like[name] for name in columns})
    return pl.concat([none, *column_tables(store, files, columns, dataset)])
