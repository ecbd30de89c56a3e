"""Compressed files as a stream of their bytes."""

import bz2
import gzip
import io
import lzma
import random
import re
import struct
import sys
import tracemalloc
import zipfile
from collections import deque
from collections.abc import Callable, Iterator
from typing import BinaryIO

import pytest

from lake_assets.contracts.format import CsvFormat
from lake_assets.kernels.decoding.compression import compression_of, expand, expand_head
from lake_assets.kernels.refusal import FileRefusedError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

TEXT = b"".join(b"%d,2025-01-%02d,%d\n" % (n, n % 28 + 1, n * 7919 % 10007) for n in range(90_000))
LIMITS = CsvFormat()
MEGABYTE = 1 << 20


def zipped(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip file of those names and contents."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return buffer.getvalue()


def one_zipped(data: bytes) -> bytes:
    """A zip file of one member."""
    return zipped(("a.csv", data))


COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "zstd": zstd.compress,
    "zip": one_zipped,
}
STREAMS = ["gzip", "bzip2", "zstd"]
each = pytest.mark.parametrize("kind", COMPRESS)
each_stream = pytest.mark.parametrize("kind", STREAMS)


class Trickle(io.RawIOBase):
    """A stream that cannot seek, and gives three bytes at a time."""

    def __init__(self, data: bytes) -> None:
        self._data = io.BytesIO(data)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        return self._data.readinto(memoryview(buffer)[:3])


def expanded(data: bytes, limits: CsvFormat = LIMITS) -> bytes:
    """All of it."""
    return b"".join(expand(io.BytesIO(data), limits))


def sizes(data: bytes, limits: CsvFormat = LIMITS) -> Iterator[int]:
    """Of the chunks."""
    for chunk in expand(io.BytesIO(data), limits):
        assert len(chunk) <= MEGABYTE
        yield len(chunk)


def refused(data: bytes, limits: CsvFormat = LIMITS) -> tuple[str, str]:
    """Reason and detail."""
    with pytest.raises(FileRefusedError) as refusal:
        deque(sizes(data, limits), maxlen=0)
    return refusal.value.reason, refusal.value.detail


@each
def test_a_compressed_file_is_known_by_its_bytes_and_expanded(kind: str) -> None:
    data = COMPRESS[kind](TEXT)
    assert compression_of(data[:10]) == kind
    assert expanded(data) == TEXT
    assert expanded(COMPRESS[kind](b"")) == b""


@pytest.mark.parametrize("data", [b"", b"a", b"BZh9,1\n", b"PK,id\n", b"zip,gzip\n", TEXT])
def test_a_plain_file_is_passed_through(data: bytes) -> None:
    assert compression_of(data[:10]) is None
    assert expanded(data, CsvFormat(max_expanded_mb=1)) == data


@each_stream
def test_a_stream_need_not_seek_and_may_come_in_small_parts(kind: str) -> None:
    stream: BinaryIO = Trickle(COMPRESS[kind](TEXT[:5000]))  # type: ignore[assignment]
    assert b"".join(expand(stream, LIMITS)) == TEXT[:5000]


def test_a_zip_file_in_a_stream_that_cannot_seek_is_an_error_of_the_caller() -> None:
    stream: BinaryIO = Trickle(one_zipped(TEXT))  # type: ignore[assignment]
    with pytest.raises(io.UnsupportedOperation, match="stream that can seek"):
        list(expand(stream, LIMITS))


@each_stream
def test_several_members_behind_one_another_are_one_file(kind: str) -> None:
    compress = COMPRESS[kind]
    assert expanded(compress(b"a\n") + compress(b"") + compress(TEXT)) == b"a\n" + TEXT
    assert expanded(compress(b"a\n") + b"\0" * 700) == b"a\n"


def test_frames_of_zstd_that_are_to_be_skipped_are() -> None:
    skip = struct.pack("<II", 0x184D2A53, 5) + b"notes"
    assert expanded(skip + zstd.compress(b"a\n") + skip + zstd.compress(b"b\n")) == b"a\nb\n"


@each_stream
@pytest.mark.parametrize("length", [11, 1000, -1])
def test_a_file_that_ends_too_early_says_so(kind: str, length: int) -> None:
    reason, detail = refused(COMPRESS[kind](TEXT)[:length])
    assert reason == "compression"
    assert f"the {kind} data is damaged after" in detail
    assert "ends too early" in detail


@each
def test_damage_within_a_file_is_noticed(kind: str) -> None:
    data = bytearray(COMPRESS[kind](TEXT))
    middle = len(data) // 2
    data[middle : middle + 8] = b"\xaa" * 8
    reason, detail = refused(bytes(data))
    assert reason == "compression"
    assert f"the {kind} data is damaged after" in detail


@each_stream
def test_how_far_it_was_expanded_is_said(kind: str) -> None:
    noise = random.Random(1).randbytes(3 * MEGABYTE)
    data = COMPRESS[kind](noise)[: 2 * MEGABYTE]
    seen: list[int] = []
    with pytest.raises(FileRefusedError) as refusal:
        seen.extend(sizes(data))
    done = re.search(r"after ([\d,]+) expanded bytes", refusal.value.detail)
    assert done
    assert MEGABYTE < sum(seen) == int(done[1].replace(",", "")) < 2 * MEGABYTE


@each_stream
def test_what_follows_a_member_and_is_none_is_not_dropped_in_silence(kind: str) -> None:
    assert refused(COMPRESS[kind](b"a\n") + b"id,note\n")[0] == "compression"


def test_a_zip_file_that_is_cut_off_says_so() -> None:
    reason, detail = refused(one_zipped(TEXT)[:-30])
    assert reason == "compression"
    assert "zip data is damaged after 0 expanded bytes" in detail


def test_folders_and_what_macos_adds_do_not_count_as_files() -> None:
    data = zipped(("a/", b""), ("a/b.csv", TEXT), ("__MACOSX/a/._b.csv", b"x"))
    assert expanded(data) == TEXT


@pytest.mark.parametrize(
    ("data", "detail"),
    [
        (zipped(), "holds no file at all"),
        (zipped(("a/", b"")), "holds no file at all"),
        (zipped(("a", b"1"), ("b", b"2")), r"holds 2 files \(a, b\); send each"),
        (zipped(*[(f"{n}", b"") for n in range(9)]), r"holds 9 files \(0, 1, 2, \.\.\.\)"),
        (zipped(("a", b"1"), method=zipfile.ZIP_BZIP2), "a in the zip file .* by method 12"),
        (zipped(("a", b"1"), method=zipfile.ZIP_LZMA), "a in the zip file .* by method 14"),
        (one_zipped(b"1").replace(b"PK\1\2\x14\3\x14\0\0\0", b"PK\1\2\x14\3\x14\0\1\0"), "encrypt"),
        (zipped(*[(f"{n:0900}", b"") for n in range(1500)]), "its list of files is longer"),
        (lzma.compress(b"a"), "compressed with xz, which is not read"),
        (b"7z\xbc\xaf\x27\x1c\0\4", "compressed with 7z"),
        (gzip.compress(gzip.compress(TEXT)), "within the gzip file is one compressed with gzip"),
        (one_zipped(bz2.compress(b"1")), "within the zip file is one compressed with bzip2"),
    ],
)
def test_a_compressed_file_that_cannot_be_read_says_why(data: bytes, detail: str) -> None:
    with pytest.raises(FileRefusedError, match=detail) as refusal:
        expanded(data)
    assert refusal.value.reason == "compression"


def test_a_stored_member_is_read() -> None:
    assert expanded(zipped(("a.csv", TEXT), method=zipfile.ZIP_STORED)) == TEXT


@each
@pytest.mark.parametrize(
    ("limits", "limit"),
    [
        (CsvFormat(), "200 times as much"),
        (CsvFormat(max_expansion_ratio=10_000_000, max_expanded_mb=50), "to more than 50 MB"),
    ],
)
def test_a_bomb_is_refused_before_it_goes_off(kind: str, limits: CsvFormat, limit: str) -> None:
    data = bomb(kind, 400)
    assert len(data) < MEGABYTE
    tracemalloc.start()
    try:
        reason, detail = refused(data, limits)
        assert tracemalloc.get_traced_memory()[1] < 16 * MEGABYTE
    finally:
        tracemalloc.stop()
    assert reason == "too_large"
    assert limit in detail


def bomb(kind: str, megabytes: int) -> bytes:
    """A small file that expands to so much."""
    block = b"0" * MEGABYTE
    if kind == "zip":
        buffer = io.BytesIO()
        with (
            zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive,
            archive.open("a.csv", "w") as member,
        ):
            for _ in range(megabytes):
                member.write(block)
        return buffer.getvalue()
    if kind == "bzip2":  # slow to compress, so: one stream many times
        return bz2.compress(block * 20) * (megabytes // 20)
    if kind == "zstd":
        return zstd.compress(block * megabytes)
    return gzip.compress(block * 20) * (megabytes // 20)


@each
def test_a_small_file_may_repeat_itself_as_it_likes(kind: str) -> None:
    data = COMPRESS[kind](b"0" * 15 * MEGABYTE)
    assert len(data) * 200 < 15 * MEGABYTE
    assert len(expanded(data)) == 15 * MEGABYTE


def test_a_frame_of_zstd_that_looks_back_too_far_is_refused() -> None:
    options: dict[int, int] = {zstd.CompressionParameter.window_log: 30}
    compressor = zstd.ZstdCompressor(options=options)
    data = compressor.compress(TEXT) + compressor.flush()
    assert "too much memory" in refused(data)[1]


@each
def test_the_head_is_had_without_the_rest(kind: str) -> None:
    data = COMPRESS[kind](TEXT)
    assert expand_head(io.BytesIO(data), LIMITS, 100) == (TEXT[:100], False)
    assert expand_head(io.BytesIO(data), LIMITS, len(TEXT)) == (TEXT, True)
    assert expand_head(io.BytesIO(data), LIMITS, len(TEXT) - 1) == (TEXT[:-1], False)


def test_the_head_of_a_plain_file_is_had_as_well() -> None:
    assert expand_head(io.BytesIO(TEXT), LIMITS, 100) == (TEXT[:100], False)
    assert expand_head(io.BytesIO(b"a\n"), LIMITS, 100) == (b"a\n", True)


def test_no_more_of_the_file_is_read_than_the_head_takes() -> None:
    noise = random.Random(2).randbytes(4 * MEGABYTE)
    data = gzip.compress(noise)
    assert expand_head(io.BytesIO(data[: len(data) // 2]), LIMITS, 100) == (noise[:100], False)


def test_a_fault_of_the_disk_is_none_of_the_file() -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if size and size > 10:
                raise OSError("the disk is gone")
            return super().read(size)

    for kind in COMPRESS:
        with pytest.raises(OSError, match="the disk is gone"):
            list(expand(Broken(COMPRESS[kind](TEXT)), LIMITS))
