"""Tables that carry the rows of the dates before: the latest row of each key up to a date."""

from itertools import count
from pathlib import Path

import pytest

from lake_assets.contracts.dataset import Dataset, Versions
from lake_assets.contracts.lake import Lake
from lake_assets.jobs.checks import gold_against_processed, gold_conservation
from lake_assets.jobs.compaction.compact import CompactionError, compact, stale_dates
from lake_assets.jobs.ingest import ingest
from lake_assets.jobs.repair.rebuild import rebuild_dates
from lake_assets.jobs.tables.current import gold_files, newest_table
from lake_assets.jobs.tracing.origins import State
from lake_assets.jobs.tracing.trace import trace_row
from lake_assets.storage import Store, open_store
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
)
from lake_assets_tests.jobs.lakes import Killed, counted, hooked, keys, killed_at, once

FIRST, SECOND, THIRD, FOURTH = DAYS


@pytest.fixture(params=[True, False], ids=["snapshots", "in place"])
def club(request: pytest.FixtureRequest) -> Lake:
    return members_only(carry=True, snapshots=request.param)


@pytest.fixture
def members(club: Lake) -> Dataset:
    return club.datasets[0]


def fill(store: Store, members: Dataset, late: int = 0) -> None:
    """Three dates; ``late`` is how many days later the files arrive."""
    one, two, three = (ARRIVED + DAY * (late + n) for n in range(3))
    arrive(store, members, "1.csv", f"m1,{FIRST},a,Lyon", f"m2,{FIRST},a,Nice", arrived=one)
    arrive(store, members, "2.csv", f"m2,{SECOND},b,Metz", f"m3,{SECOND},b,Metz", arrived=two)
    arrive(store, members, "3.csv", f"m3,{THIRD},c,Brest", arrived=three)


@pytest.fixture
def filled(local_store: Store, club: Lake, members: Dataset) -> Store:
    fill(local_store, members)
    run(local_store, club)
    return local_store


def towns(store: Store, members: Dataset) -> list[dict[str, str]]:
    """Key -> town, of the first three dates."""
    return [pairs(store, members, day, "town") for day in DAYS[:3]]


def test_a_table_has_the_latest_row_of_each_key_up_to_its_date(filled: Store, members: Dataset):
    assert towns(filled, members) == [
        {"m1": "Lyon", "m2": "Nice"},
        {"m1": "Lyon", "m2": "Metz", "m3": "Metz"},
        {"m1": "Lyon", "m2": "Metz", "m3": "Brest"},
    ]
    assert stale_dates(filled, members) == []


def test_rows_out_are_rows_carried_and_rows_in_without_those_superseded(
    filled: Store, members: Dataset
):
    found = [audit(filled, members, day) for day in DAYS[:3]]
    books = [
        (day.carried_rows, day.total_rows_in_source_partition, day.removed, day.rows_after_dedup)
        for day in found
    ]
    assert books == [(0, 2, 0, 2), (2, 2, 1, 3), (3, 1, 1, 3)]
    assert [day.carried.date if day.carried else None for day in found] == [None, FIRST, SECOND]
    balance = gold_conservation(filled, members, found)
    assert balance.passed
    assert balance.sentence == "8 rows in gold = 5 carried + 5 processed - 2 superseded."
    assert gold_against_processed(filled, members, found).passed


def test_the_checks_see_a_carried_row_that_was_lost(filled: Store, members: Dataset):
    (before,) = gold_files(filled, members, SECOND)
    (now,) = gold_files(filled, members, THIRD)
    filled.put(now.key, filled.read(before.key))
    found = [audit(filled, members, THIRD)]
    assert gold_conservation(filled, members, found).passed, "as many rows, but others"
    assert not gold_against_processed(filled, members, found).passed
    (first,) = gold_files(filled, members, FIRST)
    filled.put(now.key, filled.read(first.key))
    assert not gold_conservation(filled, members, found).passed


def test_a_late_file_runs_through_to_the_newest_date(filled: Store, club: Lake, members: Dataset):
    arrive(filled, members, "late.csv", f"m4,{FIRST},a,Sète", arrived=ARRIVED + DAY * 5)
    outcome = run(filled, club)["members"]
    assert [metrics.target_date for metrics in outcome.metrics] == DAYS[:3]
    assert [found.get("m4") for found in towns(filled, members)] == ["Sète"] * 3
    assert stale_dates(filled, members) == []


def test_a_late_row_does_not_undo_a_later_one(filled: Store, club: Lake, members: Dataset):
    """A row that arrives last wins, on its own date and on all behind it."""
    arrive(filled, members, "late.csv", f"m3,{SECOND},z,Gap", arrived=ARRIVED + DAY * 5)
    run(filled, club)
    assert [found.get("m3") for found in towns(filled, members)] == [None, "Gap", "Gap"]


def test_a_forced_date_leaves_the_next_one_stale_and_the_next_run_goes_on(
    filled: Store, club: Lake, members: Dataset
):
    arrive(filled, members, "late.csv", f"m4,{FIRST},a,Sète", arrived=ARRIVED + DAY * 5)
    ingest(filled, club, members, ENGINE)
    done = compact(filled, members, ENGINE, force_dates=[FIRST])
    assert [metrics.target_date for metrics in done] == [FIRST]
    assert stale_dates(filled, members) == [SECOND]
    done = compact(filled, members, ENGINE)
    assert [metrics.target_date for metrics in done] == [SECOND, THIRD]


def test_a_date_that_loses_its_rows_is_skipped_by_the_next(
    filled: Store, club: Lake, members: Dataset
):
    for key in keys(filled, f"processed/members/date={SECOND}/"):
        filled.delete(key)
    compact(filled, members, ENGINE, force_dates=[SECOND])
    assert gold_files(filled, members, SECOND) == []
    compact(filled, members, ENGINE)
    assert pairs(filled, members, THIRD, "town") == {"m1": "Lyon", "m2": "Nice", "m3": "Brest"}
    carried = audit(filled, members, THIRD).carried
    assert carried
    assert carried.date == FIRST


def test_the_others_are_made_when_a_date_cannot_be_read_and_follow_when_it_is_mended(
    local_store: Store, club: Lake, members: Dataset
):
    fill(local_store, members)
    ingest(local_store, club, members, ENGINE)
    while ingest(local_store, club, members, ENGINE):
        pass
    foreign = f"processed/members/date={SECOND}/part-foreign.snappy.parquet"
    local_store.put(foreign, b"no parquet")
    with pytest.raises(CompactionError, match=f"{SECOND}: read_failed"):
        compact(local_store, members, ENGINE)
    assert pairs(local_store, members, THIRD, "town") == {
        "m1": "Lyon",
        "m2": "Nice",
        "m3": "Brest",
    }
    assert stale_dates(local_store, members) == [SECOND]
    local_store.delete(foreign)
    done = compact(local_store, members, ENGINE)
    assert [metrics.target_date for metrics in done] == [SECOND, THIRD]
    assert pairs(local_store, members, THIRD, "town")["m2"] == "Metz"


def test_rows_of_a_superseded_file_leave_the_tables_behind_it(local_store: Store):
    club = members_only(carry=True, snapshots=True)
    members = club.datasets[0].model_copy(update={"versions": Versions.SUPERSEDE})
    club = club.model_copy(update={"datasets": [members]})
    fill(local_store, members)
    run(local_store, club)
    arrive(local_store, members, "1.csv", f"m1,{FIRST},a,Lille", arrived=ARRIVED + DAY * 5)
    run(local_store, club)
    assert towns(local_store, members) == [
        {"m1": "Lille"},
        {"m1": "Lille", "m2": "Metz", "m3": "Metz"},
        {"m1": "Lille", "m2": "Metz", "m3": "Brest"},
    ]


def test_the_newest_table_is_the_same_to_the_byte_however_it_came_about(
    tmp_path: Path, club: Lake, members: Dataset
):
    """Step by step, with a late file; and from nothing, out of what the archive has."""
    step, once_ = (open_store(str(made(tmp_path / name))) for name in ("step", "once"))
    fill(step, members)
    run(step, club)
    late = f"m1,{FIRST},a,Dole", f"m5,{SECOND},a,Vals"
    arrive(step, members, "late.csv", *late, arrived=ARRIVED + DAY * 5)
    run(step, club)
    arrive(step, members, "4.csv", f"m5,{FOURTH},a,Apt", arrived=ARRIVED + DAY * 6)
    run(step, club)
    fill(once_, members)
    arrive(once_, members, "late.csv", *late, arrived=ARRIVED + DAY * 5)
    arrive(once_, members, "4.csv", f"m5,{FOURTH},a,Apt", arrived=ARRIVED + DAY * 6)
    run(once_, club)
    assert content(step, members) == content(once_, members)
    assert pairs(step, members, FOURTH, "town") == {
        "m1": "Dole",
        "m2": "Metz",
        "m3": "Brest",
        "m5": "Apt",
    }


def made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def content(store: Store, members: Dataset) -> list[bytes]:
    newest = newest_table(store, members)
    assert newest
    return [store.read(info.key) for info in newest.files]


def test_a_table_that_does_not_fit_in_memory_has_the_same_bytes(
    tmp_path: Path, club: Lake, members: Dataset, monkeypatch: pytest.MonkeyPatch
):
    def wide(store: Store) -> None:
        for number, day in enumerate(DAYS[:3]):
            rows = [f"m{i:04d},{day},a,town {number}" for i in range(number * 50, 300)]
            arrive(store, members, f"{number}.csv", *rows, arrived=ARRIVED + DAY * number)
        run(store, club)

    whole, cut = (open_store(str(made(tmp_path / name))) for name in ("whole", "cut"))
    wide(whole)
    monkeypatch.setattr("lake_assets.jobs.compaction.processed_rows.READ_BYTES", 1)
    monkeypatch.setattr("lake_assets.jobs.compaction.processed_rows.READ_ROWS", 30)
    for limit in ("MEMORY_BYTES", "RUN_BYTES", "RANGE_BYTES"):
        monkeypatch.setattr(f"lake_assets.jobs.compaction.merge.{limit}", 20_000)
    monkeypatch.setattr("lake_assets.jobs.compaction.merge.SAMPLE_ROWS", 5)
    wide(cut)
    assert content(whole, members) == content(cut, members)
    day = audit(cut, members, THIRD)
    assert (day.carried_rows, day.rows_after_dedup) == (300, 300)


def test_work_does_not_grow_with_history(filled: Store, club: Lake, members: Dataset):
    """What is read for a new date is the last table and the date's own rows."""
    arrive(filled, members, "4.csv", f"m9,{FOURTH},a,Apt", arrived=ARRIVED + DAY * 6)
    ingest(filled, club, members, ENGINE)
    read: list[str] = []

    def note(name: str, *args: object) -> None:
        if name in {"read", "open"} and str(args[0]).endswith(".parquet"):
            read.append(str(args[0]))

    compact(hooked(filled, before=note), members, ENGINE)
    assert {key.split("date=")[1][:10] for key in read} == {THIRD, FOURTH}


def test_a_table_before_that_changes_meanwhile_is_seen(filled: Store, club: Lake, members: Dataset):
    """The table of the first date is made again while that of the second is being written."""

    def change() -> None:
        arrive(filled, members, "late.csv", f"m4,{FIRST},a,Sète", arrived=ARRIVED + DAY * 5)
        ingest(filled, club, members, ENGINE)
        compact(filled, members, ENGINE, force_dates=[FIRST])

    arrive(filled, members, "2b.csv", f"m6,{SECOND},a,Albi", arrived=ARRIVED + DAY * 4)
    ingest(filled, club, members, ENGINE)
    moment = once("put_over", change, f"gold_audit/members/date={SECOND}")
    compact(hooked(filled, before=moment), members, ENGINE)
    compact(filled, members, ENGINE)
    assert [sorted(found) for found in towns(filled, members)[1:]] == [
        ["m1", "m2", "m3", "m4", "m6"]
    ] * 2


@pytest.mark.parametrize("late", [False, True], ids=["before", "after"])
def test_whoever_dies_at_any_write_is_finished_by_the_next(
    tmp_path: Path, club: Lake, members: Dataset, late: bool
):
    for number in count(1):
        store = open_store(str(made(tmp_path / str(number))))
        fill(store, members)
        run(store, club)
        arrive(store, members, "late.csv", f"m4,{FIRST},a,Sète", arrived=ARRIVED + DAY * 5)
        ingest(store, club, members, ENGINE)
        try:
            compact(killed_at(store, number, late=late), members, ENGINE)
            break
        except Killed:
            pass
        run(store, club)
        assert [found.get("m4") for found in towns(store, members)] == ["Sète"] * 3, number
        assert stale_dates(store, members) == []
    assert number > 10


def test_a_rebuilt_date_runs_through_as_well(filled: Store, club: Lake, members: Dataset):
    (key,) = keys(filled, f"processed/members/date={FIRST}/")
    filled.delete(key)
    rebuild_dates(filled, members, ENGINE, [FIRST])
    compact(filled, members, ENGINE)
    assert towns(filled, members)[2] == {"m1": "Lyon", "m2": "Metz", "m3": "Brest"}
    assert stale_dates(filled, members) == []


def test_a_row_of_the_newest_table_leads_to_its_file_of_long_ago(filled: Store, members: Dataset):
    (found,) = trace_row(filled, members, {"member_id": "m1"})
    assert found.date == THIRD
    assert found.gold
    (origin,) = found.origins
    assert (origin.state, origin.source_file, origin.raw) == (
        State.GOLD,
        "1.csv",
        f"m1,{FIRST},a,Lyon",
    )
    (older,) = trace_row(filled, members, {"member_id": "m2"}, FIRST)
    assert [one.raw for one in older.origins] == [f"m2,{FIRST},a,Nice"]


@pytest.mark.parametrize("club", [True], ids=["snapshots"], indirect=True)
def test_a_compaction_of_nothing_new_writes_nothing(filled: Store, members: Dataset):
    watched, calls = counted(filled)
    compact(watched, members, ENGINE, force_dates=DAYS[:3])
    assert calls["put"] == calls["put_over"] == calls["put_if_absent"] == 0
