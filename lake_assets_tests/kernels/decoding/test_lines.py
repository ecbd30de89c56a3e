"""Bytes to physical lines."""

import re

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lake_assets.kernels.decoding import lines as module
from lake_assets.kernels.decoding.lines import count_lines, split_lines

CONTROLS = bytes(set(range(32)) - {10, 13})
LINES = st.lists(
    st.tuples(
        st.one_of(
            st.sampled_from([b"", b"a", b'"', b",", "é".encode(), b"\xef\xbb\xbf", b"\0", b"\xff"]),
            st.binary(max_size=4),
        ),
        st.sampled_from([b"\n", b"\r\n", b"\r"]),
    )
).map(lambda parts: b"".join(text + end for text, end in parts))
TEXTS = st.one_of(LINES, LINES.map(lambda text: text + b"end"), st.binary())


def joined(split: pl.DataFrame) -> bytes:
    """The bytes again."""
    return b"".join(
        (row + end).encode("latin-1" if damaged else "utf-8")
        for row, end, damaged in split.iter_rows()
    )


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        (b"", []),
        (b"a", ["a"]),
        (b"a\n", ["a"]),
        (b"\n\na\n\n", ["", "", "a", ""]),
        (b"a\r\nb\r\n", ["a", "b"]),
        (b"a\r\nb\nc", ["a", "b", "c"]),
        (b"a\rb\n\r\n", ["a", "b", ""]),
        (b"a\rb\rc", ["a", "b", "c"]),
        (b"a\r\r\nb\r", ["a", "", "b"]),
        (b"\r", [""]),
        (b"\n\r", ["", ""]),
        (b"a\0b\n\0\n", ["a\0b", "\0"]),
        (b'"a\n"\n', ['"a', '"']),
        (b"\xef\xbb\xbfa\n\xef\xbb\xbfb\n", ["\ufeffa", "\ufeffb"]),
        (b"\xef\xbb\xbfa\r\xef\xbb\xbfb\n", ["\ufeffa", "\ufeffb"]),
        ("\u2028\x85\x0b\x0c\n".encode(), ["\u2028\x85\x0b\x0c"]),
        (CONTROLS + b"\nx", [CONTROLS.decode(), "x"]),
        (CONTROLS + b"\rx", [CONTROLS.decode(), "x"]),
    ],
)
def test_a_line_ends_at_a_feed_a_return_or_both_and_nowhere_else(
    data: bytes, lines: list[str]
) -> None:
    split = split_lines(data)
    assert split["raw_row"].to_list() == lines
    assert count_lines(data) == len(lines)
    assert not split["undecodable"].any()


def test_a_line_that_is_no_utf8_keeps_its_bytes_and_costs_no_other_line() -> None:
    split = split_lines("é\n".encode() + b"caf\xe9\r\n" + "\ufffd".encode())
    assert split["raw_row"].to_list() == ["é", "café", "\ufffd"]
    assert split["undecodable"].to_list() == [False, True, False]


@pytest.mark.parametrize(
    ("data", "ends"),
    [
        (b"a\nb\n", ["\n", "\n"]),
        (b"a\nb", ["\n", ""]),
        (b"a\r\nb\r\n", ["\r\n", "\r\n"]),
        (b"a\r\nb", ["\r\n", ""]),
        (b"a\rb\r", ["\r", "\r"]),
        (b"a\r\nb\nc\r\rd", ["\r\n", "\n", "\r", "\r", ""]),
    ],
)
def test_each_line_knows_its_line_end(data: bytes, ends: list[str]) -> None:
    assert split_lines(data)["line_end"].to_list() == ends


@settings(derandomize=True, max_examples=500, deadline=None)
@example(data=bytes(range(256)) + b"\r" + bytes(range(256)), window=1)
@given(data=TEXTS, window=st.integers(0, 9))
def test_the_lines_joined_again_are_the_text(data: bytes, window: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "WINDOW", window)
        split = split_lines(data)
    assert split.schema == {"raw_row": pl.String, "line_end": pl.String, "undecodable": pl.Boolean}
    assert joined(split) == data
    assert split.height == count_lines(data) == len(re.findall(rb"[^\r\n]*(?:\r\n?|\n)|.+$", data))
    assert not split["raw_row"].str.contains("[\r\n]").any()


@settings(derandomize=True, max_examples=100, deadline=None)
@given(data=TEXTS)
def test_the_slow_way_gives_the_same(data: bytes) -> None:
    assert module._split_slowly(data).equals(split_lines(data))


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r", b"\r\n \n"])
def test_no_kind_of_line_end_needs_the_slow_way(
    end: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_split_slowly", None)
    data = b"a,b\0" + end + b"caf\xe9" + end + end + b"c"
    assert joined(split_lines(data)) == data


@pytest.mark.parametrize("end", [b"\n", b"\r"])
def test_damaged_utf8_that_resembles_an_escaped_byte_is_kept_byte_for_byte(end: bytes) -> None:
    emoji = b"\xed\xa0\xbd\xed\xb2\xa9"  # in CESU-8: both halves of a pair, the second an escape
    rows = [emoji, b"\xed\xb2\xa9\xff"]
    split = split_lines(b"".join(row + end for row in rows))
    assert split["undecodable"].all()
    assert [row.encode("latin-1") for row in split["raw_row"]] == rows


@pytest.mark.parametrize("byte", range(1, 9))
def test_an_escaped_byte_is_no_mark_of_a_line_end(byte: int) -> None:
    escaped = chr(0xDC00 + byte).encode("utf-8", "surrogatepass")
    split = split_lines("é".encode() + escaped + b"\nb\r")
    assert split.rows() == [("é" + chr(byte), "\n", True), ("b", "\r", False)]
