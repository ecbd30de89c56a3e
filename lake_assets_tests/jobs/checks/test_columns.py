"""The physical schema of gold, from the footers of its files."""

from typing import Any

import polars as pl
import pytest

from lake_assets.contracts.dataset import Dataset
from lake_assets.jobs import checks
from lake_assets.jobs.checks import footers
from lake_assets.jobs.pipeline import Outcome
from lake_assets.storage import Store
from lake_assets_tests.jobs.checks.lakes import DAY, GOLD, rewrite


def test_passes_on_what_compaction_left(local_store: Store, dataset: Dataset, done: Outcome):
    finding = checks.schema(local_store, dataset, DAY)
    assert finding.passed
    assert finding.figures == {"files": 1, "columns": len(dataset.columns) + 6}


def test_passes_on_a_date_without_gold(local_store: Store, dataset: Dataset):
    assert checks.schema(local_store, dataset, "2025-01-01").passed


@pytest.mark.parametrize(
    ("change", "column", "found"),
    [
        (lambda f: f.drop("quantity"), "quantity", "none"),
        (lambda f: f.with_columns(extra=pl.lit(1)), "extra", "Int32"),
        (lambda f: f.with_columns(pl.col("quantity").cast(pl.Int32)), "quantity", "Int32"),
        (
            lambda f: f.with_columns(pl.col("revenue").cast(pl.Decimal(10, 2))),
            "revenue",
            "Decimal(precision=10, scale=2)",
        ),
        (
            lambda f: f.with_columns(pl.col("timestamp").cast(pl.Datetime("ms"))),
            "timestamp",
            "Datetime(time_unit='ms', time_zone=None)",
        ),
    ],
)
def test_fails_on_a_column_that_is_not_as_the_contract_says(
    local_store: Store, dataset: Dataset, done: Outcome, change: Any, column: str, found: str
):
    rewrite(local_store, GOLD, change)
    finding = checks.schema(local_store, dataset, DAY)
    assert not finding.passed
    (row,) = finding.table
    assert (row["file"], row["column"], row["file has"]) == (GOLD, column, found)


@pytest.mark.parametrize("data", [b"", b"PAR1", b"no parquet at all", b"x" * 100 + b"PAR1"])
def test_fails_on_what_is_no_parquet_file(
    local_store: Store, dataset: Dataset, done: Outcome, data: bytes
):
    local_store.put(GOLD, data)
    finding = checks.schema(local_store, dataset, DAY)
    assert not finding.passed
    assert finding.table[0]["file has"] == "no footer that can be read"


def test_reads_the_footer_alone_however_long_it_is(
    local_store: Store, dataset: Dataset, done: Outcome, monkeypatch: pytest.MonkeyPatch
):
    rewrite(local_store, GOLD, lambda f: pl.concat([f] * 2_000))
    size = local_store.head(GOLD).size
    lengths: list[int] = []

    class Watched:
        def __init__(self, store: Store) -> None:
            self._store = store

        def __getattr__(self, name: str) -> Any:
            return getattr(self._store, name)

        def read(self, key: str, **options: Any) -> bytes:
            data = self._store.read(key, **options)
            lengths.append(len(data))
            return data

    monkeypatch.setattr(footers, "FOOTER_BYTES", 100)
    assert checks.schema(Watched(local_store), dataset, DAY).passed
    assert lengths[0] == 100
    assert len(lengths) == 2
    assert sum(lengths) < size / 2
