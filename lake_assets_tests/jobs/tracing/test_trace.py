"""From a gold row to every row that it was chosen from, and to the text of each in its file."""

import hashlib
from datetime import timedelta

import pytest

from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.lake import Lake
from lake_assets.jobs.ingest import ingest
from lake_assets.jobs.tracing.found_rows import UnreadableRowsError
from lake_assets.jobs.tracing.origins import State
from lake_assets.jobs.tracing.trace import RowTrace, TraceError, read_key, trace_row
from lake_assets.storage import Store
from lake_assets_tests.jobs import lakes
from lake_assets_tests.jobs.lakes import ARRIVED, ENGINE, csv, keys, ledger, place, run, sale

LATER = ARRIVED + timedelta(days=2)
DAY, OTHER = "2025-05-30", "2025-05-29"


@pytest.fixture
def corrected(local_store: Store, lake: Lake) -> Store:
    """A lake in which a late file corrects a row of the first one."""
    return correct(local_store, lake)


@pytest.fixture
def everywhere(store: Store, lake: Lake) -> Store:
    """The same on a directory and on S3."""
    return correct(store, lake)


def correct(store: Store, lake: Lake) -> Store:
    place(store, "first.csv", csv(sale("T1"), sale("T2"), sale("T3", OTHER)))
    run(store, lake)
    place(store, "late/second.csv", csv(sale("T9"), sale("T1", quantity=5)), LATER)
    run(store, lake)
    return store


def trace(store: Store, dataset: Dataset, transaction: str, day: str | None = None):
    return trace_row(store, dataset, {"transaction_id": transaction}, day)


def only(traces: list[RowTrace]) -> RowTrace:
    (found,) = traces
    return found


def test_the_row_in_gold_and_those_it_superseded_are_told(
    everywhere: Store, dataset: Dataset
) -> None:
    found = only(trace(everywhere, dataset, "T1"))
    assert found.date == DAY
    assert found.gold is not None
    assert found.gold["quantity"] == 5
    assert found.object == f"gold/fact_sales/date={DAY}/part-0000.snappy.parquet"
    assert not found.stale
    assert found.is_explained
    assert [(o.state, o.source_file, o.line_number, o.arrived) for o in found.origins] == [
        (State.GOLD, "late/second.csv", 3, LATER),
        (State.SUPERSEDED, "first.csv", 2, ARRIVED),
    ]


def test_each_row_leads_to_its_run_and_to_the_text_in_the_archive(
    everywhere: Store, dataset: Dataset
) -> None:
    runs = {item.source_file: (r, item) for r in ledger(everywhere) for item in r.inputs}
    found = only(trace(everywhere, dataset, "T1"))
    assert [origin.raw for origin in found.origins] == [sale("T1", quantity=5), sale("T1")]
    for origin in found.origins:
        record, item = runs[origin.source_file]
        assert origin.ingest_run_id == record.ingest_run_id
        assert origin.contract_version == record.contract_version
        assert origin.archive == item.destination
        assert origin.archive is not None
        assert hashlib.sha256(everywhere.read(origin.archive)).hexdigest() == origin.sha256
        assert origin.object in keys(everywhere, f"processed/date={DAY}/")
        assert origin.fault is None


def test_two_rows_of_one_file_are_told_apart(store: Store, lake: Lake, dataset: Dataset) -> None:
    place(store, "twice.csv", csv(sale("T1"), sale("T2"), sale("T1", quantity=3)))
    run(store, lake)
    found = only(trace(store, dataset, "T1"))
    assert [(o.state, o.line_number, o.raw) for o in found.origins] == [
        (State.GOLD, 4, sale("T1", quantity=3)),
        (State.SUPERSEDED, 2, sale("T1")),
    ]


def test_a_key_on_two_dates_has_a_trace_for_each(
    store: Store, lake: Lake, dataset: Dataset
) -> None:
    place(store, "two.csv", csv(sale("T1"), sale("T1", OTHER)))
    run(store, lake)
    assert [found.date for found in trace(store, dataset, "T1")] == [OTHER, DAY]
    assert [found.date for found in trace(store, dataset, "T1", DAY)] == [DAY]


def test_with_a_date_only_that_partition_is_read(corrected: Store, dataset: Dataset) -> None:
    watched: list[str] = []

    def note(_: str, *args: object) -> None:
        watched.append(str(args[0]))

    store = lakes.hooked(corrected, before=note)
    assert trace(store, dataset, "T3", DAY) == []
    assert not [key for key in watched if OTHER in key]
    assert only(trace(store, dataset, "T3", OTHER)).origins[0].line_number == 4


def test_an_unknown_key_has_no_trace(corrected: Store, dataset: Dataset) -> None:
    assert trace(corrected, dataset, "T4711") == []


def test_one_record_of_the_ledger_is_read_for_each_run(corrected: Store, dataset: Dataset) -> None:
    watched: list[str] = []

    def note(name: str, *args: object) -> None:
        if name == "read":
            watched.append(str(args[0]))

    trace(lakes.hooked(corrected, before=note), dataset, "T1")
    assert len([key for key in watched if key.startswith("audit/ingest/")]) == 2
    assert len(ledger(corrected)) == 2


def test_a_row_that_gold_does_not_have_yet_waits(
    corrected: Store, lake: Lake, dataset: Dataset
) -> None:
    newest = LATER + timedelta(days=1)
    place(corrected, "newest.csv", csv(sale("T1", quantity=7), sale("T5", OTHER)), newest)
    ingest(corrected, lake, dataset, ENGINE)  # without the compaction that follows
    found = only(trace(corrected, dataset, "T1"))
    assert found.stale
    assert found.is_explained
    assert [o.state for o in found.origins] == [State.WAITING, State.GOLD, State.SUPERSEDED]
    new = only(trace(corrected, dataset, "T5"))
    assert (new.date, new.gold, new.object) == (OTHER, None, None)
    assert [o.state for o in new.origins] == [State.WAITING]


def test_a_gold_row_that_is_none_of_processed_is_not_explained(
    corrected: Store, dataset: Dataset
) -> None:
    for key in keys(corrected, f"processed/date={DAY}/"):
        corrected.delete(key)
    found = only(trace(corrected, dataset, "T1"))
    assert found.gold is not None
    assert found.origins == []
    assert not found.is_explained


def test_an_archived_file_that_is_gone_costs_only_its_text(
    everywhere: Store, dataset: Dataset
) -> None:
    found = only(trace(everywhere, dataset, "T1"))
    archive = found.origins[1].archive
    assert archive is not None
    everywhere.delete(archive)
    first, second = only(trace(everywhere, dataset, "T1")).origins
    assert first.raw == sale("T1", quantity=5)
    assert second.raw is None
    assert second.fault is not None
    assert archive in second.fault


def test_an_archived_file_that_lost_its_lines_is_told(corrected: Store, dataset: Dataset) -> None:
    archive = only(trace(corrected, dataset, "T1")).origins[0].archive
    assert archive is not None
    corrected.put(archive, csv())
    origin = only(trace(corrected, dataset, "T1")).origins[0]
    assert origin.raw is None
    assert origin.fault is not None
    assert "does not have that line" in origin.fault


def test_a_run_that_the_ledger_lost_is_told(corrected: Store, dataset: Dataset) -> None:
    for key in keys(corrected, "audit/ingest/"):
        corrected.delete(key)
    for origin in only(trace(corrected, dataset, "T1")).origins:
        assert (origin.archive, origin.raw) == (None, None)
        assert origin.fault is not None
        assert origin.ingest_run_id in origin.fault


def test_an_object_that_is_no_parquet_is_named(corrected: Store, dataset: Dataset) -> None:
    key = keys(corrected, f"processed/date={DAY}/")[0]
    corrected.put(key, b"no Parquet")
    with pytest.raises(UnreadableRowsError, match=key):
        trace(corrected, dataset, "T1")


def test_a_key_of_several_columns_of_other_types_is_found(
    local_store: Store,
) -> None:
    lake = lakes.contract(key=["store_id", "quantity", "unit_price", "timestamp"])
    dataset = lakes.dataset_of(lake)
    place(local_store, "sales.csv", csv(sale("T1", quantity=3), sale("T2", quantity=4)))
    run(local_store, lake)
    key = read_key(
        dataset,
        {
            "store_id": "S1",
            "quantity": "4",
            "unit_price": "2.5",
            "timestamp": "2025-05-30T12:00:00+02:00",
        },
    )
    found = only(trace_row(local_store, dataset, key))
    assert [origin.raw for origin in found.origins] == [sale("T2", quantity=4)]


@pytest.mark.parametrize(
    "texts", [{}, {"store_id": "S1"}, {"transaction_id": "T1", "store_id": "S1"}]
)
def test_a_key_needs_exactly_its_columns(dataset: Dataset, texts: dict[str, str]) -> None:
    with pytest.raises(TraceError, match="transaction_id=VALUE"):
        read_key(dataset, texts)


@pytest.mark.parametrize(
    ("column", "text"),
    [
        ("quantity", "many"),
        ("unit_price", "2.505"),
        ("unit_price", "NaN"),
        ("unit_price", "two"),
        ("timestamp", "30.5.2025"),
    ],
)
def test_a_value_that_is_not_of_its_type_is_refused(column: str, text: str) -> None:
    dataset = lakes.dataset_of(lakes.contract(key=[column]))
    with pytest.raises(TraceError, match=column):
        read_key(dataset, {column: text})
