"""Old snapshots that nobody needs can be removed, and nothing else is."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.lake import Lake
from lake_assets.jobs.reconciling.reconcile import reconcile
from lake_assets.jobs.tables.expire import OldSnapshot, find_expired, remove
from lake_assets.jobs.tables.manifest import ManifestDamaged, history, manifests
from lake_assets.storage import Store
from lake_assets.storage.zones import manifest_key
from lake_assets_tests.jobs.club import (
    ARRIVED,
    DAY,
    DAYS,
    arrive,
    audit,
    lake,
    members_only,
    pairs,
    run,
    snapshots,
)
from lake_assets_tests.jobs.lakes import Killed, contents, hooked, killed_at, writes_of

FIRST, SECOND = DAYS[:2]


def ever() -> datetime:
    """A time that all that stands is older than."""
    return datetime.now(UTC) + timedelta(days=1)


def names(found: Sequence[OldSnapshot]) -> list[tuple[str, str | None, str | None]]:
    """Dataset, date, and the number of the snapshot."""
    return [
        (one.version.dataset, one.version.date, (one.version.snapshot or "")[:4]) for one in found
    ]


def send(store: Store, of: Lake, dataset: str, name: str, *rows: str, after: int = 0) -> None:
    """A file that arrives so many days later than the first, to gold."""
    (found,) = [one for one in of.datasets if one.name == dataset]
    arrive(store, found, name, *rows, arrived=ARRIVED + DAY * after)
    run(store, of)


def assert_whole(store: Store, of: Lake) -> None:
    """Whatever has a manifest has its files; and nothing of the lake is amiss."""
    for dataset in of.datasets:
        for day in DAYS:
            for manifest in history(store, dataset, day):
                assert all(store.head(file.key).etag == file.etag for file in manifest.files)
    assert reconcile(store, of).faults == []


@pytest.fixture
def club() -> Lake:
    return members_only(snapshots=True)


@pytest.fixture
def members(club: Lake) -> Dataset:
    return club.datasets[0]


@pytest.fixture
def filled(local_store: Store, club: Lake) -> Store:
    """One date with three snapshots."""
    for number, town in enumerate(("Lyon", "Nice", "Metz")):
        send(local_store, club, "members", f"{number}.csv", f"m1,{FIRST},,{town}", after=number)
    return local_store


def test_snapshots_that_another_has_replaced_go_and_the_current_one_stays(
    filled: Store, club: Lake, members: Dataset
) -> None:
    found = find_expired(filled, club, ever())
    assert names(found) == [("members", FIRST, "0001"), ("members", FIRST, "0002")]
    assert all(one.objects[0].key.endswith("/_manifest.json") for one in found)
    assert all(one.size > sum(info.size for info in one.objects[1:]) > 0 for one in found)
    remove(filled, found)
    (stays,) = snapshots(filled, members, FIRST)
    assert stays == f"snapshot={audit(filled, members, FIRST).snapshot}"
    assert pairs(filled, members, FIRST, "town") == {"m1": "Metz"}
    assert_whole(filled, club)
    assert find_expired(filled, club, ever()) == []


def test_what_counts_is_when_another_took_their_place(
    filled: Store, club: Lake, members: Dataset
) -> None:
    second, third = (
        filled.head(manifest_key(members, FIRST, one.snapshot)).modified
        for one in history(filled, members, FIRST)[1:]
    )
    assert find_expired(filled, club, second) == []
    found = find_expired(filled, club, third)
    assert names(found) == [("members", FIRST, "0001")]
    assert found[0].replaced == second


def test_the_next_compaction_goes_on_behind_what_was_removed(
    filled: Store, club: Lake, members: Dataset
) -> None:
    remove(filled, find_expired(filled, club, ever()))
    send(filled, club, "members", "4.csv", f"m1,{FIRST},,Brest", after=4)
    assert [one.snapshot[:4] for one in history(filled, members, FIRST)] == ["0003", "0004"]
    assert pairs(filled, members, FIRST, "town") == {"m1": "Brest"}
    assert_whole(filled, club)


@pytest.mark.parametrize("late", [False, True], ids=["before", "after"])
def test_a_removal_that_dies_at_any_delete_leaves_no_manifest_without_files(
    filled: Store, club: Lake, members: Dataset, late: bool
) -> None:
    before = contents(filled)
    found = find_expired(filled, club, ever())
    points = writes_of(filled, lambda store: remove(store, found))
    assert points == 4  # two manifests, two files
    expected = contents(filled)
    for number in range(1, points + 1):
        for key, data in before.items():
            filled.put_if_absent(key, data)
        with pytest.raises(Killed):
            remove(killed_at(filled, number, late=late), find_expired(filled, club, ever()))
        for manifest in history(filled, members, FIRST):
            assert all(filled.head(file.key).size == file.bytes for file in manifest.files)
        assert next(manifests(filled, members)).snapshot.startswith("0003")
        remove(filled, find_expired(filled, club, ever()))
        assert contents(filled) == expected, number
    assert reconcile(filled, club, quick=True).faults == []


def test_a_snapshot_that_is_not_published_yet_leaves_the_one_before_it(
    filled: Store, club: Lake, members: Dataset
) -> None:
    current = audit(filled, members, FIRST).snapshot
    assert current
    filled.delete(manifest_key(members, FIRST, current))
    assert names(find_expired(filled, club, ever())) == [("members", FIRST, "0001")]


def test_files_that_a_compaction_is_writing_are_left_alone(
    filled: Store, club: Lake, members: Dataset
) -> None:
    other = f"staging/members/date={FIRST}/snapshot=0004-{'a' * 16}/part-0000.snappy.parquet"
    filled.put(other, b"under way")
    assert names(find_expired(filled, club, ever())) == [
        ("members", FIRST, "0001"),
        ("members", FIRST, "0002"),
    ]


def test_a_date_whose_audit_is_lost_keeps_all_that_it_has(
    filled: Store, club: Lake, members: Dataset
) -> None:
    filled.delete(f"{members.zones.gold_audit}date={FIRST}/metrics.json")
    assert find_expired(filled, club, ever()) == []


def test_a_table_that_commits_in_between_is_not_touched(
    filled: Store, club: Lake, members: Dataset
) -> None:
    sent: list[str] = []

    def between(call: str, *args: object) -> None:
        if call == "list" and args and str(args[0]).startswith("staging/") and not sent:
            sent.append("4.csv")
            send(filled, club, "members", "4.csv", f"m1,{FIRST},,Brest", after=4)

    found = find_expired(hooked(filled, before=between), club, ever())
    assert sent
    assert names(found) == [("members", FIRST, "0001"), ("members", FIRST, "0002")]
    remove(filled, found)
    assert_whole(filled, club)


@pytest.fixture
def whole(local_store: Store) -> tuple[Store, Lake]:
    """Tariffs, members who have one, and visits; then another tariff, so that members follow."""
    of = lake()
    send(local_store, of, "tariffs", "t1.csv", f"t1,{FIRST},Day,1.00")
    send(local_store, of, "members", "m1.csv", f"m1,{FIRST},t1,Lyon")
    send(local_store, of, "visits", "v1.csv", f"v1,{FIRST},m1")
    send(local_store, of, "tariffs", "t2.csv", f"t1,{FIRST},Day,2.00", after=1)
    return local_store, of


def test_what_a_table_that_stays_was_built_on_stays_and_what_that_was_built_on(
    whole: tuple[Store, Lake],
) -> None:
    store, of = whole
    visits = of.datasets[2]
    assert [len(snapshots(store, one, FIRST)) for one in of.datasets] == [2, 2, 1]
    # Visits were made of the first members, and these of the first tariffs.
    assert find_expired(store, of, ever()) == []
    send(store, of, "visits", "v2.csv", f"v2,{FIRST},m1", after=2)
    assert pairs(store, visits, FIRST, "fee")
    found = find_expired(store, of, ever())
    assert names(found) == [
        ("tariffs", FIRST, "0001"),
        ("members", FIRST, "0001"),
        ("visits", FIRST, "0001"),
    ]
    remove(store, found)
    assert_whole(store, of)


def test_a_date_that_was_carried_on_stays(local_store: Store) -> None:
    of = members_only(carry=True, snapshots=True)
    (members,) = of.datasets
    send(local_store, of, "members", "1.csv", f"m1,{FIRST},,Lyon")
    send(local_store, of, "members", "2.csv", f"m2,{SECOND},,Nice", after=1)
    send(local_store, of, "members", "3.csv", f"m3,{FIRST},,Metz", after=2)
    found = find_expired(local_store, of, ever())
    assert names(found) == [("members", FIRST, "0001"), ("members", SECOND, "0001")]
    remove(local_store, found)
    assert pairs(local_store, members, SECOND, "town") == {"m1": "Lyon", "m2": "Nice", "m3": "Metz"}
    assert_whole(local_store, of)


def test_nothing_goes_where_a_manifest_cannot_be_read(whole: tuple[Store, Lake]) -> None:
    store, of = whole
    visits = of.datasets[2]
    name = audit(store, visits, FIRST).snapshot
    assert name
    store.put(manifest_key(visits, FIRST, name), b"{")
    with pytest.raises(ManifestDamaged, match="is no manifest of a snapshot"):
        find_expired(store, of, ever())
