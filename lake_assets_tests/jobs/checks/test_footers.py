"""The end of a Parquet file is all that is read to count its rows."""

import io
import random

import polars as pl
import pytest

from lake_assets.jobs.checks.counted import count_rows
from lake_assets.jobs.checks.footers import FOOTER_BYTES, footer_rows, footer_schema
from lake_assets.storage import Store


def parquet(rows: int) -> bytes:
    buffer = io.BytesIO()
    numbers = pl.int_range(rows, eager=True).hash()
    pl.DataFrame({"number": numbers}).write_parquet(buffer, row_group_size=1_000)
    return buffer.getvalue()


def test_rows_and_columns_come_from_the_last_bytes(local_store: Store) -> None:
    data = parquet(50_000)
    assert len(data) > 4 * FOOTER_BYTES
    # Nothing but the footer is left of the file.
    local_store.put("x", bytes(len(data) - FOOTER_BYTES) + data[-FOOTER_BYTES:])
    assert footer_rows(local_store, local_store.head("x")) == 50_000
    assert footer_schema(local_store, local_store.head("x")) == {"number": pl.UInt64()}


@pytest.mark.parametrize("data", [b"", b"PAR1", b"none", b"x" * 100 + b"PAR1", b"\xff" * 50])
def test_what_has_no_footer_has_no_rows(local_store: Store, data: bytes) -> None:
    local_store.put("x", data)
    assert footer_rows(local_store, local_store.head("x")) == 0
    assert footer_schema(local_store, local_store.head("x")) is None


def test_a_partition_has_the_rows_of_all_its_files(local_store: Store) -> None:
    local_store.put("p/1", parquet(10))
    local_store.put("p/2", parquet(5))
    local_store.put("p/3", parquet(7)[:-20])
    assert count_rows(local_store, "p/") == 15


def test_no_damage_to_a_footer_escapes(local_store: Store) -> None:
    """Of these, some make Polars panic, which is no ordinary exception."""
    chance = random.Random(1)
    whole = parquet(100)
    for _ in range(300):
        data = bytearray(whole)
        for _ in range(chance.randint(1, 4)):
            data[-1 - chance.randrange(len(data))] = chance.randrange(256)
        local_store.put("x", bytes(data))
        info = local_store.head("x")
        assert footer_rows(local_store, info) >= 0
        schema = footer_schema(local_store, info)
        assert schema is None or isinstance(schema, pl.Schema)
