"""A lake against its ledger: whatever is done to it behind its back is found."""

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from hashlib import sha256
from typing import Any

import polars as pl
import pytest

from lake_assets.contracts.format import Undecodable
from lake_assets.contracts.lake import Lake
from lake_assets.jobs.ingest import ingest
from lake_assets.jobs.reading.task import to_parquet
from lake_assets.jobs.reconciling.faults import DatasetReport, Fault, FaultKind
from lake_assets.jobs.reconciling.reconcile import reconcile
from lake_assets.jobs.repair.recover import recover
from lake_assets.storage import Store
from lake_assets_tests.jobs import lakes
from lake_assets_tests.jobs.lakes import (
    ARRIVED,
    ENGINE,
    csv,
    drop,
    keys,
    killed_at,
    ledger,
    place,
    run,
    sale,
    table,
)

LATER = ARRIVED + timedelta(days=2)
DAY, OTHER, THIRD = "2025-05-30", "2025-05-29", "2025-05-28"
GOLD = f"gold/fact_sales/date={DAY}/part-0000.snappy.parquet"
METRICS = f"audit/gold_compaction/date={DAY}/metrics.json"


@pytest.fixture
def lake() -> Lake:
    limits = lakes.dataset_of(lakes.contract()).format
    return lakes.contract(format=limits.model_copy(update={"undecodable": Undecodable.REFUSE}))


@pytest.fixture
def filled(local_store: Store, lake: Lake) -> Store:
    """Several dates, rejects, late rows, a duplicate, and files refused early and late."""
    return fill(local_store, lake)


@pytest.fixture
def filled_everywhere(store: Store, lake: Lake) -> Store:
    """The same on a directory and on S3."""
    return fill(store, lake)


def fill(store: Store, lake: Lake) -> Store:
    rows = [sale("T1"), sale("T2"), sale("T2"), sale("T3", OTHER), sale("T4", quantity="x")]
    place(store, "first.csv", csv(*rows))
    place(store, "bad.csv", csv(sale("T8"), sale("Tö")).replace(b"T8", b"T\xff"))
    drop(store, "empty.csv", b"")
    run(store, lake)
    place(store, "late.csv", csv(sale("T1", quantity=5), sale("T5", THIRD)), LATER)
    place(store, "copy.csv", csv(*rows), LATER)
    run(store, lake)
    return store


def report(store: Store, lake: Lake, *, quick: bool = False) -> DatasetReport:
    found = reconcile(store, lake, quick=quick)
    assert not found.strays
    (dataset,) = found.datasets
    return dataset


def faults(store: Store, lake: Lake, *, quick: bool = False) -> list[tuple[FaultKind, str]]:
    return [(fault.kind, fault.key) for fault in report(store, lake, quick=quick).faults]


def only(store: Store, lake: Lake, *, quick: bool = False) -> Fault:
    (fault,) = report(store, lake, quick=quick).faults
    return fault


def one(store: Store, prefix: str, holds: str = "") -> str:
    """The first key below a prefix."""
    return next(key for key in keys(store, prefix) if holds in key)


def flip(store: Store, key: str, at: int | None = None) -> None:
    """Change one byte; the size stays."""
    data = bytearray(store.read(key))
    data[len(data) // 2 if at is None else at] ^= 1
    store.put(key, bytes(data))


def edit(store: Store, key: str, change: Callable[[dict[str, Any]], None]) -> None:
    """Change a JSON document."""
    document = json.loads(store.read(key))
    change(document)
    store.put(key, json.dumps(document).encode())


def edit_ledger(store: Store, change: Callable[[dict[str, Any]], None]) -> None:
    """Change the record of the run that ingested first.csv."""
    record = next(r for r in ledger(store) if any(i.source_file == "first.csv" for i in r.inputs))
    edit(store, one(store, "audit/ingest/", record.ingest_run_id), change)


def regold(store: Store, change: Callable[[pl.DataFrame], pl.DataFrame]) -> None:
    """Write other rows to gold."""
    store.put(GOLD, to_parquet(change(table(store, GOLD))))


# --- nothing is wrong -----------------------------------------------------------------


@pytest.mark.parametrize("quick", [False, True])
def test_an_untouched_lake_has_no_fault(filled_everywhere: Store, lake: Lake, quick: bool) -> None:
    filled = filled_everywhere
    found = report(filled, lake, quick=quick)
    assert found.faults == ()
    assert found.waiting == found.stale == ()
    sums = found.totals
    assert (sums.files, sums.refused) == (3, 2)
    assert (sums.rows, sums.good, sums.rejected, sums.duplicate, sums.skipped) == (12, 6, 1, 5, 0)
    assert (sums.gold, sums.superseded) == (4, 2)
    inputs = [item for record in ledger(filled) for item in record.inputs]
    outputs = [staged for record in ledger(filled) for staged in record.outputs]
    assert sums.objects == len(inputs) + len(outputs) + 1  # and the reason of the refused one


def test_whatever_is_done_to_a_lake_is_found_on_every_store(
    filled_everywhere: Store, lake: Lake
) -> None:
    store = filled_everywhere
    flipped, gone = one(store, f"processed/date={OTHER}/"), one(store, "archive/validated/late")
    flip(store, flipped)
    store.delete(gone)
    store.put("archive/validated/stray.csv", b"stray")
    regold(store, lambda rows: rows.with_columns(pl.lit("S9").alias("store_id")))
    (record,) = (r for r in ledger(store) if r.arrival == ARRIVED.date())
    rejected = one(store, "rejected/data_quality/json/")

    def shift(document: dict[str, Any]) -> None:
        first(document)["books"]["lines"] += 1
        output = next(o for o in document["outputs"] if o["key"] == rejected)
        output["sha256"] = "0" * 64

    edit_ledger(store, shift)
    place(store, "next.csv", csv(sale("T7")), LATER)
    found = report(store, lake)
    assert found.waiting == ("validated/next.csv",)
    assert sorted((fault.kind, fault.key.partition("_")[0]) for fault in found.faults) == sorted(
        [
            (FaultKind.CHANGED, flipped.partition("_")[0]),
            (FaultKind.MISSING, gone.partition("_")[0]),
            (FaultKind.EXTRA, "archive/validated/stray.csv"),
            (FaultKind.CHANGED, "gold/fact"),
            (FaultKind.UNBALANCED, "archive/validated/first.csv"),
            (FaultKind.CHANGED, "rejected/data"),
        ]
    )
    assert sum(record.ingest_run_id in fault.detail for fault in found.faults) == 3


def test_an_interrupted_publication_is_told_on_every_store(store: Store, lake: Lake) -> None:
    place(store, "first.csv", csv(sale("T1"), sale("T3", OTHER)))
    dying = lakes.hooked(store, before=lakes.once("pass_on", die))
    with pytest.raises(lakes.Killed):
        ingest(dying, lake, lakes.dataset_of(lake), ENGINE)
    assert faults(store, lake) == [(FaultKind.INTERRUPTED, "validated/first.csv")]
    recover(store, lake, lakes.dataset_of(lake))
    assert faults(store, lake) == []


def die() -> None:
    raise lakes.Killed


@pytest.mark.parametrize("quick", [False, True])
def test_an_empty_lake_has_no_fault(store: Store, lake: Lake, quick: bool) -> None:
    found = report(store, lake, quick=quick)
    assert found.faults == ()
    assert (found.totals.rows, found.totals.objects) == (0, 0)


def test_nothing_is_written(filled: Store, lake: Lake) -> None:
    watched, calls = lakes.counted(filled)
    reconcile(watched, lake)
    assert lakes.writes(calls) == 0


def test_quick_reads_nothing_but_the_ledger_and_the_audits(filled: Store, lake: Lake) -> None:
    read: list[str] = []

    def note(name: str, *args: Any) -> None:
        if name in {"read", "open"}:
            read.append(args[0])

    reconcile(lakes.hooked(filled, before=note), lake, quick=True)
    assert read
    assert all(key.startswith("audit/") for key in read)


def test_files_that_wait_are_listed_and_no_fault(filled: Store, lake: Lake) -> None:
    drop(filled, "next.csv", csv(sale("T6")))
    place(filled, "after.csv", csv(sale("T7")), LATER)
    found = report(filled, lake)
    assert found.waiting == ("raw/next.csv", "validated/after.csv")
    assert found.faults == ()


def test_a_stale_date_is_reported_and_no_fault(filled: Store, lake: Lake) -> None:
    place(filled, "more.csv", csv(sale("T6"), sale("T7", "2025-05-27")), LATER)
    ingest(filled, lake, lakes.dataset_of(lake), ENGINE)  # without the compaction that follows
    found = report(filled, lake)
    assert found.stale == ("2025-05-27", DAY)
    assert found.faults == ()


def test_rows_of_a_second_run_under_the_same_name_are_no_fault(filled: Store, lake: Lake) -> None:
    place(filled, "first.csv", csv(sale("T1", quantity=9)), LATER + timedelta(days=1))
    run(filled, lake)
    assert faults(filled, lake) == []


# --- objects that the ledger names ----------------------------------------------------

NAMED = {
    "good rows": f"processed/date={DAY}/",
    "rejects as JSON": "rejected/data_quality/json/",
    "rejects as CSV": "rejected/data_quality/csv/",
    "an archived file": "archive/validated/late.csv",
    "an archived duplicate": "archive/validated/copy.csv",
}


@pytest.mark.parametrize("prefix", NAMED.values(), ids=NAMED)
@pytest.mark.parametrize("quick", [False, True])
def test_an_object_that_is_gone_is_missing(
    filled: Store, lake: Lake, prefix: str, quick: bool
) -> None:
    key = one(filled, prefix)
    filled.delete(key)
    fault = only(filled, lake, quick=quick)
    assert (fault.kind, fault.key) == (FaultKind.MISSING, key)
    assert any(record.ingest_run_id in fault.detail for record in ledger(filled))


@pytest.mark.parametrize("prefix", NAMED.values(), ids=NAMED)
def test_a_byte_that_changed_is_found_unless_it_goes_quick(
    filled: Store, lake: Lake, prefix: str
) -> None:
    key = one(filled, prefix)
    flip(filled, key)
    fault = only(filled, lake)
    assert (fault.kind, fault.key) == (FaultKind.CHANGED, key)
    assert "SHA-256" in fault.detail
    assert faults(filled, lake, quick=True) == []


@pytest.mark.parametrize("prefix", NAMED.values(), ids=NAMED)
def test_another_size_is_found_without_reading(filled: Store, lake: Lake, prefix: str) -> None:
    key = one(filled, prefix)
    filled.put(key, filled.read(key) + b"\n")
    fault = only(filled, lake, quick=True)
    assert (fault.kind, fault.key) == (FaultKind.CHANGED, key)


def test_what_to_do_is_told_for_each_zone(filled: Store, lake: Lake) -> None:
    for prefix in NAMED.values():
        filled.delete(one(filled, prefix))
    told = {fault.key.split("/")[0]: fault.detail for fault in report(filled, lake).faults}
    assert f"run `lake rebuild` for {DAY}" in told["processed"]
    assert "restore it from a backup" in told["archive"]
    assert "archived files" in told["rejected"]


def test_an_object_that_is_taken_away_while_it_is_read_is_missing(
    filled: Store, lake: Lake
) -> None:
    key = one(filled, "archive/validated/late.csv")
    hook = lakes.once("open", lambda: filled.delete(key), key)
    fault = only(lakes.hooked(filled, before=hook), lake)
    assert (fault.kind, fault.key) == (FaultKind.MISSING, key)


def test_an_object_that_is_replaced_while_it_is_read_has_changed(filled: Store, lake: Lake) -> None:
    key = one(filled, "archive/validated/late.csv")
    hook = lakes.once("open", lambda: flip(filled, key), key)
    fault = only(lakes.hooked(filled, before=hook), lake)
    assert (fault.kind, fault.key) == (FaultKind.CHANGED, key)


# --- refused files ----------------------------------------------------------------------


@pytest.mark.parametrize("name", ["bad", "empty"])
def test_a_refused_file_without_its_reason_is_found(filled: Store, lake: Lake, name: str) -> None:
    key = one(filled, f"rejected/system/{name}", "_reason.json")
    filled.delete(key)
    assert faults(filled, lake) == [(FaultKind.MISSING, key)]


@pytest.mark.parametrize("name", ["bad", "empty"])
def test_a_reason_without_its_refused_file_is_found(filled: Store, lake: Lake, name: str) -> None:
    key = one(filled, f"rejected/system/{name}").removesuffix("_reason.json")
    filled.delete(key)
    assert faults(filled, lake) == [(FaultKind.MISSING, key)]


# --- objects that nothing names ---------------------------------------------------------


@pytest.mark.parametrize(
    "key",
    [
        f"processed/date={DAY}/part-0123456789abcdef-0000.snappy.parquet",
        "processed/date=2024-01-01/stray.parquet",
        "rejected/data_quality/json/stray.json",
        "archive/validated/stray.csv",
        f"gold/fact_sales/date={DAY}/part-0001.snappy.parquet",
        "gold/fact_sales/_SUCCESS",
        "gold/other/date=2025-05-30/part-0000.snappy.parquet",
    ],
)
@pytest.mark.parametrize("quick", [False, True])
def test_an_object_that_nothing_names_is_extra(
    filled: Store, lake: Lake, key: str, quick: bool
) -> None:
    filled.put(key, b"stray")
    assert faults(filled, lake, quick=quick) == [(FaultKind.EXTRA, key)]


def test_an_object_beside_the_zones_is_a_stray(filled: Store, lake: Lake) -> None:
    for key in ("archive/x", "rejected/notes.txt", "notes/mine.txt", "audit/mine.txt"):
        filled.put(key, b"mine")
    found = reconcile(filled, lake)
    assert [(fault.kind, fault.key) for fault in found.faults] == [
        (FaultKind.EXTRA, "archive/x"),
        (FaultKind.EXTRA, "rejected/notes.txt"),
    ]


def test_rows_that_gold_took_from_an_extra_object_are_miscounted(filled: Store, lake: Lake) -> None:
    key = f"processed/date={DAY}/stray.parquet"
    rows = table(filled, one(filled, f"processed/date={DAY}/"))
    filled.put(key, to_parquet(rows.with_columns(pl.lit("X").alias("transaction_id"))))
    filled.put(f"audit/gold_compaction/stale/date={DAY}/mine", b"")
    run(filled, lake)
    assert faults(filled, lake) == [(FaultKind.EXTRA, key), (FaultKind.MISCOUNTED, METRICS)]


# --- the ledger -------------------------------------------------------------------------


def first(document: Mapping[str, Any]) -> dict[str, Any]:
    """The entry of first.csv."""
    return next(item for item in document["inputs"] if item["source_file"] == "first.csv")


def test_rows_in_no_column_are_unbalanced(filled: Store, lake: Lake) -> None:
    def lose(document: dict[str, Any]) -> None:
        first(document)["books"]["lines"] += 2

    edit_ledger(filled, lose)
    fault = only(filled, lake)
    assert fault.kind is FaultKind.UNBALANCED
    assert "2 of them are in no column" in fault.detail
    assert fault.key.startswith("archive/validated/first.csv")


@pytest.mark.parametrize("quick", [False, True])
def test_books_that_balance_and_are_not_those_of_the_files_are_miscounted(
    filled: Store, lake: Lake, quick: bool
) -> None:
    def shift(document: dict[str, Any]) -> None:
        books = first(document)["books"]
        books["good"] += 1
        books["rejected"] -= 1
        books["dates"][DAY] += 1

    edit_ledger(filled, shift)
    found = report(filled, lake, quick=quick).faults
    assert {fault.kind for fault in found} == {FaultKind.MISCOUNTED}
    told = " ".join(fault.detail for fault in found)
    assert f"booked 4 rows for {DAY}, and says that its files hold 3" in told
    assert "booked 0 rows for rejected/data_quality/json, and says that its files hold 1" in told
    assert "booked 0 rows for rejected/data_quality/csv" in told


def test_good_rows_that_are_of_no_date_are_miscounted(filled: Store, lake: Lake) -> None:
    def shift(document: dict[str, Any]) -> None:
        books = first(document)["books"]
        books["good"] += 1
        books["lines"] += 1

    edit_ledger(filled, shift)
    fault = only(filled, lake)
    assert fault.kind is FaultKind.MISCOUNTED
    assert "all dates" in fault.detail


@pytest.mark.parametrize("ending", [".parquet", ".json"])
def test_an_output_with_other_rows_than_the_ledger_says_is_miscounted(
    filled: Store, lake: Lake, ending: str
) -> None:
    changed: list[str] = []

    def shift(document: dict[str, Any]) -> None:
        output = next(o for o in document["outputs"] if o["key"].endswith(ending))
        output["rows"] += 1
        changed.append(output["key"])

    edit_ledger(filled, shift)
    assert (FaultKind.MISCOUNTED, changed[0]) in faults(filled, lake)


def test_an_output_that_is_no_parquet_although_the_ledger_was_made_to_say_so_is_miscounted(
    filled: Store, lake: Lake
) -> None:
    key = one(filled, f"processed/date={OTHER}/")
    data = b"PAR1 no rows at all PAR1"
    filled.put(key, data)

    def shift(document: dict[str, Any]) -> None:
        output = next(o for o in document["outputs"] if o["key"] == key)
        output |= {"size": len(data), "sha256": sha256(data).hexdigest()}

    edit_ledger(filled, shift)
    fault = only(filled, lake)
    assert (fault.kind, fault.key) == (FaultKind.MISCOUNTED, key)
    assert "no table" in fault.detail


def test_another_digest_in_the_ledger_is_found(filled: Store, lake: Lake) -> None:
    def shift(document: dict[str, Any]) -> None:
        first(document)["sha256"] = "0" * 64

    edit_ledger(filled, shift)
    fault = only(filled, lake)
    assert fault.kind is FaultKind.CHANGED
    assert fault.key.startswith("archive/validated/first.csv")


def test_a_record_that_is_gone_leaves_its_objects_without_a_name(filled: Store, lake: Lake) -> None:
    record = next(r for r in ledger(filled) if r.inputs[0].arrived == LATER)
    filled.delete(one(filled, "audit/ingest/", record.ingest_run_id))
    found = faults(filled, lake)
    for key in [*(o.key for o in record.outputs), *(i.destination for i in record.inputs)]:
        assert (FaultKind.EXTRA, key) in found
    assert (FaultKind.MISCOUNTED, METRICS) in found
    assert (FaultKind.ORPHANED, f"gold/fact_sales/date={THIRD}/") not in found  # its rows are there


@pytest.mark.parametrize("data", [b"{", b"[]", b'{"version": 1}'])
def test_a_record_that_is_none_is_named(filled: Store, lake: Lake, data: bytes) -> None:
    key = one(filled, "audit/ingest/")
    filled.put(key, data)
    fault = only(filled, lake)
    assert (fault.kind, fault.key) == (FaultKind.UNREADABLE, key)


def test_a_record_without_a_figure_is_named(filled: Store, lake: Lake) -> None:
    def lose(document: dict[str, Any]) -> None:
        del first(document)["books"]["good"]

    edit_ledger(filled, lose)
    fault = only(filled, lake)
    assert fault.kind is FaultKind.UNREADABLE
    assert fault.key in keys(filled, "audit/ingest/")


# --- interruptions ----------------------------------------------------------------------


def test_every_interrupted_publication_is_told_as_such_and_recovers(
    local_store: Store, lake: Lake
) -> None:
    place(local_store, "first.csv", csv(sale("T1"), sale("T3", OTHER), sale("T4", quantity="x")))
    dataset = lakes.dataset_of(lake)
    committed = 0
    for number in range(1, 20):
        try:
            ingest(killed_at(local_store, number, late=True), lake, dataset, ENGINE)
        except lakes.Killed:
            found = reconcile(local_store, lake).faults
            if not ledger(local_store):
                assert found == []
                continue
            committed += 1
            if keys(local_store, "validated/"):
                (fault,) = found
                assert (fault.kind, fault.key) == (FaultKind.INTERRUPTED, "validated/first.csv")
                assert "`lake recover`" in fault.detail
            recover(local_store, lake, dataset)
            found = reconcile(local_store, lake).faults
            assert found == []
            break
    assert committed


def test_a_file_of_the_same_name_that_no_commit_names_waits(filled: Store, lake: Lake) -> None:
    place(filled, "first.csv", csv(sale("T9")), LATER)
    found = report(filled, lake)
    assert (found.waiting, found.faults) == (("validated/first.csv",), ())


# --- gold -------------------------------------------------------------------------------


def test_a_value_that_changed_in_gold_is_found(filled: Store, lake: Lake) -> None:
    regold(filled, lambda rows: rows.with_columns(pl.lit("S9").alias("store_id")))
    fault = only(filled, lake)
    assert (fault.kind, fault.key) == (FaultKind.CHANGED, f"gold/fact_sales/date={DAY}/")
    assert "2 rows are not the latest" in fault.detail


def test_an_older_row_in_gold_is_found(filled: Store, lake: Lake) -> None:
    older = table(filled, f"processed/date={DAY}/").filter(pl.col("source_file") == "first.csv")
    older = older.unique("transaction_id", keep="last", maintain_order=True)
    assert older.height == 2
    filled.put(GOLD, to_parquet(older.with_columns(pl.lit("").alias("row_hash"))))
    fault = only(filled, lake)
    assert fault.kind is FaultKind.CHANGED
    assert "1 rows are not the latest" in fault.detail


def test_a_key_twice_in_gold_is_doubled_also_on_a_stale_date(filled: Store, lake: Lake) -> None:
    regold(filled, lambda rows: pl.concat([rows, rows.head(1)]))
    fault = only(filled, lake)
    assert (fault.kind, fault.key) == (FaultKind.DOUBLED, f"gold/fact_sales/date={DAY}/")
    filled.put(f"audit/gold_compaction/stale/date={DAY}/mine", b"")
    assert only(filled, lake) == fault


def test_a_row_that_gold_lost_is_miscounted(filled: Store, lake: Lake) -> None:
    regold(filled, lambda rows: rows.head(1))
    fault = only(filled, lake)
    assert (fault.kind, fault.key) == (FaultKind.MISCOUNTED, f"gold/fact_sales/date={DAY}/")


@pytest.mark.parametrize("quick", [False, True])
@pytest.mark.parametrize(
    "figure", ["total_rows_in_source_partition", "rows_after_dedup", "duplicate_rows_removed"]
)
def test_an_audit_that_does_not_add_up_is_miscounted(
    filled: Store, lake: Lake, figure: str, quick: bool
) -> None:
    def shift(document: dict[str, Any]) -> None:
        document[figure] += 1

    edit(filled, METRICS, shift)
    assert set(faults(filled, lake, quick=quick)) == {(FaultKind.MISCOUNTED, METRICS)}


def test_an_audit_that_adds_up_and_is_not_that_of_gold_is_miscounted(
    filled: Store, lake: Lake
) -> None:
    def shift(document: dict[str, Any]) -> None:
        document["rows_after_dedup"] += 1
        document["duplicate_rows_removed"] -= 1

    edit(filled, METRICS, shift)
    assert faults(filled, lake) == [(FaultKind.MISCOUNTED, f"gold/fact_sales/date={DAY}/")]


@pytest.mark.parametrize("data", [b"{", b"[]", b'{"rows_after_dedup": "many"}'])
def test_an_audit_that_is_none_is_unreadable(filled: Store, lake: Lake, data: bytes) -> None:
    filled.put(METRICS, data)
    assert faults(filled, lake) == [(FaultKind.UNREADABLE, METRICS)]


def test_gold_without_its_audit_is_found(filled: Store, lake: Lake) -> None:
    filled.delete(METRICS)
    assert faults(filled, lake) == [(FaultKind.MISSING, METRICS)]


@pytest.mark.parametrize("quick", [False, True])
def test_processed_rows_without_gold_are_found(filled: Store, lake: Lake, quick: bool) -> None:
    filled.delete(GOLD)
    fault = only(filled, lake, quick=quick)
    assert (fault.kind, fault.key) == (FaultKind.MISSING, f"gold/fact_sales/date={DAY}/")
    assert "`lake rebuild`" in fault.detail


def test_a_file_of_gold_that_is_gone_is_found_by_the_audit(store: Store, lake: Lake) -> None:
    place(store, "first.csv", csv(sale("T1")))
    run(store, lake)
    second = GOLD.replace("0000", "0001")
    edit(store, METRICS, lambda document: document["outputs"].append(second))
    assert faults(store, lake) == [(FaultKind.MISSING, second)]


@pytest.mark.parametrize("quick", [False, True])
def test_gold_of_a_date_without_processed_rows_is_orphaned(
    filled: Store, lake: Lake, quick: bool
) -> None:
    filled.put("gold/fact_sales/date=2024-02-29/part-0000.snappy.parquet", filled.read(GOLD))
    assert faults(filled, lake, quick=quick) == [
        (FaultKind.ORPHANED, "gold/fact_sales/date=2024-02-29/")
    ]


def test_gold_that_is_no_parquet_is_unreadable(filled: Store, lake: Lake) -> None:
    filled.put(GOLD, b"no Parquet")
    fault = only(filled, lake)
    assert (fault.kind, fault.key) == (FaultKind.UNREADABLE, f"gold/fact_sales/date={DAY}/")


def test_damaged_processed_rows_are_not_blamed_on_gold_as_well(filled: Store, lake: Lake) -> None:
    key = one(filled, f"processed/date={DAY}/")
    rows = table(filled, key)
    filled.put(key, to_parquet(rows.with_columns(pl.lit("S9").alias("store_id"))))
    assert {kind for kind, _ in faults(filled, lake)} == {FaultKind.CHANGED}
    assert only(filled, lake).key == key


def test_dates_of_many_files_are_compared_whole(local_store: Store, lake: Lake) -> None:
    for at in range(5):
        rows = [sale(f"T{n}", quantity=at + 1) for n in range(at, 40)]
        place(local_store, f"f{at}.csv", csv(*rows), ARRIVED + timedelta(hours=at))
        run(local_store, lake)
    found = report(local_store, lake)
    assert found.faults == ()
    assert (found.totals.gold, found.totals.superseded) == (40, 150)
