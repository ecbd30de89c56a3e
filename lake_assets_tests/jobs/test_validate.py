"""raw/ -> validated/ or rejected/system/: what is let in, what is refused, and nothing lost."""

import gzip
import os
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest

from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.format import CsvFormat
from lake_assets.contracts.lake import Lake
from lake_assets.jobs.ingest import ingest
from lake_assets.jobs.validate import validate
from lake_assets.kernels.parsing.layout import read_layout
from lake_assets.storage import Store, StoreUnavailable
from lake_assets_tests.jobs.lakes import (
    ENGINE,
    HEADER,
    assert_accounted,
    contents,
    contract,
    csv,
    drop,
    exists,
    hooked,
    keys,
    once,
    place,
    reason,
    refused_files,
    run,
    sale,
    sales,
    table,
)

GOOD = csv(sale("T1"))


@pytest.mark.parametrize(
    ("data", "code", "detail"),
    [
        (b"", "empty_file", "no text"),
        (b"\n  \n\n", "empty_file", "no text"),
        (f"{HEADER}\n".encode(), "no_data_rows_found", "no row"),
        (f"{HEADER}\n\n,,,,,,\n".encode(), "no_data_rows_found", "no row"),
        (b"transaction_id,store_id\n1,2\n", "missing_columns", "timestamp, item_id, quantity"),
        (HEADER.replace(",", "~").encode() + b"\n1~2\n", "delimiter_detection_failed", "divides"),
        (gzip.compress(csv("a"), mtime=0)[:-30], "compression", "ends too early"),
        (b"PAR1\x15\x04\x15\x10PAR1", "error_reading_file", "Parquet"),
        (b"PK\x03\x04 is no zip file\n", "compression", "zip"),
        (csv("a", header=HEADER + ",x" * 20_000), "too_many_columns", "20,007"),
    ],
)
def test_a_file_that_breaks_the_contract_as_a_whole_is_kept_with_the_reason(
    local_store: Store, lake: Lake, data: bytes, code: str, detail: str
):
    drop(local_store, "bad.csv", data)
    drop(local_store, "good.csv", GOOD)
    verdicts = {v.source_file: v for v in validate(local_store, lake, lake.datasets[0])}
    assert verdicts["good.csv"].outcome == "validated"
    bad = verdicts["bad.csv"]
    assert (bad.outcome, bad.reason, bad.key) == ("refused", code, "rejected/system/bad.csv")
    assert detail in str(bad.detail)
    assert refused_files(local_store) == {bad.key: data}
    assert reason(local_store, bad.key) == {
        "source_file": "bad.csv",
        "reason": code,
        "detail": bad.detail,
        "ingest_run_id": None,
    }
    assert keys(local_store, "raw/") == []
    assert keys(local_store, "validated/") == ["validated/good.csv"]


def test_a_file_over_the_limit_of_the_contract_is_refused_unread(store: Store):
    lake = contract(format=CsvFormat(max_file_mb=1))
    drop(store, "big.csv", GOOD + b"x" * (1 << 20))
    drop(store, "fits.csv", GOOD + b"\n" * ((1 << 20) - len(GOOD)))
    reads: list[str] = []
    watched = hooked(
        store, before=lambda name, *args: reads.append(args[0]) if name == "read" else None
    )
    verdicts = {v.source_file: v for v in validate(watched, lake, lake.datasets[0])}
    assert verdicts["big.csv"].reason == "too_large"
    assert "1 MB" in str(verdicts["big.csv"].detail)
    assert verdicts["fits.csv"].outcome == "validated"
    assert reads == ["raw/fits.csv"]


def test_a_file_keeps_its_own_name_when_it_is_refused(local_store: Store, lake: Lake):
    names = ["müller (1)+2.csv", "a b/größe.csv", "100%.csv", "v1..2.csv"]
    for name in names:
        drop(local_store, name, b"")
    validate(local_store, lake, lake.datasets[0])
    assert sorted(refused_files(local_store)) == sorted(f"rejected/system/{n}" for n in names)


@pytest.mark.parametrize("name", ["bad\nname.csv", "tab\there.csv", "\x7f.csv", "x\x85.csv"])
def test_a_name_with_control_characters_is_refused_under_a_safe_name(
    tmp_path: Path, local_store: Store, lake: Lake, name: str
):
    (tmp_path / "lake" / "raw").mkdir()
    (tmp_path / "lake" / "raw" / name).write_bytes(GOOD)
    drop(local_store, "good.csv", GOOD)
    assert_refused_for_its_name(local_store, lake, name)


def test_a_name_that_is_not_unicode_is_refused_under_a_safe_name(
    tmp_path: Path, local_store: Store, lake: Lake
):
    (tmp_path / "lake" / "raw").mkdir()
    path = os.path.join(os.fsencode(tmp_path), b"lake", b"raw", b"\xff\xfe.csv")
    Path(os.fsdecode(path)).write_bytes(GOOD)
    drop(local_store, "good.csv", GOOD)
    assert_refused_for_its_name(local_store, lake, "\udcff\udcfe.csv")


@pytest.mark.parametrize("length", [205, 220, 250])
def test_a_name_that_would_be_too_long_in_the_archive_is_refused_at_the_door(
    tmp_path: Path, local_store: Store, lake: Lake, length: int
):
    name = "n" * length + ".csv"
    (tmp_path / "lake" / "raw").mkdir()
    (tmp_path / "lake" / "raw" / name).write_bytes(GOOD)
    drop(local_store, "good.csv", GOOD)
    if length == 205:  # as long as it may be
        run(local_store, lake)
        assert len(keys(local_store, "archive/")) == 2
        assert_accounted(local_store)
    else:
        assert_refused_for_its_name(local_store, lake, name)


@pytest.mark.parametrize(
    "name",
    [
        "/double.csv",
        "a//b.csv",
        "./dot.csv",
        "a/../../../silver/evil.csv",
        "..",
        "slash/",
        "ctrl\x01.csv",
        "/".join("d" * 100 for _ in range(10)) + ".csv",
    ],
)
def test_s3_takes_names_that_no_disk_does_and_they_are_refused(
    s3_uri: str, s3_endpoint: str, s3_store: Store, lake: Lake, name: str
):
    client = boto3.client("s3", endpoint_url=s3_endpoint)
    bucket = s3_uri.removeprefix("s3://")
    client.put_object(Bucket=bucket, Key=f"retail/raw/{name}", Body=GOOD)
    drop(s3_store, "good.csv", GOOD)
    assert_refused_for_its_name(s3_store, lake, name)


def assert_refused_for_its_name(store: Store, lake: Lake, name: str) -> None:
    outcome = run(store, lake)
    verdicts = {verdict.source_file: verdict for verdict in outcome.verdicts}
    assert verdicts[name].reason == "invalid_name"
    ((key, data),) = refused_files(store).items()
    assert data == GOOD
    assert key == verdicts[name].key
    assert key.isascii()
    assert key.isprintable()
    assert key.count("/") == 2
    assert reason(store, key)["source_file"] == name
    assert sales(store, "gold/") == ["T1"]  # of the other file
    assert keys(store, "raw/") == keys(store, "validated/") == []


def test_an_error_of_ours_in_reading_a_head_refuses_that_file_alone(
    local_store: Store, lake: Lake, monkeypatch: pytest.MonkeyPatch
):
    def broken(head: bytes, *args: Any, **options: Any) -> Any:
        if b"POISON" in head:
            raise ZeroDivisionError("a bug of ours")
        return read_layout(head, *args, **options)

    monkeypatch.setattr("lake_assets.jobs.validate.read_layout", broken)
    drop(local_store, "bad.csv", csv(sale("POISON")))
    drop(local_store, "good.csv", GOOD)
    run(local_store, lake)
    document = reason(local_store, "rejected/system/bad.csv")
    assert document["reason"] == "error_reading_file"
    assert "Traceback" in document["detail"]
    assert "ZeroDivisionError: a bug of ours" in document["detail"]
    assert sales(local_store, "gold/") == ["T1"]


def test_a_file_that_vanishes_before_it_is_read_is_left_out(store: Store, lake: Lake):
    drop(store, "gone.csv", GOOD)
    drop(store, "stays.csv", GOOD)
    watched = hooked(store, before=once("read", lambda: store.delete("raw/gone.csv"), "raw/gone"))
    verdicts = {v.source_file: v.outcome for v in validate(watched, lake, lake.datasets[0])}
    assert verdicts == {"gone.csv": "vanished", "stays.csv": "validated"}
    assert keys(store, "rejected/") == []


@pytest.mark.parametrize("moment", ["read", "move"])
def test_a_file_that_is_replaced_while_it_is_looked_at_is_looked_at_again(
    store: Store, lake: Lake, moment: str
):
    drop(store, "a.csv", csv(sale("OLD")))
    replacement = csv(sale("NEW1"), sale("NEW2"))
    watched = hooked(store, before=once(moment, lambda: drop(store, "a.csv", replacement)))
    (verdict,) = validate(watched, lake, lake.datasets[0])
    assert verdict.outcome == "vanished"
    assert contents(store, "raw/") == {"raw/a.csv": replacement}
    run(store, lake)
    assert sales(store, "gold/") == ["NEW1", "NEW2"]
    assert_accounted(store)


def test_a_refused_file_that_is_replaced_meanwhile_leaves_no_reason_without_a_file(
    store: Store, lake: Lake
):
    drop(store, "a.csv", b"")
    watched = hooked(store, before=once("move", lambda: drop(store, "a.csv", GOOD)))
    (verdict,) = validate(watched, lake, lake.datasets[0])
    assert verdict.outcome == "vanished"
    assert keys(store) == ["raw/a.csv"]


def test_a_second_file_of_the_same_name_waits_beside_the_first(store: Store, lake: Lake):
    drop(store, "a.csv", csv(sale("T1")))
    validate(store, lake, lake.datasets[0])
    drop(store, "a.csv", csv(sale("T2")))
    (second,) = validate(store, lake, lake.datasets[0])
    assert second.key.startswith("validated/a~")
    assert sorted(contents(store, "validated/").values()) == [csv(sale("T1")), csv(sale("T2"))]
    outcome = run(store, lake)
    assert [item.source_file for item in outcome.commits[0].inputs] == ["a.csv", "a.csv"]
    assert set(table(store, "processed/")["source_file"]) == {"a.csv"}
    assert sales(store, "gold/") == ["T1", "T2"]
    assert sorted(contents(store, "archive/").values()) == [csv(sale("T1")), csv(sale("T2"))]
    assert_accounted(store)


def test_a_second_refused_file_of_the_same_name_is_kept_beside_the_first(store: Store, lake: Lake):
    for data in (b"store_id", b"transaction_id"):
        drop(store, "a.csv", data)
        validate(store, lake, lake.datasets[0])
    found = refused_files(store)
    assert sorted(found.values()) == [b"store_id", b"transaction_id"]
    assert "store_id" in reason(store, "rejected/system/a.csv")["detail"]
    (other,) = set(found) - {"rejected/system/a.csv"}
    assert "transaction_id" in reason(store, other)["detail"]


@pytest.mark.parametrize("order", [["a.csv_reason.json", "a.csv"], ["a.csv", "a.csv_reason.json"]])
def test_a_file_named_like_the_reason_of_another_is_not_overwritten_by_it(
    local_store: Store, lake: Lake, order: list[str]
):
    texts = {"a.csv": b"store_id", "a.csv_reason.json": b"item_id"}
    for name in order:
        drop(local_store, name, texts[name])
        validate(local_store, lake, lake.datasets[0])
    assert "'store_id'" in reason(local_store, "rejected/system/a.csv")["detail"]
    everything = contents(local_store, "rejected/system/")
    assert set(texts.values()) <= set(everything.values())
    assert len(everything) == 4


def test_a_name_that_looks_like_one_of_our_marks_is_kept_as_it_is(local_store: Store, lake: Lake):
    name = "a~0123456789ab.csv"
    drop(local_store, name, GOOD)
    drop(local_store, "a.csv", csv(sale("T2")))
    outcome = run(local_store, lake)
    found = {item.source_file for item in outcome.commits[0].inputs}
    assert found == {name, "a.csv"}
    assert set(table(local_store, "processed/")["source_file"]) == found


def test_a_move_to_validated_that_died_half_way_is_finished(s3_store: Store, lake: Lake):
    drop(s3_store, "a.csv", GOOD)
    client = s3_store.client  # type: ignore[attr-defined]
    bucket = s3_store.uri.split("/")[2]
    source = {"Bucket": bucket, "Key": "retail/raw/a.csv"}
    info = next(iter(s3_store.list("raw/")))
    client.copy_object(
        Bucket=bucket,
        Key="retail/validated/a.csv",
        CopySource=source,
        MetadataDirective="REPLACE",
        Metadata={"lake-arrived": info.modified.isoformat(), "lake-source": info.identity},
    )
    (verdict,) = validate(s3_store, lake, lake.datasets[0])
    assert (verdict.outcome, verdict.key) == ("validated", "validated/a.csv")
    assert keys(s3_store) == ["validated/a.csv"]


def test_the_arrival_is_the_moment_in_raw_and_not_the_age_of_the_file(
    tmp_path: Path, local_store: Store, lake: Lake
):
    before = datetime.now(UTC)
    drop(local_store, "a.csv", GOOD)
    os.utime(tmp_path / "lake" / "raw" / "a.csv", (0, 0))
    (verdict,) = validate(local_store, lake, lake.datasets[0])
    assert abs((verdict.arrived - before).total_seconds()) < 60
    assert local_store.head("validated/a.csv").arrived == verdict.arrived


def test_only_the_files_of_the_asked_arrival_date_are_taken(local_store: Store, lake: Lake):
    drop(local_store, "a.csv", GOOD)
    assert validate(local_store, lake, lake.datasets[0], date(2020, 1, 1)) == []
    assert exists(local_store, "raw/a.csv")


def test_a_store_that_fails_while_validating_loses_nothing(local_store: Store, dataset: Dataset):
    lake = contract()
    names = [f"{number}.csv" for number in range(4)]
    for name in names:
        drop(local_store, name, csv(sale(name)))

    def fail() -> None:
        raise StoreUnavailable("The store is away.")

    watched = hooked(local_store, before=once("move", fail, "raw/2"))
    with pytest.raises(StoreUnavailable):
        validate(watched, lake, dataset)
    assert len(keys(local_store, "raw/") + keys(local_store, "validated/")) == 4
    run(local_store, lake)
    assert sales(local_store, "gold/") == names
    assert_accounted(local_store)


def test_a_waiting_file_is_not_taken_for_the_half_of_another(local_store: Store, lake: Lake):
    place(local_store, "a.csv", csv(sale("T1")))
    drop(local_store, "a.csv", csv(sale("T1")))  # the same bytes and size
    (verdict,) = validate(local_store, lake, lake.datasets[0])
    assert len(keys(local_store, "validated/")) == 2
    assert verdict.key != "validated/a.csv"
    while ingest(local_store, lake, lake.datasets[0], ENGINE):
        pass
    assert len(keys(local_store, "archive/")) == 2
