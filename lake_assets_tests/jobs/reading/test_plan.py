"""Large files in pieces: the same rows as in one piece, and tasks that repeat."""

import bz2
import gzip
import hashlib
import io
import random
import zipfile
from datetime import date, datetime
from decimal import Decimal
from itertools import pairwise

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.format import CsvFormat
from lake_assets.contracts.lake import Lake
from lake_assets.jobs.ingest import ingest
from lake_assets.jobs.reading.fetch import Piece
from lake_assets.jobs.reading.plan import make_plan, without
from lake_assets.jobs.repair.rebuild import rebuild_dates
from lake_assets.samples import retail_files
from lake_assets.storage import ObjectInfo, Store
from lake_assets_tests.jobs.lakes import (
    ARRIVED,
    ENGINE,
    HEADER,
    assert_accounted,
    contents,
    contract,
    csv,
    drop,
    hooked,
    once,
    place,
    rejects,
    run,
    sale,
    table,
)
from lake_assets_tests.jobs.test_ingest import staged

MEGABYTE = 1 << 20


def large_file(evidence: str | None) -> bytes:
    """About 5 MB of ambiguous dates, messy rows and quoted line ends; the evidence comes last."""
    rows = []
    for n in range(115_000):
        row = f"T{n:06d},S{n % 9},03/04/2025 10:00,I{n % 100},1,2.50,2.50"
        if n % 1000 == 7:
            row = row.replace(",2.50,2.50", ",2.50,9.99")
        elif n % 1000 == 8:
            row = f'"T{n:06d}","S\n{n % 9}",03/04/2025 10:00,I1,1,2.50,2.50'
        elif n % 1000 == 9:
            row = f"T{n:06d};S1;03/04/2025 10:00;I1;1;2.50;2.50"
        elif n % 1000 == 10:
            row = ",,,,,,"
        elif n % 1000 == 11:
            row = f'T{n:06d},S"1,03/04/2025 10:00,I1,1,2.50,2.50'
        rows.append(row)
    if evidence:
        rows.append(f"LAST,S1,{evidence} 10:00,I1,1,2.50,2.50")
    return csv(*rows)


@pytest.mark.parametrize(
    ("sizes", "tasks", "least"),
    [
        ([10] * 365, 1, 1.0),
        ([68_000] * 365, 2, 0.98),  # not one of 32 MB and another of 5 MB
        ([12 * MEGABYTE] * 4, 2, 1.0),
        ([12 * MEGABYTE] * 5, 3, 0.5),
        ([15 * MEGABYTE, *[MEGABYTE] * 30], 2, 0.9),
        ([], 0, 1.0),
    ],
)
def test_the_tasks_of_a_batch_take_about_as_long(
    local_store: Store, sizes: list[int], tasks: int, least: float
):
    files = [
        Piece(ObjectInfo(f"validated/{at}.csv", size, "etag", ARRIVED, ARRIVED), f"{at}.csv")
        for at, size in enumerate(sizes)
    ]
    plan = make_plan(local_store, contract().datasets[0], "run", files, 32)
    groups = [task.pieces for task in plan.tasks]
    assert [piece for group in groups for piece in group] == files
    read = [sum(piece.size for piece in group) for group in groups]
    assert len(read) == tasks
    assert all(size <= 32 * MEGABYTE for size in read)
    assert min(read, default=0) >= least * max(read, default=0)


@pytest.mark.parametrize(
    ("evidence", "day"),
    [("25/04/2025", "2025-04-03"), ("04/25/2025", "2025-03-04"), (None, None)],
)
def test_a_file_in_pieces_has_the_rows_of_the_file_in_one_piece(
    local_store: Store, other_store: Store, evidence: str | None, day: str | None
):
    data = large_file(evidence)
    assert len(data) > 4 * MEGABYTE
    whole, pieces = contract(task_mb=64), contract(task_mb=1)
    found = {}
    for store, lake in ((local_store, whole), (other_store, pieces)):
        place(store, "sales.csv", data)
        record = ingest(store, lake, lake.datasets[0], ENGINE)
        assert record is not None
        (item,) = record.inputs
        assert item.sha256
        found[lake.intake.task_mb] = item
        assert_accounted(store)
    in_one, in_pieces = found[64], found[1]
    assert in_one.tasks == [0]
    assert len(in_pieces.tasks) == 5
    assert len(set(in_pieces.tasks)) > 3
    assert in_pieces.books == in_one.books
    assert in_pieces.sha256 == in_one.sha256
    assert in_one.books.rows_read == 115_000 + bool(evidence)
    assert (in_one.books.reasons.get("AMBIGUOUS_TIMESTAMP:timestamp", 0) > 100_000) is (day is None)
    if day:
        assert in_one.books.dates[day] > 114_000
        assert_frame_equal(
            table(local_store, "processed/").drop("ingest_run_id"),
            table(other_store, "processed/").drop("ingest_run_id"),
        )
    strip = [
        [{k: v for k, v in r.items() if k != "ingest_run_id"} for r in rejects(store)]
        for store in (local_store, other_store)
    ]
    assert strip[0] == strip[1]
    lines = data.split(b"\n")
    for reject in strip[1][:200] + strip[1][-200:]:
        raw = reject["raw_row"].encode().split(b"\n")
        assert lines[reject["line_number"] - 1 :][: len(raw)] == raw


def test_a_large_file_is_rebuilt_to_the_byte(local_store: Store):
    lake = contract(task_mb=1)
    (sample,) = retail_files(seed=5, files=1, rows=30_000, days=1)
    assert len(sample.content) > 2 * MEGABYTE
    place(local_store, sample.name, sample.content)
    place(local_store, "small.csv", csv(sale("T1", "2025-01-01")))
    record = ingest(local_store, lake, lake.datasets[0], ENGINE)
    assert record is not None
    before = contents(local_store, "processed/")
    assert len(before) > 2
    for key in before:
        local_store.put(key, b"")
    for day in record.dates:
        rebuild_dates(local_store, lake.datasets[0], ENGINE, [day])
    assert contents(local_store, "processed/") == before


def test_pieces_cover_the_file_and_tasks_hold_about_what_they_may(
    local_store: Store, dataset: Dataset
):
    data = csv(*[sale(f"T{n:06d}") for n in range(60_000)])
    large = Piece(place(local_store, "large.csv", data), "large.csv")
    small = [Piece(place(local_store, f"{n}.csv", csv(sale("T"))), f"{n}.csv") for n in range(3)]
    plan = make_plan(local_store, dataset, "run", [small[0], large, *small[1:]], 1)
    assert plan.refusals == {}
    assert set(plan.sha256) == {"validated/large.csv"}
    assert [task.number for task in plan.tasks] == list(range(len(plan.tasks)))
    pieces = [piece for task in plan.tasks for piece in task.pieces]
    assert [piece.source_file for piece in pieces if not piece.cut] == ["0.csv", "1.csv", "2.csv"]
    cuts = [piece.cut for piece in pieces if piece.cut]
    assert [cuts[0].start, cuts[-1].end] == [0, len(data)]
    for one, following in pairwise(cuts):
        assert one.end == following.start
        assert following.first_line == data.count(b"\n", 0, following.start) + 1
        assert data[following.start - 1 : following.start] == b"\n"
    assert all(
        sum(p.cut.end - p.cut.start if p.cut else p.file.size for p in task.pieces)
        <= 1.1 * MEGABYTE
        for task in plan.tasks
    )
    again = make_plan(local_store, dataset, "run", [small[0], large, *small[1:]], 1)
    assert again == plan


def test_a_task_without_a_file_keeps_its_number_and_its_other_pieces(
    local_store: Store, dataset: Dataset
):
    files = [Piece(place(local_store, f"{n}.csv", csv(sale("T"))), f"{n}.csv") for n in range(3)]
    (task,) = make_plan(local_store, dataset, "run", files, 64).tasks
    left = without(task, {"validated/1.csv"})
    assert left.number == task.number
    assert [piece.source_file for piece in left.pieces] == ["0.csv", "2.csv"]


def compressed(data: bytes, kind: str) -> bytes:
    """The same as somebody would send it."""
    match kind:
        case "gzip":
            return gzip.compress(data, mtime=0)
        case "bzip2":
            return bz2.compress(data)
        case "zip":
            buffer = io.BytesIO()
            with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
                archive.writestr("sales.csv", data)
            return buffer.getvalue()
        case _:
            return b"\xff\xfe" + data.decode().encode("utf-16-le")


@pytest.mark.parametrize("kind", ["gzip", "bzip2", "zip", "utf-16"])
def test_a_file_that_cannot_be_cut_is_read_as_a_stream(
    local_store: Store, other_store: Store, kind: str
):
    """Its rows are those of the plain file, in several volumes; they are rebuilt to the byte."""
    lake = contract(task_mb=1)
    dataset = lake.datasets[0]
    noise = random.Random(1)
    rows = [sale(f"T{n:06d}-{noise.getrandbits(400):x}") for n in range(30_000)]
    rows[20_000:20_000] = [f"late,S1,0{m}/04/2025 10:00,I1,1,2.50,2.50" for m in (3, 4)]
    rows.append("last,S1,25/04/2025 10:00,I1,1,2.50,2.50")
    data = csv(*rows)
    sent = compressed(data, kind)
    assert len(sent) > MEGABYTE
    for store, content in ((local_store, data), (other_store, sent)):
        place(store, "sales.csv", content)
        record = ingest(store, lake, dataset, ENGINE)
        assert record is not None
        assert_accounted(store)
        (item,) = record.inputs
        assert (item.outcome, item.books.good) == ("ingested", 30_003)
        assert item.sha256 == hashlib.sha256(content).hexdigest()
    strip = [
        table(store, "processed/").drop("ingest_run_id").sort("line_number")
        for store in (local_store, other_store)
    ]
    assert_frame_equal(*strip)
    assert record is not None
    before = contents(other_store, "processed/")
    assert sum("-0001.snappy" in key for key in before) > 0
    for day in record.dates:
        rebuild_dates(other_store, dataset, ENGINE, [day])
    assert contents(other_store, "processed/") == before


@pytest.mark.parametrize("at", [0.3, 0.9])
def test_a_compressed_file_that_is_cut_off_is_refused_and_stages_nothing(
    local_store: Store, at: float
):
    lake = contract(task_mb=1)
    noise = random.Random(1)
    data = csv(*[sale(f"T{noise.getrandbits(400):x}") for _ in range(40_000)])
    sent = gzip.compress(data, mtime=0)
    place(local_store, "cut.csv.gz", sent[: int(len(sent) * at)])
    place(local_store, "good.csv", csv(sale("T1")))
    outcome = run(local_store, lake)
    items = {item.source_file: item for item in outcome.commits[0].inputs}
    assert (items["cut.csv.gz"].outcome, items["cut.csv.gz"].reason) == ("refused", "compression")
    assert "ends too early" in str(items["cut.csv.gz"].detail)
    assert table(local_store, "processed/")["transaction_id"].to_list() == ["T1"]
    assert list(staged(local_store)) == []
    assert_accounted(local_store)


def test_small_compressed_files_are_read_like_plain_ones(local_store: Store, lake: Lake):
    for number, kind in enumerate(("gzip", "bzip2", "zip", "utf-16")):
        drop(local_store, f"{number}.csv", compressed(csv(sale(f"T{number}")), kind))
    outcome = run(local_store, lake)
    assert [verdict.outcome for verdict in outcome.verdicts] == ["validated"] * 4
    assert sorted(table(local_store, "gold/")["transaction_id"]) == ["T0", "T1", "T2", "T3"]
    assert_accounted(local_store)


@pytest.mark.parametrize("moment", ["open", "read"])
def test_a_large_file_that_vanishes_while_it_is_cut_leaves_the_batch(
    local_store: Store, moment: str
):
    lake = contract(task_mb=1)
    place(local_store, "large.csv", csv(*[sale(f"T{n:06d}") for n in range(30_000)]))
    place(local_store, "good.csv", csv(sale("T1")))
    gone = once(moment, lambda: local_store.delete("validated/large.csv"), "validated/large")
    record = ingest(hooked(local_store, before=gone), lake, lake.datasets[0], ENGINE)
    assert record is not None
    assert [item.source_file for item in record.inputs] == ["good.csv"]
    assert table(local_store, "processed/").height == 1
    assert_accounted(local_store)


def test_one_broken_piece_takes_the_whole_large_file_out(local_store: Store):
    """A file is good, rejected row by row, or refused: never half of it."""
    from lake_assets.contracts.rule import Rule

    rule = Rule(name="one_store", expression="store_id = 'S1'", severity="fail")
    lake = contract(task_mb=1, rules=[rule])
    rows = [sale(f"T{n:06d}") for n in range(60_000)]
    rows[-5] = rows[-5].replace("S1", "S2")
    place(local_store, "large.csv", csv(*rows))
    place(local_store, "good.csv", csv(sale("T1")))
    outcome = run(local_store, lake)
    items = {item.source_file: item for item in outcome.commits[0].inputs}
    assert (items["large.csv"].outcome, items["large.csv"].reason) == ("refused", "rule_failed")
    assert table(local_store, "processed/")["transaction_id"].to_list() == ["T1"]
    assert_accounted(local_store)


def test_a_rule_for_the_file_is_judged_by_the_evidence_of_the_file(local_store: Store):
    """The first piece alone would read 1,234 as a thousand; the last one shows the comma."""
    from lake_assets.contracts.rule import Rule

    rule = Rule(name="cheap", expression="unit_price < 1000", severity="fail")
    columns = [
        column.model_copy(update={"scale": 3})
        if column.name in {"unit_price", "revenue"}
        else column
        for column in contract().datasets[0].columns
    ]
    lake = contract(task_mb=1, rules=[rule], columns=columns)
    head = HEADER.replace(",", ";")
    rows = [f"T{n:06d};S1;2025-05-30;I1;1;1,234;1,5" for n in range(60_000)]
    rows += [f"U{n:06d};S1;2025-05-30;I1;1;1,5;1,5" for n in range(1000)]
    place(local_store, "large.csv", csv(*rows, header=head))
    outcome = run(local_store, lake)
    (item,) = outcome.commits[0].inputs
    assert (item.outcome, item.books.good) == ("ingested", 61_000)
    assert table(local_store, "processed/")["unit_price"].max() == Decimal("1.500")


@pytest.mark.parametrize("kind", ["plain", "gzip"])
def test_totals_before_a_cut_are_totals(local_store: Store, kind: str):
    lake = contract(task_mb=1, format=CsvFormat(totals="^Total"))
    rows = [sale(f"T{n:06d}") for n in range(20_500)]
    data = csv(*rows, "Total,,2025-05-30,,20500,,51250.00") + b"\n" * 200_000
    data = data[: data.index(b"Total") + MEGABYTE // 5]
    place(local_store, "sales.csv", data if kind == "plain" else compressed(data, kind))
    record = ingest(local_store, lake, lake.datasets[0], ENGINE)
    assert record is not None
    (item,) = record.inputs
    assert (item.books.good, item.books.rejected) == (20_500, 0)
    assert_accounted(local_store)


def test_the_date_in_the_name_decides_where_the_file_does_not(local_store: Store, lake: Lake):
    row = sale("T1").replace("2025-05-30 10:00:00", "03/04/2025 10:00")
    place(local_store, "sales_2025-04-03.csv", f"{HEADER}\n{row}\n".encode())
    run(local_store, lake)
    found = table(local_store, "processed/")["timestamp"].dt.date()
    assert found.to_list() == [date(2025, 4, 3)]


def test_the_arrival_is_the_time_stamp_of_the_rows(local_store: Store, lake: Lake):
    info: ObjectInfo = place(local_store, "a.csv", csv(sale("T1")))
    run(local_store, lake)
    (stamp,) = table(local_store, "processed/")["ingest_ts"].to_list()
    assert isinstance(stamp, datetime)
    assert stamp.replace(tzinfo=None) == info.arrived.replace(tzinfo=None)
    assert info.arrived == ARRIVED
    assert isinstance(table(local_store, "gold/")["ingest_ts"].dtype, pl.Datetime)
