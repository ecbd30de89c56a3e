"""Which encoding a file is in."""

import pytest

from lake_assets.kernels.decoding.encoding import Encoding, decode_head, sniff_encoding
from lake_assets.kernels.parsing.layout import read_layout
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


def test_the_first_encoding_that_fits_wins() -> None:
    text = "Łódź\n".encode("cp1250")
    assert sniff_encoding(text, ["utf-8", "cp1250", "cp1252"]) == Encoding("cp1250")
    assert sniff_encoding(text, ["utf-8", "cp1252", "cp1250"]) == Encoding("cp1252")


def test_a_damaged_byte_does_not_rule_the_only_encoding_out() -> None:
    text = "東京都渋谷区,田中太郎\n".encode("shift_jis") + b"\xff\n"
    assert sniff_encoding(text, ["shift_jis"]) == Encoding("shift_jis")
    assert sniff_encoding(text, ["shift_jis", "cp1252"]) == Encoding("cp1252")
    assert sniff_encoding(b"\x81\xff\xfe\n", ["shift_jis"]) is None


def test_a_text_in_ascii_is_utf8_also_where_nothing_but_detection_is_declared() -> None:
    assert sniff_encoding(b"id,note\n1,x\n", ["detect"]) == Encoding("utf-8")


@pytest.mark.parametrize(
    ("name", "keeps"),
    [
        ("utf-8", True),
        ("cp1252", True),
        ("shift_jis", True),
        ("gb18030", True),
        ("utf-16-le", False),
        ("utf-32-be", False),
        ("iso2022_jp", False),
        ("utf-7", False),
        ("cp500", False),
    ],
)
def test_only_an_encoding_with_ascii_line_ends_can_be_cut_at_bytes(name: str, keeps: bool) -> None:
    assert Encoding(name).keeps_newlines is keeps


@pytest.mark.parametrize("codec", ["big5", "euc_jp", "euc_kr", "gb18030", "gbk", "shift_jis"])
def test_no_character_of_an_east_asian_encoding_takes_in_a_line_end_or_quote(codec: str) -> None:
    for lead in range(0x80, 0x100):
        for trail in b'\n\r",;\t':
            text = bytes([lead, trail]) + b"x"
            assert text.decode(codec, "replace").endswith(f"{chr(trail)}x")


def test_a_head_is_decoded_whatever_its_bytes() -> None:
    assert decode_head(b"a\xe3\x81", Encoding("utf-8"), whole=False) == "a"
    assert decode_head(b"a\xe3\x81", Encoding("utf-8"), whole=True) == "a\ufffd"
    assert decode_head(b"a\x81", Encoding("cp1252"), whole=True) == "a\x81"
    assert decode_head(b"\xd2\x81", Encoding("cp1253"), whole=True) == "\ufffd\x81"
    assert (
        decode_head(b"\xff\xfea\0\0\xdcb", Encoding("utf-16-le", 2), whole=True) == "a\ufffd\ufffd"
    )


def test_utf_16_without_a_mark_is_no_utf_8_even_where_nobody_thought_of_it() -> None:
    head = "id,at,n\r\na,b,1\r\n".encode("utf-16-le")
    assert sniff_encoding(head, ["utf-8", "windows-1252"]) is None
    assert sniff_encoding(head, ["utf-8", "utf-16-le"]) == Encoding("utf-16-le")
    assert sniff_encoding(head, ["utf-8", "detect"]) == Encoding("utf-16-le")
