"""`lake deploy`, as it is typed."""

import json
from pathlib import Path

import boto3
import pytest

from lake_assets_tests.cli.conftest import Command
from lake_assets_tests.engines.remote.index import index

__all__ = ["index"]

ROLE = "arn:aws:iam::123456789012:role/lake"


@pytest.fixture
def bucket(
    lake: Command, index: Path, s3_uri: str, s3_endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> str:
    """An empty bucket, and the settings that find it, and Glue."""
    monkeypatch.setenv("LAKE_S3_ENDPOINT", s3_endpoint)
    monkeypatch.setenv("AWS_ENDPOINT_URL_GLUE", s3_endpoint)
    return s3_uri


def test_a_dry_run_shows_what_would_be_uploaded(lake: Command, bucket: str) -> None:
    ran = lake("deploy", "--to", f"{bucket}/jobs", "--for", "glue", "--for", "emr", "--dry-run")
    assert ran.code == 0
    lines = ran.out.splitlines()
    assert [line.split()[:2] for line in lines[:-1]] == [["to", "upload"]] * 4
    assert lines[2].endswith("-cp311-x86_64.gluewheels.zip")
    assert lines[-1] == f"2 packages beside lake_assets, for cp311-x86_64, at {bucket}/jobs"


def test_a_second_deployment_has_nothing_to_do(
    lake: Command, bucket: str, s3_endpoint: str
) -> None:
    ran = lake("deploy", "--to", f"{bucket}/jobs")
    assert (ran.code, ran.out.count("uploaded ")) == (0, 3)
    ran = lake("deploy", "--to", f"{bucket}/jobs/")
    assert (ran.code, ran.out.count("is there ")) == (0, 3)
    client = boto3.client("s3", endpoint_url=s3_endpoint)
    name = bucket.removeprefix("s3://")
    manifest = json.load(client.get_object(Bucket=name, Key="jobs/deploy.json")["Body"])
    assert set(manifest["artifacts"]) == {"script", "wheel", "wheels/x86_64"}
    assert manifest["uri"] == f"{bucket}/jobs"


def test_a_glue_job_is_made(lake: Command, bucket: str, s3_endpoint: str) -> None:
    name = bucket.removeprefix("s3://")
    command = ("deploy", "--to", bucket, "--for", "emr", "--glue-job", name)
    ran = lake(*command, "--glue-role", ROLE)
    assert ran.code == 0
    assert ran.out.splitlines()[-1] == f"created    the Glue job '{name}'"
    job = boto3.client("glue", endpoint_url=s3_endpoint).get_job(JobName=name)["Job"]
    assert job["DefaultArguments"]["--additional-python-modules"].endswith(".gluewheels.zip")
    assert "unchanged" in lake(*command).out


def test_a_new_glue_job_without_a_role_is_refused(lake: Command, bucket: str) -> None:
    ran = lake("deploy", "--to", bucket, "--glue-job", bucket.removeprefix("s3://"))
    assert ran.code == 1
    assert "Give --glue-role ARN" in ran.err


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--to", "somewhere"], "somewhere is no bucket; give --to s3://bucket/prefix"),
        (["--to", "s3://b", "--glue-role", ROLE], "--glue-role is the role of a --glue-job NAME"),
        (["--to", "s3://b", "--for", "hadoop"], "'hadoop' is not one of"),
    ],
)
def test_wrong_usage_is_told(lake: Command, options: list[str], told: str) -> None:
    ran = lake("deploy", *options)
    assert ran.code == 2
    assert told in " ".join(ran.err.split())


def test_a_bucket_that_is_not_there_is_told(lake: Command, bucket: str) -> None:
    ran = lake("deploy", "--to", "s3://no-such-bucket-of-ours")
    assert ran.code == 1
    assert "does not exist" in ran.err or "There is no object" in ran.err


def test_what_pip_cannot_find_is_told(lake: Command, bucket: str, index: Path) -> None:
    next(index.glob("tiny-*")).unlink()
    ran = lake("deploy", "--to", bucket)
    assert ran.code == 1
    assert "No matching distribution found for tiny==1.0" in ran.err
