"""What a user can mend is one sentence on stderr, exit code 1, and no traceback."""

import errno
import os
import uuid
from pathlib import Path

import pytest

from lake_assets.jobs import pipeline
from lake_assets.jobs.compact import CompactionError
from lake_assets.jobs.rebuild import RebuildError
from lake_assets_tests.cli.conftest import Command, Ran

COMMANDS = ["run", "status", "rejects"]


def sentence(ran: Ran) -> str:
    """The one sentence, once it is sure that there is nothing else."""
    assert ran.code == 1
    assert ran.out == ""
    assert "Traceback" not in ran.err
    assert ran.err.startswith("lake: ")
    assert ran.err.count("\n") == 1
    return ran.err.removeprefix("lake: ").rstrip("\n")


@pytest.mark.parametrize("command", ["demo", "samples", "run", "status", "rejects"])
def test_an_unknown_lake_is_answered_with_those_that_there_are(lake: Command, command: str) -> None:
    told = sentence(lake(command, "--lake", "[bold]pond"))
    assert told == "there is no lake '[bold]pond'; the lakes are: retail"


@pytest.mark.parametrize("command", COMMANDS)
def test_a_directory_that_does_not_exist_is_not_made(
    lake: Command, tmp_path: Path, command: str
) -> None:
    told = sentence(lake(command, "--uri", "absent"))
    assert "absent does not exist. Create it, or correct the lake's URI." in told
    assert not (tmp_path / "absent").exists()


@pytest.mark.parametrize("command", COMMANDS)
def test_a_directory_that_cannot_be_written_is_told(
    lake: Command, root: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    def denied(path: Path, *args: object, **kwargs: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    monkeypatch.setattr(Path, "mkdir", denied)
    told = sentence(lake(command, "--uri", root))
    assert "is denied. Give the user that runs lake_assets the right to read and write" in told


@pytest.mark.parametrize("command", [("samples", "--uri", "ro/lake"), ("demo", "--dir", "ro/lake")])
def test_a_directory_that_cannot_be_made_is_told(
    lake: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    def denied(path: Path, *args: object, **kwargs: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    monkeypatch.setattr(Path, "mkdir", denied)
    told = sentence(lake(*command))
    assert "cannot" in told
    assert "ro/lake: Permission denied" in told


@pytest.mark.parametrize(
    ("uri", "told"),
    [
        ("http://example.org/x", "The lake's URI begins with http:, unknown here."),
        ("s3://", "does not have the name of a bucket"),
        ("s3://key:secret@bucket", "Credentials do not belong there."),
        ("file://host/x", "names a host. Write three slashes before the path"),
    ],
)
@pytest.mark.parametrize("command", [*COMMANDS, "samples"])
def test_a_wrong_uri_is_told(lake: Command, command: str, uri: str, told: str) -> None:
    answer = sentence(lake(command, "--uri", uri))
    assert told in answer
    assert "secret" not in answer


def test_a_wrong_setting_names_its_variable(lake: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAKE_URI", "ftp://example.org")
    told = sentence(lake("status"))
    assert told.startswith(
        "LAKE_URI='ftp://example.org': must be s3://bucket[/prefix], file:///dir"
    )


def test_a_wrong_endpoint_names_its_variable(
    lake: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAKE_S3_ENDPOINT", "minio:9000")
    assert sentence(lake("status")).startswith("LAKE_S3_ENDPOINT='minio:9000': ")


@pytest.mark.parametrize("command", [*COMMANDS, "samples"])
def test_a_bucket_that_does_not_exist_is_told(
    lake: Command, s3_endpoint: str, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setenv("LAKE_S3_ENDPOINT", s3_endpoint)
    told = sentence(lake(command, "--uri", f"s3://absent-{uuid.uuid4().hex}"))
    assert "does not exist. Create it, or correct the lake's URI." in told


@pytest.mark.parametrize("command", COMMANDS)
def test_missing_credentials_are_told(
    lake: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    monkeypatch.setenv("LAKE_S3_ENDPOINT", "http://127.0.0.1:1")  # nobody is asked
    told = sentence(lake(command, "--uri", f"s3://some-{uuid.uuid4().hex}"))
    assert told.startswith("There are no complete AWS credentials for s3://some-")
    assert "Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY" in told


@pytest.mark.parametrize("arguments", [("bogus",), ("run", "--bogus"), ("put",)])
def test_wrong_usage_ends_with_2(lake: Command, arguments: tuple[str, ...]) -> None:
    ran = lake(*arguments)
    assert ran.code == 2
    assert ran.out == ""


@pytest.mark.parametrize("command", ["demo", "samples", "put", "run", "status", "rejects"])
def test_help_is_there_for_each_command(lake: Command, command: str) -> None:
    ran = lake(command, "--help")
    assert ran.code == 0
    assert "--lake" in ran.out


@pytest.mark.parametrize(
    "error",
    [CompactionError("2025-02-03: read_failed"), RebuildError("sales.csv cannot be read any more")],
)
def test_what_a_job_reports_is_a_sentence_too(
    lake: Command, root: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*args: object) -> None:
        raise error

    monkeypatch.setattr(pipeline, "run_pipeline", fail)
    assert sentence(lake("run", "--uri", root)) == str(error)
