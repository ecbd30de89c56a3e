"""The processed rows of a date, a few files at a time."""

import polars as pl
import pytest

from lake_assets.contracts.column import Column
from lake_assets.contracts.dataset import Dataset
from lake_assets.jobs.compaction import processed_rows as module
from lake_assets.jobs.compaction.processed_rows import processed_rows
from lake_assets.jobs.reading.task import to_parquet
from lake_assets.kernels.evolution import EvolutionError
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
    longer = dataset.model_copy(update={"columns": [*dataset.columns, Column(name="note")]})
    noted = rows(["T2"], longer).with_columns(note=pl.lit("new"))
    put(local_store, rows(["T1"], dataset), noted)
    found = pl.concat(read(local_store, longer)).sort("transaction_id")
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
    with pytest.raises(EvolutionError, match=r"part-0000.*its column quantity is string"):
        read(local_store, dataset)


def wider(dataset: Dataset) -> Dataset:
    """The quantity may have decimals, and the customer is a client."""
    changes: dict[str, dict[str, object]] = {
        "quantity": {"type": "decimal", "scale": 3},
        "customer_id": {"name": "client_id", "aliases": ["customer_id"]},
    }
    columns = [
        Column.model_validate(column.model_dump() | changes.get(column.name, {}))
        for column in dataset.columns
    ]
    return dataset.model_copy(update={"columns": columns})


def test_files_of_all_versions_are_read_as_rows_of_this_one(
    local_store: Store, dataset: Dataset
) -> None:
    new = wider(dataset)
    old = [
        rows([f"T{number}"], dataset).with_columns(customer_id=pl.lit(f"C{number}"))
        for number in range(3)
    ]
    put(local_store, old[0], rows(["T9"], new).with_columns(client_id=pl.lit("C9")), *old[1:])
    tables = read(local_store, new)
    assert [table.height for table in tables] == [3, 1]  # a table for each schema
    found = pl.concat(tables)
    assert found.schema == processed_schema(new)
    assert found.select("transaction_id", "client_id").rows() == [
        ("T0", "C0"), ("T1", "C1"), ("T2", "C2"), ("T9", "C9"),
    ]  # fmt: skip


def test_a_large_file_of_another_version_is_read_in_slices(
    local_store: Store, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "READ_BYTES", 1)
    monkeypatch.setattr(module, "READ_ROWS", 2_000)
    put(local_store, rows([f"T{n}" for n in range(5_000)], dataset))
    tables = read(local_store, wider(dataset))
    assert [table.height for table in tables] == [2_000, 2_000, 1_000]
    assert pl.concat(tables)["quantity"].to_list() == list(range(5_000))


def test_no_schema_is_looked_at_where_all_files_are_of_this_version(
    local_store: Store, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(local_store, *[rows([f"T{number}"], dataset) for number in range(3)])
    monkeypatch.setattr(pl, "read_parquet_schema", None)
    (found,) = read(local_store, dataset)
    assert found.height == 3


def test_columns_in_another_order_are_of_this_version(local_store: Store, dataset: Dataset) -> None:
    table = rows(["T1"], dataset)
    put(local_store, table.select(table.columns[::-1]), table)
    (found,) = read(local_store, dataset)
    assert found.equals(pl.concat([table, table]))


def test_the_file_with_a_lossy_type_is_named_among_others(
    local_store: Store, dataset: Dataset
) -> None:
    text = rows(["T2"], dataset).with_columns(pl.col("revenue").cast(pl.String))
    put(local_store, rows(["T1"], dataset), text)
    with pytest.raises(EvolutionError, match=r"^processed/.*part-0001.*revenue is string"):
        read(local_store, dataset)


def test_a_value_without_room_is_named_with_its_files(local_store: Store, dataset: Dataset) -> None:
    new = wider(dataset)
    large = rows(["T2"], dataset, "b.csv").with_columns(quantity=pl.lit(10**15))
    put(local_store, rows(["T1"], dataset), large)
    with pytest.raises(EvolutionError, match=r"part-0000.* to .*part-0001.* from b.csv line 2,"):
        read(local_store, new)
