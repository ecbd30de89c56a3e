"""Which encoding a file is in."""

import pytest

from lake_assets.kernels.encoding import Encoding, sniff_encoding, to_utf8
from lake_assets.kernels.layout import read_layout
from lake_assets_tests.kernels.reading import HEADER, read, small

DECLARED = ["utf-8", "windows-1252"]
TEXT = f"{HEADER}é€,2025-01-02,1,ü\U0001f600\n"


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "utf-16-be with mark"]
)
def test_a_file_reads_the_same_in_every_encoding_with_a_mark(encoding: str, newline: str) -> None:
    text = TEXT.replace("\n", newline)
    if encoding == "utf-16-be with mark":
        data = ("\ufeff" + text).encode("utf-16-be")
    else:
        data = text.encode(encoding)
    rows = read(data)
    assert rows.good.select("id", "note", "line_number").rows() == [("é€", "ü\U0001f600", 2)]
    assert (rows.books.lines, rows.books.unaccounted) == (2, 0)


def test_windows_1252_is_read_where_the_text_is_no_utf8() -> None:
    rows = read(f"{HEADER}é€,2025-01-02,1,ü\nb,2025-01-02,1,“q”\n".encode("cp1252"))
    assert rows.good["id"].to_list() == ["é€", "b"]
    assert rows.good["note"].to_list() == ["ü", "“q”"]


def test_the_five_bytes_that_windows_1252_leaves_open_do_not_stop_it() -> None:
    assert to_utf8(b"\x81\x8d\x8f\x90\x9d\xe9", Encoding("cp1252")).decode() == (
        "\x81\x8d\x8f\x90\x9dé"
    )


@pytest.mark.parametrize("length", [1, 2, 3, 4, 5, 6])
def test_a_head_that_ends_within_a_character_is_no_damage(length: int) -> None:
    assert sniff_encoding("é€\U0001f600".encode()[:length], DECLARED) == Encoding("utf-8")


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be", "utf-32-le"])
def test_a_head_of_any_length_gives_the_same_layout(codec: str) -> None:
    data = ("\ufeff" + HEADER + "x\U0001f600" * 10).encode(codec)
    width = len("a".encode(codec))
    for length in range(width * (len(HEADER) + 1), len(data)):
        assert read_layout(data[:length], small(), whole=False).header == HEADER.strip()


def test_some_damage_among_good_characters_is_still_utf8() -> None:
    assert sniff_encoding("éüöß".encode() + b"\xff\n", DECLARED) == Encoding("utf-8")
    assert sniff_encoding(b"caf\xe9\n", DECLARED) == Encoding("cp1252")


def test_a_text_in_none_of_the_declared_encodings_has_none() -> None:
    assert sniff_encoding(b"caf\xe9\n", ["utf-8"]) is None
    assert sniff_encoding(b"caf\xe9\n", ["ascii", "latin-1"]) == Encoding("iso8859-1")
