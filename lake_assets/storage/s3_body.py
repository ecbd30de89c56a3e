"""An S3 object's bytes as they arrive."""

import io
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError
from urllib3.exceptions import HTTPError

from lake_assets.storage.errors import ReadInterrupted

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer
    from botocore.response import StreamingBody


class Body(io.RawIOBase):
    """An object's bytes as they arrive. Raises ReadInterrupted if they end too early."""

    def __init__(self, stream: "StreamingBody", where: str) -> None:
        self._stream = stream
        self._where = where

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        view = memoryview(buffer)
        try:
            # botocore counts, and raises at the end unless all of Content-Length has come.
            chunk = self._stream.read(len(view))
        except (BotoCoreError, HTTPError, OSError) as exc:
            raise ReadInterrupted(
                f"The connection broke before all of {self._where} was read. Read it again."
            ) from exc
        view[: len(chunk)] = chunk
        return len(chunk)

    def close(self) -> None:
        if not self.closed:
            self._stream.close()
        super().close()
