"""Rows that are partitioned by the arrival of their file stay there, whatever is done again."""

from datetime import date, timedelta

import pytest

from lake_assets.contracts.partitioning import PartitionBy, Partitioning
from lake_assets.jobs.compaction.compact import compact
from lake_assets.jobs.reconciling.reconcile import reconcile
from lake_assets.jobs.repair.rebuild import rebuild_dates
from lake_assets.jobs.repair.replay import Selection, replay
from lake_assets.jobs.tracing.trace import trace_row
from lake_assets.storage import Store
from lake_assets_tests.jobs.lakes import (
    ARRIVED,
    ENGINE,
    assert_accounted,
    contents,
    contract,
    csv,
    dataset_of,
    keys,
    place,
    rejects,
    run,
    sale,
    sales,
    stale_dates_of,
)

ARRIVALS = Partitioning(by=PartitionBy.ARRIVAL, start=date(2025, 1, 1))
LAKE = contract(partition=ARRIVALS)
FIRST, NEXT = "2025-06-01", "2025-06-02"


@pytest.fixture
def filled(store: Store) -> Store:
    """Two days of files, with rows of old, equal and future events."""
    rows = (sale("T1", "2025-05-30"), sale("T2", "2001-01-01"), sale("T3", "2031-01-01"))
    place(store, "a.csv", csv(*rows, sale("T4", quantity="x")), ARRIVED)
    place(store, "b.csv", csv(sale("T1", "2025-05-30", 7)), ARRIVED + timedelta(days=1))
    run(store, LAKE)
    return store


def test_rows_stand_in_the_partition_of_their_files_arrival(filled: Store) -> None:
    assert sales(filled, f"processed/date={FIRST}/") == ["T1", "T2", "T3"]
    assert sales(filled, f"processed/date={NEXT}/") == ["T1"]
    assert sales(filled, f"gold/fact_sales/date={FIRST}/") == ["T1", "T2", "T3"]
    assert sales(filled, f"gold/fact_sales/date={NEXT}/") == ["T1"]
    assert {key.split("/")[1] for key in keys(filled, "processed/")} == {
        f"date={FIRST}",
        f"date={NEXT}",
    }
    (reject,) = rejects(filled)
    assert reject["reject_reason"] == "INVALID_NUMBER:quantity"
    assert_accounted(filled)
    assert reconcile(filled, LAKE).faults == []


def test_a_rebuild_writes_the_same_bytes_where_they_stood(filled: Store) -> None:
    before = contents(filled, "processed/", "gold/")
    lost = keys(filled, f"processed/date={FIRST}/")[0]
    filled.delete(lost)
    rebuilt = rebuild_dates(filled, dataset_of(LAKE), ENGINE, [FIRST])
    assert [one.key for one in rebuilt.of(FIRST)] == [lost]
    assert rebuilt.restated == ()
    assert stale_dates_of(filled) == [FIRST]
    compact(filled, dataset_of(LAKE), ENGINE)
    assert contents(filled, "processed/", "gold/") == before


def test_a_replayed_row_stays_in_the_partition_of_its_arrival(filled: Store) -> None:
    lenient = contract(partition=ARRIVALS, contract_version="2", rules=[])
    changed = list(replay(filled, dataset_of(lenient), ENGINE, Selection()))
    assert [one.record.generation for one in changed] == [2, 2]
    compact(filled, dataset_of(lenient), ENGINE)
    assert sales(filled, f"processed/date={FIRST}/") == ["T1", "T2", "T3"]
    assert sales(filled, f"processed/date={NEXT}/") == ["T1"]
    assert reconcile(filled, lenient).faults == []


def test_a_key_is_traced_through_the_days_on_which_it_arrived(filled: Store) -> None:
    found = trace_row(filled, dataset_of(LAKE), {"transaction_id": "T1"})
    assert [(one.date, one.is_explained) for one in found] == [(FIRST, True), (NEXT, True)]
    assert [[origin.source_file for origin in one.origins] for one in found] == [
        ["a.csv"],
        ["b.csv"],
    ]
