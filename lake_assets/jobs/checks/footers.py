"""What stands in the footer of a Parquet file, read without the rest of it."""

import polars as pl

from lake_assets.storage.errors import ObjectNotFound
from lake_assets.storage.objects import ObjectInfo
from lake_assets.storage.store import Store

UNREADABLE = (pl.exceptions.PolarsError, pl.exceptions.PanicException)
"""What Polars raises at bytes that are no Parquet file; it panics at some that are damaged."""

FOOTER_BYTES = 64 << 10
"""What is read of a file first; the footers of most are smaller."""
TRAILER_BYTES = 8
"""The length of the footer, little-endian, and the letters PAR1.

https://parquet.apache.org/docs/file-format/
"""


def footer_schema(store: Store, info: ObjectInfo) -> pl.Schema | None:
    """The columns of a Parquet file, from its last bytes; None if it is none."""
    try:
        return pl.Schema(pl.read_parquet_schema(_footer(store, info)))
    except (ObjectNotFound, *UNREADABLE):
        return None


def footer_rows(store: Store, info: ObjectInfo) -> int:
    """The rows of a Parquet file, from its last bytes; 0 if it is none."""
    try:
        footer = _footer(store, info)
        return int(pl.scan_parquet(footer).select(pl.len()).collect().item())
    except (ObjectNotFound, *UNREADABLE):
        return 0


def _footer(store: Store, info: ObjectInfo) -> bytes:
    """The end of a file, from where its footer begins or before."""
    length = min(info.size, FOOTER_BYTES)
    tail = store.read(info.key, start=info.size - length, length=length)
    footer = TRAILER_BYTES + int.from_bytes(tail[-TRAILER_BYTES:-4], "little")
    if length < min(info.size, footer):
        length = min(info.size, footer)
        tail = store.read(info.key, start=info.size - length, length=length)
    return tail
