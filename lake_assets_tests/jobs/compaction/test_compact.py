"""processed/ -> gold/ + audit/: the dates whose rows changed, the latest arrival wins."""

import json
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from typing import Any

import polars as pl
import pytest

from lake_assets.contracts.column import Column
from lake_assets.contracts.dataset import Dataset, Gold
from lake_assets.contracts.lake import Lake
from lake_assets.jobs.compaction.compact import CompactionError, compact, stale_dates
from lake_assets.jobs.ingest import ingest
from lake_assets.jobs.reading.task import to_parquet
from lake_assets.storage import Store, StoreUnavailable
from lake_assets_tests.jobs.lakes import (
    ARRIVED,
    ENGINE,
    HEADER,
    assert_accounted,
    contents,
    contract,
    counted,
    csv,
    hooked,
    keys,
    once,
    place,
    run,
    sale,
    sales,
    table,
    writes,
)

DAYS = ["2025-05-28", "2025-05-29", "2025-05-30"]


@pytest.fixture
def filled(local_store: Store, lake: Lake) -> Store:
    """Three dates in processed, all of them stale."""
    place(local_store, "a.csv", csv(*[sale(f"T{day}", day) for day in DAYS]))
    ingest(local_store, lake, lake.datasets[0], ENGINE)
    return local_store


def metrics_of(store: Store, day: str) -> dict[str, object]:
    found: dict[str, object] = json.loads(
        store.read(f"audit/gold_compaction/date={day}/metrics.json")
    )
    return found


def summary(store: Store) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(store.read("audit/gold_compaction/last_run_summary.json"))
    return found


def test_a_late_file_reopens_only_its_dates(store: Store, lake: Lake):
    place(store, "a.csv", csv(*[sale(f"T{day}", day) for day in DAYS]))
    run(store, lake)
    before = {key: store.head(key) for key in keys(store, "gold/") + keys(store, "audit/gold_")}
    place(store, "late.csv", csv(sale("LATE", DAYS[1])), ARRIVED + timedelta(days=9))
    outcome = run(store, lake)
    assert [metrics.target_date for metrics in outcome.metrics] == [DAYS[1]]
    assert sales(store, f"gold/fact_sales/date={DAYS[1]}/") == [f"T{DAYS[1]}", "LATE"][::-1]
    for key, info in before.items():
        touched = DAYS[1] in key or key.endswith("summary.json")
        assert touched or store.head(key) == info


def test_the_latest_arrival_of_a_transaction_wins_whatever_the_order_of_ingestion(
    local_store: Store, lake: Lake
):
    dataset = lake.datasets[0]
    for name, quantity, minutes in [("b.csv", 3, 9), ("a.csv", 1, 0), ("c.csv", 2, 5)]:
        place(
            local_store,
            name,
            csv(sale("T1", quantity=quantity)),
            ARRIVED + timedelta(minutes=minutes),
        )
        ingest(local_store, lake, dataset, ENGINE)
    (metrics,) = compact(local_store, dataset, ENGINE)
    assert metrics.duplicate_rows_removed == 2
    gold = table(local_store, "gold/")
    assert gold.select("quantity", "source_file").rows() == [(3, "b.csv")]


def test_ties_of_arrival_go_to_the_later_file_name_then_to_the_later_line(
    local_store: Store, lake: Lake
):
    place(local_store, "b.csv", csv(sale("T1", quantity=1), sale("T1", quantity=2)))
    place(local_store, "a.csv", csv(sale("T1", quantity=7), sale("T1", quantity=8)))
    run(local_store, lake)
    gold = table(local_store, "gold/").select("quantity", "source_file", "line_number")
    assert gold.rows() == [(2, "b.csv", 3)]


def test_gold_is_in_the_order_of_its_key(local_store: Store, lake: Lake):
    place(local_store, "a.csv", csv(*[sale(f"T{n}") for n in (5, 3, 9, 1)]))
    run(local_store, lake)
    (data,) = contents(local_store, "gold/").values()
    assert pl.read_parquet(BytesIO(data))["transaction_id"].to_list() == ["T1", "T3", "T5", "T9"]


def test_forced_dates_are_compacted_and_no_others(filled: Store, dataset: Dataset):
    done = compact(filled, dataset, ENGINE, force_dates=[DAYS[2], DAYS[0], DAYS[2]])
    assert [metrics.target_date for metrics in done] == [DAYS[0], DAYS[2]]
    assert stale_dates(filled, dataset) == [DAYS[1]]
    again = compact(filled, dataset, ENGINE, force_dates=[DAYS[0]])  # not stale any more
    assert [metrics.status for metrics in again] == ["written"]
    assert [result["target_date"] for result in summary(filled)["results"]] == [DAYS[0]]


def test_a_forced_date_without_rows_is_audited_and_loses_its_gold(filled: Store, dataset: Dataset):
    compact(filled, dataset, ENGINE)
    for key in keys(filled, f"processed/date={DAYS[0]}/"):
        filled.delete(key)
    (metrics,) = compact(filled, dataset, ENGINE, force_dates=[DAYS[0]])
    assert (metrics.status, metrics.rows_after_dedup) == ("no_input", 0)
    assert keys(filled, f"gold/fact_sales/date={DAYS[0]}/") == []
    document = metrics_of(filled, DAYS[0])
    assert document == metrics.to_json()
    assert document["null_timestamp"] == 0
    assert summary(filled)["processed_partitions_count"] == 0


def test_the_oldest_dates_come_first_when_their_number_is_limited(filled: Store, dataset: Dataset):
    done = compact(filled, dataset, ENGINE, max_partitions=2)
    assert [metrics.target_date for metrics in done] == DAYS[:2]
    assert stale_dates(filled, dataset) == DAYS[2:]
    (rest,) = compact(filled, dataset, ENGINE, max_partitions=2)
    assert rest.target_date == DAYS[2]
    assert compact(filled, dataset, ENGINE, max_partitions=2) == []


def test_no_partition_at_all_is_a_limit_too(filled: Store, dataset: Dataset):
    watched, calls = counted(filled)
    assert compact(watched, dataset, ENGINE, max_partitions=0) == []
    assert writes(calls) == 0
    assert stale_dates(filled, dataset) == DAYS


def test_reprocess_takes_every_date_and_gives_the_same_bytes(filled: Store, dataset: Dataset):
    compact(filled, dataset, ENGINE)
    before = contents(filled, "gold/")
    done = compact(filled, dataset, ENGINE, reprocess=True)
    assert [metrics.target_date for metrics in done] == DAYS
    assert contents(filled, "gold/") == before


def test_reprocess_takes_a_stale_date_that_has_no_rows_any_more(filled: Store, dataset: Dataset):
    compact(filled, dataset, ENGINE)
    for key in keys(filled, f"processed/date={DAYS[0]}/"):
        filled.delete(key)
    filled.put(f"audit/gold_compaction/stale/date={DAYS[0]}/by-hand", b"")
    done = compact(filled, dataset, ENGINE, reprocess=True)
    assert [metrics.status for metrics in done] == ["no_input", "written", "written"]


@pytest.mark.parametrize("moment", ["processed/", "gold/", "audit/gold_compaction/date="])
def test_rows_that_arrive_while_gold_is_made_leave_the_date_stale(
    filled: Store, lake: Lake, dataset: Dataset, moment: str
):
    place(filled, "late.csv", csv(sale("LATE", DAYS[0])), ARRIVED + timedelta(hours=1))
    call = {"processed/": "read"}.get(moment, "put_over")
    arrive = once(call, lambda: void(ingest(filled, lake, dataset, ENGINE)), moment)
    compact(hooked(filled, after=arrive), dataset, ENGINE, force_dates=[DAYS[0]])
    assert sales(filled, f"gold/fact_sales/date={DAYS[0]}/") == [f"T{DAYS[0]}"]
    assert DAYS[0] in stale_dates(filled, dataset)
    compact(filled, dataset, ENGINE)
    assert sales(filled, f"gold/fact_sales/date={DAYS[0]}/") == ["LATE", f"T{DAYS[0]}"]
    assert stale_dates(filled, dataset) == []
    assert_accounted(filled)


def void(_: object) -> None:
    pass


def test_a_date_that_cannot_be_read_stays_stale_and_the_others_are_done(
    filled: Store, dataset: Dataset
):
    filled.put(f"processed/date={DAYS[1]}/part-foreign.snappy.parquet", b"no parquet")
    with pytest.raises(CompactionError, match=rf"{DAYS[1]}: read_failed: .*stay stale"):
        compact(filled, dataset, ENGINE)
    assert stale_dates(filled, dataset) == [DAYS[1]]
    assert sales(filled, "gold/") == [f"T{DAYS[0]}", f"T{DAYS[2]}"]
    document = metrics_of(filled, DAYS[1])
    assert document["status"] == "read_failed"
    assert "ComputeError" in str(document["error"])
    assert {"null_timestamp": 0, "null_store": 0, "dq_balance_issues": 0}.items() <= (
        document.items()
    )
    assert list(document) == list(metrics_of(filled, DAYS[0]))
    assert summary(filled)["processed_partitions_count"] == 2
    filled.delete(f"processed/date={DAYS[1]}/part-foreign.snappy.parquet")
    (mended,) = compact(filled, dataset, ENGINE)
    assert (mended.target_date, mended.status) == (DAYS[1], "written")


def test_gold_of_before_stays_when_a_date_cannot_be_read(filled: Store, dataset: Dataset):
    compact(filled, dataset, ENGINE)
    before = contents(filled, "gold/")
    filled.put(f"processed/date={DAYS[1]}/part-foreign.snappy.parquet", b"no parquet")
    with pytest.raises(CompactionError):
        compact(filled, dataset, ENGINE, reprocess=True)
    assert contents(filled, "gold/") == before


def test_a_date_that_cannot_be_written_stays_stale_and_the_others_are_done(
    filled: Store, dataset: Dataset
):
    def fail() -> None:
        raise StoreUnavailable("The disk is full.")

    watched = hooked(filled, before=once("put_over", fail, f"gold/fact_sales/date={DAYS[1]}/"))
    with pytest.raises(CompactionError, match=f"{DAYS[1]}: write_failed.*The disk is full"):
        compact(watched, dataset, ENGINE)
    assert stale_dates(filled, dataset) == [DAYS[1]]
    assert metrics_of(filled, DAYS[1])["status"] == "write_failed"
    assert sales(filled, "gold/") == [f"T{DAYS[0]}", f"T{DAYS[2]}"]


def test_rows_that_share_a_date_with_other_columns_are_not_read_as_gold(
    filled: Store, dataset: Dataset
):
    foreign = table(filled, f"processed/date={DAYS[0]}/").drop("revenue")
    filled.put(f"processed/date={DAYS[0]}/part-foreign.snappy.parquet", to_parquet(foreign))
    with pytest.raises(CompactionError, match="read_failed"):
        compact(filled, dataset, ENGINE)
    assert stale_dates(filled, dataset) == DAYS[:1]


def test_large_gold_is_written_in_parts_of_about_the_target_size(
    local_store: Store, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("lake_assets.jobs.compaction.one_date.MEGABYTE", 1 << 10)
    monkeypatch.setattr("lake_assets.kernels.key_ranges.ONE_IN", 16)
    gold = contract().datasets[0].gold
    lake = contract(gold=Gold(**{**gold.model_dump(), "target_file_mb": 8}))
    rows = [sale(f"T{number:05d}") for number in range(1500)]
    place(local_store, "a.csv", csv(*rows))
    outcome = run(local_store, lake)
    parts = outcome.metrics[0].outputs
    assert len(parts) > 2
    assert parts == [
        f"gold/fact_sales/date=2025-05-30/part-{number:04d}.snappy.parquet"
        for number in range(len(parts))
    ]
    assert sales(local_store, "gold/") == [f"T{number:05d}" for number in range(1500)]
    # Fewer parts later: those of before go.
    done = compact(local_store, contract().datasets[0], ENGINE, reprocess=True)
    assert [metrics.outputs for metrics in done] == [parts[:1]]
    assert keys(local_store, "gold/") == parts[:1]
    assert table(local_store, "gold/").height == 1500


def test_audit_counts_count_the_gold_rows_for_which_they_are_true(local_store: Store):
    gold = contract().datasets[0].gold
    counts = {"big": "quantity > 2", "no_category": "item_category IS NULL", "null": "NULL > 1"}
    lake = contract(gold=Gold(**{**gold.model_dump(), "audit_counts": counts}))
    place(local_store, "a.csv", csv(*[sale(f"T{n}", quantity=n) for n in range(1, 6)]))
    (metrics,) = run(local_store, lake).metrics
    assert metrics.audit_counts == {"big": 3, "no_category": 5, "null": 0}
    assert metrics.null_counts["item_category"] == 5
    assert metrics.null_counts["store_id"] == 0


def test_a_column_that_the_contract_gains_is_null_in_rows_of_before(local_store: Store):
    before = contract()
    place(local_store, "a.csv", csv(sale("T1")))
    run(local_store, before)
    columns = [*before.datasets[0].columns, Column(name="note")]
    after = contract(columns=columns, contract_version="2")
    place(local_store, "b.csv", csv(f"{sale('T2')},new", header=f"{HEADER},note"))
    run(local_store, after)
    gold = table(local_store, "gold/").sort("transaction_id")
    assert gold["note"].to_list() == [None, "new"]
    place(local_store, "c.csv", csv(sale("T3")))
    run(local_store, before)  # and a column that it loses is left out
    assert "note" not in table(local_store, "gold/").columns


def test_a_date_that_does_not_fit_in_memory_gives_the_same_bytes_and_figures(
    filled: Store, lake: Lake, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
):
    for number in range(6):
        rows = [sale(f"T{i:04d}", DAYS[0], 1 + number) for i in range(number * 50, 200)]
        place(filled, f"{number}.csv", csv(*rows), ARRIVED + timedelta(minutes=number))
        ingest(filled, lake, dataset, ENGINE)
    (whole,) = compact(filled, dataset, ENGINE, force_dates=DAYS[:1])
    before = contents(filled, "gold/")
    monkeypatch.setattr("lake_assets.jobs.compaction.processed_rows.READ_BYTES", 1)
    monkeypatch.setattr("lake_assets.jobs.compaction.processed_rows.READ_ROWS", 30)
    for limit in ("MEMORY_BYTES", "RUN_BYTES", "RANGE_BYTES"):
        monkeypatch.setattr(f"lake_assets.jobs.compaction.merge.{limit}", 20_000)
    monkeypatch.setattr("lake_assets.jobs.compaction.merge.SAMPLE_ROWS", 5)
    (cut,) = compact(filled, dataset, ENGINE, force_dates=DAYS[:1])
    assert contents(filled, "gold/") == before
    assert replace(cut, processed_at_utc="") == replace(whole, processed_at_utc="")
    assert (cut.rows_after_dedup, cut.duplicate_rows_removed) == (201, 300)
