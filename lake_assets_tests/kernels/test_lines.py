"""Bytes to physical lines."""

import pytest

from lake_assets.kernels.lines import count_lines, split_lines

CONTROLS = bytes(set(range(32)) - {10})


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        (b"", []),
        (b"a", ["a"]),
        (b"a\n", ["a"]),
        (b"\n\na\n\n", ["", "", "a", ""]),
        (b"a\r\nb\r\n", ["a", "b"]),
        (b"a\r\nb\nc", ["a", "b", "c"]),
        (b"a\rb\n\r\n", ["a\rb", ""]),
        (b"a\0b\n\0\n", ["a\0b", "\0"]),
        (b'"a\n"\n', ['"a', '"']),
        (b"\xef\xbb\xbfa\n\xef\xbb\xbfb\n", ["\ufeffa", "\ufeffb"]),
        ("\u2028\x85\x0b\x0c\n".encode(), ["\u2028\x85\x0b\x0c"]),
        (CONTROLS + b"\nx", [CONTROLS.decode(), "x"]),
    ],
)
def test_a_line_ends_at_a_line_feed_and_nowhere_else(data: bytes, lines: list[str]) -> None:
    split = split_lines(data, 7)
    assert split["raw_row"].to_list() == lines
    assert split["line_number"].to_list() == list(range(7, 7 + len(lines)))
    assert count_lines(data) == len(lines)
    assert not split["undecodable"].any()


def test_a_line_that_is_no_utf8_keeps_its_bytes_and_costs_no_other_line() -> None:
    split = split_lines("é\n".encode() + b"caf\xe9\r\n" + "\ufffd".encode(), 1)
    assert split["raw_row"].to_list() == ["é", "café", "\ufffd"]
    assert split["undecodable"].to_list() == [False, True, False]


def test_each_line_knows_its_line_end() -> None:
    assert split_lines(b"a\r\nb\nc\r", 1)["crlf"].to_list()[:2] == [True, False]
    assert split_lines(b"a\r\nb\r\nc", 1)["crlf"].to_list()[:2] == [True, True]
    assert split_lines(b"a\nb\n", 1)["crlf"].to_list() == [False, False]
