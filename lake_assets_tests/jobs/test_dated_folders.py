"""Archived and refused files in folders of their arrival date, under their own names."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from lake_assets.contracts.rule import Rule
from lake_assets.engines.local import LocalEngine
from lake_assets.jobs.compaction.compact import compact
from lake_assets.jobs.ingest import ingest
from lake_assets.jobs.reconciling.reconcile import reconcile
from lake_assets.jobs.repair.rebuild import rebuild_dates
from lake_assets.jobs.repair.recover import recover
from lake_assets.jobs.repair.replay import Selection, replay
from lake_assets.jobs.tracing.file_history import trace_file
from lake_assets.storage import Store, open_store
from lake_assets.storage.ledger import Commit
from lake_assets_tests.jobs.lakes import (
    ARRIVED,
    ENGINE,
    Killed,
    assert_accounted,
    contents,
    contract,
    csv,
    dataset_of,
    drop,
    hooked,
    keys,
    killed_at,
    ledger,
    place,
    reason,
    refused_files,
    run,
    sale,
    sales,
    stale_dates_of,
    writes_of,
)
from lake_assets_tests.jobs.test_overlap import MOMENTS, hook_at

FAIL = Rule(name="one_store", expression="store_id = 'S1'", severity="fail")
DATED = dataset_of(contract()).zones.model_copy(update={"dated": True})
LAKE = contract(zones=DATED, rules=[FAIL])
OPEN = contract(zones=DATED, rules=[], contract_version="2")
ONE = LocalEngine(1)
DAY = timedelta(days=1)
FOLDER = "archive/validated/2025-06-01/"
REFUSED = csv(sale("T9").replace("S1", "S2"))
MARK = "~[0-9a-f]{12}"


def a(number: int) -> bytes:
    return csv(sale(f"T{number}"))


def test_a_file_stands_under_its_own_name_in_the_folder_of_its_arrival(store: Store) -> None:
    place(store, "in/a.csv", a(1))
    place(store, "a.csv.gz", a(2), ARRIVED + DAY)
    run(store, LAKE)
    run(store, LAKE)
    assert keys(store, "archive/") == [
        f"{FOLDER}in/a.csv",
        "archive/validated/2025-06-02/a.csv.gz",
    ]


def test_another_file_of_its_name_on_that_date_stands_beside_it(store: Store) -> None:
    for number in range(4):
        place(store, "a.csv", a(number))
        run(store, LAKE)
    place(store, "a.csv", a(4), ARRIVED + DAY)
    run(store, LAKE)
    there = contents(store, FOLDER)
    assert there.pop(f"{FOLDER}a.csv") == a(0)
    assert all(re.fullmatch(f"{FOLDER}a{MARK}.csv", key) for key in there)
    assert sorted(there.values()) == [a(1), a(2), a(3)]
    assert contents(store, "archive/validated/2025-06-02/") == {
        "archive/validated/2025-06-02/a.csv": a(4)
    }
    assert_accounted(store)
    assert reconcile(store, LAKE).faults == []


def test_files_that_come_to_one_name_in_one_run_stand_beside_each_other(store: Store) -> None:
    place(store, "a.csv", a(1))
    drop(store, "b.csv", a(2))
    store.move(store.head("raw/b.csv"), "validated/a~0123456789ab.csv", arrived=ARRIVED)
    run(store, LAKE)
    assert [item.source_file for item in ledger(store)[0].inputs] == ["a.csv", "a.csv"]
    assert sorted(contents(store, FOLDER).values()) == [a(1), a(2)]
    assert f"{FOLDER}a.csv" in keys(store, FOLDER)
    assert_accounted(store)


def test_the_same_bytes_again_are_kept_beside_those_that_were_ingested(store: Store) -> None:
    for second in range(2):
        place(store, "a.csv", a(1), ARRIVED + timedelta(seconds=second))
        run(store, LAKE)
    outcomes = [item.outcome for record in ledger(store) for item in record.inputs]
    assert outcomes == ["ingested", "duplicate"]
    assert list(contents(store, FOLDER).values()) == [a(1), a(1)]
    assert sales(store, "processed/") == ["T1"]


def test_a_refused_file_stands_in_the_folder_of_its_arrival_with_its_reason(store: Store) -> None:
    drop(store, "door.csv", b"foo,bar\n1,2\n")
    arrived = store.head("raw/door.csv").modified.date()
    place(store, "later.csv", REFUSED)
    run(store, LAKE)
    at_the_door, later = (
        f"rejected/system/{arrived}/door.csv",
        next(key for key in refused_files(store) if "later" in key),
    )
    assert reason(store, at_the_door)["reason"] == "missing_columns"
    assert re.fullmatch(f"rejected/system/2025-06-01/later{MARK}.csv", later)
    assert reason(store, later)["reason"] == "rule_failed"
    assert set(refused_files(store)) == {at_the_door, later}
    assert reconcile(store, LAKE).faults == []


def test_a_second_file_that_is_refused_does_not_take_the_place_of_the_first(store: Store) -> None:
    for value in b"123":
        drop(store, "a.csv", b"foo\n%c\n" % value)
        run(store, LAKE)
    there = refused_files(store)
    assert sorted(there.values()) == [b"foo\n1\n", b"foo\n2\n", b"foo\n3\n"]
    assert there[min(there, key=len)] == b"foo\n1\n"


def test_a_refused_file_is_found_by_its_name_and_by_its_key(store: Store) -> None:
    drop(store, "a.csv", b"foo\n1\n")
    run(store, LAKE)
    place(store, "a.csv", a(1))
    run(store, LAKE)
    (key,) = refused_files(store)
    dataset = dataset_of(LAKE)
    refused, taken = trace_file(store, dataset, "a.csv").versions
    assert (refused.outcome, refused.key) == ("refused", key)
    assert (taken.outcome, taken.key) == ("ingested", f"{FOLDER}a.csv")
    assert [one.outcome for one in trace_file(store, dataset, key).versions] == ["refused"]


def test_what_is_done_again_is_read_from_the_key_that_the_record_names(store: Store) -> None:
    few = Rule(name="few", expression="quantity < 5")
    picky = contract(zones=DATED, rules=[few])
    for rows in ((sale("T1"), sale("T2", quantity=9)), (sale("T3"), sale("T4", quantity=9))):
        place(store, "a.csv", csv(*rows))
        run(store, picky)
    archived = contents(store, "archive/")
    before = contents(store, "processed/")
    store.delete(next(iter(before)))
    rebuild_dates(store, dataset_of(picky), ENGINE, ["2025-05-30"])
    assert contents(store, "processed/") == before
    assert sum(one.files for one in replay(store, dataset_of(OPEN), ENGINE, Selection())) == 2
    assert sales(store, "processed/") == ["T1", "T2", "T3", "T4"]
    assert contents(store, "archive/") == archived
    compact(store, dataset_of(OPEN), ENGINE)
    assert reconcile(store, OPEN).faults == []


def test_files_that_were_archived_before_the_folders_were_dated_are_still_found(
    store: Store,
) -> None:
    flat = contract(rules=[FAIL])
    place(store, "a.csv", a(1))
    place(store, "later.csv", REFUSED)
    run(store, flat)
    place(store, "a.csv", a(2))
    run(store, LAKE)
    assert len(trace_file(store, dataset_of(LAKE), "a.csv").versions) == 2
    assert [v.outcome for v in trace_file(store, dataset_of(LAKE), "later.csv").versions] == [
        "refused"
    ]
    assert list(replay(store, dataset_of(OPEN), ENGINE, Selection()))
    assert reconcile(store, OPEN).faults == []


@pytest.mark.parametrize("moment", MOMENTS)
def test_drivers_that_race_overwrite_no_archived_file(store: Store, moment: str) -> None:
    """The slow one has planned the second a.csv; meanwhile others ingest it, and a third."""
    dataset = dataset_of(LAKE)

    def drain(to: Store) -> list[Commit]:
        found = []
        while record := ingest(to, LAKE, dataset, ENGINE):
            found.append(record)
        return found

    place(store, "a.csv", a(0))
    drain(store)
    place(store, "a.csv", a(1))

    def overtake() -> None:
        drain(store)
        place(store, "a.csv", a(2))
        drain(store)

    drain(hooked(store, before=hook_at(moment, overtake)))
    there = contents(store, FOLDER)
    assert there[f"{FOLDER}a.csv"] == a(0)
    assert sorted(there.values()) == [a(0), a(1), a(2)]
    assert len(ledger(store)) == 3
    assert_accounted(store)


def filled(root: Path) -> Store:
    """An archived file, and others of its name and of others that wait."""
    root.mkdir()
    store = open_store(str(root))
    place(store, "a.csv", a(0))
    step(store)
    place(store, "a.csv", a(1))
    drop(store, "b.csv", a(2))
    store.move(store.head("raw/b.csv"), "validated/a~0123456789ab.csv", arrived=ARRIVED)
    place(store, "refused.csv", REFUSED)
    return store


def step(store: Store) -> None:
    """What one run does behind validation."""
    dataset = dataset_of(LAKE)
    recover(store, LAKE, dataset)
    while ingest(store, LAKE, dataset, ONE):
        pass
    compact(store, dataset, ONE)


@pytest.mark.parametrize("late", [False, True], ids=["before", "after"])
def test_a_run_that_dies_at_any_write_is_finished_to_the_same_keys(
    tmp_path: Path, late: bool
) -> None:
    store = filled(tmp_path / "undisturbed")
    points = writes_of(store, step)
    undisturbed = contents(store, "archive/", "rejected/", "processed/", "gold/")
    assert len(undisturbed) > 6
    for number in range(1, points + 1):
        store = filled(tmp_path / f"{number}")
        with pytest.raises(Killed):
            step(killed_at(store, number, late=late))
        step(store)
        found = contents(store, "archive/", "rejected/", "processed/", "gold/")
        assert found == undisturbed, number
        assert len(ledger(store)) == 2
        assert stale_dates_of(store) == []
        assert_accounted(store)
