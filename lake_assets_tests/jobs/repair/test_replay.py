"""Replay: what was ingested is judged again, all or nothing, once per contract version."""

import io
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest

from lake_assets.contracts.lake import Lake
from lake_assets.contracts.rule import Rule
from lake_assets.jobs.compaction.compact import compact
from lake_assets.jobs.ingest import ingest
from lake_assets.jobs.reconciling.reconcile import reconcile
from lake_assets.jobs.repair.rebuild import rebuild_dates
from lake_assets.jobs.repair.recover import recover
from lake_assets.jobs.repair.repeat import RebuildError
from lake_assets.jobs.repair.replay import Selection, replay
from lake_assets.jobs.repair.restate import Restated
from lake_assets.storage import Store
from lake_assets_tests.jobs.lakes import (
    ARRIVED,
    ENGINE,
    Killed,
    assert_accounted,
    contents,
    contract,
    csv,
    hooked,
    keys,
    killed_at,
    ledger,
    once,
    place,
    rejects,
    run,
    sale,
    sales,
    stale_dates_of,
    table,
    writes_of,
)
from lake_assets_tests.jobs.test_ingest import staged

FEW = Rule(name="few", expression="quantity < 5")
PICKY = contract(rules=[FEW], contract_version="1", task_mb=1)
FIXED = contract(rules=[], contract_version="2", task_mb=1)
ALL = Selection()
ZONES = ("processed/", "rejected/", "gold/", "archive/")


@pytest.fixture
def filled(store: Store) -> Store:
    """Two runs: files with rows that only FIXED takes, one that has none, two dates."""
    fill(store)
    return store


def fill(store: Store) -> None:
    place(store, "a.csv", csv(sale("T1"), sale("T2", quantity=9)), ARRIVED)
    place(store, "b.csv", csv(sale("T3", "2025-05-29")), ARRIVED)
    run(store, PICKY)
    later = ARRIVED + timedelta(days=1)
    place(
        store, "c.csv", csv(sale("T4", "2025-05-29", quantity=7), sale("T5", quantity="x")), later
    )
    run(store, PICKY)
    assert sales(store, "gold/") == ["T1", "T3"]
    assert len(rejects(store)) == 3


def replayed(store: Store, selection: Selection = ALL) -> list[Restated]:
    found = list(replay(store, FIXED.datasets[0], ENGINE, selection))
    compact(store, FIXED.datasets[0], ENGINE)
    return found


def test_a_replay_after_a_fix_lets_the_rejected_rows_in_and_leaves_the_others(filled: Store):
    first, second = replayed(filled)
    assert sales(filled, "gold/") == sales(filled, "processed/") == ["T1", "T2", "T3", "T4"]
    assert [record["raw_row"] for record in rejects(filled)] == [sale("T5", quantity="x")]
    assert (first.before.rejected, first.after.rejected) == (1, 0)
    assert (second.before.rejected, second.after.rejected) == (2, 1)
    assert [record.generation for record in ledger(filled)] == [2, 2]
    assert_accounted(filled)


def test_a_replay_is_done_once_per_contract_version(filled: Store):
    replayed(filled)
    before = contents(filled)
    assert replayed(filled) == []
    assert contents(filled) == before
    again = replayed(filled, Selection(again=True))
    assert [found.record.generation for found in again] == [3, 3]
    assert sales(filled, "processed/") == ["T1", "T2", "T3", "T4"]
    assert_accounted(filled)


def test_a_replayed_row_keeps_its_line_and_arrival_and_tells_the_new_contract(filled: Store):
    replayed(filled)
    rows = table(filled, "gold/").rows(named=True)
    found = {row["transaction_id"]: row for row in rows}
    assert found["T2"]["line_number"] == 3
    assert found["T2"]["ingest_ts"] == ARRIVED.replace(tzinfo=None)
    assert found["T2"]["ingest_run_id"] == found["T1"]["ingest_run_id"]
    assert found["T2"]["contract_version"] == "2"


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        (Selection(rejects=True), ["T1", "T2", "T3", "T4"]),
        (Selection(reasons=["BUSINESS_LOGIC_FAIL"]), ["T1", "T2", "T3", "T4"]),
        (Selection(reasons=["BUSINESS_LOGIC_FAIL:few"]), ["T1", "T2", "T3", "T4"]),
        (Selection(reasons=["INVALID_NUMBER"]), ["T1", "T3", "T4"]),
        (Selection(reasons=["STRUCTURAL"]), ["T1", "T3"]),
        (Selection(reasons=["STRUCTURAL", "INVALID_NUMBER"]), ["T1", "T3", "T4"]),
        (Selection(files=["a.csv"]), ["T1", "T2", "T3"]),
        (Selection(arrivals=(date(2025, 6, 2), date(2025, 6, 3))), ["T1", "T3", "T4"]),
        (Selection(arrivals=(date(2025, 6, 3), date(2025, 6, 3))), ["T1", "T3"]),
    ],
)
def test_a_selection_says_which_files_are_read_again(
    local_store: Store, selection: Selection, expected: list[str]
):
    fill(local_store)
    replayed(local_store, selection)
    assert sales(local_store, "gold/") == expected
    assert_accounted(local_store)


def test_the_tasks_of_other_files_are_not_run_again(local_store: Store):
    filler = b"\n" * 700_000
    place(local_store, "a.csv", csv(sale("T1", quantity=9)) + filler)
    place(local_store, "b.csv", csv(sale("T2")) + filler)
    run(local_store, PICKY)
    before = contents(local_store, "processed/")
    (found,) = replayed(local_store, Selection(files=["a.csv"]))
    assert found.files == 1
    assert before.items() <= contents(local_store, "processed/").items()
    versions = {item.source_file: item.contract_version for item in found.record.inputs}
    assert versions == {"a.csv": "2", "b.csv": "1"}
    (rest,) = replayed(local_store)
    assert rest.record.generation == 3
    assert sales(local_store, "processed/") == ["T1", "T2"]
    assert_accounted(local_store)


def test_a_file_that_the_contract_takes_no_more_keeps_what_it_gave(local_store: Store):
    fill(local_store)
    stricter = contract(
        rules=[Rule(name="early", expression="transaction_id <> 'T3'", severity="fail")],
        contract_version="3",
    ).datasets[0]
    first, second = replay(local_store, stricter, ENGINE, ALL)
    assert "rule_failed" in first.refused["b.csv"]
    assert first.files == 0, "a.csv was read in one task with it"
    assert second.files == 1
    assert sales(local_store, "processed/") == ["T1", "T3", "T4"]
    assert keys(local_store, "audit/restating/") == list(staged(local_store)) == []
    assert_accounted(local_store)


def test_a_date_that_loses_all_its_rows_is_empty_in_gold(local_store: Store):
    fill(local_store)
    none = contract(rules=[Rule(name="none", expression="quantity > 100")], contract_version="4")
    list(replay(local_store, none.datasets[0], ENGINE, ALL))
    assert stale_dates_of(local_store) == ["2025-05-29", "2025-05-30"]
    compact(local_store, none.datasets[0], ENGINE)
    assert sales(local_store, "processed/") == sales(local_store, "gold/") == []
    assert len(rejects(local_store)) == 5


def test_without_an_archived_file_its_run_stands_and_the_others_are_replayed(local_store: Store):
    fill(local_store)
    run_id = ledger(local_store)[0].ingest_run_id
    item = ledger(local_store)[0].inputs[0]
    data = local_store.read(item.destination)
    local_store.delete(item.destination)
    done: list[Restated] = []
    with pytest.raises(RebuildError, match=f"run {run_id} read a.csv, .* Restore it"):
        done.extend(replay(local_store, FIXED.datasets[0], ENGINE, ALL))
    assert [one.record.inputs[0].source_file for one in done] == ["c.csv"]
    assert [record.generation for record in ledger(local_store)] == [1, 2]
    assert sales(local_store, "processed/") == ["T1", "T3", "T4"]
    assert list(staged(local_store)) == []
    assert keys(local_store, "audit/restating/") == []
    local_store.put(item.destination, data)
    replayed(local_store)
    assert_accounted(local_store)


@pytest.mark.parametrize("late", [False, True], ids=["before", "after"])
def test_a_replay_that_dies_at_any_write_is_finished_or_undone(
    local_store: Store, other_store: Store, late: bool
):
    dataset = FIXED.datasets[0]

    def work(store: Store) -> None:
        recover(store, FIXED, dataset)
        for _ in replay(store, dataset, ENGINE, ALL):
            pass
        compact(store, dataset, ENGINE)

    fill(other_store)
    points = writes_of(other_store, work)
    assert points > 30
    expected = contents(other_store, *ZONES)
    for number in range(1, points + 1):
        for info in list(local_store.list()):
            local_store.delete(info.key)
        fill(local_store)
        with pytest.raises(Killed):
            work(killed_at(local_store, number, late=late))
        work(local_store)
        assert contents(local_store, *ZONES) == expected, number
        assert keys(local_store, "audit/restating/") == stale_dates_of(local_store) == []
        assert_accounted(local_store)


def test_two_drivers_that_replay_at_once_agree(local_store: Store):
    fill(local_store)

    def overtake() -> None:
        list(replay(local_store, FIXED.datasets[0], ENGINE, ALL))

    slow = hooked(local_store, before=once("put_if_absent", overtake, "audit/ingest/"))
    list(replay(slow, FIXED.datasets[0], ENGINE, ALL))
    compact(local_store, FIXED.datasets[0], ENGINE)
    assert sales(local_store, "processed/") == ["T1", "T2", "T3", "T4"]
    assert list(staged(local_store)) == []
    assert_accounted(local_store)


def test_a_rebuild_under_other_code_restates_the_run(
    local_store: Store, monkeypatch: pytest.MonkeyPatch
):
    """The ledger has the SHA-256 of what stands: other bytes are never written under its name."""
    fill(local_store)
    same = rebuild_dates(local_store, PICKY.datasets[0], ENGINE, ["2025-05-30"])
    assert same.restated == ()

    def otherwise(rows: pl.DataFrame) -> bytes:
        buffer = io.BytesIO()
        rows.write_parquet(buffer, compression="gzip")
        return buffer.getvalue()

    monkeypatch.setattr("lake_assets.jobs.reading.task.to_parquet", otherwise)
    found = rebuild_dates(local_store, PICKY.datasets[0], ENGINE, ["2025-05-30"])
    assert [record.generation for record in found.restated] == [2]
    assert sales(local_store, "processed/") == ["T1", "T3"]
    assert_accounted(local_store)


# --- drivers that meet, and generations that follow each other ------------------------------

THIRD = contract(rules=[], contract_version="3", task_mb=1)
FILLER = b"\n" * 700_000


def die() -> None:
    raise Killed


def everything(store: Store, lake: Lake, **options: Any) -> None:
    list(replay(store, lake.datasets[0], ENGINE, Selection(**options)))


def assert_whole(store: Store, expected: list[str]) -> None:
    recover(store, THIRD, THIRD.datasets[0])
    assert keys(store, "audit/restating/") == []
    assert recover(store, THIRD, THIRD.datasets[0]) == []
    compact(store, THIRD.datasets[0], ENGINE)
    assert sales(store, "processed/") == sales(store, "gold/") == expected
    assert reconcile(store, THIRD).faults == []
    assert_accounted(store)


def test_a_generation_that_was_overtaken_before_its_publication_leaves_nothing(store: Store):
    fill(store)
    slow = hooked(store, before=once("publish", lambda: everything(store, THIRD), "processed/"))
    everything(slow, FIXED)
    assert_whole(store, ["T1", "T2", "T3", "T4"])


@pytest.mark.parametrize("moment", ["publish", "delete", "put"])
def test_a_generation_that_lost_its_staged_writes_gives_way_to_the_next(store: Store, moment: str):
    fill(store)
    where = {"publish": "processed/", "delete": "processed/", "put": "audit/gold_comp"}[moment]
    with pytest.raises(Killed):
        everything(hooked(store, before=once(moment, die, where)), FIXED)
    for record in ledger(store):
        for one in record.outputs:
            store.abort(one)
    recover(store, THIRD, THIRD.datasets[0])
    everything(store, THIRD)
    assert_whole(store, ["T1", "T2", "T3", "T4"])


def test_a_driver_that_gives_up_leaves_the_mark_of_another(local_store: Store):
    fill(local_store)
    strict = contract(
        rules=[Rule(name="none", expression="store_id = 'S9'", severity="fail")],
        contract_version="9",
        task_mb=1,
    )

    def another_dies() -> None:
        with pytest.raises(Killed):
            everything(hooked(local_store, before=once("publish", die)), FIXED)

    slow = hooked(local_store, before=once("read", another_dies, "archive/"))
    everything(slow, strict)
    recover(local_store, FIXED, FIXED.datasets[0])
    everything(local_store, THIRD)
    assert_whole(local_store, ["T1", "T2", "T3", "T4"])


def test_a_replay_that_loses_the_race_replays_its_own_files_too(local_store: Store):
    place(local_store, "a.csv", csv(sale("T1", quantity=9)) + FILLER)
    place(local_store, "b.csv", csv(sale("T2", quantity=9)) + FILLER)
    run(local_store, PICKY)

    def overtake() -> None:
        everything(local_store, FIXED, files=["b.csv"])

    slow = hooked(local_store, before=once("put_if_absent", overtake, "audit/ingest/"))
    everything(slow, FIXED, files=["a.csv"])
    assert_whole(local_store, ["T1", "T2"])
    assert {item.contract_version for item in ledger(local_store)[0].inputs} == {"2"}


def test_a_rebuild_of_a_run_read_under_two_contracts_leaves_nothing_out(local_store: Store):
    place(local_store, "a.csv", csv(sale("T1")) + FILLER)
    place(local_store, "b.csv", csv(sale("T2")) + FILLER)
    run(local_store, PICKY)
    everything(local_store, FIXED, files=["a.csv"])
    (lost,) = [key for key in keys(local_store, "processed/") if "-g2-" in key]
    local_store.delete(lost)
    rebuild_dates(local_store, FIXED.datasets[0], ENGINE, ["2025-05-30"])
    assert_whole(local_store, ["T1", "T2"])


def test_a_replay_beside_an_ingest_that_is_being_published_finishes_that(local_store: Store):
    place(local_store, "a.csv", csv(sale("T1"), sale("T2", quantity=9)))
    with pytest.raises(Killed):
        ingest(hooked(local_store, before=once("pass_on", die)), PICKY, PICKY.datasets[0], ENGINE)
    everything(local_store, FIXED)
    assert_whole(local_store, ["T1", "T2"])
