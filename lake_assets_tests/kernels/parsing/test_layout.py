"""What is decided from a file's head."""

import pytest

from lake_assets.kernels.parsing.layout import read_layout
from lake_assets.kernels.refusal import FileRefusedError
from lake_assets_tests.kernels.reading import retail, small

NEEDED = ["transaction_id", "store_id", "timestamp", "item_id", "quantity", "unit_price", "revenue"]
ROW = "a,2025-01-02,1,x\n"


def refusal(data: bytes, *, whole: bool = True) -> FileRefusedError:
    with pytest.raises(FileRefusedError) as refused:
        read_layout(data, small(), whole=whole)
    return refused.value


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_header_tells_the_delimiter(delimiter: str) -> None:
    header = delimiter.join([*NEEDED, "Extra, with; signs" if delimiter in "\t|" else "Extra"])
    layout = read_layout(f"{header}\n1\n".encode(), retail(), whole=True)
    assert layout.delimiter == delimiter
    assert layout.width == 8
    assert [layout.positions[name] for name in NEEDED] == [(n,) for n in range(7)]


def test_columns_may_come_in_any_order_under_any_alias_and_extras_are_reported() -> None:
    header = "Qty.,Shop ID,TXN-ID,discount_code,Timestamp,Product ID,Price,Revenue($),customer id"
    layout = read_layout(f"{header}\n1\n".encode(), retail(), whole=True)
    assert layout.extra == ("discount_code",)
    assert layout.positions == {
        "quantity": (0,), "store_id": (1,), "transaction_id": (2,), "timestamp": (4,),
        "item_id": (5,), "unit_price": (6,), "revenue": (7,), "customer_id": (8,),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("data", "reason", "named"),
    [
        (b"", "empty_file", ""),
        (b" \r\n\n", "empty_file", ""),
        (b"\xef\xbb\xbf", "empty_file", ""),
        (b"id,at,n,note", "no_data_rows_found", ""),
        (b"id,at,n,note\n,,,\n\n", "no_data_rows_found", ""),
        (b"id,n,note\n1,2,3\n", "missing_columns", "at"),
        (b"n,note\n1,2\n", "missing_columns", "id, at"),
        (b"whatever\n1\n", "delimiter_detection_failed", "whatever"),
        (b"\0\0\0", "empty_file", "no text"),
        (b"\xff\xfei\0d\0,\0\n", "missing_columns", "\ufffd"),
        (b"i" * 200_000 + b",at\n1,2\n", "error_reading_file", "header"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_the_reason(
    data: bytes, reason: str, named: str
) -> None:
    refused = refusal(data)
    assert refused.reason == reason
    assert named in refused.detail


def test_a_header_longer_than_the_head_is_refused_not_cut() -> None:
    assert refusal(b"id,at,n,note,more,mo", whole=False).reason == "error_reading_file"
    assert read_layout(b"id,at,n,note\n", small(), whole=False).width == 4


def test_blank_lines_before_the_header_are_counted() -> None:
    layout = read_layout(f"\n \r\n\nid,at,n,note\r\n{ROW}".encode(), small(), whole=True)
    assert (layout.header_line, layout.header) == (4, "id,at,n,note")


def test_a_quoted_header_is_unquoted() -> None:
    layout = read_layout(b'"id";"at";"n";"a;note"\n1\n', small(), whole=True)
    assert (layout.delimiter, layout.width, layout.extra) == (";", 4, ("a;note",))


def test_a_text_in_none_of_the_encodings_is_refused() -> None:
    dataset = small(format={"encodings": ["ascii"]})
    with pytest.raises(
        FileRefusedError,
        match=r"undecodable: .* none of the encodings ascii; it looks most like utf-8",
    ):
        read_layout("é,at\n".encode(), dataset, whole=True)
