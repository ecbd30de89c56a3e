"""What an object holds: its digest and its rows, from its bytes, in bounded memory."""

import hashlib
from dataclasses import dataclass

import polars as pl

from lake_assets.storage.objects import ObjectInfo
from lake_assets.storage.store import Store

CHUNK = 1 << 20
PARQUET = b"PAR1"
"""How a Parquet file begins and ends; before the end stands the footer's length, in 4 bytes."""
TRAILER = len(PARQUET) + 4


@dataclass(frozen=True, slots=True)
class Seen:
    """Size in bytes, SHA-256 in hexadecimal, and rows; None where the form has no rows to count.

    Rows are those of a Parquet file's footer, or the lines of a JSON file.
    """

    size: int
    sha256: str
    rows: int | None


def look(store: Store, info: ObjectInfo) -> Seen:
    """Read an object as a stream, a chunk at a time.

    Raises:
        ObjectNotFound, ObjectChanged: it was taken away or replaced meanwhile.
    """
    digest = hashlib.sha256()
    size = lines = 0
    tail = b""
    with store.open(info.key, if_match=info.etag) as stream:
        while chunk := stream.read(CHUNK):
            digest.update(chunk)
            size += len(chunk)
            lines += chunk.count(b"\n")
            tail = (tail + chunk[-TRAILER:])[-TRAILER:]
    rows = lines if info.key.endswith(".json") else None
    if info.key.endswith(".parquet"):
        rows = _parquet_rows(store, info, tail)
    return Seen(size, digest.hexdigest(), rows)


def _parquet_rows(store: Store, info: ObjectInfo, tail: bytes) -> int | None:
    """Rows by the footer; None if there is no footer that can be read."""
    length = int.from_bytes(tail[:4], "little") + TRAILER
    if not tail.endswith(PARQUET) or length > info.size:
        return None
    footer = store.read(info.key, if_match=info.etag, start=info.size - length, length=length)
    try:
        # A Parquet file without its columns: nothing but the footer is looked at.
        return int(pl.scan_parquet(PARQUET + footer).select(pl.len()).collect().item())
    except pl.exceptions.PolarsError:
        return None
