"""NDJSON from raw/ to gold: refused, cut, compressed, traced, replayed as CSV is."""

import bz2
import gzip
import json
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.format import NdjsonFormat
from lake_assets.contracts.lake import Lake
from lake_assets.jobs.ingest import ingest
from lake_assets.jobs.repair.rebuild import rebuild_dates
from lake_assets.jobs.tracing.raw_records import raw_records
from lake_assets.jobs.tracing.trace import trace_row
from lake_assets.jobs.validate import validate
from lake_assets.kernels.rejects import to_csv
from lake_assets.storage import Store
from lake_assets_tests.jobs.lakes import (
    ENGINE,
    assert_accounted,
    contents,
    contract,
    drop,
    ledger,
    place,
    refused_files,
    rejects,
    run,
    table,
)

REASONS = {
    "array.ndjson": (b'[{"transaction_id":1}]\n', "invalid_ndjson_format"),
    "pretty.ndjson": (b'{\n "transaction_id": 1\n}\n', "invalid_ndjson_format"),
    "csv.ndjson": (b"transaction_id,store_id\n1,2\n", "no_json_lines_detected"),
    "fields.ndjson": (b'{"transaction_id":1}\n', "missing_fields"),
    "empty.ndjson": (b" \n", "empty_file"),
    "parquet.ndjson": (b"PAR1\0\0", "error_reading_file"),
    "broken.ndjson.gz": (gzip.compress(b"{}" * 99)[:-9], "compression"),
}


def lake_of(**changes: Any) -> Lake:
    """Retail's contract, its files in NDJSON."""
    options = {key: changes.pop(key) for key in list(changes) if key in NdjsonFormat.model_fields}
    return contract(format=NdjsonFormat(type="ndjson", **options), **changes)


def sale(transaction: str, quantity: object = 1, **values: object) -> str:
    """A line, good if the quantity is."""
    total = quantity * 2.5 if isinstance(quantity, int) else 2.5
    row = {
        "transaction_id": transaction, "StoreID": "S1", "timestamp": "2025-05-30T10:00:00",
        "item_id": "I1", "quantity": quantity, "unit_price": 2.5, "revenue": total, **values,
    }  # fmt: skip
    return json.dumps(row)


def file(*lines: str) -> bytes:
    return "".join(f"{each}\n" for each in lines).encode()


def large_file(rows: int = 12_000) -> bytes:
    """Above 2 MB, with odd lines among those that are alike."""
    odd = {3: "oops", 4000: "", 9000: sale("X", mood="?"), 11_000: '{"transaction_id": [1]}'}
    return file(*(odd.get(n) or sale(f"T{n}", n % 7, extra={"n": n}) for n in range(rows)))


def test_a_file_goes_from_raw_to_gold_and_every_line_is_in_one_place(local_store: Store) -> None:
    drop(
        local_store,
        "sales.ndjson",
        file(sale("T1"), "oops", "", sale("T2", 0), sale("T1", 2, mood=7), "[1]"),
    )
    outcome = run(local_store, lake_of())
    (item,) = outcome.commits[0].inputs
    assert (item.books.rows_read, item.books.good, item.books.skipped) == (6, 2, 1)
    assert (item.encoding, item.delimiter, item.extra_columns) == ("utf-8", "", ["mood"])
    assert table(local_store, "gold/")["quantity"].to_list() == [2]
    found = {row["line_number"]: row for row in rejects(local_store)}
    assert {line: row["reject_reason"] for line, row in found.items()} == {
        2: "INVALID_JSON:malformed line",
        4: "BUSINESS_LOGIC_FAIL:quantity_positive",
        6: "INVALID_JSON:no object",
    }
    assert found[2]["raw_row"] == "oops"
    assert found[4]["raw_row"] == sale("T2", 0)
    assert found[4]["transaction_id"] == "T2"
    assert_accounted(local_store)


def test_rejected_lines_are_written_for_spreadsheets_too(local_store: Store) -> None:
    bad = '{"transaction_id": "=1+1", "note": "a\\"b,c"}'
    drop(local_store, "sales.ndjson", file(sale("T1"), bad))
    run(local_store, lake_of())
    (data,) = contents(local_store, "rejected/data_quality/csv/").values()
    row = pl.read_csv(data, infer_schema=False).row(0, named=True)
    assert row["raw_row"] == bad
    assert row["transaction_id"] == "'=1+1"
    assert to_csv(pl.DataFrame({"raw_row": [bad], "reject_reasons": [["x"]]}))


@pytest.mark.parametrize("name", REASONS)
def test_a_file_that_is_no_ndjson_is_refused_with_its_reason(local_store: Store, name: str) -> None:
    data, reason = REASONS[name]
    drop(local_store, name, data)
    (verdict,) = validate(local_store, lake_of(), lake_of().datasets[0])
    assert (verdict.outcome, verdict.reason) == ("refused", reason)
    assert refused_files(local_store) == {f"rejected/system/{name}": data}


def test_a_file_too_large_or_with_a_huge_line_is_refused(local_store: Store) -> None:
    drop(local_store, "large.ndjson", large_file())
    drop(local_store, "line.ndjson", file(sale("T1"), sale("T2", note="x" * 2000)))
    outcome = run(local_store, lake_of(max_file_mb=1, max_line_kb=1))
    reasons = {verdict.source_file: verdict.reason for verdict in outcome.verdicts}
    assert reasons["large.ndjson"] == "too_large"
    (item,) = outcome.commits[0].inputs
    assert (item.outcome, item.reason) == ("refused", "too_large")
    assert "line 2 is longer than 1,024 bytes" in (item.detail or "")


@pytest.mark.parametrize("kind", ["plain", "gzip", "bzip2", "utf-16"])
def test_a_large_file_in_pieces_has_the_rows_of_the_file_in_one(
    local_store: Store, other_store: Store, kind: str
) -> None:
    data = large_file()
    assert len(data) > 2_000_000
    written = {
        "plain": data, "gzip": gzip.compress(data), "bzip2": bz2.compress(data),
        "utf-16": data.decode().encode("utf-16"),
    }[kind]  # fmt: skip
    found = []
    for store, task_mb, content in ((local_store, 64, data), (other_store, 1, written)):
        place(store, "sales.ndjson", content)
        lake = lake_of(task_mb=task_mb)
        record = ingest(store, lake, lake.datasets[0], ENGINE)
        assert record
        (item,) = record.inputs
        found.append(
            (
                item.books,
                item.extra_columns,
                table(store, "processed/").drop("ingest_run_id"),
                sorted((row["line_number"], row["raw_row"]) for row in rejects(store)),
            )
        )
    (books, unknown, rows, rejected), (books_, unknown_, rows_, rejected_) = found
    assert (books, unknown, rejected) == (books_, unknown_, rejected_)
    assert unknown == ["extra", "mood"]
    assert_frame_equal(rows, rows_)


def test_many_small_files_are_one_commit(local_store: Store) -> None:
    for number in range(40):
        keys: dict[str, object] = {f"k{number % 3}": 1}
        drop(local_store, f"s{number}.ndjson", file(sale(f"T{number}", **keys), "x"))
    outcome = run(local_store, lake_of())
    (record,) = outcome.commits
    assert [item.books.good for item in record.inputs] == [1] * 40
    assert {tuple(item.extra_columns) for item in record.inputs} == {("k0",), ("k1",), ("k2",)}
    assert_accounted(local_store)


def test_a_gold_row_is_traced_to_its_line(local_store: Store) -> None:
    lines = ['{"x": "', sale("T1"), sale("T2", note='a "b'), '"}']
    drop(local_store, "sales.ndjson", file(*lines))
    lake = lake_of()
    run(local_store, lake)
    dataset: Dataset = lake.datasets[0]
    (trace,) = trace_row(local_store, dataset, {"transaction_id": "T2"})
    (origin,) = trace.origins
    assert origin.raw == lines[2]
    (record,) = ledger(local_store)
    found = raw_records(local_store, dataset, record.inputs[0], [1, 3, 4, 9])
    assert found == {1: lines[0], 3: lines[2], 4: lines[3]}


def test_a_date_is_rebuilt_byte_for_byte(local_store: Store) -> None:
    drop(local_store, "sales.ndjson", large_file(500))
    lake = lake_of()
    run(local_store, lake)
    before = contents(local_store, "processed/")
    for key in before:
        local_store.delete(key)
    rebuild_dates(local_store, lake.datasets[0], ENGINE, ["2025-05-30"])
    assert contents(local_store, "processed/") == before
