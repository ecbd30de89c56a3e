"""From bytes to good rows, rejects and books: nothing is ever lost on the way."""

import re
from collections import Counter
from datetime import date, datetime

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lake_assets.kernels.gold import to_gold
from lake_assets.kernels.refusal import FileRefusedError
from lake_assets.samples import SampleFile, gold_rows, retail_files
from lake_assets_tests.kernels.reading import HEADER, lines, read, reasons, retail, small, with_rule

FRAGMENTS = [
    b"a,2025-01-02,1,x\n", b"b;2025-01-02;1;x\n", b'"c","2025-01-02",1,"x\ny"\r\n',
    b"id,at,n,note\n",
    b"d,03/04/2025,1,\n", b"e,25/04/2025,1,\n", b"f,04/25/2025,1,\n", b"g,2025-02-30,2.5,\n",
    b",,,\n", b'"', b'"', b'""', b",", b",", b";", b"|", b"\t", b"\n", b"\n", b"\r\n", b"\r", b"\0",
    b"a", b"1", b"2025-01-02", b" ", b"\xff", b"\xc3", "é".encode(), b"\xef\xbb\xbf", b"\x85",
    "\u2028".encode(), b"\x0b\x0c\x1c\x1f", bytes(range(1, 32)),
]  # fmt: skip
BODIES = st.one_of(
    st.lists(st.sampled_from(FRAGMENTS), max_size=40).map(b"".join), st.binary(max_size=200)
)
DATASET = with_rule("n > 0 AND note NOT LIKE '%|%'")


@settings(derandomize=True, max_examples=120, deadline=None)
@given(BODIES, st.sampled_from(["id,at,n,note", "ID|AT|N|Note", '"n";"at";"extra";"id"']))
def test_whatever_bytes_stand_below_a_header_every_row_is_accounted_for(
    body: bytes, header: str
) -> None:
    data = header.encode() + b"\n" + body
    try:
        rows = read(data, DATASET)
    except FileRefusedError:
        return
    books = rows.books
    assert books.unaccounted == 0
    assert books.lines == len(re.findall(rb"\r\n?|\n|[^\r\n]\Z", data))
    assert (rows.good.height, rows.rejects.height) == (books.good, books.rejected)
    assert sum(books.reasons.values()) == books.rejected
    assert sum(books.dates.values()) == books.good
    assert rows.rejects["raw_row"].null_count() == 0
    assert rows.rejects["reject_reason"].null_count() == 0
    numbers = [*lines(rows), *rows.rejects["line_number"]]
    assert len(set(numbers)) == len(numbers)
    physical = re.split("\r\n?|\n", body.decode("utf-8", "replace"))
    for number, raw in rows.rejects.select("line_number", "raw_row").iter_rows():
        if "\ufffd" not in (line := physical[number - 2]):
            assert re.split("\r\n?|\n", raw)[0] == line


@pytest.mark.parametrize("ends", [("\r", "\r"), ("\n", "\r"), ("\r", "\n"), ("\r\n", "\r")])
def test_lines_may_end_in_a_carriage_return(ends: tuple[str, str]) -> None:
    one, other = ends
    rows = read(f'{HEADER[:-1]}{one}a,2025-01-02,1,x{other}b,2025-01-02,2,"y{other}z"{one}c{one}')
    assert rows.good.select("line_number", "id", "note").rows() == [
        (2, "a", "x"),
        (3, "b", f"y{other}z"),
    ]
    assert reasons(rows) == {5: ["STRUCTURAL:too few cells"]}
    assert (rows.books.lines, rows.books.unaccounted) == (5, 0)


def test_an_undecodable_byte_costs_its_row_or_where_the_contract_says_so_the_file() -> None:
    data = f"{HEADER}a,2025-01-02,1,東\nb,2025-01-02,1,京\n".encode("cp932").replace(
        b"b,", b"\x81,"
    )
    contract = {"encodings": ["cp932"]}
    rows = read(data, small(format=contract))
    assert rows.good["note"].to_list() == ["東"]
    assert reasons(rows) == {3: ["STRUCTURAL:undecodable bytes"]}
    with pytest.raises(FileRefusedError, match=r"undecodable: 1 rows .* first in line 3"):
        read(data, small(format={**contract, "undecodable": "refuse"}))


@settings(derandomize=True, max_examples=60, deadline=None)
@given(st.one_of(st.lists(st.sampled_from([b"id", b"at", *FRAGMENTS]), max_size=12).map(b"".join)))
def test_any_file_at_all_is_read_or_refused_with_a_reason(data: bytes) -> None:
    try:
        rows = read(data)
    except FileRefusedError:
        return
    assert rows.books.unaccounted == 0


@pytest.fixture(scope="module")
def samples() -> list[SampleFile]:
    return list(retail_files(seed=3, files=8, rows=700, days=4, duplicates=0.05))


def test_the_kernels_find_what_the_generator_put_into_each_file(samples: list[SampleFile]) -> None:
    good: list[pl.DataFrame] = []
    for file in samples:
        rows = read(file.content, retail(), file.name)
        found: Counter[str] = Counter()
        for reason, count in rows.books.reasons.items():
            found[reason.partition(":")[0]] += count
        truth = file.truth
        assert rows.books.unaccounted == 0
        assert rows.books.rows_read == truth.rows_read, file.name
        assert rows.books.good == truth.good, file.name
        assert dict(found) == dict(truth.rejected), file.name
        assert rows.books.skipped == truth.skipped, file.name
        assert rows.books.dates == {str(day): count for day, count in truth.dates.items()}
        good.append(rows.good)
    assert sum(read(file.content, retail(), file.name).books.recovered for file in samples) > 0
    day = pl.col("timestamp").dt.date()
    every = pl.concat(good)
    assert {
        date: to_gold(every.filter(day == date), retail()).height
        for date in every.select(day.unique().sort()).to_series()
    } == gold_rows(samples)


def test_files_that_the_generator_means_to_be_refused_are_refused_for_that_reason() -> None:
    for file in retail_files(files=0, refused=12):
        with pytest.raises(FileRefusedError) as refusal:
            read(file.content, retail(), file.name)
        assert refusal.value.reason == file.truth.system_reject, file.name


def test_an_empty_transaction_id_is_rejected_not_merged_with_others() -> None:
    header = "transaction_id,store_id,timestamp,item_id,quantity,unit_price,revenue"
    row = "s,2025-01-02,i,1,2.50,2.50\n"
    rows = read(f"{header}\n,{row} ,{row}n/a,{row}x,{row}", retail())
    assert rows.good["transaction_id"].to_list() == ["x"]
    assert reasons(rows) == {line: ["MISSING_REQUIRED_COLUMN:transaction_id"] for line in (2, 3, 4)}


@pytest.mark.parametrize("last", ["\n", "\r\n", ""])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_the_last_line_counts_with_or_without_its_line_end(newline: str, last: str) -> None:
    rows = read(f"{HEADER}a,2025-01-02,1,x\nb,2025-01-02,2,y".replace("\n", newline) + last)
    assert rows.good.select("id", "n", "note").rows() == [("a", 1, "x"), ("b", 2, "y")]
    assert (rows.books.lines, rows.books.rows_read) == (3, 2)


def test_a_quoted_line_feed_spans_lines_and_later_line_numbers_are_right() -> None:
    content = f'{HEADER}a,2025-01-02,1,"x\ny\nz"\nb,2025-99-02,1,\nc,2025-01-02,1,\n'
    for text in (content, content.replace("\n", "\r\n")):
        rows = read(text)
        assert lines(rows) == [2, 6]
        assert list(reasons(rows)) == [5]
        assert (rows.books.continuations, rows.books.rows_read) == (2, 3)


def test_blank_lines_above_the_header_are_skipped_rows() -> None:
    rows = read(f"\n \n{HEADER}\na,2025-01-02,1,x\n")
    assert lines(rows) == [5]
    assert (rows.books.headers, rows.books.skipped, rows.books.unaccounted) == (1, 3, 0)


def test_money_in_quotes_and_a_quantity_with_a_fraction() -> None:
    header = "txn_id|storeid|timestamp|itemid|qty|price|amount"
    rows = read(
        f'{header}\nt|s|01/31/2025 1:05|i|2|"$1,040.00"|$2,080\nu|s|20250131|i|2.5|1|2.50\n',
        retail(),
    )
    assert rows.good["revenue"].cast(pl.String).to_list() == ["2080.00"]
    assert reasons(rows)[3][0] == "INVALID_NUMBER:quantity"
    assert rows.rejects["quantity"].to_list() == [None]


def test_every_row_carries_where_it_comes_from() -> None:
    rows = read(f"{HEADER}a,2025-01-02,1,x\nb,,1,x\n", name="till/7.csv")
    lineage = ["source_file", "line_number", "ingest_run_id", "ingest_ts", "contract_version"]
    arrived = datetime(2025, 12, 31, 23, 59, 59, 123456)
    assert rows.good.select(lineage).row(0) == ("till/7.csv", 2, "run", arrived, "1")
    assert rows.rejects.select(lineage).row(0) == ("till/7.csv", 3, "run", arrived, "1")
    assert rows.books.dates == {str(date(2025, 1, 2)): 1}


def test_a_missing_optional_column_is_null() -> None:
    assert read("at,id\n2025-01-02,a\n", small()).good.row(0)[2:4] == (None, None)
