"""From a file to the dates and gold rows that it feeds."""

from datetime import timedelta

import pytest

from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.format import Undecodable
from lake_assets.contracts.lake import Lake
from lake_assets.jobs.ingest import ingest
from lake_assets.jobs.tracing.file_history import DateUse, FileTrace, FileVersion, trace_file
from lake_assets.storage import Store
from lake_assets_tests.jobs.lakes import (
    ARRIVED,
    ENGINE,
    contract,
    csv,
    dataset_of,
    drop,
    keys,
    ledger,
    place,
    run,
    sale,
)

LATER = ARRIVED + timedelta(days=2)
DAY, OTHER = "2025-05-30", "2025-05-29"


@pytest.fixture
def corrected(local_store: Store, lake: Lake) -> Store:
    """A lake in which two late files correct rows of the first one."""
    return correct(local_store, lake)


@pytest.fixture
def everywhere(store: Store, lake: Lake) -> Store:
    """The same on a directory and on S3."""
    return correct(store, lake)


def correct(store: Store, lake: Lake) -> Store:
    rows = [
        sale("T1"),
        sale("T2"),
        sale("T3"),
        sale("T3"),
        sale("T4", OTHER),
        sale("T5", quantity="x"),
    ]
    place(store, "first.csv", csv(*rows))
    run(store, lake)
    place(store, "second.csv", csv(sale("T1", quantity=5)), LATER)
    place(store, "third.csv", csv(sale("T2", quantity=6)), LATER)
    run(store, lake)
    return store


def versions(store: Store, dataset: Dataset, name: str) -> tuple[FileVersion, ...]:
    return trace_file(store, dataset, name).versions


def test_the_rows_of_each_date_are_in_gold_or_superseded_by_a_file(
    everywhere: Store, dataset: Dataset
) -> None:
    (first,) = versions(everywhere, dataset, "first.csv")
    superseded = {"first.csv": 1, "second.csv": 1, "third.csv": 1}
    assert first.dates == (DateUse(OTHER, 1, 1, {}, 0), DateUse(DAY, 4, 1, superseded, 0))
    assert [use.missing for use in first.dates] == [0, 0]
    (second,) = versions(everywhere, dataset, "second.csv")
    assert second.dates == (DateUse(DAY, 1, 1, {}, 0),)


def test_a_version_has_its_books_and_its_run(corrected: Store, dataset: Dataset) -> None:
    (first,) = versions(corrected, dataset, "first.csv")
    record, item = next(
        (r, i) for r in ledger(corrected) for i in r.inputs if i.source_file == "first.csv"
    )
    assert first.outcome == "ingested"
    assert (first.ingest_run_id, first.contract_version) == (
        record.ingest_run_id,
        record.contract_version,
    )
    assert (first.key, first.sha256, first.arrived) == (item.destination, item.sha256, ARRIVED)
    assert (first.books.rows_read, first.books.good) == (6, 5)
    assert first.books.reasons == {"INVALID_NUMBER:quantity": 1}


@pytest.mark.parametrize("what", ["sha256", "destination"])
def test_a_file_is_known_by_its_bytes_and_by_its_key(
    corrected: Store, dataset: Dataset, what: str
) -> None:
    item = ledger(corrected)[0].inputs[0]
    (found,) = versions(corrected, dataset, getattr(item, what))
    assert found.source_file == "first.csv"


def test_every_version_of_a_name_is_told_in_the_order_of_arrival(
    everywhere: Store, lake: Lake, dataset: Dataset
) -> None:
    again = LATER + timedelta(days=1)
    place(everywhere, "first.csv", csv(sale("T1", quantity=8)), again)
    run(everywhere, lake)
    old, new = versions(everywhere, dataset, "first.csv")
    assert (old.arrived, new.arrived) == (ARRIVED, again)
    assert old.dates[1].superseded == {"first.csv": 2, "third.csv": 1}
    assert new.dates == (DateUse(DAY, 1, 1, {}, 0),)


def test_the_same_bytes_again_are_a_duplicate_that_feeds_nothing(
    corrected: Store, lake: Lake, dataset: Dataset
) -> None:
    place(corrected, "copy.csv", csv(sale("T1", quantity=5)), LATER + timedelta(days=1))
    run(corrected, lake)
    (copy,) = versions(corrected, dataset, "copy.csv")
    assert copy.outcome == "duplicate"
    assert copy.detail is not None
    assert "second.csv" in copy.detail
    assert (copy.books.duplicate, copy.dates) == (1, ())
    assert len(versions(corrected, dataset, copy.sha256)) == 2


def test_a_file_refused_at_the_door_is_known_by_its_reason(
    store: Store, lake: Lake, dataset: Dataset
) -> None:
    drop(store, "in/empty.v1.csv", b"")
    drop(store, "in/empty.v2.csv", b"")
    run(store, lake)
    (found,) = versions(store, dataset, "in/empty.v1.csv")
    assert (found.outcome, found.reason) == ("refused", "empty_file")
    assert found.ingest_run_id is None
    assert found.key in keys(store, "rejected/system/")
    assert versions(store, dataset, found.key) == (found,)


def test_a_file_refused_while_it_was_read_is_told_once(store: Store) -> None:
    limits = dataset_of(contract()).format
    lake = contract(format=limits.model_copy(update={"undecodable": Undecodable.REFUSE}))
    dataset = dataset_of(lake)
    place(store, "bad.csv", csv(sale("T1"), sale("Tö")).replace(b"T1", b"T\xff"))
    run(store, lake)
    (found,) = versions(store, dataset, "bad.csv")
    assert (found.outcome, found.reason) == ("refused", "undecodable")
    assert found.ingest_run_id is not None


def test_a_file_that_waits_is_told_where(corrected: Store, dataset: Dataset) -> None:
    drop(corrected, "first.csv", csv(sale("T7")))
    drop(corrected, "first.csv.bak", csv(sale("T7")))
    place(corrected, "first~0123456789ab.csv", csv(sale("T8")))
    found = trace_file(corrected, dataset, "first.csv")
    assert found.waiting == ("raw/first.csv", "validated/first~0123456789ab.csv")
    assert len(found.versions) == 1


def test_an_unknown_file_has_no_version(corrected: Store, dataset: Dataset) -> None:
    found = trace_file(corrected, dataset, "second")
    assert found == FileTrace((), ())


def test_rows_that_gold_has_yet_to_take_up_wait(
    corrected: Store, lake: Lake, dataset: Dataset
) -> None:
    place(corrected, "new.csv", csv(sale("T1", quantity=9), sale("T8")), LATER + timedelta(days=1))
    ingest(corrected, lake, dataset, ENGINE)  # without the compaction that follows
    (new,) = versions(corrected, dataset, "new.csv")
    assert new.dates == (DateUse(DAY, 2, 0, {}, 2),)
    (second,) = versions(corrected, dataset, "second.csv")
    assert second.dates == (DateUse(DAY, 1, 1, {}, 0),)


def test_rows_that_are_not_in_processed_any_more_are_missing(
    corrected: Store, dataset: Dataset
) -> None:
    record = next(r for r in ledger(corrected) if r.inputs[0].source_file == "first.csv")
    for staged in record.outputs:
        if f"date={DAY}" in staged.key:
            corrected.delete(staged.key)
    (first,) = versions(corrected, dataset, "first.csv")
    assert [(use.date, use.missing) for use in first.dates] == [(OTHER, 0), (DAY, 4)]
