"""A lake with snapshots, carried rows and lookups: whole, and with each fault there may be."""

import json
from collections.abc import Callable

import pytest

from lake_assets.jobs.compaction.compact import compact
from lake_assets.jobs.reconciling.reconcile import reconcile
from lake_assets.jobs.tables.current import current_snapshot, gold_files
from lake_assets.storage import Store
from lake_assets.storage.zones import manifest_key
from lake_assets_tests.jobs.club import ARRIVED, DAY, DAYS, ENGINE, arrive, lake, run
from lake_assets_tests.jobs.lakes import contents

LAKE = lake()
TARIFFS, MEMBERS, VISITS = LAKE.datasets
FIRST, SECOND = DAYS[:2]


@pytest.fixture
def filled(local_store: Store) -> Store:
    arrive(local_store, TARIFFS, "t.csv", f"a,{FIRST},basic,1", arrived=ARRIVED)
    arrive(local_store, MEMBERS, "m.csv", f"m1,{FIRST},a,Lyon", arrived=ARRIVED)
    arrive(local_store, MEMBERS, "m2.csv", f"m2,{SECOND},a,Nice", arrived=ARRIVED + DAY)
    arrive(local_store, VISITS, "v.csv", f"v1,{SECOND},m1", arrived=ARRIVED)
    run(local_store, LAKE)
    arrive(local_store, TARIFFS, "t2.csv", f"a,{FIRST},basic,2", arrived=ARRIVED + DAY)
    run(local_store, LAKE)  # so that there is history
    return local_store


def found(store: Store, *, quick: bool = False) -> list[tuple[str, str]]:
    """Kind and key of each fault."""
    report = reconcile(store, LAKE, quick=quick)
    return [(fault.kind.value, fault.key.rpartition("/")[2]) for fault in report.faults]


@pytest.mark.parametrize("quick", [False, True])
def test_a_lake_that_was_left_alone_has_no_fault(filled: Store, quick: bool):
    assert found(filled, quick=quick) == []
    totals = {one.name: one.totals.gold for one in reconcile(filled, LAKE).datasets}
    assert totals == {"tariffs": 1, "members": 3, "visits": 1}
    members = next(one for one in reconcile(filled, LAKE).datasets if one.name == "members")
    sums = members.totals
    assert (sums.carried, sums.gold) == (1, sums.carried + sums.good - sums.superseded)


def _change(store: Store) -> None:
    (info,) = gold_files(store, MEMBERS, SECOND)
    data = bytearray(store.read(info.key))
    data[len(data) // 2] ^= 1
    store.put(info.key, bytes(data))


def _cut(store: Store) -> None:
    (info,) = gold_files(store, MEMBERS, SECOND)
    store.put(info.key, store.read(info.key)[:-1])


def _lose(store: Store) -> None:
    (info,) = gold_files(store, VISITS, SECOND)
    store.delete(info.key)


def _lose_manifest(store: Store) -> None:
    store.delete(_manifest(store))


def _spoil_manifest(store: Store) -> None:
    store.put(_manifest(store), b"{}")


def _add(store: Store) -> None:
    (info,) = gold_files(store, MEMBERS, SECOND)
    store.put(info.key.replace("0000", "0001"), store.read(info.key))


def _add_foreign(store: Store) -> None:
    store.put(f"staging/members/date={SECOND}/notes.txt", b"of nobody")


def _add_uncommitted(store: Store) -> None:
    name = f"snapshot=0009-{'0' * 16}/part-0000.snappy.parquet"
    store.put(f"staging/members/date={SECOND}/{name}", b"of a compaction that died")


def _add_table(store: Store) -> None:
    store.put("staging/others/x.parquet", b"of nobody")


def _carry_another(store: Store) -> None:
    key = f"gold_audit/members/date={SECOND}/metrics.json"
    document = json.loads(store.read(key))
    document["carried"] = None
    store.put(key, json.dumps(document).encode())


def _miscount(store: Store) -> None:
    key = f"gold_audit/members/date={SECOND}/metrics.json"
    document = json.loads(store.read(key)) | {"carried_rows": 7}
    store.put(key, json.dumps(document).encode())


def _manifest(store: Store) -> str:
    name = current_snapshot(store, MEMBERS, SECOND)
    assert name
    return manifest_key(MEMBERS, SECOND, name)


@pytest.mark.parametrize(
    ("harm", "fault"),
    [
        (_cut, ("changed", "part-0000.snappy.parquet")),
        (_change, ("changed", "part-0000.snappy.parquet")),
        (_lose, ("missing", "part-0000.snappy.parquet")),
        (_lose_manifest, ("missing", "_manifest.json")),
        (_spoil_manifest, ("unreadable", "_manifest.json")),
        (_add, ("extra", "part-0001.snappy.parquet")),
        (_add_foreign, ("extra", "notes.txt")),
        (_add_uncommitted, ("extra", "part-0000.snappy.parquet")),
        (_add_table, ("extra", "x.parquet")),
        (_miscount, ("miscounted", "metrics.json")),
        (_carry_another, ("changed", "metrics.json")),
    ],
)
def test_each_fault_is_found(filled: Store, harm: Callable[[Store], None], fault: tuple[str, str]):
    harm(filled)
    assert fault in found(filled)
    if harm is not _change:  # of which only the bytes tell
        assert fault in found(filled, quick=True)


def test_older_snapshots_are_no_fault_whatever_becomes_of_them(filled: Store):
    current = {
        name
        for dataset, day in ((TARIFFS, FIRST), (MEMBERS, FIRST), (MEMBERS, SECOND))
        if (name := current_snapshot(filled, dataset, day))
    }
    old = [
        key
        for key in contents(filled, "staging/tariffs/")
        if not any(name in key for name in current)
    ]
    assert len(old) == 2, "a file and its manifest"
    filled.put(old[1], b"damaged")
    assert found(filled) == []


@pytest.mark.parametrize("harm", [_cut, _change, _lose_manifest, _spoil_manifest])
def test_what_is_damaged_is_mended_when_the_date_is_made_again(
    filled: Store, harm: Callable[[Store], None]
):
    harm(filled)
    compact(filled, MEMBERS, ENGINE, force_dates=[SECOND], lake=LAKE)
    assert found(filled) == []
