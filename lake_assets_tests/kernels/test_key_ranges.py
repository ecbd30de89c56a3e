"""Ranges of keys: cut by the rows' own keys, however the rows came."""

import polars as pl
import pytest

from lake_assets.contracts.dataset import Dataset
from lake_assets.kernels import key_ranges
from lake_assets.kernels.key_ranges import places, sampled, starts
from lake_assets_tests.jobs.tables import rows
from lake_assets_tests.kernels.reading import retail


@pytest.fixture
def dataset() -> Dataset:
    return retail()


@pytest.fixture
def table(dataset: Dataset) -> pl.DataFrame:
    return rows([f"T{number:05d}" for number in range(4_000)], dataset)


def test_a_key_is_sampled_with_all_its_rows_or_with_none(
    table: pl.DataFrame, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_ranges, "ONE_IN", 8)
    found = sampled(pl.concat([table, table]), dataset)["transaction_id"]
    assert found.unique_counts().unique().to_list() == [2]
    parts = pl.concat(sampled(part, dataset) for part in table.iter_slices(37))
    assert parts["transaction_id"].to_list() == sampled(table, dataset)["transaction_id"].to_list()


def test_about_one_key_in_so_many_is_sampled(table: pl.DataFrame, dataset: Dataset) -> None:
    assert 1 <= sampled(table, dataset).height <= 30  # 8 expected of 4,000


def test_parts_have_about_the_rows_that_are_asked_for(
    table: pl.DataFrame, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_ranges, "ONE_IN", 8)
    ends = places(table, starts(sampled(table, dataset), dataset, 800), dataset)
    sizes = [end - start for start, end in zip([0, *ends], ends, strict=False)]
    assert sum(sizes) == 4_000
    assert all(500 < size < 1_100 for size in sizes[:-1])


def test_rows_below_all_starts_are_the_first_part_and_those_above_the_last(
    table: pl.DataFrame, dataset: Dataset
) -> None:
    assert places(table.slice(10, 20), [("T00000",), ("T00020",), ("T00999",)], dataset) == [
        0,
        10,
        20,
        20,
    ]
