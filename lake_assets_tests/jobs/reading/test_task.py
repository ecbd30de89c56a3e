"""What goes wrong with one file is about that file; what goes wrong with the store is not."""

from threading import Barrier

import pytest

from lake_assets.jobs.reading.fetch import Piece
from lake_assets.jobs.reading.plan import make_plan
from lake_assets.jobs.reading.refusal import Refusal, attempt
from lake_assets.jobs.reading.task import run_task
from lake_assets.kernels.refusal import FileRefusedError
from lake_assets.storage import (
    ObjectChanged,
    ObjectNotFound,
    ReadInterrupted,
    Store,
    StoreUnavailable,
)
from lake_assets_tests.jobs.lakes import contract, csv, hooked, once, place, sale
from lake_assets_tests.jobs.test_ingest import staged


def raising(error: Exception) -> str:
    raise error


def void(_: object) -> None:
    pass


def busy(store: Store, requests: int) -> Store:
    """A store with so many requests under way at once."""
    store.__dict__["requests"] = requests
    return store


def test_what_was_made_of_a_file_is_handed_on():
    assert attempt(lambda: 7) == 7


@pytest.mark.parametrize("error", [ObjectNotFound("It is gone."), ObjectChanged("It is new.")])
def test_a_file_that_was_taken_away_or_replaced_has_vanished(error: Exception):
    assert attempt(lambda: raising(error)) == Refusal("vanished", str(error))


def test_a_file_that_the_kernel_refuses_keeps_the_kernel_s_reason():
    refused = attempt(lambda: raising(FileRefusedError("undecodable", "byte 7")))
    assert refused == Refusal("undecodable", "byte 7")


def test_any_other_error_refuses_the_file_with_its_traceback():
    refused = attempt(lambda: raising(KeyError("oops")))
    assert isinstance(refused, Refusal)
    assert refused.reason == "error_reading_file"
    assert refused.detail.startswith("Traceback")
    assert "KeyError: 'oops'" in refused.detail


@pytest.mark.parametrize(
    "error", [StoreUnavailable("away"), ReadInterrupted("half"), MemoryError("full")]
)
def test_a_store_or_a_machine_that_fails_is_no_fault_of_the_file(error: Exception):
    with pytest.raises(type(error)):
        attempt(lambda: raising(error))


@pytest.mark.parametrize("requests", [1, 3])
def test_a_task_that_cannot_stage_all_of_its_outputs_takes_the_others_back(
    local_store: Store, requests: int
):
    dataset = contract().datasets[0]
    info = place(local_store, "a.csv", csv(sale("T1"), sale("")))
    plan = make_plan(local_store, dataset, "run", [Piece(info, "a.csv")], 64)
    away = StoreUnavailable("away")
    full = once("stage", lambda: void(raising(away)), "rejected/data_quality/json/")
    with pytest.raises(StoreUnavailable):
        run_task(busy(hooked(local_store, before=full), requests), plan.tasks[0])
    assert list(staged(local_store)) == []
    result = run_task(local_store, plan.tasks[0])
    assert [write.rows for write in result.outputs] == [1, 1, 1]


def test_where_several_requests_are_worth_it_outputs_are_staged_side_by_side(local_store: Store):
    dataset = contract().datasets[0]
    info = place(local_store, "a.csv", csv(sale("T1"), sale("")))
    plan = make_plan(local_store, dataset, "run", [Piece(info, "a.csv")], 64)
    all_three = Barrier(3, timeout=60)

    def wait(name: str, *_: object) -> None:
        if name == "stage":
            all_three.wait()

    result = run_task(busy(hooked(local_store, before=wait), 3), plan.tasks[0])
    assert [write.key for write in result.outputs] == sorted(w.key for w in result.outputs)
    assert len(result.outputs) == 3
