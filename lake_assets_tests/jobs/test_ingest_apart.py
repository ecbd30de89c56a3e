"""A file that kills the process which reads it costs the others nothing but time."""

from datetime import timedelta

import pytest

from lake_assets.contracts.dataset import Versions
from lake_assets.contracts.lake import Lake
from lake_assets.jobs import ingest_apart as module
from lake_assets.jobs.ingest_apart import ingest_apart
from lake_assets.storage import Store, StoreUnavailable
from lake_assets.storage.zones import suspects_prefix
from lake_assets_tests.jobs.lakes import (
    ARRIVED,
    ENGINE,
    Killed,
    assert_accounted,
    contract,
    csv,
    hooked,
    keys,
    ledger,
    place,
    sale,
    sales,
)

LAKE = contract()
DAY = ARRIVED.date()


@pytest.fixture(autouse=True)
def groups_of_three(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "GROUP", 3)


def poisoned(store: Store, *names: str) -> Store:
    """The same store; whoever reads one of these files dies."""

    def before(called: str, *arguments: object) -> None:
        if called == "read" and arguments[0] in {f"validated/{name}" for name in names}:
            raise Killed

    return hooked(store, before=before)


def run(store: Store, lake: Lake = LAKE) -> int | None:
    """The commits of one process; None if it died."""
    try:
        return len(list(ingest_apart(store, lake, lake.datasets[0], ENGINE, DAY)))
    except Killed:
        return None


def files(store: Store, names: str) -> None:
    for at, name in enumerate(names):
        place(store, name, csv(sale(f"T{name}")), ARRIVED + timedelta(seconds=at))


def marks(store: Store) -> list[str]:
    return keys(store, suspects_prefix(LAKE.datasets[0]))


def test_files_that_harm_nobody_are_taken_group_by_group(store: Store):
    files(store, "abcdefgh")
    assert run(store) == 3
    assert [len(record.inputs) for record in ledger(store)] == [3, 3, 2]
    assert marks(store) == []
    assert_accounted(store)


def test_all_but_the_file_that_kills_get_through(store: Store):
    files(store, "abcdefgh")
    bad = poisoned(store, "e")
    assert run(bad) is None
    assert keys(store, "validated/") == [f"validated/{name}" for name in "defgh"]
    # Behind the others: g and h, then one by one those of the group, until it dies again.
    assert run(bad) is None
    assert keys(store, "validated/") == ["validated/e", "validated/f"]
    assert run(bad) == 1
    assert keys(store, "validated/") == ["validated/e"]
    assert sales(store, "processed/") == ["Ta", "Tb", "Tc", "Td", "Tf", "Tg", "Th"]


def test_a_run_that_has_taken_others_leaves_the_killer_and_ends_well(store: Store):
    files(store, "abc")
    bad = poisoned(store, "b")
    while keys(store, "validated/") != ["validated/b"]:
        run(bad)
    place(store, "new", csv(sale("Tnew")), ARRIVED + timedelta(hours=1))
    assert run(bad) == 1
    assert keys(store, "validated/") == ["validated/b"]
    assert run(bad) is None, "alone it is tried again"


def test_a_file_that_kills_no_more_is_taken_and_its_marks_go(store: Store):
    files(store, "abc")
    bad = poisoned(store, "b")
    while keys(store, "validated/") != ["validated/b"]:
        run(bad)
    assert marks(store)
    assert run(store) == 1
    assert marks(store) == []
    assert_accounted(store)


def test_two_that_kill_take_turns(store: Store):
    files(store, "ab")
    both = poisoned(store, "a", "b")
    for _ in range(5):
        assert run(both) is None
    only_a = poisoned(store, "a")
    tries = [run(only_a) for _ in range(2)]
    assert 1 in tries
    assert keys(store, "validated/") == ["validated/a"]


def test_no_version_overtakes_an_earlier_one_of_its_name(store: Store):
    lake = contract(versions=Versions.SUPERSEDE)
    place(store, "day.csv", csv(sale("T1")))
    place(store, "other.csv", csv(sale("T2")), ARRIVED + timedelta(seconds=1))
    later = place(store, "day~0123456789ab.csv", csv(sale("T3")), ARRIVED + timedelta(seconds=2))
    bad = poisoned(store, "day.csv")
    for _ in range(6):
        run(bad, lake)
    assert sales(store, "processed/") == ["T2"]
    assert later.key in keys(store, "validated/")
    assert run(store, lake) == 2
    assert_accounted(store)


def test_files_of_another_date_are_left_alone(store: Store):
    place(store, "a", csv(sale("T1")), ARRIVED - timedelta(days=1))
    assert run(store) == 0
    assert keys(store, "validated/") == ["validated/a"]


def test_an_error_that_is_told_leaves_no_mark(store: Store):
    def before(called: str, *arguments: object) -> None:
        if called == "read" and arguments[0] == "validated/b":
            raise StoreUnavailable("no answer")

    files(store, "abc")
    with pytest.raises(StoreUnavailable):
        run(hooked(store, before=before))
    assert marks(store) == []
    assert run(store) == 1
    assert_accounted(store)
