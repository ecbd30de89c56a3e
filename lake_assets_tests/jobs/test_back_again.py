"""Where a table carries, bytes that come back behind others say how things are now."""

import pytest

from lake_assets.contracts.lake import Lake
from lake_assets.jobs.reconciling.reconcile import reconcile
from lake_assets.jobs.tables.current import newest_table
from lake_assets.storage import Store
from lake_assets.storage.ledger import standing
from lake_assets_tests.jobs.club import ALL, ARRIVED, DAY, DAYS, arrive, declared, pairs, run

LAKE = Lake.model_validate(
    {
        "lake": "club",
        "arrivals_start": "2025-01-01",
        "intake": {"settle_seconds": 0},
        "datasets": [declared("tariffs", **ALL)],
    }
)
TARIFFS = LAKE.datasets[0]
OTHERS = f"t2,{DAYS[1]},second,1"


def send(store: Store, *fees: int, together: bool, first: int = 0) -> None:
    """A file for each fee of the one tariff, under names of their own."""
    for number, fee in enumerate(fees, first):
        at = ARRIVED + (DAY / 24 if together else DAY) * number
        row = f"t1,{DAYS[0]},first,{fee}"
        arrive(store, TARIFFS, f"{number}.csv", row, OTHERS, arrived=at)
        if not together:
            run(store, LAKE)
    run(store, LAKE)


def outcomes(store: Store) -> str:
    """The first letters of what became of each file, in the order of arrival."""
    inputs = [item for record in standing(store, TARIFFS) for item in record.inputs]
    return "".join(one.outcome[0] for one in sorted(inputs, key=lambda one: one.arrived))


def fee(store: Store) -> int:
    newest = newest_table(store, TARIFFS)
    assert newest
    assert newest.version.date
    return int(pairs(store, TARIFFS, newest.version.date, "fee")["t1"])


@pytest.mark.parametrize("together", [False, True], ids=["in turn", "in one batch"])
def test_what_comes_back_behind_another_file_counts_again(store: Store, together: bool) -> None:
    send(store, 10, 12, 10, together=together)
    assert (fee(store), outcomes(store)) == (10, "iii")
    assert reconcile(store, LAKE).faults == []


def test_what_comes_back_in_a_batch_behind_another_file_counts_again(local_store: Store) -> None:
    send(local_store, 10, together=False)
    send(local_store, 12, 10, together=True, first=24)
    assert (fee(local_store), outcomes(local_store)) == (10, "iii")


@pytest.mark.parametrize("together", [False, True], ids=["in turn", "in one batch"])
def test_the_last_file_sent_again_is_a_duplicate(local_store: Store, together: bool) -> None:
    send(local_store, 10, 10, 12, 10, 10, 10, 12, 12, together=together)
    assert (fee(local_store), outcomes(local_store)) == (12, "idiiddid")
