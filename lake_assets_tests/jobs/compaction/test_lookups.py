"""Gold that takes columns from the current gold of other datasets."""

from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.lake import Lake
from lake_assets.jobs.compaction.compact import CompactionError, compact, stale_dates
from lake_assets.jobs.ingest import ingest
from lake_assets.jobs.reading.task import to_parquet
from lake_assets.jobs.tables.current import current_snapshot, gold_files
from lake_assets.jobs.tables.manifest import current_manifest, history
from lake_assets.kernels.gold import gold_schema
from lake_assets.storage import Store, open_store
from lake_assets_tests.jobs.club import (
    ALL,
    ARRIVED,
    DAY,
    DAYS,
    ENGINE,
    MEMBER,
    TARIFF,
    arrive,
    audit,
    lake,
    pairs,
    rows_of,
    run,
)
from lake_assets_tests.jobs.lakes import Killed, hooked, killed_at, once

FIRST, SECOND, THIRD, FOURTH = DAYS
IN_PLACE: dict[str, Any] = {
    "tariffs": {"carry": True},
    "members": {"carry": True, "lookups": [TARIFF]},
    "visits": {"lookups": [MEMBER]},
}


@pytest.fixture(params=[{}, IN_PLACE], ids=["snapshots", "in place"])
def club(request: pytest.FixtureRequest) -> Lake:
    return lake(**request.param)


def fill(store: Store, club: Lake) -> None:
    tariffs, members, visits = club.datasets
    arrive(store, tariffs, "t.csv", f"a,{FIRST},basic,9.50", f"b,{FIRST},plus,12", arrived=ARRIVED)
    rows = f"m1,{FIRST},a,Lyon", f"m2,{FIRST},b,Nice", f"m3,{FIRST},x,Metz", f"m4,{FIRST},,Gap"
    arrive(store, members, "m.csv", *rows, arrived=ARRIVED)
    arrive(store, members, "m2.csv", f"m5,{SECOND},b,Apt", arrived=ARRIVED + DAY)
    arrive(store, visits, "v.csv", f"v1,{SECOND},m2", f"v2,{SECOND},m9", arrived=ARRIVED)


@pytest.fixture
def filled(local_store: Store, club: Lake) -> Store:
    fill(local_store, club)
    run(local_store, club)
    return local_store


def price(store: Store, club: Lake, fee: str, days: int = 3) -> None:
    """The tariff b gets another fee."""
    row = f"b,{THIRD},plus,{fee}"
    arrive(store, club.datasets[0], f"t-{fee}.csv", row, arrived=ARRIVED + DAY * days)


def fees(store: Store, members: Dataset, day: str) -> dict[str, Any]:
    return pairs(store, members, day, "fee")


def test_columns_of_the_others_newest_table_stand_beside_the_rows(filled: Store, club: Lake):
    tariffs, members, visits = club.datasets
    assert pairs(filled, members, SECOND, "tariff", "fee") == {
        "m1": ("basic", Decimal("9.50")),
        "m2": ("plus", Decimal("12.00")),
        "m3": (None, None),
        "m4": (None, None),
        "m5": ("plus", Decimal("12.00")),
    }
    assert pairs(filled, visits, SECOND, "town", "fee") == {
        "v1": ("Nice", Decimal("12.00")),
        "v2": (None, None),
    }
    for dataset, day in ((tariffs, FIRST), (members, SECOND), (visits, SECOND)):
        assert rows_of(filled, dataset, day).schema == gold_schema(dataset)


def test_the_audit_names_the_table_that_was_looked_up(filled: Store, club: Lake):
    tariffs, members, _ = club.datasets
    (version,) = audit(filled, members, SECOND).lookups or []
    assert (version.dataset, version.date) == ("tariffs", FIRST)
    if members.gold.snapshots:
        assert version.snapshot == current_snapshot(filled, tariffs, FIRST)
        manifest = current_manifest(filled, members, SECOND)
        assert manifest
        assert manifest.lookups == (version,)


def test_a_change_of_what_is_looked_up_makes_the_newest_table_again_and_no_other(
    filled: Store, club: Lake
):
    members, visits = club.datasets[1:]
    price(filled, club, "15.00")
    done = run(filled, club)
    assert [day.target_date for day in done["members"].metrics] == [SECOND]
    assert fees(filled, members, SECOND)["m5"] == Decimal("15.00")
    assert fees(filled, members, FIRST)["m2"] == Decimal("12.00")
    assert done["visits"].metrics == [], "dates of an event table are not opened again"
    assert pairs(filled, visits, SECOND, "fee")["v1"] == Decimal("12.00")
    assert run(filled, club)["members"].metrics == [], "and then all is at rest"


def test_a_change_that_is_made_by_itself_marks_the_newest_table(filled: Store, club: Lake):
    tariffs, members, _ = club.datasets
    price(filled, club, "15.00")
    ingest(filled, club, tariffs, ENGINE)
    compact(filled, tariffs, ENGINE, force_dates=[THIRD], lake=club)
    assert stale_dates(filled, members) == [SECOND]


def test_a_date_that_is_made_again_looks_up_what_is_there_now(filled: Store, club: Lake):
    visits = club.datasets[2]
    price(filled, club, "15.00")
    run(filled, club)
    compact(filled, visits, ENGINE, force_dates=[SECOND], lake=club)
    assert pairs(filled, visits, SECOND, "fee")["v1"] == Decimal("15.00")


def test_rows_before_are_rows_after(filled: Store, club: Lake):
    for dataset, day in ((club.datasets[1], SECOND), (club.datasets[2], SECOND)):
        found = audit(filled, dataset, day)
        assert rows_of(filled, dataset, day).height == found.rows_after_dedup
        assert found.removed == 0


def test_what_several_dates_look_up_is_read_once(filled: Store, club: Lake):
    members, visits = club.datasets[1:]
    rows = [f"v{number},{day},m1" for number, day in enumerate(DAYS)]
    arrive(filled, visits, "v2.csv", *rows, arrived=ARRIVED + DAY)
    ingest(filled, club, visits, ENGINE)
    read: list[str] = []

    def note(name: str, *args: Any) -> None:
        if name == "read":
            read.append(args[0])

    compact(hooked(filled, before=note), visits, ENGINE)
    (looked_up,) = gold_files(filled, members, SECOND)
    assert read.count(looked_up.key) == 1
    assert pairs(filled, visits, FOURTH, "town") == {"v3": "Lyon"}


def test_a_table_with_a_key_twice_is_not_looked_up(filled: Store, club: Lake):
    tariffs, members, _ = club.datasets
    (info,) = gold_files(filled, tariffs, FIRST)
    rows = pl.read_parquet(filled.read(info.key))
    filled.put(info.key, to_parquet(pl.concat([rows, rows])))
    arrive(filled, members, "m3.csv", f"m6,{SECOND},a,Dole", arrived=ARRIVED + DAY * 3)
    with pytest.raises(CompactionError, match=r"read_failed: .*tariffs has 2 rows with a key"):
        run(filled, club)
    assert stale_dates(filled, members) == [SECOND]


def test_a_table_that_looks_others_up_is_what_it_would_be_from_nothing(tmp_path: Path, club: Lake):
    stores = []
    for name in ("step", "once"):
        (tmp_path / name).mkdir()
        store = open_store(str(tmp_path / name))
        stores.append(store)
        fill(store, club)
        if name == "step":
            run(store, club)
        price(store, club, "15.00")
        if name == "step":
            run(store, club)
        arrive(store, club.datasets[1], "m3.csv", f"m1,{FOURTH},b,Pau", arrived=ARRIVED + DAY * 9)
        run(store, club)
    members = club.datasets[1]
    step, once_ = (
        [store.read(info.key) for info in gold_files(store, members, FOURTH)] for store in stores
    )
    assert step == once_
    assert len(step) == 1


def test_a_table_that_changes_while_it_is_looked_up_is_seen(filled: Store, club: Lake):
    tariffs, members, _ = club.datasets

    def change() -> None:
        price(filled, club, "15.00")
        ingest(filled, club, tariffs, ENGINE)
        compact(filled, tariffs, ENGINE, lake=club)

    arrive(filled, members, "m3.csv", f"m6,{SECOND},b,Dole", arrived=ARRIVED + DAY * 3)
    ingest(filled, club, members, ENGINE)
    moment = once("put_over", change, "gold_audit/members/date=")
    compact(hooked(filled, before=moment), members, ENGINE, lake=club)
    compact(filled, members, ENGINE, lake=club)
    assert fees(filled, members, SECOND)["m6"] == Decimal("15.00")
    assert stale_dates(filled, members) == []


@pytest.mark.parametrize("late", [False, True], ids=["before", "after"])
def test_whoever_dies_at_any_write_is_finished_by_the_next(tmp_path: Path, club: Lake, late: bool):
    """Killed while the tariffs are made: members have to hear of it whenever that was."""
    tariffs, members, _ = club.datasets
    for number in count(1):
        (tmp_path / str(number)).mkdir()
        store = open_store(str(tmp_path / str(number)))
        fill(store, club)
        run(store, club)
        price(store, club, "15.00")
        ingest(store, club, tariffs, ENGINE)
        try:
            compact(killed_at(store, number, late=late), tariffs, ENGINE, lake=club)
            break
        except Killed:
            pass
        run(store, club)
        assert fees(store, members, SECOND)["m5"] == Decimal("15.00"), number
        assert stale_dates(store, members) == stale_dates(store, tariffs) == []
    assert number > 4


def test_a_lookup_that_comes_to_the_contract_makes_new_snapshots(local_store: Store):
    before, after = lake(members=ALL, visits={"snapshots": True}), lake()
    fill(local_store, before)
    run(local_store, before)
    members = after.dataset("members")
    compact(local_store, members, ENGINE, reprocess=True, lake=after)
    assert fees(local_store, members, SECOND)["m5"] == Decimal("12.00")
    assert len(history(local_store, members, SECOND)) == 2
