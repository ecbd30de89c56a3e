"""A made-up sample from raw/ to gold, on a directory and on S3, against its truth."""

import csv as csv_module
import hashlib
import io
import json
import re
import uuid
from collections import Counter
from dataclasses import dataclass
from datetime import date

import boto3
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from lake_assets.contracts.lake import Lake
from lake_assets.jobs.pipeline import Outcome, run_pipeline
from lake_assets.samples import SampleFile, gold_rows, retail_files
from lake_assets.storage import Store, open_store
from lake_assets_tests.jobs.lakes import (
    ENGINE,
    assert_accounted,
    contents,
    contract,
    counted,
    csv,
    drop,
    exists,
    keys,
    ledger,
    reason,
    refused_files,
    rejects,
    run,
    sale,
    sales,
    table,
    writes,
)


@dataclass
class Finished:
    store: Store
    lake: Lake
    files: list[SampleFile]
    outcome: Outcome

    @property
    def by_name(self) -> dict[str, SampleFile]:
        return {file.name: file for file in self.files}


def finish(store: Store) -> Finished:
    files = list(retail_files(seed=7, files=5, rows=700, days=3, refused=4))
    for file in files:
        drop(store, file.name, file.content)
    lake = contract()
    return Finished(store, lake, files, run(store, lake))


@pytest.fixture(scope="module")
def on_disk(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    return finish(open_store(str(tmp_path_factory.mktemp("lake"))))


@pytest.fixture(scope="module")
def on_s3(s3_endpoint: str) -> Finished:
    bucket = f"lake-{uuid.uuid4().hex}"
    boto3.client("s3", endpoint_url=s3_endpoint).create_bucket(Bucket=bucket)
    return finish(open_store(f"s3://{bucket}/retail", endpoint=s3_endpoint))


@pytest.fixture(params=["on_disk", "on_s3"])
def done(request: pytest.FixtureRequest) -> Finished:
    found: Finished = request.getfixturevalue(request.param)
    return found


def test_the_books_of_every_file_are_its_truth(done: Finished):
    books = {
        item.source_file: item.books
        for record in done.outcome.commits
        for item in record.inputs
        if item.outcome == "ingested"
    }
    wanted = {file.name: file.truth for file in done.files if not file.truth.system_reject}
    assert set(books) == set(wanted)
    for name, truth in wanted.items():
        found = books[name]
        codes: Counter[str] = Counter()
        for code, rows in found.reasons.items():
            codes[code.partition(":")[0]] += rows
        assert found.rows_read == truth.rows_read
        assert found.good == truth.good
        assert found.skipped == truth.skipped
        assert found.unaccounted == found.duplicate == 0
        assert dict(codes) == truth.rejected
        assert found.dates == {str(day): rows for day, rows in truth.dates.items()}


def test_files_that_are_no_sales_files_are_refused_for_their_true_reason(done: Finished):
    wanted = {f.name: f.truth.system_reject for f in done.files if f.truth.system_reject}
    verdicts = {v.source_file: v for v in done.outcome.verdicts if v.outcome == "refused"}
    assert {name: verdict.reason for name, verdict in verdicts.items()} == wanted
    for name, verdict in verdicts.items():
        assert verdict.key == f"rejected/system/{name}"
        assert done.store.read(verdict.key) == done.by_name[name].content
        document = reason(done.store, verdict.key)
        assert list(document) == ["source_file", "reason", "detail", "ingest_run_id"]
        assert document["source_file"] == name
        assert document["reason"] == wanted[name]
        assert document["detail"]
    assert len(refused_files(done.store)) == len(wanted)


def test_gold_has_each_transaction_of_a_date_once(done: Finished):
    wanted = {str(day): rows for day, rows in gold_rows(done.files).items()}
    assert {m.target_date: m.rows_after_dedup for m in done.outcome.metrics} == wanted
    for day, rows in wanted.items():
        gold = table(done.store, f"gold/fact_sales/date={day}/")
        assert gold.height == gold["transaction_id"].n_unique() == rows
        assert gold["timestamp"].dt.date().unique().to_list() == [date.fromisoformat(day)]


def test_nothing_is_left_waiting_and_every_row_is_accounted_for(done: Finished):
    assert_accounted(done.store)


def test_every_key_has_the_layout_of_the_specification(done: Finished):
    day, run_id = r"date=\d{4}-\d\d-\d\d", r"[0-9a-f]{16}"
    layout = [
        r"rejected/system/[^/]+\.csv",
        r"rejected/system/[^/]+_reason\.json",
        rf"rejected/data_quality/json/part-{run_id}-\d{{4}}\.json",
        rf"rejected/data_quality/csv/part-{run_id}-\d{{4}}\.csv",
        rf"processed/{day}/part-{run_id}-\d{{4}}\.snappy\.parquet",
        rf"gold/fact_sales/{day}/part-\d{{4}}\.snappy\.parquet",
        rf"audit/gold_compaction/{day}/metrics\.json",
        r"audit/gold_compaction/last_run_summary\.json",
        rf"archive/validated/[^/]+\.csv_\d{{8}}T\d{{6}}_{run_id}",
        rf"audit/ingest/{day}/{run_id}\.json",
        r"audit/content/[0-9a-f]{64}\.json",
    ]
    found = keys(done.store)
    for pattern in layout:
        assert any(re.fullmatch(pattern, key) for key in found), pattern
    for key in found:
        assert any(re.fullmatch(pattern, key) for pattern in layout), key


def test_the_metrics_of_a_date_have_all_fields_and_are_the_ones_returned(done: Finished):
    assert done.outcome.metrics
    for metrics in done.outcome.metrics:
        day = metrics.target_date
        document = json.loads(done.store.read(f"audit/gold_compaction/date={day}/metrics.json"))
        assert document == metrics.to_json()
        rows_in = table(done.store, f"processed/date={day}/").height
        rows_out = table(done.store, f"gold/fact_sales/date={day}/").height
        assert {
            "target_date": day,
            "input_partition": f"processed/date={day}/",
            "output_partition": f"gold/fact_sales/date={day}/",
            "total_rows_in_source_partition": rows_in,
            "rows_after_dedup": rows_out,
            "duplicate_rows_removed": rows_in - rows_out,
            "null_timestamp": 0,
            "null_store": 0,
            "dq_balance_issues": 0,
            "status": "written",
            "error": None,
        }.items() <= document.items()
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", document["processed_at_utc"])


def test_the_summary_of_the_run_repeats_the_metrics(done: Finished):
    document = json.loads(done.store.read("audit/gold_compaction/last_run_summary.json"))
    assert list(document) == ["job_name", "run_ts_utc", "processed_partitions_count", "results"]
    assert document["job_name"] == "gold_compaction"
    assert document["processed_partitions_count"] == len(done.outcome.metrics)
    assert document["results"] == [metrics.to_json() for metrics in done.outcome.metrics]


def test_the_archive_has_the_bytes_that_were_dropped(done: Finished):
    for record in ledger(done.store):
        for item in record.inputs:
            wanted = done.by_name[item.source_file].content
            assert done.store.read(item.destination) == wanted
            assert item.sha256 == hashlib.sha256(wanted).hexdigest()
            assert item.size == len(wanted)


def test_reject_records_have_the_fields_of_the_specification_in_its_order(done: Finished):
    fields = [
        "raw_row",
        "transaction_id",
        "store_id",
        "timestamp_raw",
        "timestamp_parsed",
        "item_id",
        "item_category",
        "quantity",
        "unit_price",
        "revenue",
        "payment_method",
        "customer_id",
        "reject_reason",
        "reject_reasons",
        "source_file",
        "line_number",
        "ingest_run_id",
        "ingest_ts",
        "contract_version",
    ]
    found = rejects(done.store)
    assert found
    (record,) = done.outcome.commits
    arrivals = {item.source_file: item.arrived for item in record.inputs}
    for reject in found:
        assert sorted(reject) == sorted(fields)
        assert reject["reject_reason"] == reject["reject_reasons"][0]
        assert reject["ingest_run_id"] == record.ingest_run_id
        assert reject["ingest_ts"] == f"{arrivals[reject['source_file']]:%Y-%m-%dT%H:%M:%S.%fZ}"
        assert reject["contract_version"] == "1"
    for data in contents(done.store, "rejected/data_quality/json/").values():
        for line in data.splitlines():
            assert list(json.loads(line)) == fields


def test_every_reject_is_to_the_byte_the_line_that_it_names(done: Finished):
    for reject in rejects(done.store):
        text = done.by_name[reject["source_file"]].content.removeprefix(b"\xef\xbb\xbf")
        lines = [line.removesuffix(b"\r") for line in text.split(b"\n")]
        raw = [line.removesuffix("\r").encode() for line in reject["raw_row"].split("\n")]
        first = reject["line_number"] - 1
        assert lines[first : first + len(raw)] == raw


def test_analysts_get_the_same_rejects_as_csv(done: Finished):
    files = contents(done.store, "rejected/data_quality/csv/")
    (run_id,) = {key.split("-")[1] for key in files}
    assert run_id == done.outcome.commits[0].ingest_run_id
    rows = [
        row
        for data in files.values()
        for row in csv_module.DictReader(io.StringIO(data.decode(), newline=""))
    ]
    assert sorted((row["source_file"], int(row["line_number"])) for row in rows) == sorted(
        (reject["source_file"], reject["line_number"]) for reject in rejects(done.store)
    )


def test_the_row_hash_is_the_md5_of_the_declared_columns(done: Finished):
    columns = done.lake.datasets[0].gold.row_hash
    for row in table(done.store, "gold/").head(20).iter_rows(named=True):
        joined = "||".join("" if row[name] is None else str(row[name]) for name in columns)
        assert row["row_hash"] == hashlib.md5(joined.encode()).hexdigest()
    assert "transaction_id" not in columns


def test_rows_carry_the_run_the_arrival_and_the_contract_that_made_them(done: Finished):
    (record,) = done.outcome.commits
    arrivals = {item.source_file: item.arrived for item in record.inputs}
    lineage = table(done.store, "processed/").select(
        "source_file", "ingest_run_id", "ingest_ts", "contract_version"
    )
    assert set(lineage["ingest_run_id"]) == {record.ingest_run_id}
    assert set(lineage["contract_version"]) == {"1"}
    stamps = dict(lineage.select("source_file", "ingest_ts").unique().iter_rows())
    naive = pl.Series([arrivals[name] for name in stamps]).dt.replace_time_zone(None).to_list()
    assert [stamp.replace(tzinfo=None) for stamp in stamps.values()] == naive


def test_a_second_run_finds_nothing_to_do_and_writes_nothing(done: Finished):
    before = contents(done.store, "")
    watched, calls = counted(done.store)
    outcome = run(watched, done.lake)
    assert [outcome.recovered, outcome.verdicts, outcome.commits, outcome.metrics] == [[]] * 4
    assert writes(calls) == 0
    assert calls["read"] == calls["open"] == calls["head"] == 0
    assert contents(done.store, "") == before


def test_a_directory_and_s3_give_the_same_rows(on_disk: Finished, on_s3: Finished):
    arrival = ["ingest_run_id", "ingest_ts"]
    for zone in ("processed/", "gold/"):
        assert_frame_equal(
            table(on_disk.store, zone).drop(arrival), table(on_s3.store, zone).drop(arrival)
        )
    key = ("source_file", "line_number")
    one, other = (
        sorted(
            ({k: v for k, v in r.items() if k not in arrival} for r in rejects(found.store)),
            key=lambda reject: [reject[name] for name in key],
        )
        for found in (on_disk, on_s3)
    )
    assert one == other


def test_batches_of_one_file_give_the_same_gold_as_one_batch(local_store: Store, on_disk: Finished):
    for file in on_disk.files:
        drop(local_store, file.name, file.content)
    outcome = run(local_store, contract(max_files=1))
    assert len(outcome.commits) == 5
    assert_accounted(local_store)
    arrival = ["ingest_run_id", "ingest_ts"]
    assert_frame_equal(
        table(local_store, "gold/").drop(arrival), table(on_disk.store, "gold/").drop(arrival)
    )


def test_an_empty_selection_of_datasets_runs_none(local_store: Store, lake: Lake):
    drop(local_store, "a.csv", csv(sale("T1")))
    assert run_pipeline(local_store, lake, ENGINE, []) == []
    assert exists(local_store, "raw/a.csv")


def test_files_in_folders_keep_their_folders_in_names_and_archive(store: Store, lake: Lake):
    drop(store, "shop 7/2025/a.csv", csv(sale("T1")))
    outcome = run(store, lake)
    (item,) = outcome.commits[0].inputs
    assert item.source_file == "shop 7/2025/a.csv"
    assert item.destination.startswith("archive/validated/shop 7/2025/a.csv_")
    assert sales(store, "gold/") == ["T1"]
    assert table(store, "processed/")["source_file"].to_list() == ["shop 7/2025/a.csv"]
