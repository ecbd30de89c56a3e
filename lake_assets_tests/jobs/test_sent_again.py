"""Where a later file of a name takes the place of an earlier one, bytes may come back."""

from datetime import timedelta

import polars as pl
import pytest

from lake_assets.contracts.dataset import Versions
from lake_assets.jobs.reconciling.reconcile import reconcile
from lake_assets.jobs.repair.replay import Selection, replay
from lake_assets.storage import Store
from lake_assets.storage.zones import apart
from lake_assets_tests.jobs.lakes import (
    ARRIVED,
    ENGINE,
    assert_accounted,
    contract,
    csv,
    ledger,
    place,
    run,
    sale,
    table,
)

LAKE = contract(versions=Versions.SUPERSEDE)
FIRST = csv(sale("T1", quantity=1))
SECOND = csv(sale("T1", quantity=2))


def send(store: Store, *versions: bytes, together: bool) -> None:
    """Versions of a.csv, an hour apart, in one batch or each in its own."""
    sent = len([item for record in ledger(store) for item in record.inputs])
    for number, data in enumerate(versions, start=sent):
        arrived = ARRIVED + timedelta(hours=number)
        if together and number > sent:
            # What stands in validated/ keeps the name.
            info = place(store, f"{number}.csv", data, arrived)
            store.move(info, apart("validated/a.csv", str(number)), arrived=arrived)
        else:
            place(store, "a.csv", data, arrived)
        if not together:
            run(store, LAKE)
    run(store, LAKE)


def outcomes(store: Store) -> list[str]:
    inputs = [item for record in ledger(store) for item in record.inputs]
    return [item.outcome for item in sorted(inputs, key=lambda item: item.arrived)]


def quantities(store: Store) -> list[int]:
    gold: pl.DataFrame = table(store, "gold/")
    return gold["quantity"].to_list()


@pytest.mark.parametrize("together", [False, True], ids=["in turn", "in one batch"])
def test_bytes_that_come_back_undo_what_came_between(store: Store, together: bool):
    send(store, FIRST, SECOND, FIRST, together=together)
    assert quantities(store) == [1]
    assert outcomes(store) == ["ingested"] * 3
    assert reconcile(store, LAKE).faults == []
    assert_accounted(store)


def test_bytes_that_come_back_with_their_correction_undo_it(store: Store):
    send(store, FIRST, together=False)
    send(store, SECOND, FIRST, together=True)
    assert quantities(store) == [1]
    assert outcomes(store) == ["ingested"] * 3


def test_bytes_that_came_back_are_a_duplicate_from_then_on(store: Store):
    send(store, FIRST, SECOND, FIRST, FIRST, together=False)
    assert outcomes(store) == ["ingested", "ingested", "ingested", "duplicate"]
    send(store, SECOND, together=False)
    assert quantities(store) == [2]
    assert outcomes(store)[-1] == "ingested"
    assert_accounted(store)


@pytest.mark.parametrize("filler", [b"", b"\n" * 1_100_000], ids=["small", "in pieces"])
def test_bytes_that_came_back_can_be_replayed_with_what_they_undid(
    local_store: Store, filler: bytes
):
    first = FIRST + filler
    lake = contract(versions=Versions.SUPERSEDE, task_mb=1)
    for number, data in enumerate([first, SECOND, first]):
        place(local_store, "a.csv", data, ARRIVED + timedelta(hours=number))
        run(local_store, lake)
    again = Selection(again=True)
    found = list(replay(local_store, lake.datasets[0], ENGINE, again))
    assert [(one.files, one.refused) for one in found] == [(1, {})] * 3
    run(local_store, lake)
    assert quantities(local_store) == [1]
    assert_accounted(local_store)
