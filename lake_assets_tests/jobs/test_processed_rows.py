"""The processed rows of a date, a few files at a time."""

import polars as pl
import pytest

from lake_assets.contracts.column import Column
from lake_assets.contracts.dataset import Dataset
from lake_assets.jobs import processed_rows as module
from lake_assets.jobs.processed_rows import processed_rows
from lake_assets.jobs.task import to_parquet
from lake_assets.kernels.gold import processed_schema
from lake_assets.storage import Store
from lake_assets_tests.jobs.tables import rows

PREFIX = "processed/date=2025-05-30/"


def put(store: Store, *tables: pl.DataFrame) -> None:
    for number, table in enumerate(tables):
        store.put(f"{PREFIX}part-{number:04d}.snappy.parquet", to_parquet(table))


def read(store: Store, dataset: Dataset) -> list[pl.DataFrame]:
    return list(processed_rows(store, list(store.list(PREFIX)), dataset))


def test_small_files_are_read_together_in_one_piece_of_memory(
    store: Store, dataset: Dataset
) -> None:
    put(store, *[rows([f"T{number}"], dataset) for number in range(40)])
    (found,) = read(store, dataset)
    assert found["transaction_id"].to_list() == [f"T{number}" for number in range(40)]
    assert found.n_chunks() == 1


def test_files_are_read_a_few_at_a_time_and_a_large_one_in_slices(
    local_store: Store, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    small, large = rows(["T1"], dataset), rows([f"T{n}" for n in range(2, 5_002)], dataset)
    monkeypatch.setattr(module, "READ_BYTES", 2 * len(to_parquet(small)) + 1)
    monkeypatch.setattr(module, "READ_ROWS", 2_000)
    put(local_store, small, small, small, large)
    assert [table.height for table in read(local_store, dataset)] == [2, 1, 2_000, 2_000, 1_000]


def test_a_column_that_is_not_required_may_be_absent_from_some_files(
    local_store: Store, dataset: Dataset
) -> None:
    wider = dataset.model_copy(update={"columns": [*dataset.columns, Column(name="note")]})
    noted = rows(["T2"], wider).with_columns(note=pl.lit("new"))
    put(local_store, rows(["T1"], dataset), noted)
    (found,) = read(local_store, wider)
    assert found["note"].to_list() == [None, "new"]
    (narrower,) = read(local_store, dataset)
    assert narrower.schema == processed_schema(dataset)


@pytest.mark.parametrize("name", ["revenue", "source_file"])
def test_a_file_without_a_column_that_every_row_has_is_named(
    local_store: Store, dataset: Dataset, name: str
) -> None:
    put(local_store, rows(["T1"], dataset).drop(name))
    with pytest.raises(pl.exceptions.SchemaError, match=f"part-0000.* lacks values of {name}"):
        read(local_store, dataset)


def test_a_column_of_another_type_is_refused(local_store: Store, dataset: Dataset) -> None:
    put(local_store, rows(["T1"], dataset).with_columns(pl.col("quantity").cast(pl.String)))
    with pytest.raises(pl.exceptions.SchemaError, match="quantity"):
        read(local_store, dataset)
