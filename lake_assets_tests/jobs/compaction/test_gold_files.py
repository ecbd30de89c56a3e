"""Ordered rows to the Parquet files of a partition."""

from collections.abc import Iterator, Sequence
from io import BytesIO

import polars as pl
import pyarrow.parquet as pq
import pytest

from lake_assets.contracts.dataset import Dataset
from lake_assets.jobs.compaction import gold_files
from lake_assets.jobs.compaction.gold_files import Counts
from lake_assets.jobs.compaction.one_date import date_starts
from lake_assets.jobs.compaction.spill import Spill
from lake_assets.kernels import key_ranges
from lake_assets.kernels.gold import gold_schema, to_gold
from lake_assets.kernels.key_ranges import Key, sampled
from lake_assets_tests.jobs.tables import rows


@pytest.fixture
def table(dataset: Dataset) -> pl.DataFrame:
    return rows([f"T{number:05d}" for number in range(3_000)], dataset)


def files(
    tables: Iterator[pl.DataFrame], dataset: Dataset, starts: Sequence[Key] = ()
) -> tuple[list[bytes], Counts]:
    counts = Counts()
    with Spill() as spill:
        found = list(gold_files.gold_files(tables, dataset, starts, spill, counts))
    heights = [pl.read_parquet(BytesIO(file.data)).height for file in found]
    assert [file.rows for file in found] == heights
    return [file.data for file in found], counts


@pytest.mark.parametrize("target", [1 << 30, 20_000])
def test_the_same_rows_give_the_same_bytes_whatever_tables_they_come_in(
    table: pl.DataFrame, dataset: Dataset, target: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_ranges, "ONE_IN", 8)
    monkeypatch.setattr(gold_files, "GROUP_ROWS", 1_000)
    starts = gold_files.file_starts(sampled(table, dataset), dataset, target)
    whole, counts = files(iter([table]), dataset, starts)
    assert (len(whole) > 3) == (target == 20_000)
    for size in (100, 301, 2_999, 3_000):
        again, others = files(table.iter_slices(size), dataset, starts)
        assert again == whole
        assert others == counts
    written = pl.concat(pl.read_parquet(BytesIO(data)) for data in whole)
    assert written.equals(to_gold(table, dataset))


def test_one_sampled_row_begins_no_second_file(dataset: Dataset) -> None:
    sample = rows(["T1"], dataset)
    assert gold_files.file_starts(sample, dataset, 1) == []
    assert date_starts([sample], dataset) == []


def test_row_groups_have_a_fixed_number_of_rows(
    table: pl.DataFrame, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gold_files, "GROUP_ROWS", 1_400)
    (data,), _ = files(table.iter_slices(1_000), dataset)
    footer = pq.ParquetFile(BytesIO(data)).metadata
    groups = [footer.row_group(place).num_rows for place in range(footer.num_row_groups)]
    assert groups == [1_400, 1_400, 200]


def test_a_date_of_few_rows_is_one_file(dataset: Dataset) -> None:
    table = rows(["T1", "T2"], dataset)
    (data,), counts = files(iter([table]), dataset)
    found = pl.read_parquet(BytesIO(data))
    assert found.schema == gold_schema(dataset)
    assert found["transaction_id"].to_list() == ["T1", "T2"]
    assert (counts.rows, counts.nulls["item_category"], counts.nulls["store_id"]) == (2, 2, 0)


def test_no_rows_are_no_file(dataset: Dataset) -> None:
    assert files(iter([]), dataset) == ([], Counts())


def test_a_file_has_about_the_target_size(
    table: pl.DataFrame, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_ranges, "ONE_IN", 8)
    starts = gold_files.file_starts(sampled(table, dataset), dataset, 40_000)
    *full, _ = files(iter([table]), dataset, starts)[0]
    assert full
    assert all(20_000 < len(data) < 60_000 for data in full)
