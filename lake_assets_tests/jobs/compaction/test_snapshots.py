"""Gold as snapshots: each compaction that yields something new writes another one."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.lake import Lake
from lake_assets.engines.local import LocalEngine
from lake_assets.jobs.compaction.compact import CompactionError, compact, stale_dates
from lake_assets.jobs.compaction.spread import Exchange
from lake_assets.jobs.ingest import ingest
from lake_assets.jobs.tables.current import current_snapshot, gold_files
from lake_assets.jobs.tables.manifest import current_manifest, history, manifests
from lake_assets.kernels.gold import gold_schema
from lake_assets.storage import Store, StoreUnavailable, open_store
from lake_assets_tests.jobs.club import (
    ARRIVED,
    DAY,
    DAYS,
    ENGINE,
    arrive,
    audit,
    members_only,
    pairs,
    run,
    snapshots,
)
from lake_assets_tests.jobs.lakes import (
    Killed,
    contents,
    counted,
    hooked,
    keys,
    killed_at,
    once,
    writes,
)

DATE = DAYS[0]


@pytest.fixture
def club() -> Lake:
    return members_only(snapshots=True)


@pytest.fixture
def members(club: Lake) -> Dataset:
    return club.datasets[0]


@pytest.fixture
def filled(local_store: Store, club: Lake, members: Dataset) -> Store:
    """One date with one snapshot."""
    arrive(local_store, members, "a.csv", f"m1,{DATE},t1,Lyon", f"m2,{DATE},,", arrived=ARRIVED)
    run(local_store, club)
    return local_store


def more(store: Store, members: Dataset, number: int = 1, town: str = "Nice") -> None:
    arrive(
        store, members, f"more-{number}.csv", f"m1,{DATE},t1,{town}", arrived=ARRIVED + DAY * number
    )


def test_a_snapshot_stands_in_a_folder_of_its_own_with_its_manifest(
    filled: Store, members: Dataset
):
    name = current_snapshot(filled, members, DATE)
    assert name
    assert name.startswith("0001-")
    prefix = f"staging/members/date={DATE}/snapshot={name}/"
    assert keys(filled, "staging/") == [
        f"{prefix}_manifest.json",
        f"{prefix}part-0000.snappy.parquet",
    ]
    assert audit(filled, members, DATE).outputs == [f"{prefix}part-0000.snappy.parquet"]


def test_the_manifest_says_what_a_loader_needs(filled: Store, members: Dataset):
    manifest = current_manifest(filled, members, DATE)
    assert manifest
    (info,) = gold_files(filled, members, DATE)
    (file,) = manifest.files
    assert (file.key, file.etag, file.bytes, file.rows) == (info.key, info.etag, info.size, 2)
    assert (manifest.table, manifest.date, manifest.rows, manifest.previous) == (
        "members",
        DATE,
        2,
        None,
    )
    types = {column.name: column.type for column in manifest.columns}
    assert list(types) == gold_schema(members).names()
    assert (types["at"], types["line_number"], types["row_hash"]) == (
        "timestamp",
        "integer",
        "string",
    )
    assert list(manifest.inputs) == audit(filled, members, DATE).inputs
    assert list(manifests(filled, members)) == [manifest]


def test_new_rows_make_a_new_snapshot_and_the_old_one_stays_as_it_was(
    filled: Store, club: Lake, members: Dataset
):
    before = contents(filled, "staging/")
    more(filled, members)
    run(filled, club)
    after = contents(filled, "staging/")
    assert {key: after[key] for key in before} == before
    first, second = history(filled, members, DATE)
    assert second.snapshot.startswith("0002-")
    assert second.previous == first.snapshot
    assert current_manifest(filled, members, DATE) == second
    assert pairs(filled, members, DATE, "town") == {"m1": "Nice", "m2": None}


def test_the_same_input_again_writes_nothing_at_all(filled: Store, members: Dataset):
    watched, calls = counted(filled)
    (again,) = compact(watched, members, ENGINE, force_dates=[DATE])
    assert writes(calls) == 0
    assert again.rows_after_dedup == 2
    (all_,) = compact(watched, members, ENGINE, reprocess=True)
    assert writes(calls) == 0
    assert all_.status == "written"


def test_a_contract_of_another_version_makes_a_new_snapshot(filled: Store, members: Dataset):
    newer = members.model_copy(update={"contract_version": "2"})
    compact(filled, newer, ENGINE, force_dates=[DATE])
    assert [one.contract_version for one in history(filled, members, DATE)] == ["1", "2"]


def test_a_date_that_loses_its_rows_has_an_empty_snapshot(filled: Store, members: Dataset):
    for key in keys(filled, f"processed/members/date={DATE}/"):
        filled.delete(key)
    (gone,) = compact(filled, members, ENGINE, force_dates=[DATE])
    assert (gone.status, gone.rows_after_dedup, gone.outputs) == ("no_input", 0, [])
    manifest = current_manifest(filled, members, DATE)
    assert manifest
    assert (manifest.snapshot[:5], manifest.files, manifest.rows) == ("0002-", (), 0)
    assert gold_files(filled, members, DATE) == []


def test_a_date_that_never_had_rows_has_no_snapshot(local_store: Store, members: Dataset):
    (none,) = compact(local_store, members, ENGINE, force_dates=[DATE])
    assert (none.status, none.snapshot) == ("no_input", None)
    assert keys(local_store, "staging/") == []
    watched, calls = counted(local_store)
    compact(watched, members, ENGINE, force_dates=[DATE])
    assert writes(calls) == 0


def test_the_snapshot_of_before_counts_when_a_date_cannot_be_read(
    filled: Store, club: Lake, members: Dataset
):
    before = current_snapshot(filled, members, DATE)
    foreign = f"processed/members/date={DATE}/part-foreign.snappy.parquet"
    filled.put(foreign, b"no parquet")
    with pytest.raises(CompactionError, match="read_failed"):
        compact(filled, members, ENGINE, force_dates=[DATE])
    failed = audit(filled, members, DATE)
    assert (failed.status, failed.snapshot, failed.rows_after_dedup) == ("read_failed", before, 2)
    assert stale_dates(filled, members) == [DATE]
    assert pairs(filled, members, DATE, "town") == {"m1": "Lyon", "m2": None}
    filled.delete(foreign)
    run(filled, club)
    assert audit(filled, members, DATE).status == "written"
    assert current_snapshot(filled, members, DATE) == before, "the same input as before"
    assert stale_dates(filled, members) == []


def test_a_failing_disk_leaves_the_snapshot_of_before(filled: Store, club: Lake, members: Dataset):
    def fail() -> None:
        raise StoreUnavailable("The disk is full.")

    more(filled, members)
    watched = hooked(filled, before=once("put_if_absent", fail, "staging/members/"))
    with pytest.raises(CompactionError, match="write_failed"):
        run(watched, club)
    assert pairs(filled, members, DATE, "town")["m1"] == "Lyon"
    run(filled, club)
    assert [name[9:13] for name in snapshots(filled, members, DATE)] == ["0001", "0002"]


@pytest.mark.parametrize("forced", [False, True], ids=["stale", "forced"])
@pytest.mark.parametrize("late", [False, True], ids=["before", "after"])
def test_whoever_dies_at_any_write_is_finished_by_the_next(
    tmp_path: Path, club: Lake, members: Dataset, late: bool, forced: bool
):
    """A date that was forced, and that nothing marks, is found again as well."""
    for number in count(1):
        (tmp_path / str(number)).mkdir()
        store = open_store(str(tmp_path / str(number)))
        arrive(store, members, "a.csv", f"m1,{DATE},t1,Lyon", arrived=ARRIVED)
        run(store, club)
        more(store, members)
        ingest(store, club, members, ENGINE)
        if forced:
            for key in keys(store, "gold_audit/members/stale/"):
                store.delete(key)
        try:
            days = [DATE] if forced else []
            compact(killed_at(store, number, late=late), members, ENGINE, force_dates=days)
            break
        except Killed:
            pass
        assert pairs(store, members, DATE, "town") in ({"m1": "Lyon"}, {"m1": "Nice"})
        if forced and number == 1 and not late:
            continue  # it died before it had done anything
        run(store, club)
        assert pairs(store, members, DATE, "town") == {"m1": "Nice"}
        assert len(history(store, members, DATE)) == len(snapshots(store, members, DATE)) == 2
        assert stale_dates(store, members) == []
    assert number > 5


def test_who_loses_the_race_takes_its_files_away_and_begins_again(
    filled: Store, club: Lake, members: Dataset
):
    def overtake() -> None:
        more(filled, members, 2, "Metz")
        run(filled, club)

    more(filled, members)
    ingest(filled, club, members, ENGINE)
    slow = hooked(filled, before=once("put_over", overtake, "gold_audit/members/date="))
    compact(slow, members, ENGINE)
    assert pairs(filled, members, DATE, "town")["m1"] == "Metz"
    assert len(history(filled, members, DATE)) == len(snapshots(filled, members, DATE)) == 2
    assert stale_dates(filled, members) == []


def test_two_that_make_the_same_snapshot_agree(filled: Store, club: Lake, members: Dataset):
    more(filled, members)
    ingest(filled, club, members, ENGINE)
    twin = once("put_over", lambda: void(compact(filled, members, ENGINE)), "gold_audit/")
    compact(hooked(filled, before=twin), members, ENGINE)
    assert len(history(filled, members, DATE)) == len(snapshots(filled, members, DATE)) == 2
    assert pairs(filled, members, DATE, "town")["m1"] == "Nice"


def test_what_a_dead_compaction_of_other_rows_left_is_taken_away(
    filled: Store, club: Lake, members: Dataset
):
    more(filled, members)
    ingest(filled, club, members, ENGINE)
    with pytest.raises(Killed):  # the file is there, and the audit not yet
        compact(killed_at(filled, 2, late=False), members, ENGINE)
    more(filled, members, 2, "Metz")
    run(filled, club)
    assert len(snapshots(filled, members, DATE)) == 2
    assert pairs(filled, members, DATE, "town")["m1"] == "Metz"


def test_a_snapshot_that_was_damaged_is_followed_by_a_whole_one(filled: Store, members: Dataset):
    (info,) = gold_files(filled, members, DATE)
    filled.put(info.key, b"damaged")
    compact(filled, members, ENGINE, force_dates=[DATE])
    first, second = history(filled, members, DATE)
    assert (first.files[0].sha256, first.rows) == (second.files[0].sha256, second.rows)
    assert pairs(filled, members, DATE, "town") == {"m1": "Lyon", "m2": None}


def test_a_lost_audit_does_not_lose_the_count_of_snapshots(filled: Store, members: Dataset):
    filled.delete(f"gold_audit/members/date={DATE}/metrics.json")
    assert pairs(filled, members, DATE, "town") == {"m1": "Lyon", "m2": None}
    compact(filled, members, ENGINE, force_dates=[DATE])
    assert [one.snapshot[:4] for one in history(filled, members, DATE)] == ["0001", "0002"]


def void(_: object) -> None:
    pass


class Spreading(LocalEngine):
    """An engine that could bring rows together, and is not to be asked to."""

    def exchange(self, *args: Any) -> Iterator[Any]:
        raise AssertionError("a date with options is one task")


def test_a_date_is_one_task_however_large_it_is(local_store: Store):
    club = members_only(snapshots=True, one_task_mb=0)
    members = club.datasets[0]
    engine = Spreading(1)
    assert isinstance(engine, Exchange)
    arrive(local_store, members, "a.csv", f"m1,{DATE},t1,Lyon", arrived=ARRIVED)
    ingest(local_store, club, members, engine)
    compact(local_store, members, engine)
    assert pairs(local_store, members, DATE, "town") == {"m1": "Lyon"}


def test_snapshots_are_kept_in_a_bucket_as_well(s3_store: Store, club: Lake, members: Dataset):
    arrive(s3_store, members, "a.csv", f"m1,{DATE},t1,Lyon", arrived=ARRIVED)
    run(s3_store, club)
    more(s3_store, members)
    run(s3_store, club)
    watched, calls = counted(s3_store)
    compact(watched, members, ENGINE, force_dates=[DATE])
    assert writes(calls) == 0, "the ETags of the listing are those of the manifest"
    assert len(history(s3_store, members, DATE)) == 2
    assert pairs(s3_store, members, DATE, "town") == {"m1": "Nice"}
