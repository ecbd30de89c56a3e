"""A record's exact text, from the archived file, by the line on which it begins."""

import bz2
import gzip
import io
import zipfile
from collections.abc import Callable

import pytest

from lake_assets.contracts.lake import Lake
from lake_assets.jobs.tracing import raw_records as module
from lake_assets.jobs.tracing.raw_records import raw_records
from lake_assets.samples.retail import retail_files
from lake_assets.storage import ObjectNotFound, Store
from lake_assets.storage.ledger import Input
from lake_assets_tests.jobs import lakes
from lake_assets_tests.jobs.lakes import HEADER, csv, dataset_of, drop, ledger, rejects, run, sale


def zipped(data: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("sales.csv", data)
    return buffer.getvalue()


def as_it_is(data: bytes) -> bytes:
    return data


def ingested(store: Store, lake: Lake, data: bytes, name: str = "sales.csv") -> Input:
    """What the ledger has of a file with these bytes."""
    drop(store, name, data)
    run(store, lake)
    (item,) = (item for record in ledger(store) for item in record.inputs)
    assert item.outcome == "ingested", item.detail
    return item


def texts(store: Store, lake: Lake, item: Input, *lines: int) -> dict[int, str]:
    return raw_records(store, dataset_of(lake), item, lines)


def test_a_line_is_given_as_it_stands_without_its_end(store: Store, lake: Lake) -> None:
    odd = 'T2,"S1", 2025-05-30 10:00:00 ,I1,1,$2.50,2.50'
    item = ingested(store, lake, csv(sale("T1"), odd, sale("T3")))
    assert texts(store, lake, item, 3, 2) == {2: sale("T1"), 3: odd}


def test_a_line_that_the_file_does_not_have_is_left_out(store: Store, lake: Lake) -> None:
    item = ingested(store, lake, csv(sale("T1")))
    assert texts(store, lake, item, 2, 77) == {2: sale("T1")}


def test_a_quoted_record_of_several_lines_is_whole(local_store: Store, lake: Lake) -> None:
    several = 'T2,"S\r\n\r\n1",2025-05-30 10:00:00,I1,1,2.50,2.50'
    data = "\r\n".join([HEADER, sale("T1"), several, sale("T3"), ""]).encode()
    item = ingested(local_store, lake, data)
    assert texts(local_store, lake, item, 2, 3, 6) == {2: sale("T1"), 3: several, 6: sale("T3")}


def test_a_stray_quote_above_takes_in_nothing(local_store: Store, lake: Lake) -> None:
    stray = 'T1,S"1,2025-05-30 10:00:00,I1,1,2.50,2.50'
    item = ingested(local_store, lake, csv(stray, sale("T2"), stray, sale("T4")))
    found = texts(local_store, lake, item, 2, 3, 4, 5)
    assert list(found.values()) == [stray, sale("T2"), stray, sale("T4")]


@pytest.mark.parametrize("pack", [as_it_is, gzip.compress, bz2.compress, zipped])
@pytest.mark.parametrize(
    ("encoding", "end"),
    [
        ("utf-8", "\r"),
        ("utf-8-sig", "\n"),
        ("utf-16", "\r\n"),
        ("utf-32", "\n"),
        ("cp1252", "\r\n"),
    ],
)
def test_text_is_read_as_the_run_read_it(
    local_store: Store, lake: Lake, pack: Callable[[bytes], bytes], encoding: str, end: str
) -> None:
    rows = [sale(f"Tübingen-{n}-naïve") for n in range(9)]
    data = end.join([HEADER, *rows, ""]).encode(encoding)
    item = ingested(local_store, lake, pack(data))
    assert texts(local_store, lake, item, *range(2, 11)) == dict(enumerate(rows, 2))


def test_a_byte_that_is_no_text_is_kept_as_in_the_reject(local_store: Store, lake: Lake) -> None:
    data = csv(sale("T1"), sale("Tö2"), sale("T3")).replace(b"T3", b"T\xff3")
    item = ingested(local_store, lake, data)
    (reject,) = rejects(local_store)
    assert "ÿ" in reject["raw_row"]
    assert texts(local_store, lake, item, 4) == {4: reject["raw_row"]}


@pytest.mark.parametrize("piece_bytes", [1, 10_000, 1 << 20])
def test_every_reject_is_found_where_it_says(
    local_store: Store, lake: Lake, monkeypatch: pytest.MonkeyPatch, piece_bytes: int
) -> None:
    monkeypatch.setattr(module, "PIECE_BYTES", piece_bytes)
    samples = retail_files(seed=3, files=4, rows=300, days=2)
    for name, data in ((sample.name, sample.content) for sample in samples):
        drop(local_store, name, data)
    run(local_store, lake)
    items = {item.source_file: item for record in ledger(local_store) for item in record.inputs}
    found = rejects(local_store)
    assert len(found) > 10
    for name, item in items.items():
        wanted = {r["line_number"]: r["raw_row"] for r in found if r["source_file"] == name}
        assert texts(local_store, lake, item, *wanted) == wanted


def test_no_more_is_read_than_it_takes(local_store: Store, lake: Lake) -> None:
    rows = [sale(f"T{n:06}") for n in range(300_000)]
    item = ingested(local_store, lake, csv(*rows))
    watched, calls = lakes.counted(local_store)
    assert texts(watched, lake, item, 5) == {5: rows[3]}
    assert calls["read"] == 1  # of two ranges that the file has
    assert item.size > 8 << 20


def test_a_file_that_is_gone_is_told(store: Store, lake: Lake) -> None:
    item = ingested(store, lake, csv(sale("T1")))
    store.delete(item.destination)
    with pytest.raises(ObjectNotFound):
        texts(store, lake, item, 2)
