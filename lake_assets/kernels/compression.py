"""Compressed files as a stream of their bytes: known by their first bytes, never by name."""

import bz2
import io
import re
import struct
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import BinaryIO, Protocol

from lake_assets.contracts.dataset import CsvFormat
from lake_assets.kernels.refusal import FileRefusedError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

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
READ = 256 * 1024
FREE = 16 * MEGABYTE
"""The ratio counts only beyond so much text: a small file may repeat itself as it likes."""

DIRECTORY = MEGABYTE
"""The largest read that a zip file's reader may ask for: its list of members is read at once."""

ZIP_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""Those that ``zipfile`` expands in steps. A few kilobytes of bzip2 would be gigabytes at once."""


def compression_of(head: bytes) -> str | None:
    """The compression that a file's first :data:`MAGIC_BYTES` say: gzip, bzip2, zstd, zip, or
    one that cannot be read: xz, 7z, rar, lz4, compress. None if it is a plain file."""
    return next((name for name, magic in MAGIC if magic.match(head)), None)


def expand(stream: BinaryIO, limits: CsvFormat) -> Iterator[bytes]:
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
    source = _Source(stream, head)
    kind = compression_of(head)
    if kind is None:
        yield from iter(lambda: source.read(MEGABYTE), b"")
        return
    if kind == "zip":
        source = archive = _ZipSource(stream)
        chunks = _expand_zip(archive)
    elif kind in DECODERS:
        chunks = _expand_stream(source, kind)
    else:
        raise FileRefusedError(
            "compression",
            f"the file is compressed with {kind}, which is not read; send it plain, or as gzip, "
            "bzip2, zstd or zip",
        )
    yield from _within(chunks, source, kind, limits)


def expand_head(stream: BinaryIO, limits: CsvFormat, size: int) -> tuple[bytes, bool]:
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


class _Decoder(Protocol):
    """What ``bz2`` and ``zstd`` have in common."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


class _Gzip:
    """``zlib`` as a :class:`_Decoder`; it checks each member's CRC and length."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(wbits=31)
        self.needs_input = True

    @property
    def eof(self) -> bool:
        return self._member.eof

    @property
    def unused_data(self) -> bytes:
        return self._member.unused_data

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        expanded = self._member.decompress(self._member.unconsumed_tail + data, max_length)
        self.needs_input = len(expanded) < max_length
        return expanded


DECODERS: dict[str, Callable[[], _Decoder]] = {
    "gzip": _Gzip,
    "bzip2": bz2.BZ2Decompressor,
    "zstd": zstd.ZstdDecompressor,
}


class _Source:
    """A stream whose first bytes were read already, that counts what is read of it."""

    def __init__(self, stream: BinaryIO, head: bytes) -> None:
        self.taken = len(head)
        self._stream = stream
        self._head = head

    def read(self, size: int) -> bytes:
        if self._head:
            data, self._head = self._head[:size], self._head[size:]
            return data
        data = self._stream.read(size)
        self.taken += len(data)
        return data


class _ZipSource(_Source):
    """What ``zipfile`` reads from. It never gets more at once than a small directory takes."""

    def __init__(self, stream: BinaryIO) -> None:
        if not stream.seekable():
            raise io.UnsupportedOperation("a zip file needs a stream that can seek")
        super().__init__(stream, b"")
        self.seek, self.tell, self.seekable = stream.seek, stream.tell, stream.seekable
        self.failure: OSError | None = None

    def read(self, size: int = -1) -> bytes:
        try:
            data = super().read(DIRECTORY + 1 if size < 0 else min(size, DIRECTORY + 1))
        except OSError as error:  # which zipfile takes for a fault of the file
            self.failure = error
            raise
        if len(data) > DIRECTORY:
            raise zipfile.BadZipFile("its list of files is longer than one file needs")
        return data


def _expand_stream(source: _Source, kind: str) -> Iterator[bytes]:
    expanded = 0
    decoder: _Decoder | None = None
    data = b""
    while True:
        if not data and (decoder is None or decoder.needs_input):
            data = source.read(READ)
            if not data and decoder is None:
                return
            if not data:
                raise _damaged(kind, expanded, "it ends too early")
        if decoder is None:
            data = data.lstrip(b"\0") if expanded else data  # padding to whole blocks, as on tapes
            if not data:
                continue
            decoder = DECODERS[kind]()
        try:
            chunk = decoder.decompress(data, MEGABYTE)
        except (zlib.error, OSError, zstd.ZstdError) as error:
            raise _damaged(kind, expanded, str(error)) from error
        data = b""
        if decoder.eof:
            data, decoder = decoder.unused_data, None
        expanded += len(chunk)
        if chunk:
            yield chunk


def _expand_zip(source: _ZipSource) -> Iterator[bytes]:
    expanded = 0
    try:
        with zipfile.ZipFile(source) as archive:
            member = _only_member(archive)
            with archive.open(member) as content:
                while chunk := content.read(MEGABYTE):
                    expanded += len(chunk)
                    yield chunk
    except (
        zipfile.BadZipFile, zlib.error, struct.error, EOFError, ValueError, NotImplementedError,
    ) as error:  # fmt: skip
        if source.failure:
            raise source.failure from None
        raise _damaged("zip", expanded, str(error) or "it ends too early") from error


def _only_member(archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    members = [
        member
        for member in archive.infolist()
        if not member.is_dir() and not member.filename.startswith("__MACOSX/")
    ]
    if len(members) != 1:
        names = ", ".join(member.filename for member in members[:3])
        raise FileRefusedError(
            "compression",
            f"the zip file holds {len(members)} files ({names}{', ...' * (len(members) > 3)}); "
            "send each in a zip file of its own"
            if members
            else "the zip file holds no file at all",
        )
    member = members[0]
    if member.flag_bits & 1:
        raise FileRefusedError(
            "compression", f"{member.filename} in the zip file is encrypted; send it as it is"
        )
    if member.compress_type not in ZIP_METHODS:
        raise FileRefusedError(
            "compression",
            f"{member.filename} in the zip file is compressed by method {member.compress_type}; "
            "stored and deflated files are read",
        )
    return member


def _within(
    chunks: Iterator[bytes], source: _Source, kind: str, limits: CsvFormat
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


def _damaged(kind: str, expanded: int, what: str) -> FileRefusedError:
    return FileRefusedError(
        "compression",
        f"the {kind} data is damaged after {expanded:,} expanded bytes: {what.rstrip('.')}; "
        "compress the file anew",
    )
