"""Rows to be looked at: few, of the smallest object, without personal values."""

from pathlib import Path

import pytest

from lake_assets.jobs import sample_rows as module
from lake_assets.jobs.sample_rows import ROWS, sample_rows
from lake_assets.samples import retail_files
from lake_assets.storage import Store, open_store
from lake_assets_tests.jobs.lakes import contract, run

LAKE = contract()
(DATASET,) = LAKE.datasets


@pytest.fixture
def store(tmp_path: Path) -> Store:
    found = open_store(str(tmp_path))
    (file,) = retail_files(files=1, rows=40, days=1)
    found.put(f"raw/{file.name}", file.content)
    run(found, LAKE)
    return found


def test_a_few_rows_have_the_columns_of_the_contract(store: Store) -> None:
    rows = sample_rows(store, DATASET, list(store.list("gold/")))
    assert len(rows) == ROWS
    assert list(rows[0]) == [column.name for column in DATASET.columns]
    assert str(rows[0]["timestamp"]).startswith("2025-01-01")


def test_personal_values_are_masked(store: Store) -> None:
    shown = {row["customer_id"] for row in sample_rows(store, DATASET, list(store.list("gold/")))}
    assert shown <= {"C***", "(none)"}


def test_of_several_objects_the_smallest_is_read(store: Store) -> None:
    (gold,) = store.list("gold/")
    store.put("gold/large.parquet", b"x" * (gold.size + 1))
    assert sample_rows(store, DATASET, list(store.list("gold/")))


def test_there_is_no_sample_of_what_is_large_damaged_or_gone(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    (gold,) = store.list("gold/")
    assert sample_rows(store, DATASET, []) == []
    with monkeypatch.context() as patch:
        patch.setattr(module, "LARGEST_MB", 0)
        assert sample_rows(store, DATASET, [gold]) == []
    store.put(gold.key, b"damaged")
    assert sample_rows(store, DATASET, list(store.list("gold/"))) == []
    store.delete(gold.key)
    assert sample_rows(store, DATASET, [gold]) == []
