"""The same commands on a bucket."""

import boto3
import pytest

from lake_assets_tests.cli.conftest import Command


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


def test_samples_become_gold_in_a_bucket(lake: Command, bucket: str, s3_endpoint: str) -> None:
    ran = lake("samples", "--uri", bucket, "--files", 2, "--rows", 200, "--days", 2)
    assert ran.out == f"3 files dropped in {bucket}/raw/\n"
    ran = lake("run", "--uri", bucket)
    assert ran.code == 0
    read, good, rejected, duplicate, skipped, lost = map(int, ran.row("all files"))
    assert (read, lost) == (400, 0)
    assert read == good + rejected + duplicate + skipped
    assert "✗" not in ran.out
    found = keys(bucket, s3_endpoint)
    assert [key for key in found if key.startswith(("raw/", "validated/", ".probe/"))] == []
    assert len([key for key in found if key.startswith("gold/fact_sales/date=2025-01-0")]) == 2


def test_status_and_rejects_read_the_bucket(lake: Command, bucket: str) -> None:
    lake("samples", "--uri", bucket, "--files", 1, "--rows", 200)
    rejected = int(lake("run", "--uri", bucket).row("all files")[2])
    ran = lake("status", "--uri", bucket)
    assert ran.code == 0
    assert ran.out.startswith(f"retail at {bucket}\n")
    assert ran.row("archive/validated/")[0] == "1"
    assert ran.row("rejected/system/")[0] == "2"
    assert "✓ nothing is stuck" in ran.out
    assert lake("rejects", "--uri", bucket).row("all") == [str(rejected)]


def test_a_run_on_a_bucket_does_not_wait_for_files_to_settle(
    lake: Command, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lake_assets.cli import opening

    waits: list[float] = []
    monkeypatch.setattr(opening, "sleep", waits.append)
    lake("samples", "--uri", bucket, "--files", 1, "--rows", 10)
    assert lake("run", "--uri", bucket).code == 0
    assert waits == []


def test_a_prefix_keeps_lakes_of_one_bucket_apart(
    lake: Command, bucket: str, s3_endpoint: str
) -> None:
    lake("samples", "--uri", f"{bucket}/one", "--files", 1, "--rows", 10, "--refused", 0)
    assert "nothing waits" in lake("run", "--uri", f"{bucket}/two").out
    assert lake("run", "--uri", f"{bucket}/one").code == 0
    assert {key.partition("/")[0] for key in keys(bucket, s3_endpoint)} == {"one"}
