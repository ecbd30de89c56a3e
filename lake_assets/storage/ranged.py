"""An object as a file that can be read from any place, one range at a time."""

import io
from typing import BinaryIO, cast

from lake_assets.storage.objects import ObjectInfo
from lake_assets.storage.store import Store

RANGE_BYTES = 8 << 20
"""What one request reads ahead."""


class _RangeReader(io.RawIOBase):
    """Reads ranges of one object as it was when it was listed."""

    def __init__(self, store: Store, file: ObjectInfo) -> None:
        self._store = store
        self._file = file
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._file.size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: object) -> int:
        view = memoryview(cast(bytearray, buffer))
        length = min(len(view), self._file.size - self._at)
        if length <= 0:
            return 0
        data = self._store.read(
            self._file.key, if_match=self._file.etag, start=self._at, length=length
        )
        view[: len(data)] = data
        self._at += len(data)
        return len(data)


def open_ranged(store: Store, file: ObjectInfo) -> BinaryIO:
    """Open an object for reading from any place, without holding all of it.

    Unlike ``Store.open`` it can go back, as a ZIP file needs it, and it outlives a connection:
    each range is a request of its own.

    Raises, on reading:
        ObjectNotFound, ObjectChanged: the object is not there, or is not the one listed.
        StoreUnavailable: the store cannot be read.
    """
    return io.BufferedReader(_RangeReader(store, file), RANGE_BYTES)
