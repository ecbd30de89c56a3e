"""The same commands on a bucket."""

from pathlib import Path

import boto3
import pytest

from lake_assets_tests.cli.conftest import GOOD, SALES, Command, write


@pytest.fixture
def bucket(s3_uri: str, s3_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """An empty bucket, and the setting that finds it."""
    monkeypatch.setenv("LAKE_S3_ENDPOINT", s3_endpoint)
    return s3_uri


def keys(uri: str, endpoint: str) -> list[str]:
    pages = boto3.client("s3", endpoint_url=endpoint).get_paginator("list_objects_v2")
    bucket = uri.removeprefix("s3://")
    return [
        item["Key"] for page in pages.paginate(Bucket=bucket) for item in page.get("Contents", [])
    ]


def samples(lake: Command, *options: object) -> list[Path]:
    """Files from `lake generate`."""
    assert lake("generate", SALES, "--out", "samples", "--rows", 200, *options).code == 0
    return sorted(Path("samples").iterdir())


def test_files_become_gold_in_a_bucket(lake: Command, bucket: str, s3_endpoint: str) -> None:
    files = samples(lake, "--files", 2, "--days", 2)
    ran = lake("run", SALES, *files, "--uri", bucket)
    assert ran.code == 0
    read, good, rejected, duplicate, skipped, lost = map(int, ran.row("all files"))
    assert (read, lost) == (400, 0)
    assert read == good + rejected + duplicate + skipped
    assert "✗" not in ran.out
    found = keys(bucket, s3_endpoint)
    assert [key for key in found if key.startswith(("raw/", "validated/", ".probe/"))] == []
    assert len([key for key in found if key.startswith("gold/fact_sales/date=2025-01-0")]) == 2
    assert len([key for key in found if key.startswith("audit/content/")]) == 2


def test_the_same_bytes_under_another_name_are_a_duplicate(lake: Command, bucket: str) -> None:
    (dropped,) = samples(lake, "--files", 1)
    first = lake("run", SALES, dropped, "--uri", bucket, "--json").document
    again = dropped.rename(dropped.with_name("again.csv"))
    ran = lake("run", SALES, again, "--uri", bucket, "--json")
    assert ran.code == 0
    (file,) = ran.document["files"]
    assert (file["status"], file["rows_good"]) == ("duplicate", 0)
    assert file["rows_duplicate"] + file["rows_skipped"] == first["files"][0]["rows_read"]


def test_status_and_rejects_read_the_bucket(lake: Command, bucket: str) -> None:
    files = samples(lake, "--files", 1, "--refused", 1)
    ran = lake("run", SALES, *files, "--uri", bucket)
    assert ran.code == 1  # one was refused
    rejected = int(ran.row("all files")[2])
    ran = lake("status", "--uri", bucket)
    assert ran.code == 0
    assert ran.out.startswith(f"retail at {bucket}\n")
    assert ran.row("archive/validated/")[0] == "1"
    assert ran.row("rejected/system/")[0] == "2"
    assert "✓ nothing is stuck" in ran.out
    assert lake("rejects", "--uri", bucket).row("all") == [str(rejected)]


def test_a_run_on_a_bucket_does_not_wait_for_files_to_settle(
    lake: Command,
    bucket: str,
    s3_endpoint: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from lake_assets.cli import opening

    waits: list[float] = []
    monkeypatch.setattr(opening, "sleep", waits.append)
    file = write(tmp_path / "sales.csv", GOOD)
    client = boto3.client("s3", endpoint_url=s3_endpoint)
    client.upload_file(str(file), bucket.removeprefix("s3://"), "raw/sales.csv")
    ran = lake("run", SALES, "--uri", bucket)
    assert ran.code == 0
    assert ran.row("sales.csv")[0] == "1"
    assert waits == []


def test_a_prefix_keeps_lakes_of_one_bucket_apart(
    lake: Command, bucket: str, s3_endpoint: str
) -> None:
    files = samples(lake, "--files", 1)
    assert lake("run", SALES, *files, "--uri", f"{bucket}/one").code == 0
    assert "nothing waits" in lake("run", SALES, "--uri", f"{bucket}/two").out
    assert {key.partition("/")[0] for key in keys(bucket, s3_endpoint)} == {"one"}
