"""Where a file may be cut, and that its pieces read as the whole does."""

import hashlib
import re
import tracemalloc
from collections.abc import Iterator

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lake_assets.kernels.accounting import Accounting
from lake_assets.kernels.decoding import cuts as module
from lake_assets.kernels.decoding.cuts import Cut, cut_stream, refuse_long_lines
from lake_assets.kernels.parsing.layout import read_layout
from lake_assets.kernels.refusal import FileRefusedError
from lake_assets_tests.kernels.reading import HEADER, read, read_pieces, small
from lake_assets_tests.kernels.test_block import BODIES

DATASET = small(format={"max_record_lines": 3})
LONG = 1 << 20
ENDS = re.compile(rb"\r\n?|\n")
TEXTS = st.lists(
    st.one_of(
        st.sampled_from(
            [b"a", b",", b'"', b"\n", b"\r\n", b"\r", b"\n\r", b'"x\ry"', b"abc,def\r\n"]
        ),
        st.binary(max_size=5),
    ),
    max_size=120,
).map(b"".join)


def find_cuts(
    chunks: list[bytes], piece_bytes: int, record_lines: int = 50, longest: int = LONG
) -> tuple[list[Cut], str]:
    """With defaults."""
    return module.find_cuts(chunks, piece_bytes, record_lines, longest)


def chunked(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


def assert_covers(cuts: list[Cut], data: bytes) -> None:
    assert b"".join(data[cut.start : cut.end] for cut in cuts) == data
    for cut in cuts:
        assert cut.first_line == len(ENDS.findall(data[: cut.start])) + 1
        assert cut.start == 0 or data[cut.start - 1 : cut.start] in {b"\n", b"\r"}
        assert data[cut.start - 1 : cut.start + 1] != b"\r\n"


@pytest.mark.parametrize("size", [1, 7, 1000])
@pytest.mark.parametrize("piece_bytes", [1, 10, 64, 10_000])
def test_pieces_cover_the_file_at_line_ends_whatever_the_chunks(
    size: int, piece_bytes: int
) -> None:
    data = b"a,b\r\n" * 40 + b'"x\ny",z\n' + b"c,d\n" * 30 + b"end"
    cuts, digest = find_cuts(chunked(data, size), piece_bytes, 3)
    assert_covers(cuts, data)
    assert digest == hashlib.sha256(data).hexdigest()
    assert cuts == find_cuts([data], piece_bytes, 3)[0]
    assert (len(cuts) > 3) is (piece_bytes <= 64)


def test_an_empty_file_has_no_pieces() -> None:
    assert find_cuts([], 10) == ([], hashlib.sha256(b"").hexdigest())
    assert find_cuts([b"", b"a"], 10)[0] == [Cut(0, 1, 1)]


def test_no_cut_falls_within_a_quoted_record() -> None:
    record = b'"1\n2\n3",x\n'
    data = (b"a,b\n" * 5 + record) * 20
    for piece_bytes in range(1, 40):
        cuts, _ = find_cuts([data], piece_bytes, 4)
        assert_covers(cuts, data)
        assert all(data[: cut.start].count(b'"') % 2 == 0 for cut in cuts)


def test_a_stray_quote_far_above_moves_no_cut_into_a_record() -> None:
    content = (
        HEADER + 'a,2025-01-02,1,"\n' + "b,2025-01-02,1,x\n" * 9 + 'c,2025-01-02,1,"x\ny"\n' * 3
    )
    data = (content + "d,2025-01-02,1,x\n" * 9).encode()
    layout = read_layout(data, DATASET, whole=True)
    whole = read(data, DATASET)
    for piece_bytes in range(1, len(data), 40):
        cuts, _ = find_cuts([data], piece_bytes, 3)
        assert read_pieces(data, cuts, layout, DATASET).good.equals(whole.good)


def test_where_every_line_has_quotes_a_cut_is_made_where_they_are_balanced(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "SEARCH", 30)
    data = b'a,"1\n2"\n' * 50
    cuts, _ = find_cuts(chunked(data, 5), 20)
    assert_covers(cuts, data)
    assert len(cuts) > 5
    assert all(cut.start % 8 == 0 for cut in cuts)


def test_where_a_stray_quote_comes_before_them_the_cuts_are_still_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "SEARCH", 30)
    data = b'x,"\n' + b'a,"",""b\n' * 50
    cuts, _ = find_cuts(chunked(data, 5), 20, 10_000)
    assert_covers(cuts, data)
    assert max(cut.end - cut.start for cut in cuts) < 80


@settings(derandomize=True, max_examples=50, deadline=None)
@given(body=BODIES, piece_bytes=st.integers(1, 60), size=st.integers(1, 50))
def test_a_file_in_pieces_reads_as_the_whole_file(body: bytes, piece_bytes: int, size: int) -> None:
    data = b"\n" * (size % 3) + HEADER.encode() + body
    name = "2025-04-03.csv" if size % 2 else "file.csv"
    try:
        layout = read_layout(data, DATASET, whole=True)
    except FileRefusedError:
        return
    whole = read(data, DATASET, name)
    cuts, _ = find_cuts(chunked(data, size), piece_bytes, 3)
    assert_covers(cuts, data)
    pieces = read_pieces(data, cuts, layout, DATASET, name)
    assert pieces.good.equals(whole.good)
    assert pieces.rejects.equals(whole.rejects)
    assert pieces.books == Accounting() + whole.books


STRAYS = st.sampled_from(
    [
        b'a,2025-01-02,1,5" pipe',
        b'a,2025-01-02,1,"',
        b'"',
        b'a,2025-01-02,"1,x',
        b"a,2025-01-02,1,x",
    ]
)
CELLS = st.sampled_from([b"x\ny", b"\nFAKE,2025-01-02,2,x\n", b'x\n""y""', b"\n, \n", b"x\r\ny\r"])


@settings(derandomize=True, max_examples=50, deadline=None)
@given(
    stray=STRAYS,
    cells=st.lists(CELLS, min_size=4, max_size=16),
    piece_bytes=st.integers(40, 200),
    search=st.integers(60, 200),
    size=st.integers(1, 500),
)
def test_where_cells_of_several_lines_follow_a_stray_quote_pieces_read_as_the_whole(
    stray: bytes, cells: list[bytes], piece_bytes: int, search: int, size: int
) -> None:
    rows = [b'b,2025-01-02,1,"%b"' % cell for cell in cells]
    data = HEADER.encode() + b"\n".join([stray, *rows, b""])
    dataset = small(format={"max_record_lines": 8})
    layout = read_layout(data, dataset, whole=True)
    whole = read(data, dataset)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "SEARCH", search)
        cuts, _ = find_cuts(chunked(data, size), piece_bytes, 8)
    assert_covers(cuts, data)
    assert len(cuts) > 1 or len(data) < piece_bytes + search + 120
    pieces = read_pieces(data, cuts, layout, dataset)
    assert pieces.good.equals(whole.good)
    assert pieces.rejects.equals(whole.rejects)


@settings(derandomize=True, max_examples=400, deadline=None)
@given(
    data=TEXTS,
    piece_bytes=st.integers(1, 60),
    lines=st.integers(1, 5),
    sizes=st.lists(st.integers(0, 30), min_size=1),
    search=st.integers(0, 40),
)
def test_any_chunks_give_the_same_cuts_and_a_stream_their_bytes(
    data: bytes, piece_bytes: int, lines: int, sizes: list[int], search: int
) -> None:
    chunks: list[bytes] = []
    rest = data
    while rest and any(sizes):
        size = sizes[len(chunks) % len(sizes)]
        chunks.append(rest[:size])
        rest = rest[size:]
    chunks.append(rest)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "SEARCH", search)
        cuts, digest = find_cuts([data], piece_bytes, lines)
        assert_covers(cuts, data)
        assert find_cuts(chunks, piece_bytes, lines) == (cuts, hashlib.sha256(data).hexdigest())
        pieces = list(cut_stream(chunks, piece_bytes, lines, LONG))
    assert digest == hashlib.sha256(data).hexdigest()
    assert [cut for cut, _ in pieces] == cuts
    assert [part for _, part in pieces] == [data[cut.start : cut.end] for cut in cuts]


@settings(derandomize=True, max_examples=400, deadline=None)
@given(data=TEXTS, longest=st.integers(1, 12), size=st.integers(1, 30))
def test_a_file_is_refused_for_a_line_too_long_and_for_no_other(
    data: bytes, longest: int, size: int
) -> None:
    lines = ENDS.split(data)
    too_long = [number for number, line in enumerate(lines, 1) if len(line) > longest]
    refusal = None
    try:
        find_cuts(chunked(data, size), 20, 2, longest)
    except FileRefusedError as error:
        refusal = error
    if too_long:
        assert refusal
        assert refusal.reason == "too_large"
        assert f"line {too_long[0]:,} is longer than {longest} bytes" in refusal.detail
        with pytest.raises(FileRefusedError) as whole:
            refuse_long_lines(data, longest)
        assert whole.value.detail == refusal.detail
    else:
        assert refusal is None
        refuse_long_lines(data, longest)


def test_a_file_without_line_ends_is_refused_before_it_is_held() -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(100_000):
            yield b"x" * 10_000

    tracemalloc.start()
    try:
        with pytest.raises(FileRefusedError, match=r"line 1 is longer than 1,048,576 bytes"):
            list(cut_stream(endless(), 1 << 22, 50, LONG))
        assert tracemalloc.get_traced_memory()[1] < 4 * LONG
    finally:
        tracemalloc.stop()


def test_a_stream_is_held_a_piece_at_a_time() -> None:
    piece, chunk = 1 << 20, 1 << 16
    line = b"x" * 99 + b"\r\n"
    chunks = (line * (chunk // len(line)) for _ in range(400))
    tracemalloc.start()
    try:
        sizes = [len(part) for _, part in cut_stream(chunks, piece, 50, LONG)]
        assert tracemalloc.get_traced_memory()[1] < 4 * piece
    finally:
        tracemalloc.stop()
    assert max(sizes) < piece + 60 * len(line) + chunk
    assert sum(sizes) == 400 * (chunk // len(line)) * len(line)


@pytest.mark.parametrize("tail", [b"", b"c", b"\r"])
def test_a_file_of_more_lines_than_can_be_numbered_is_refused(
    tail: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_LINES", 9)
    data = b"a\nb\r\n" * 4 + b"b\n"
    assert_covers(find_cuts(chunked(data, 4), 5, 1)[0], data)
    if not tail:
        return
    with pytest.raises(FileRefusedError, match="too_large: the file has more than 9 lines") as why:
        find_cuts(chunked(data + tail, 4), 5, 1)
    assert why.value.reason == "too_large"
    with pytest.raises(FileRefusedError):
        list(cut_stream(chunked(data + tail, 4), 5, 1, LONG))


def test_the_last_line_that_can_be_numbered_fits_into_32_bits() -> None:
    pl.Series([module.MOST_LINES], dtype=pl.UInt32)
    with pytest.raises((OverflowError, TypeError)):
        pl.Series([module.MOST_LINES + 1], dtype=pl.UInt32)


def test_a_stray_quote_above_cells_of_several_lines_turns_no_cell_inside_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "SEARCH", 100)
    record = b'b,2025-01-02,1,"text\nFAKE,2025-01-02,2,x\nend"\n'
    data = HEADER.encode() + b'a,2025-01-02,1,5" pipe\n' + record * 12
    cuts, _ = find_cuts([data], 100, 8)
    assert len(cuts) > 2
    assert all(data[cut.start :].startswith(b"b,") for cut in cuts[1:])
