"""What must hold whatever the bytes: checked by property tests and by the fuzzer alike."""

import re
from dataclasses import replace
from functools import cache

import polars as pl
from polars.testing import assert_frame_equal

from lake_assets.contracts.dataset import Dataset
from lake_assets.kernels.accounting import Accounting
from lake_assets.kernels.block import Block, read_block
from lake_assets.kernels.decoding.cuts import find_cuts
from lake_assets.kernels.parsing.layout import Layout, read_layout
from lake_assets.kernels.parsing.texts import Text
from lake_assets.kernels.refusal import FileRefusedError
from lake_assets.kernels.values.evidence import Evidence
from lake_assets_tests.kernels.objects import objects
from lake_assets_tests.kernels.reading import provenance, retail, small

REASONS = {
    "empty_file", "undecodable", "delimiter_detection_failed", "missing_columns",
    "too_many_columns", "no_data_rows_found", "too_large", "error_reading_file",
    "invalid_ndjson_format", "no_json_lines_detected", "missing_fields",
}  # fmt: skip
HEADERS = (
    b"", b"id,at,n,note\n", b"\xef\xbb\xbfID;At;N;Note\r\n", b"note|n|at|id\r", b"extra\tid\tat\n",
    b"transaction_id,store_id,timestamp,item_id,quantity,unit_price,revenue,customer_id\n",
    b'{"id":"a","at":"2025-01-02","n":1,"note":"x"}\n',
)  # fmt: skip
END = re.compile("\r\n|\r|\n")


@cache
def contracts() -> tuple[Dataset, ...]:
    """The contracts under which inputs are read."""
    return (
        small(),
        retail(),
        small(format={"encodings": ["utf-8"], "max_record_lines": 2, "preamble_lines": 2}),
        small(format={"encodings": ["utf-8", "detect"], "totals": "(?i)^total"}),
        small(format={"encodings": ["shift_jis"], "max_field_kb": 1}),
        objects({"name": "more", "type": "json"}),
    )


def check(data: bytes) -> None:
    """Read ``data`` in each way that a run may read it, and check what must hold.

    The first two bytes choose the contract and a header that is put before the rest.

    Raises:
        AssertionError: a promise is broken.
    """
    choice = data[:2].ljust(2, b"\0")
    dataset = contracts()[choice[0] % len(contracts())]
    content = HEADERS[choice[1] % len(HEADERS)] + data[2:]
    layout = _layout(content, dataset)
    if isinstance(layout, FileRefusedError):
        assert layout.reason in REASONS
        assert layout.detail
        return
    text = Text(content, 1, layout, provenance())
    whole = read_block([text], dataset)
    check_conserved(whole, content, layout)
    check_batched(whole, text, dataset)
    check_cut(whole, text, dataset)


def _layout(content: bytes, dataset: Dataset) -> Layout | FileRefusedError:
    try:
        return read_layout(content, dataset, whole=True)
    except FileRefusedError as refusal:
        return refusal


def check_conserved(block: Block, content: bytes, layout: Layout) -> None:
    """Every row is in one place, at its own line, with its own text."""
    (result,) = block.pieces
    books = result.books
    assert books.unaccounted == 0
    assert min(books.skipped, books.continuations) >= 0
    assert (block.good.height, block.rejects.height) == (books.good, books.rejected)
    assert sum(books.reasons.values()) == books.rejected
    assert sum(books.dates.values()) == books.good
    assert block.rejects["reject_reason"].null_count() == 0
    assert block.rejects["raw_row"].null_count() == 0
    numbers = pl.concat([block.good["line_number"], block.rejects["line_number"]])
    assert numbers.n_unique() == numbers.len()
    try:
        physical = content[layout.encoding.mark :].decode(layout.encoding.name)
    except UnicodeDecodeError:
        return
    starts = [0, *(end.end() for end in END.finditer(physical))]
    if starts[-1] == len(physical):
        starts.pop()
    assert books.lines == len(starts)
    for number, raw in block.rejects.select("line_number", "raw_row").iter_rows():
        start = starts[number - 1]
        assert physical.startswith(raw, start)
        assert physical[start + len(raw) : start + len(raw) + 1] in {"", "\r", "\n"}


def check_batched(whole: Block, text: Text, dataset: Dataset) -> None:
    """A file reads alike, whatever else is in its block."""
    required = [column.name for column in dataset.columns if column.required]
    content = (",".join(required) + '\n"x,2025-01-02,1,\n03/04/2025,"y\n').encode()
    if dataset.format.type == "ndjson":
        content = b'{"id":"x","at":"03/04/2025","y":1}\noops\n\n'
    layout = read_layout(content, dataset, whole=True)
    other = Text(content, 1, layout, provenance("other.csv"))
    batch = read_block([other, text, other], dataset)
    alone, among = whole.pieces[0], batch.pieces[1]
    assert (among.books, among.readings) == (alone.books, alone.readings)
    assert among.unknown == alone.unknown
    mine = pl.col("source_file") == "file.csv"
    assert_frame_equal(batch.good.filter(mine), whole.good)
    assert_frame_equal(batch.rejects.filter(mine), whole.rejects)


def check_cut(whole: Block, text: Text, dataset: Dataset) -> None:
    """A file in pieces reads like the file in one."""
    if not text.layout.encoding.keeps_newlines:
        return
    cuts, _ = find_cuts([text.data], 64, dataset.format.record_lines, 1 << 20)
    top = text.layout.header_line + text.layout.header_lines
    if len(cuts) < 2 or cuts[1].first_line < top:
        return
    pieces = [
        replace(
            text,
            data=text.data[cut.start : cut.end],
            first_line=cut.first_line,
            last=cut.end == len(text.data),
        )
        for cut in cuts
    ]
    seen = [read_block([piece], dataset).pieces[0].evidence for piece in pieces]
    evidence = sum(seen, Evidence())
    blocks = [read_block([replace(piece, evidence=evidence)], dataset) for piece in pieces]
    books = sum((block.pieces[0].books for block in blocks), Accounting())
    assert books == whole.pieces[0].books
    assert_frame_equal(pl.concat([block.good for block in blocks]), whole.good)
    assert_frame_equal(pl.concat([block.rejects for block in blocks]), whole.rejects)
