"""Which gold files count: in place, in snapshots, and where tables carry."""

import pytest

from lake_assets.contracts.lake import Lake
from lake_assets.jobs.compaction.metrics import TableVersion
from lake_assets.jobs.tables.current import (
    audited_dates,
    find_table,
    gold_files,
    last_committed,
    newest_table,
    table_before,
    table_files,
    version_files,
)
from lake_assets.storage import Store
from lake_assets_tests.jobs.club import ARRIVED, DAYS, arrive, members_only, run
from lake_assets_tests.jobs.lakes import counted, keys

FIRST, SECOND, THIRD, _ = DAYS


def fill(store: Store, club: Lake) -> Lake:
    """Two dates, the first of them made twice."""
    members = club.datasets[0]
    rows = f"m1,{FIRST},a,Lyon", f"m2,{SECOND},a,Nice"
    arrive(store, members, "a.csv", *rows, arrived=ARRIVED)
    run(store, club)
    arrive(store, members, "b.csv", f"m3,{FIRST},a,Metz", arrived=ARRIVED)
    run(store, club)
    return club


@pytest.mark.parametrize("carry", [False, True])
@pytest.mark.parametrize("snapshots", [False, True])
def test_one_file_counts_for_each_date_whatever_its_history(
    local_store: Store, snapshots: bool, carry: bool
):
    members = fill(local_store, members_only(snapshots=snapshots, carry=carry)).datasets[0]
    files = [gold_files(local_store, members, day) for day in (FIRST, SECOND, THIRD)]
    assert [len(found) for found in files] == [1, 1, 0]
    there = [key for key in keys(local_store, "staging/") if key.endswith(".parquet")]
    # Where rows are carried on, the second date was made again as well.
    assert len(there) == (2 + 1 + carry if snapshots else 2)
    whole = [info.key for info in table_files(local_store, members)]
    assert whole == [info.key for info in (files[1] if carry else files[0] + files[1])]


def test_a_table_is_known_by_its_snapshot_or_by_a_digest_of_its_files(local_store: Store):
    members = fill(local_store, members_only(snapshots=True)).datasets[0]
    table = find_table(local_store, members, FIRST)
    assert table
    assert table.version.snapshot
    assert table.version.snapshot.startswith("0002-")
    assert version_files(local_store, members, table.version) == list(table.files)
    assert version_files(local_store, members, TableVersion("members")) == []


def test_a_table_in_place_is_another_when_it_was_written_again(local_store: Store):
    club = members_only(carry=True)
    members = fill(local_store, club).datasets[0]
    before = find_table(local_store, members, FIRST)
    (info,) = gold_files(local_store, members, FIRST)
    local_store.put(info.key, local_store.read(info.key) + b"x")
    after = find_table(local_store, members, FIRST)
    assert before
    assert after
    assert before.version.snapshot != after.version.snapshot
    assert version_files(local_store, members, before.version) == list(after.files)


def test_the_table_before_a_date_is_the_last_one_that_has_rows(local_store: Store):
    members = fill(local_store, members_only(carry=True)).datasets[0]
    assert audited_dates(local_store, members) == [FIRST, SECOND]
    assert table_before(local_store, members, FIRST) is None
    for day, before in ((SECOND, FIRST), (THIRD, SECOND), ("2030-01-01", SECOND)):
        found = table_before(local_store, members, day)
        assert found
        assert found.version.date == before
    newest = newest_table(local_store, members)
    assert newest
    assert newest.version.date == SECOND


def test_an_empty_lake_has_no_table(local_store: Store):
    for options in ({}, {"snapshots": True}, {"carry": True}):
        members = members_only(**options).datasets[0]
        assert newest_table(local_store, members) is None
        assert table_files(local_store, members) == []


def test_to_find_the_newest_table_no_older_one_is_looked_at(local_store: Store):
    members = fill(local_store, members_only(snapshots=True, carry=True)).datasets[0]
    watched, calls = counted(local_store)
    assert newest_table(watched, members)
    assert calls["read"] == 1, "the audit of the last date"
    assert calls["list"] == 2


def test_the_last_snapshot_with_a_manifest_is_the_last_that_was_committed():
    at, other = "g/t/date=2025-01-01/snapshot=", "0123456789abcdef"
    listed = [
        f"{at}0002-{other}/_manifest.json",
        f"{at}0010-{other}/_manifest.json",
        f"{at}0011-{other}/part-0000.snappy.parquet",
    ]
    assert last_committed(listed) == f"0010-{other}"
    assert last_committed(listed[2:]) is None
