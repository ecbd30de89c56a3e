"""Drivers whose batches overlap: no file is in two runs, whoever is faster, whoever dies."""

from collections.abc import Callable
from typing import Any

import pytest

from lake_assets.contracts.lake import Lake
from lake_assets.jobs.compaction.compact import compact
from lake_assets.jobs.ingest import ingest
from lake_assets.jobs.reconciling.reconcile import reconcile
from lake_assets.jobs.repair.recover import recover
from lake_assets.storage import Store
from lake_assets.storage.ledger import Commit
from lake_assets_tests.jobs.lakes import (
    ENGINE,
    Killed,
    assert_accounted,
    contract,
    csv,
    dataset_of,
    hooked,
    ledger,
    once,
    place,
    sale,
    sales,
    stale_dates_of,
)
from lake_assets_tests.jobs.test_ingest import staged

FIRST = csv(sale("T1"), sale("", "2025-05-29"))
SECOND = csv(sale("T2", "2025-05-29"))
MOMENTS = {
    "before it looks at the ledger": ("list", "audit/ingest/date="),
    "before it looks for the files again": ("list", "validated/"),
    "before it reads": ("read", "validated/"),
    "before it stages": ("stage", "processed/"),
    "before its commit": ("put_if_absent", "audit/ingest/"),
}


def drain(store: Store, lake: Lake) -> list[Commit]:
    """Ingest until nothing waits."""
    found = []
    while record := ingest(store, lake, dataset_of(lake), ENGINE):
        found.append(record)
    return found


def second_call(name: str, where: str, action: Callable[[], None]) -> Callable[..., None]:
    """A hook that acts at the second call of that name whose key begins so."""
    seen: list[int] = []

    def hook(called: str, *args: Any) -> None:
        if called == name and args and str(args[0]).startswith(where):
            seen.append(1)
            if len(seen) == 2:
                action()

    return hook


def hook_at(moment: str, action: Callable[[], None]) -> Callable[..., None]:
    name, where = MOMENTS[moment]
    if where == "validated/" and name == "list":
        return second_call(name, where, action)
    return once(name, action, where)


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_driver_that_is_overtaken_with_a_larger_batch_ingests_no_file_again(
    store: Store, lake: Lake, moment: str
):
    """The slow one has planned a.csv; meanwhile b.csv comes in, and another ingests both."""
    place(store, "a.csv", FIRST)
    faster: list[Commit] = []

    def overtake() -> None:
        place(store, "b.csv", SECOND)
        faster.extend(drain(store, lake))

    drain(hooked(store, before=hook_at(moment, overtake)), lake)
    assert [len(record.inputs) for record in faster] == [2]
    assert ledger(store) == faster
    assert sales(store, "processed/") == ["T1", "T2"]
    assert list(staged(store)) == []
    compact(store, dataset_of(lake), ENGINE)
    assert_accounted(store)


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_driver_that_is_overtaken_by_two_runs_ingests_no_file_again(
    store: Store, lake: Lake, moment: str
):
    """Not only the last run is seen to: what came between left validated/ before it."""
    place(store, "a.csv", FIRST)

    def overtake() -> None:
        drain(store, lake)
        place(store, "b.csv", SECOND)
        drain(store, lake)

    drain(hooked(store, before=hook_at(moment, overtake)), lake)
    assert len(ledger(store)) == 2
    assert sales(store, "processed/") == ["T1", "T2"]
    assert list(staged(store)) == []
    assert_accounted(store)


@pytest.mark.parametrize("dies_at", ["publish", "put", "put_each_if_absent", "pass_on"])
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_commit_whose_driver_died_is_finished_before_its_files_are_planned_again(
    local_store: Store, lake: Lake, moment: str, dies_at: str
):
    """The faster driver commits both files and dies; the slower one had planned one of them."""
    place(local_store, "a.csv", FIRST)

    def die(name: str, *args: Any) -> None:
        if name == dies_at:
            raise Killed

    def overtake() -> None:
        place(local_store, "b.csv", SECOND)
        with pytest.raises(Killed):
            drain(hooked(local_store, before=die), lake)

    drain(hooked(local_store, before=hook_at(moment, overtake)), lake)
    assert [len(record.inputs) for record in ledger(local_store)] == [2]
    assert sales(local_store, "processed/") == ["T1", "T2"]
    assert_accounted(local_store)


def test_a_file_of_an_unfinished_run_that_is_in_no_batch_is_not_forgotten(local_store: Store):
    """A batch of one file each: run 2 finishes run 1 before it is made, whatever its own file."""
    lake, narrow = contract(), contract(max_files=1)
    place(local_store, "b.csv", SECOND)
    place(local_store, "c.csv", csv(sale("T3")))

    def die(name: str, *args: Any) -> None:
        if name == "pass_on":
            raise Killed

    def overtake() -> None:
        with pytest.raises(Killed):
            drain(hooked(local_store, before=die), lake)

    place(local_store, "a.csv", FIRST)
    slow = hooked(local_store, before=once("list", overtake, "audit/ingest/date="))
    drain(slow, narrow)
    assert [len(record.inputs) for record in ledger(local_store)] == [3]
    assert sales(local_store, "processed/") == ["T1", "T2", "T3"]
    assert recover(local_store, lake, dataset_of(lake)) == []
    assert_accounted(local_store)


@pytest.mark.parametrize(
    ("name", "where"),
    [
        ("put_over", "gold/"),
        ("put_over", "audit/gold_compaction/date="),
        ("delete", "audit/gold_compaction/stale/"),
    ],
)
def test_a_compaction_that_is_overtaken_does_not_put_older_rows_over_newer_ones(
    store: Store, lake: Lake, name: str, where: str
):
    """The slow one has read the rows; another ingests more of the date, and compacts it."""
    dataset = dataset_of(lake)
    place(store, "a.csv", csv(sale("T1")))
    drain(store, lake)

    def overtake() -> None:
        place(store, "b.csv", csv(sale("T2")))
        drain(store, lake)
        compact(store, dataset, ENGINE)

    slow = hooked(store, before=once(name, overtake, where))
    compact(slow, dataset, ENGINE)
    assert sales(store, "gold/") == ["T1", "T2"]
    assert stale_dates_of(store) == []
    report = reconcile(store, lake)
    assert [fault for one in report.datasets for fault in one.faults] == []


def test_a_compaction_that_dies_after_it_was_overtaken_leaves_the_newer_rows(store: Store):
    """The other one has deleted the mark of the date: nobody would make its gold again."""
    lake = contract()
    place(store, "a.csv", csv(sale("T1")))
    drain(store, lake)

    def overtake() -> None:
        place(store, "b.csv", csv(sale("T2")))
        drain(store, lake)
        compact(store, dataset_of(lake), ENGINE)

    act = once("put_over", overtake, "gold/")

    def die(name: str, *args: Any) -> None:
        if name == "put_over":
            raise Killed

    with pytest.raises(Killed):
        compact(hooked(store, before=act, after=die), dataset_of(lake), ENGINE)
    assert sales(store, "gold/") == ["T1", "T2"]
