"""Compressed files as a stream of their bytes: known by their first bytes, never by name."""

import re
from collections.abc import Iterator
from typing import BinaryIO

from lake_assets.contracts.format import TextFormat
from lake_assets.kernels.decoding.inflate import DECODERS, Source, inflate
from lake_assets.kernels.decoding.unzip import ZipSource, unzip
from lake_assets.kernels.refusal import FileRefusedError

MAGIC = (
    ("gzip", re.compile(rb"\x1f\x8b\x08")),
    ("bzip2", re.compile(rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)")),
    ("zstd", re.compile(rb"\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18")),
    ("zip", re.compile(rb"PK(?:\x03\x04|\x05\x06)")),
    ("xz", re.compile(rb"\xfd7zXZ\0")),
    ("7z", re.compile(rb"7z\xbc\xaf\x27\x1c")),
    ("rar", re.compile(rb"Rar!\x1a\x07")),
    ("lz4", re.compile(rb"\x04\x22\x4d\x18")),
    ("compress", re.compile(rb"\x1f\x9d[\x80-\xff]")),
)
"""How the formats begin: RFC 1952, the bzip2 sources, RFC 8878 (with its skippable frames),
PKWARE's APPNOTE; and those that are only recognised, to say so."""

MAGIC_BYTES = 10
MEGABYTE = 1 << 20
FREE = 16 * MEGABYTE
"""The ratio counts only beyond so much text: a small file may repeat itself as it likes."""


def compression_of(head: bytes) -> str | None:
    """The compression that a file's first :data:`MAGIC_BYTES` say: gzip, bzip2, zstd, zip, or
    one that cannot be read: xz, 7z, rar, lz4, compress. None if it is a plain file."""
    return next((name for name, magic in MAGIC if magic.match(head)), None)


def expand(stream: BinaryIO, limits: TextFormat) -> Iterator[bytes]:
    """A file's bytes, expanded if it is compressed, in chunks of at most a megabyte.

    Several members (gzip), streams (bzip2) or frames (zstd) behind one another are one file. A zip
    file has to hold exactly one, folders and what macOS adds aside. What is compressed twice is
    refused. Holds a few megabytes, and for zstd up to the 128 MB that a frame may look back.

    Args:
        stream: at the file's first byte. A zip file's has to be seekable; its end is read first.
        limits: how much it may expand to. Plain files have no limit here.

    Raises:
        FileRefusedError: ``compression`` if it is damaged, ends too early, or cannot be read;
            ``too_large`` if it expands to more than the limits allow.
    """
    head = _read_fully(stream, MAGIC_BYTES)
    source = Source(stream, head)
    kind = compression_of(head)
    if kind is None:
        yield from iter(lambda: source.read(MEGABYTE), b"")
        return
    if kind == "zip":
        source = archive = ZipSource(stream)
        chunks = unzip(archive)
    elif kind in DECODERS:
        chunks = inflate(source, kind)
    else:
        raise FileRefusedError(
            "compression",
            f"the file is compressed with {kind}, which is not read; send it plain, or as gzip, "
            "bzip2, zstd or zip",
        )
    yield from _within(chunks, source, kind, limits)


def expand_head(stream: BinaryIO, limits: TextFormat, size: int) -> tuple[bytes, bool]:
    """The first bytes of what :func:`expand` gives, and whether they are all of it.

    Damage further behind is not noticed: no more is read than it takes.

    Raises:
        FileRefusedError: as :func:`expand`.
    """
    head = bytearray()
    for chunk in expand(stream, limits):
        head += chunk
        if len(head) > size:
            return bytes(head[:size]), False
    return bytes(head), True


def _within(
    chunks: Iterator[bytes], source: Source, kind: str, limits: TextFormat
) -> Iterator[bytes]:
    expanded = 0
    start = b""
    for chunk in chunks:
        if len(start) < MAGIC_BYTES:
            start += chunk[:MAGIC_BYTES]
            if inner := compression_of(start):
                raise FileRefusedError(
                    "compression",
                    f"within the {kind} file is one compressed with {inner}; compress it once",
                )
        expanded += len(chunk)
        if expanded > limits.max_expanded_mb * MEGABYTE:
            raise FileRefusedError(
                "too_large",
                f"the {kind} file expands to more than {limits.max_expanded_mb:,} MB; split it, "
                "or raise format.max_expanded_mb",
            )
        if expanded > max(FREE, source.taken * limits.max_expansion_ratio):
            raise FileRefusedError(
                "too_large",
                f"{source.taken:,} bytes of the {kind} file expand to {expanded:,}, more than "
                f"{limits.max_expansion_ratio} times as much; if that is right, raise "
                "format.max_expansion_ratio",
            )
        yield chunk


def _read_fully(stream: BinaryIO, size: int) -> bytes:
    """As many bytes as there are, up to ``size``; a stream may give fewer at once."""
    data = stream.read(size)
    while len(data) < size and (more := stream.read(size - len(data))):
        data += more
    return data
