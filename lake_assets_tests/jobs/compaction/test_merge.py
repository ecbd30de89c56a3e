"""Rows of any number, in the order of their key: what the memory holds changes nothing."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from lake_assets.contracts.dataset import Dataset
from lake_assets.jobs.compaction import merge
from lake_assets.jobs.compaction.merge import latest, row_bytes, sort_rows
from lake_assets.jobs.compaction.spill import Spill
from lake_assets.kernels.gold import latest_rows
from lake_assets_tests.jobs.tables import rows


def small_memory(monkeypatch: pytest.MonkeyPatch, table: pl.DataFrame, held: int) -> None:
    """So little memory that it holds that many rows."""
    width = row_bytes(table)
    monkeypatch.setattr(merge, "MEMORY_BYTES", held * width)
    monkeypatch.setattr(merge, "RUN_BYTES", held * width)
    monkeypatch.setattr(merge, "RANGE_BYTES", held * width // 2)
    monkeypatch.setattr(merge, "SAMPLE_ROWS", 4)


def shuffled(number: int, dataset: Dataset) -> pl.DataFrame:
    """Every third key twice."""
    keys = [f"T{i:05d}" for i in range(number)] + [f"T{i:05d}" for i in range(0, number, 3)]
    return rows(keys, dataset).sample(fraction=1, shuffle=True, seed=7)


def cut(table: pl.DataFrame, size: int) -> Iterator[pl.DataFrame]:
    return table.iter_slices(size)


def test_a_date_larger_than_memory_comes_out_as_one_that_is_not(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = shuffled(1_000, dataset)
    expected = table[latest_rows(table, dataset)]
    small_memory(monkeypatch, table, held=200)
    for size in (150, 70):
        with Spill() as spill:
            found = sort_rows(cut(table, size), dataset, spill)
            ranges = list(found.tables)
        assert found.read == table.height
        assert len(ranges) > 5
        assert max(part.height for part in ranges) < 300
        assert pl.concat(ranges).equals(expected)


def test_columns_are_put_in_order_a_few_at_a_time_or_all_at_once(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = shuffled(100, dataset)
    at_once = latest([table], dataset)
    monkeypatch.setattr(merge, "FEW_ROWS", 99)
    assert latest([table], dataset).equals(at_once)
    assert at_once.height == 100


def test_the_order_in_which_tables_are_read_does_not_matter(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = shuffled(500, dataset)
    small_memory(monkeypatch, table, held=100)
    results = []
    for tables in (list(cut(table, 60)), list(cut(table, 60))[::-1]):
        with Spill() as spill:
            results.append(pl.concat(sort_rows(tables, dataset, spill).tables))
    assert results[0].equals(results[1])


def test_one_key_that_fills_the_memory_many_times_is_one_row(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = rows(["T1"] * 1_000 + ["T2"], dataset)
    small_memory(monkeypatch, table, held=50)
    with Spill() as spill:
        found = sort_rows(cut(table, 40), dataset, spill)
        gold = pl.concat(found.tables)
    assert gold.select("transaction_id", "line_number").rows() == [("T1", 1_001), ("T2", 1_002)]


def test_a_key_of_several_columns_is_cut_within_one_value_of_the_first(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = dataset.model_copy(update={"key": ["store_id", "transaction_id"]})
    table = shuffled(400, both)
    small_memory(monkeypatch, table, held=80)
    with Spill() as spill:
        ranges = list(sort_rows(cut(table, 60), both, spill).tables)
    assert len(ranges) > 3
    assert pl.concat(ranges).equals(table[latest_rows(table, both)])


def test_rows_that_fit_in_memory_never_touch_the_disk(dataset: Dataset, tmp_path: Path) -> None:
    class NoRoom(Spill):
        def path(self, name: str) -> Path:
            raise OSError("no room")

    table = shuffled(100, dataset)
    with NoRoom() as spill:
        (found,) = sort_rows(cut(table, 10), dataset, spill).tables
    assert found.equals(table[latest_rows(table, dataset)])


def test_no_rows_are_no_tables(dataset: Dataset) -> None:
    with Spill() as spill:
        found = sort_rows([], dataset, spill)
        assert (found.read, list(found.tables)) == (0, [])


def test_long_texts_weigh_more_than_short_ones(dataset: Dataset) -> None:
    short, long = (
        rows([letter * 3], dataset, source)
        for letter, source in (("a", "a.csv"), ("b", "b" * 1_000))
    )
    assert row_bytes(long) - row_bytes(short) == 1_000
