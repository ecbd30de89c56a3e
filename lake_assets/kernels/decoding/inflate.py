"""gzip, bzip2 and zstd, expanded in bounded steps."""

import bz2
import sys
import zlib
from collections.abc import Callable, Iterator
from typing import BinaryIO, Protocol

from lake_assets.kernels.refusal import FileRefusedError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

READ = 64 * 1024
STEP = 1 << 20
"""How much one step reads and how much it gives at most, in bytes."""


class Source:
    """A stream whose first bytes were read already, that counts what is read of it."""

    def __init__(self, stream: BinaryIO, head: bytes) -> None:
        self.taken = len(head)
        self.stream = stream
        self._head = head

    def read(self, size: int) -> bytes:
        if self._head:
            data, self._head = self._head[:size], self._head[size:]
            return data
        data = self.stream.read(size)
        self.taken += len(data)
        return data


def damaged(kind: str, expanded: int, what: str) -> FileRefusedError:
    """The refusal of a file whose compressed data is not in order."""
    return FileRefusedError(
        "compression",
        f"the {kind} data is damaged after {expanded:,} expanded bytes: {what.rstrip('.')}; "
        "compress the file anew",
    )


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


def inflate(source: Source, kind: str) -> Iterator[bytes]:
    """The bytes of all members, streams or frames, in chunks of at most :data:`STEP`.

    Args:
        source: at the file's first byte.
        kind: a key of :data:`DECODERS`.

    Raises:
        FileRefusedError: ``compression`` if the data is damaged or ends too early.
    """
    expanded = 0
    decoder: _Decoder | None = None
    data = b""
    while True:
        if not data and (decoder is None or decoder.needs_input):
            data = source.read(READ)
            if not data and decoder is None:
                return
            if not data:
                raise damaged(kind, expanded, "it ends too early")
        if decoder is None:
            data = data.lstrip(b"\0") if expanded else data  # padding to whole blocks, as on tapes
            if not data:
                continue
            decoder = DECODERS[kind]()
        try:
            chunk = decoder.decompress(data, STEP)
        except (zlib.error, OSError, zstd.ZstdError) as error:
            raise damaged(kind, expanded, str(error)) from error
        data = b""
        if decoder.eof:
            data, decoder = decoder.unused_data, None
        expanded += len(chunk)
        if chunk:
            yield chunk
