"""Files of one name: the latest supersedes, where the contract says so."""

from datetime import timedelta
from typing import Any

import pytest

from lake_assets.contracts.dataset import Versions
from lake_assets.jobs.checks import gold_against_processed, gold_conservation
from lake_assets.jobs.compaction.compact import compact
from lake_assets.jobs.reconciling.reconcile import reconcile
from lake_assets.jobs.repair.rebuild import rebuild_dates
from lake_assets.jobs.repair.replay import Selection, replay
from lake_assets.jobs.tracing.file_history import trace_file
from lake_assets.jobs.tracing.origins import State
from lake_assets.jobs.tracing.trace import trace_row
from lake_assets.storage import Store
from lake_assets_tests.jobs.lakes import (
    ARRIVED,
    ENGINE,
    assert_accounted,
    contents,
    contract,
    counted,
    csv,
    keys,
    ledger,
    place,
    run,
    sale,
    sales,
    table,
)

LAKE = contract(versions=Versions.SUPERSEDE)
HOUR = timedelta(hours=1)
FIRST = csv(sale("T1"), sale("T2"), sale("T3", "2025-05-29"))
SECOND = csv(sale("T1", quantity=5), sale("T4", "2025-05-28"))


def send(store: Store, name: str, data: bytes, hours: int = 0, **options: Any) -> Any:
    place(store, name, data, ARRIVED + hours * HOUR)
    return run(store, options.get("lake", LAKE))


def test_the_rows_of_the_earlier_version_leave_gold_on_all_of_its_dates(store: Store):
    send(store, "day.csv", FIRST)
    assert sales(store, "gold/") == ["T1", "T2", "T3"]
    outcome = send(store, "day.csv", SECOND, 1)
    assert sales(store, "gold/") == ["T1", "T4"]
    assert table(store, "gold/")["quantity"].to_list() == [5, 1]
    assert sales(store, "processed/") == ["T1", "T1", "T2", "T3", "T4"], "processed keeps all"
    days = {
        day.target_date: (day.total_rows_in_source_partition, day.removed)
        for day in outcome.metrics
    }
    assert days == {"2025-05-28": (1, 0), "2025-05-29": (1, 1), "2025-05-30": (3, 2)}
    dataset = LAKE.datasets[0]
    assert gold_conservation(store, dataset, outcome.metrics).passed
    assert gold_against_processed(store, dataset, outcome.metrics).passed
    assert reconcile(store, LAKE).faults == []
    assert_accounted(store)


def test_without_the_option_the_rows_of_both_versions_stand(local_store: Store):
    lake = contract()
    send(local_store, "day.csv", FIRST, lake=lake)
    send(local_store, "day.csv", SECOND, 1, lake=lake)
    assert sales(local_store, "gold/") == ["T1", "T2", "T3", "T4"]
    assert keys(local_store, "audit/versions/") == keys(local_store, "audit/superseded/") == []


def test_another_name_supersedes_nothing(local_store: Store):
    send(local_store, "a.csv", FIRST)
    send(local_store, "b.csv", SECOND, 1)
    assert sales(local_store, "gold/") == ["T1", "T2", "T3", "T4"]


def test_a_version_that_arrived_earlier_and_comes_later_is_superseded_at_once(
    local_store: Store,
):
    send(local_store, "day.csv", SECOND, 1)
    send(local_store, "day.csv", FIRST, 0)
    assert sales(local_store, "gold/") == ["T1", "T4"]


def test_two_versions_in_one_batch(local_store: Store):
    place(local_store, "day.csv", FIRST, ARRIVED)
    local_store.put("raw/day.csv", SECOND)
    local_store.move(
        local_store.head("raw/day.csv"),
        "validated/day~0123456789ab.csv",
        arrived=ARRIVED + HOUR,
    )
    run(local_store, LAKE)
    assert [i.source_file for record in ledger(local_store) for i in record.inputs] == [
        "day.csv",
        "day.csv",
    ]
    assert sales(local_store, "gold/") == ["T1", "T4"]
    assert_accounted(local_store)


def test_an_earlier_version_sent_again_takes_its_place_again(local_store: Store):
    """Its bytes are known, and still it is no duplicate: it undoes what came between."""
    send(local_store, "day.csv", FIRST)
    send(local_store, "day.csv", SECOND, 1)
    send(local_store, "day.csv", FIRST, 2)
    assert sales(local_store, "gold/") == ["T1", "T2", "T3"]
    assert ledger(local_store)[-1].inputs[0].outcome == "ingested"
    send(local_store, "day.csv", FIRST, 3)
    assert sales(local_store, "gold/") == ["T1", "T2", "T3"]
    assert reconcile(local_store, LAKE).faults == []


def test_the_current_version_sent_again_is_a_duplicate(local_store: Store):
    send(local_store, "day.csv", FIRST)
    send(local_store, "other.csv", FIRST, 1)
    assert ledger(local_store)[-1].inputs[0].outcome == "duplicate"
    assert sales(local_store, "gold/") == ["T1", "T2", "T3"]


def test_a_superseded_file_stays_so_when_it_is_replayed_onto_other_dates(local_store: Store):
    late = csv(sale("T1"), sale("T9", "2025-05-27", quantity=0))  # the rule quantity > 0
    send(local_store, "day.csv", late)
    send(local_store, "day.csv", SECOND, 1)
    open_ = contract(versions=Versions.SUPERSEDE, rules=[], contract_version="2").datasets[0]
    list(replay(local_store, open_, ENGINE, Selection()))
    compact(local_store, open_, ENGINE)
    assert "T9" in sales(local_store, "processed/")
    assert sales(local_store, "gold/") == ["T1", "T4"]


@pytest.mark.parametrize("versions", [1, 12])
def test_the_calls_of_a_file_do_not_grow_with_other_names(local_store: Store, versions: int):
    for number in range(versions):
        send(local_store, f"{number}.csv", csv(sale(f"T{number}")), number)
    place(local_store, "last.csv", csv(sale("T")), ARRIVED + 20 * HOUR)
    watched, calls = counted(local_store)
    run(watched, LAKE)
    assert (calls["list"], calls["put_each_if_absent"]) == (14, 1)


def test_the_work_on_a_version_does_not_grow_with_those_before_it(local_store: Store):
    def cost(number: int) -> dict[str, int]:
        data = csv(sale(f"T{number}", f"2025-05-{number + 1:02}"))
        place(local_store, "day.csv", data, ARRIVED + 24 * number * HOUR)
        watched, calls = counted(local_store)
        outcome = run(watched, LAKE)
        assert len(outcome.metrics) == min(2, number + 1), "its own date, and the one before it"
        return dict(calls)

    costs = [cost(number) for number in range(6)]
    assert costs[1] == costs[5]
    assert sales(local_store, "gold/") == ["T5"]


def test_a_trace_tells_what_a_later_version_has_superseded(local_store: Store):
    dataset = LAKE.datasets[0]
    send(local_store, "day.csv", FIRST)
    send(local_store, "day.csv", SECOND, 1)
    earlier, later = trace_file(local_store, dataset, "day.csv").versions
    assert [(use.superseded, use.gold, use.waiting) for use in earlier.dates] == [
        ({"day.csv": 1}, 0, 0),
        ({"day.csv": 2}, 0, 0),
    ]
    assert [use.gold for use in later.dates] == [1, 1]
    (found,) = trace_row(local_store, dataset, {"transaction_id": "T2"})
    assert [origin.state for origin in found.origins] == [State.SUPERSEDED]


def test_gold_of_a_date_without_rows_goes_when_the_date_is_rebuilt(local_store: Store):
    send(local_store, "day.csv", FIRST)
    (data, *_) = contents(local_store, "gold/").values()
    local_store.put("gold/fact_sales/date=2025-01-01/part-0000.snappy.parquet", data)
    assert [fault.kind.value for fault in reconcile(local_store, LAKE).faults] == ["orphaned"]
    rebuild_dates(local_store, LAKE.datasets[0], ENGINE, ["2025-01-01"])
    compact(local_store, LAKE.datasets[0], ENGINE)
    assert reconcile(local_store, LAKE).faults == []
