"""A file's bytes as UTF-8."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lake_assets.kernels.decoding import lines as module
from lake_assets.kernels.decoding.encoding import Encoding, errors_of
from lake_assets.kernels.decoding.lines import count_lines, split_lines
from lake_assets.kernels.decoding.transcoding import to_utf8, to_utf8_stream

BYTEWISE = [
    "ascii",
    "cp1250",
    "cp1252",
    "iso8859-7",
    "koi8-r",
    "cp932",
    "euc_jp",
    "gb18030",
    "big5",
]
WIDE = ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"]
MESS = st.lists(
    st.one_of(st.sampled_from([b"\n", b"\r\n", b"\r", b"a", b"\x8f", b"\x81\x30"]), st.binary())
).map(b"".join)


def test_utf8_is_returned_as_it_is() -> None:
    data = b"caf\xe9\n"
    assert to_utf8(data, Encoding("utf-8")) == (data, [])


def test_the_five_bytes_that_windows_1252_leaves_open_are_no_damage() -> None:
    data = b"\x81\x8d\x8f\x90\x9d\xe9\n"
    assert to_utf8(data, Encoding("cp1252")) == ("\x81\x8d\x8f\x90\x9dé\n".encode(), [])
    assert to_utf8(b"\xd2\n", Encoding("cp1253")) == ("Ò\n".encode(), [0])


def test_an_undecodable_byte_costs_its_own_line_alone() -> None:
    lines = [f"{n},東京" for n in range(8)]
    data = bytearray("\r\n".join(lines).encode("shift_jis"))
    data[data.index(b"5,") + 3] = 0xFF
    text, damaged = to_utf8(bytes(data), Encoding("shift_jis"))
    assert damaged == [5]
    assert text.decode().split("\r\n") == [
        *lines[:5],
        bytes(data).split(b"\r\n")[5].decode("latin-1"),
        *lines[6:],
    ]


def test_a_lead_byte_before_a_line_end_does_not_take_it_in() -> None:
    assert to_utf8(b"a\x8f\nb\x81\r\nc\x81\rd", Encoding("euc_jp")) == (
        "a\x8f\nb\x81\r\nc\x81\rd".encode(),
        [0, 1, 2],
    )


@settings(derandomize=True, max_examples=300, deadline=None)
@given(data=MESS, codec=st.sampled_from(BYTEWISE), window=st.integers(0, 9))
def test_lines_stay_what_they_are_in_any_encoding(data: bytes, codec: str, window: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "WINDOW", window)
        text, damaged = to_utf8(data, Encoding(codec))
    assert count_lines(text) == count_lines(data)
    split = split_lines(text)
    assert not split["undecodable"].any()
    for at, raw in enumerate(split_lines(data.decode("latin-1").encode())["raw_row"]):
        line = raw.encode("latin-1")
        try:
            whole = line.decode(codec, errors_of(codec))
        except UnicodeDecodeError:
            assert at in damaged
            assert split["raw_row"][at] == raw
        else:
            assert at not in damaged
            assert split["raw_row"][at] == whole


@pytest.mark.parametrize("codec", WIDE)
@pytest.mark.parametrize("size", [1, 2, 3, 5, 1000])
def test_a_stream_gives_the_text_whatever_the_chunks(codec: str, size: int) -> None:
    text = 'id,note\r\n1,"é\U0001f600"\r\n' * 9
    data = ("\ufeff" + text).encode(codec)
    chunks = [data[at : at + size] for at in range(0, len(data), size)]
    mark = len("\ufeff".encode(codec))
    assert b"".join(to_utf8_stream(chunks, Encoding(codec, mark))) == text.encode()
    assert to_utf8(data[mark:], Encoding(codec)) == (text.encode(), [])


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("half", [chr(0xD83D), chr(0xDE00)])
@pytest.mark.parametrize("size", [1, 1000])
def test_half_a_surrogate_pair_makes_its_line_undecodable(codec: str, half: str, size: int) -> None:
    data = f"a\nb{half}c\nd\n".encode(codec, "surrogatepass")
    chunks = [data[at : at + size] for at in range(0, len(data), size)]
    split = split_lines(b"".join(to_utf8_stream(chunks, Encoding(codec))))
    assert split["undecodable"].to_list() == [False, True, False]
    assert split["raw_row"].to_list()[::2] == ["a", "d"]
    assert split["raw_row"][1] == f"b{half.encode(codec, 'surrogatepass').decode('latin-1')}c"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("text", ["é東", "\x01\x02\x03", "".join(map(chr, range(1, 9)))])
def test_of_a_damaged_line_in_utf_16_the_good_characters_stay(text: str, end: str) -> None:
    half = b"\x04\xd8"
    data = f"{text}1{end}{text}2,".encode("utf-16-le") + half + f"{end}\n".encode("utf-16-le")
    split = split_lines(to_utf8(data, Encoding("utf-16-le"))[0])
    assert split["undecodable"].to_list()[:2] == [False, True]
    assert split["raw_row"].to_list()[:2] == [f"{text}1", f"{text}2,\x04Ø"]


@pytest.mark.parametrize("codec", WIDE)
def test_an_odd_byte_at_the_end_makes_the_last_line_undecodable(codec: str) -> None:
    text, damaged = to_utf8("a\nb".encode(codec) + b"\x20", Encoding(codec))
    split = split_lines(text)
    assert (split["undecodable"].to_list(), damaged) == ([False, True], [])
    assert split["raw_row"][0] == "a"


def test_a_stream_may_be_in_any_encoding() -> None:
    data = b"\xef\xbb\xbfcaf\xe9\n"
    assert b"".join(to_utf8_stream([data[:1], data[1:]], Encoding("utf-8", 3))) == b"caf\xe9\n"
    stream = to_utf8_stream([b"\x81\xe9\n", b"\xd2\n"], Encoding("cp1253"))
    split = split_lines(b"".join(stream))
    assert split["undecodable"].to_list() == [False, True]
    assert split["raw_row"][0] == "\x81ι"
    assert list(to_utf8_stream(["東".encode("iso2022_jp")], Encoding("iso2022_jp"))) == [
        "東".encode()
    ]
