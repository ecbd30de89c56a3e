"""Recovery: runs that died are finished, what nobody will finish is forgotten."""

from datetime import timedelta

import pytest

from lake_assets.contracts.lake import Lake
from lake_assets.contracts.rule import Rule
from lake_assets.jobs.compaction.compact import compact
from lake_assets.jobs.ingest import ingest
from lake_assets.jobs.repair.recover import abort_abandoned, recover, recover_lake
from lake_assets.jobs.repair.repeat import RebuildError
from lake_assets.jobs.repair.replay import Selection, replay
from lake_assets.storage import Store
from lake_assets.storage.commit import State, publish, state_of
from lake_assets.storage.ledger import Commit
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
    ledger,
    once,
    place,
    rejects,
    run,
    sale,
    sales,
)
from lake_assets_tests.jobs.test_ingest import staged

V1 = contract(contract_version="1")
V2 = contract(contract_version="2", rules=[])


def die() -> None:
    raise Killed


def died_at(store: Store, lake: Lake, moment: str) -> Commit:
    """The record of a run that died at its first call of that name."""
    with pytest.raises(Killed):
        ingest(hooked(store, before=once(moment, die)), lake, lake.datasets[0], ENGINE)
    (record,) = ledger(store)
    return record


def lose_staged(store: Store, record: Commit) -> None:
    for one in record.outputs:
        store.abort(one)


def test_the_states_of_a_run_follow_each_other(store: Store):
    place(store, "a.csv", csv(sale("T1")))
    dataset = V1.datasets[0]
    seen: list[State] = []

    def look(name: str, *args: object) -> None:
        if name in {"publish", "pass_on"}:
            seen.append(state_of(store, dataset, ledger(store)[0]))

    record = ingest(hooked(store, before=look), V1, dataset, ENGINE)
    assert record is not None
    assert seen == [State.COMMITTED, State.COMMITTED]
    assert state_of(store, dataset, record) is State.SETTLED
    other = record.model_copy(update={"ingest_run_id": "0" * 16})
    assert state_of(store, dataset, other) is State.STAGED


def test_a_run_being_restated_is_committed_until_its_mark_goes(store: Store):
    place(store, "a.csv", csv(sale("T1")))
    run(store, V1)
    dataset = V2.datasets[0]
    dying = hooked(store, before=once("delete", die, "audit/restating/"))
    with pytest.raises(Killed):
        list(replay(dying, dataset, ENGINE, Selection()))
    (record,) = ledger(store)
    assert (record.generation, state_of(store, dataset, record)) == (2, State.COMMITTED)
    assert recover(store, V2, dataset) == [record]
    assert state_of(store, dataset, record) is State.SETTLED
    assert recover(store, V2, dataset) == []


def test_staged_writes_that_got_lost_are_made_again_byte_for_byte(store: Store):
    place(store, "a.csv", csv(sale("T1"), sale("T2", "2025-05-29"), sale("", quantity=2)))
    record = died_at(store, V1, "publish")
    lose_staged(store, record)
    assert recover(store, V1, V1.datasets[0]) == [record]
    assert {key.key for key in record.outputs} <= set(keys(store))
    compact(store, V1.datasets[0], ENGINE)
    assert sales(store, "gold/") == ["T1", "T2"]
    assert_accounted(store)


def test_staged_writes_lost_while_the_contract_changed_become_a_new_generation(store: Store):
    """Other bytes are never published under the names that the record has given."""
    bad = sale("T2").replace("2.50,2.50", "2.50,9.50")
    place(store, "a.csv", csv(sale("T1"), bad))
    record = died_at(store, V1, "publish")
    assert record.books.rejected == 1
    lose_staged(store, record)
    (stands,) = recover(store, V2, V2.datasets[0])
    assert (stands.generation, stands.contract_version, stands.books.rejected) == (2, "2", 0)
    compact(store, V2.datasets[0], ENGINE)
    assert sales(store, "gold/") == ["T1", "T2"]
    assert rejects(store) == []
    assert keys(store, "audit/restating/") == []
    assert_accounted(store)
    place(store, "b.csv", csv(sale("T1"), bad), ARRIVED + timedelta(hours=1))
    run(store, V2)
    assert ledger(store)[-1].inputs[0].outcome == "duplicate", "its bytes were noted"


def test_what_cannot_be_made_again_stays_where_it_was_and_is_told(local_store: Store):
    place(local_store, "a.csv", csv(sale("T1")))
    record = died_at(local_store, V1, "publish")
    lose_staged(local_store, record)
    strict = contract(
        contract_version="3",
        rules=[Rule(name="other", expression="store_id = 'S2'", severity="fail")],
    )
    with pytest.raises(RebuildError, match="Set the contract back"):
        recover(local_store, strict, strict.datasets[0])
    assert keys(local_store, "validated/") == ["validated/a.csv"]
    recover(local_store, V1, V1.datasets[0])
    assert sales(local_store, "processed/") == ["T1"]
    assert_accounted(local_store)


def test_staged_writes_without_a_commit_are_aborted_after_the_grace_time(store: Store):
    place(store, "a.csv", csv(sale("T1")))
    with pytest.raises(Killed):
        ingest(
            hooked(store, before=once("put_if_absent", die, "audit/ingest/")),
            V1,
            V1.datasets[0],
            ENGINE,
        )
    assert len(list(staged(store))) == 1
    if store.uri.startswith("file:"):  # moto dates every upload to 2010
        assert abort_abandoned(store, V1) == 0, "whoever staged it may be at work"
    impatient = V1.model_copy(
        update={"intake": V1.intake.model_copy(update={"abandoned_hours": -1})}
    )
    assert recover_lake(store, impatient).aborted == 1
    assert list(staged(store)) == []
    run(store, V1)
    assert sales(store, "gold/") == ["T1"]


def test_no_staged_write_is_aborted_while_a_commit_waits_to_be_published(local_store: Store):
    place(local_store, "a.csv", csv(sale("T1")))
    died_at(local_store, V1, "publish")
    impatient = V1.model_copy(
        update={"intake": V1.intake.model_copy(update={"abandoned_hours": -1})}
    )
    assert abort_abandoned(local_store, impatient) == 0
    found = recover_lake(local_store, impatient)
    assert (len(found.commits["sales"]), found.aborted) == (1, 0)
    assert_accounted(local_store)


def test_the_mark_of_a_replay_that_died_before_its_commit_goes_after_the_grace_time(
    local_store: Store,
):
    place(local_store, "a.csv", csv(sale("T1")))
    run(local_store, V1)
    before = contents(local_store, "processed/", "audit/ingest/")
    dying = hooked(local_store, before=once("put_if_absent", die, "audit/ingest/"))
    with pytest.raises(Killed):
        list(replay(dying, V2.datasets[0], ENGINE, Selection()))
    assert recover(local_store, V2, V2.datasets[0]) == []
    assert len(keys(local_store, "audit/restating/")) == 1
    impatient = V2.model_copy(
        update={"intake": V2.intake.model_copy(update={"abandoned_hours": -1})}
    )
    recover(local_store, impatient, V2.datasets[0])
    assert keys(local_store, "audit/restating/") == []
    assert contents(local_store, "processed/", "audit/ingest/") == before


def test_a_driver_that_slept_through_a_replay_changes_nothing(store: Store):
    place(store, "a.csv", csv(sale("T1")))
    run(store, V1)
    (first,) = ledger(store)
    list(replay(store, V2.datasets[0], ENGINE, Selection()))
    compact(store, V2.datasets[0], ENGINE)
    before = contents(store, "processed/", "rejected/", "archive/", "gold/", "audit/ingest/")
    publish(store, V1.datasets[0], first)
    assert before == contents(
        store, "processed/", "rejected/", "archive/", "gold/", "audit/ingest/"
    )
