"""One date by many tasks: the bytes of one task, whatever is done twice or comes in between."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from typing import Any

import polars as pl
import pytest

from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.lake import Lake
from lake_assets.engines.local import LocalEngine
from lake_assets.jobs.compaction.compact import CompactionError, compact, stale_dates
from lake_assets.jobs.compaction.spread import Exchange
from lake_assets.jobs.ingest import ingest
from lake_assets.jobs.reading.task import TaskFailed
from lake_assets.storage import Store
from lake_assets_tests.jobs.lakes import ARRIVED, contents, contract, csv, keys, place, sale

DAY = "2025-05-30"
GOLD = "gold/"


class Spreading:
    """An engine that brings rows together in this process.

    Args:
        receives: each group is received so often, as by an engine that runs a lost task again.
        between: called before the first group is received.
    """

    def __init__(self, receives: int = 1, between: Callable[[], object] = lambda: None) -> None:
        self.receives, self.between = receives, between
        self.groups = 0

    def map(self, function: Callable[[Any], Any], items: Iterable[Any]) -> Iterator[Any]:
        return map(function, items)

    def exchange(
        self,
        send: Callable[[Any], Iterable[tuple[int, pl.DataFrame]]],
        items: Iterable[Any],
        receive: Callable[[int, Iterator[pl.DataFrame]], Any],
        groups: int,
    ) -> Iterator[Any]:
        met: dict[int, list[pl.DataFrame]] = defaultdict(list)
        for item in items:
            for group, table in send(item):
                met[group].append(table)
        self.groups = groups
        self.between()
        for group in sorted(met):
            results = [receive(group, iter(met[group])) for _ in range(self.receives)]
            yield results[-1]


@pytest.fixture
def lake(monkeypatch: pytest.MonkeyPatch) -> Lake:
    """Every date is too large for one task, and gold files are of some rows."""
    monkeypatch.setattr("lake_assets.jobs.compaction.one_date.MEGABYTE", 1 << 10)
    monkeypatch.setattr("lake_assets.kernels.key_ranges.ONE_IN", 16)
    monkeypatch.setattr("lake_assets.jobs.compaction.processed_rows.READ_BYTES", 1)
    gold = contract().datasets[0].gold.model_copy(update={"target_file_mb": 8, "one_task_mb": 0})
    return contract(gold=gold)


@pytest.fixture
def filled(local_store: Store, lake: Lake) -> Store:
    """Four files of one date, each of which supersedes rows of the one before."""
    for number in range(4):
        rows = [sale(f"T{i:05d}", DAY, 1 + number) for i in range(number * 200, 900)]
        place(local_store, f"{number}.csv", csv(*rows), ARRIVED + timedelta(minutes=number))
        ingest(local_store, lake, lake.datasets[0], LocalEngine(1))
    return local_store


@pytest.fixture
def expected(filled: Store, lake: Lake) -> dict[str, bytes]:
    """What one task writes; it is taken away again."""
    (day,) = compact(filled, lake.datasets[0], LocalEngine(1), force_dates=[DAY])
    assert (day.rows_after_dedup, day.duplicate_rows_removed) == (900, 1500)
    found = contents(filled, GOLD)
    for key in found:
        filled.delete(key)
    return found


def test_many_tasks_write_what_one_would(
    filled: Store, lake: Lake, expected: dict[str, bytes]
) -> None:
    engine = Spreading()
    assert isinstance(engine, Exchange)
    (day,) = compact(filled, lake.datasets[0], engine, force_dates=[DAY])
    assert engine.groups == len(expected) > 2
    assert contents(filled, GOLD) == expected
    assert (day.rows_after_dedup, day.duplicate_rows_removed) == (900, 1500)
    assert day.outputs == sorted(expected)


def test_a_date_below_the_limit_is_one_task(filled: Store, lake: Lake) -> None:
    (dataset,) = lake.datasets
    gold = dataset.gold.model_copy(update={"one_task_mb": 1})
    engine = Spreading()
    compact(filled, dataset.model_copy(update={"gold": gold}), engine, force_dates=[DAY])
    assert engine.groups == 0


def test_a_task_that_is_run_twice_finds_its_own_file_in_place(
    filled: Store, lake: Lake, expected: dict[str, bytes]
) -> None:
    begun: list[int] = []
    engine = Spreading(receives=2, between=lambda: begun.append(1))
    compact(filled, lake.datasets[0], engine, force_dates=[DAY])
    assert contents(filled, GOLD) == expected
    assert begun == [1]  # and not again


def test_a_file_that_another_compaction_adds_meanwhile_does_not_stay(
    filled: Store, lake: Lake, expected: dict[str, bytes]
) -> None:
    begun: list[int] = []
    further = f"gold/fact_sales/date={DAY}/part-0099.snappy.parquet"

    def add_once() -> None:
        if not begun:
            filled.put(further, next(iter(expected.values())))
        begun.append(1)

    compact(filled, lake.datasets[0], Spreading(between=add_once), force_dates=[DAY])
    assert contents(filled, GOLD) == expected
    assert begun == [1, 1]


def test_files_of_before_that_are_too_many_go(
    filled: Store, lake: Lake, expected: dict[str, bytes]
) -> None:
    (dataset,) = lake.datasets
    compact(filled, dataset, Spreading(), force_dates=[DAY])
    gold = dataset.gold.model_copy(update={"target_file_mb": 1000})
    whole = dataset.model_copy(update={"gold": gold})
    (day,) = compact(filled, whole, Spreading(), force_dates=[DAY])
    assert keys(filled, GOLD) == day.outputs == sorted(expected)[:1]


def test_an_engine_that_gives_up_leaves_the_date_stale_and_says_why(
    filled: Store, lake: Lake
) -> None:
    def give_up() -> None:
        raise TaskFailed("Spark gave up on _write.")

    with pytest.raises(CompactionError, match="write_failed: TaskFailed: Spark gave up"):
        compact(filled, lake.datasets[0], Spreading(between=give_up))
    assert stale_dates(filled, lake.datasets[0]) == [DAY]


@pytest.fixture
def with_nulls(lake: Lake) -> Dataset:
    """The key has a second column, which may be empty."""
    return lake.datasets[0].model_copy(update={"key": ["transaction_id", "customer_id"]})


@pytest.mark.parametrize("engine", [LocalEngine(1), Spreading()], ids=["local", "spreading"])
def test_a_key_may_have_empty_columns(
    filled: Store, with_nulls: Dataset, engine: LocalEngine | Spreading
) -> None:
    (day,) = compact(filled, with_nulls, engine, force_dates=[DAY])
    assert day.status == "written"
    assert day.rows_after_dedup == 900
