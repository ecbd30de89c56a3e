"""The runs of an arrival date are numbered, and each is settled before the next."""

from dataclasses import replace
from datetime import date, timedelta

from lake_assets.storage import Store
from lake_assets.storage.commit import commit, publish
from lake_assets.storage.turns import is_settled, next_turn, run_id, still_there
from lake_assets_tests.jobs.lakes import ARRIVED, place
from lake_assets_tests.storage.test_commit import DATASET, record_of

DAY = ARRIVED.date()


def test_a_run_id_tells_the_date_the_dataset_and_the_number():
    first = run_id("retail", DATASET, DAY, 1)
    assert (len(first), first[:8], first[-4:]) == (16, "20250601", "0001")
    assert int(first, 16) > 0
    other = DATASET.model_copy(update={"name": "returns"})
    many = {
        first,
        run_id("retail", DATASET, DAY, 2),
        run_id("retail", DATASET, date(2025, 6, 2), 1),
        run_id("retail", other, DAY, 1),
        run_id("telco", DATASET, DAY, 1),
    }
    assert len(many) == 5


def test_the_next_run_comes_behind_the_last_one_of_its_date(store: Store):
    assert next_turn(store, "retail", DATASET, DAY).last is None
    for number in (1, 2, 3):
        turn = next_turn(store, "retail", DATASET, DAY)
        assert turn.ingest_run_id == run_id("retail", DATASET, DAY, number)
        commit(
            store, DATASET, record_of([place(store, f"{number}", b"")], run_id=turn.ingest_run_id)
        )
    found = next_turn(store, "retail", DATASET, DAY).last
    assert found
    assert found.ingest_run_id == run_id("retail", DATASET, DAY, 3)
    elsewhere = next_turn(store, "retail", DATASET, DAY + timedelta(days=1))
    assert elsewhere.last is None


def test_the_number_is_past_the_highest_though_records_are_missing(local_store: Store):
    for number in (1, 9, 0x10000):
        identity = run_id("retail", DATASET, DAY, number)
        commit(
            local_store, DATASET, record_of([place(local_store, f"{number}", b"")], run_id=identity)
        )
    turn = next_turn(local_store, "retail", DATASET, DAY)
    assert turn.ingest_run_id == run_id("retail", DATASET, DAY, 0x10001)


def test_records_that_are_named_otherwise_do_not_count(local_store: Store):
    commit(local_store, DATASET, record_of([place(local_store, "a", b"")], run_id="0" * 16))
    turn = next_turn(local_store, "retail", DATASET, DAY)
    assert (turn.ingest_run_id[-4:], turn.last) == ("0001", None)


def test_of_a_run_that_was_restated_the_last_generation_stands(local_store: Store):
    identity = run_id("retail", DATASET, DAY, 1)
    record = record_of([place(local_store, "a", b"")], run_id=identity)
    for generation in (1, 2, 10):
        commit(local_store, DATASET, record.model_copy(update={"generation": generation}))
    turn = next_turn(local_store, "retail", DATASET, DAY)
    assert turn.last
    assert turn.last.generation == 10
    assert turn.ingest_run_id[-4:] == "0002"


def test_a_run_is_settled_once_its_inputs_have_left(store: Store):
    info = place(store, "a", b"1")
    record = record_of([info], run_id="run")
    there = list(store.list("validated/"))
    assert not is_settled(record, [info], there)
    assert not is_settled(record, [], there), "it came in after the driver looked"
    publish(store, DATASET, record)
    assert is_settled(record, [info], list(store.list("validated/")))


def test_a_file_that_was_sent_again_is_not_of_the_run_before(store: Store):
    record = record_of([place(store, "a", b"1")], run_id="run")
    publish(store, DATASET, record)
    again = place(store, "a", b"1", ARRIVED + timedelta(hours=1))
    assert is_settled(record, [again], list(store.list("validated/")))


def test_only_files_that_a_later_listing_shows_are_still_there(store: Store):
    stays, goes = place(store, "a", b"1"), place(store, "b", b"2")
    store.delete(goes.key)
    there = list(store.list("validated/"))
    assert still_there([stays, goes], there) == [stays]
    assert still_there([replace(stays, etag="another")], there) == []
