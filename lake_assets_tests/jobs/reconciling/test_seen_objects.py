"""What an object holds, from its bytes: digest and rows, whatever its size."""

import hashlib

import polars as pl
import pytest

from lake_assets.jobs.reading.task import to_parquet
from lake_assets.jobs.reconciling import seen_objects as module
from lake_assets.jobs.reconciling.seen_objects import Seen, look
from lake_assets.storage import ObjectChanged, Store


def seen(store: Store, key: str, data: bytes) -> Seen:
    store.put(key, data)
    return look(store, store.head(key))


@pytest.mark.parametrize("chunk", [1, 7, 1 << 20])
def test_rows_of_parquet_are_those_of_its_footer(
    store: Store, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    monkeypatch.setattr(module, "CHUNK", chunk)
    data = to_parquet(pl.DataFrame({"n": range(300), "text": ["x"] * 300}))
    assert seen(store, "a.parquet", data) == Seen(len(data), hashlib.sha256(data).hexdigest(), 300)


def test_rows_of_json_are_its_lines(store: Store) -> None:
    assert seen(store, "a.json", b'{"a": 1}\n{"a": 2}\n').rows == 2


def test_what_has_no_rows_to_count_has_none(store: Store) -> None:
    assert seen(store, "a.csv", b"a\n1\n").rows is None


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no Parquet",
        b"PAR1\xff\xff\xff\x7fPAR1",
        b"PAR1 and then nothing that is a footer \x08\0\0\0PAR1",
    ],
)
def test_a_parquet_file_without_a_footer_has_no_rows(local_store: Store, data: bytes) -> None:
    assert seen(local_store, "a.parquet", data).rows is None


def test_another_object_than_the_one_listed_is_refused(store: Store) -> None:
    store.put("a.json", b"1")
    info = store.head("a.json")
    store.put("a.json", b"22")
    with pytest.raises(ObjectChanged):
        look(store, info)
