"""How rejects are written."""

import csv
import io
import json

import pytest

from lake_assets.kernels.rejects import to_csv, to_ndjson
from lake_assets_tests.kernels.reading import read, retail, small

RAW = 'b,2025-99-02,1,"quote "" é\u2028 \\ \t\n=1+1"'


def cells(content: str | bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(to_csv(read(content).rejects).decode(), newline="")))


def test_a_reject_record_has_the_columns_of_the_specification() -> None:
    header = "transaction_id,store_id,timestamp,item_id,quantity,unit_price,revenue"
    rejects = read(f"{header}\nt,s,2025-01-02,i,1,-2.50,9\n", retail()).rejects
    assert rejects.columns == [
        "raw_row", "transaction_id", "store_id", "timestamp_raw", "timestamp_parsed", "item_id",
        "item_category", "quantity", "unit_price", "revenue", "payment_method", "customer_id",
        "reject_reason", "reject_reasons", "source_file", "line_number", "ingest_run_id",
        "ingest_ts", "contract_version",
    ]  # fmt: skip
    record = json.loads(to_ndjson(rejects))
    assert record["unit_price"] == "-2.50"
    assert record["timestamp_parsed"] == "2025-01-02T00:00:00.000000Z"
    assert record["ingest_ts"] == "2025-12-31T23:59:59.123456Z"
    assert record["reject_reason"] == record["reject_reasons"][0]
    assert [reason.partition(":")[2] for reason in record["reject_reasons"]] == [
        "revenue_balances", "unit_price_positive",
    ]  # fmt: skip


def test_json_gives_back_the_raw_row_to_the_byte() -> None:
    rows = read(f"id,at,n,note\n{RAW}\nc,2025-01-02,\0\x1f\x7f,x\n")
    records = [json.loads(line) for line in to_ndjson(rows.rejects).splitlines()]
    assert [record["raw_row"] for record in records] == [RAW, "c,2025-01-02,\0\x1f\x7f,x"]
    assert [record["line_number"] for record in records] == [2, 4]


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_the_raw_row_keeps_the_line_ends_within_it_whatever_the_others_are(newline: str) -> None:
    raw = f'b,2025-99-02,1,"x{newline}y"'
    for other in ("\n", "\r\n"):
        assert read(f"id,at,n,note{other}a,2025-01-02,1,{other}{raw}{other}").rejects[
            "raw_row"
        ].to_list() == [raw]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "=cmd|' /C calc'!A0", "-2+3", "+1", "-١"])
def test_csv_cannot_run_as_a_formula(start: str) -> None:
    row = f"{start}x,2025-99-02,1,{start}x"
    [record] = cells(f"id,at,n,note\n{row}\n")
    assert (record["raw_row"], record["id"], record["note"]) == (
        f"'{row}", f"'{start}x", f"'{start}x",
    )  # fmt: skip


def test_csv_leaves_negative_numbers_and_plain_text_alone() -> None:
    [record] = cells("id,at,n,note\na,2025-99-02,-5,-12.50\n")
    assert (record["raw_row"], record["n"], record["note"]) == (
        "a,2025-99-02,-5,-12.50", "-5", "-12.50",
    )  # fmt: skip


def test_csv_is_quoted_throughout_and_joins_the_reasons() -> None:
    text = to_csv(read(f"id,at,n,note\n,2025-99-02,x,{'y'}\n").rejects).decode()
    assert all(line.startswith('"') and line.endswith('"') for line in text.splitlines())
    assert '"MISSING_REQUIRED_COLUMN:id; INVALID_TIMESTAMP_FORMAT:at; INVALID_NUMBER:n"' in text


def test_no_rejects_are_no_lines() -> None:
    rejects = read("id,at,n,note\na,2025-01-02,1,x\n", small()).rejects
    assert to_ndjson(rejects) == b""
    assert to_csv(rejects).count(b"\n") == 1
