"""What a user can mend is one sentence on stderr, exit code 1 or 2, and no traceback."""

import errno
import os
import uuid
from pathlib import Path

import pytest

from lake_assets.cli import run as cli_run
from lake_assets.jobs.compaction.compact import CompactionError
from lake_assets.jobs.repair.rebuild import RebuildError
from lake_assets_tests.cli.conftest import GOOD, SALES, Command, Ran, write

COMMANDS = [("run", SALES), ("status",), ("rejects",)]
"""Those that read a lake; `run` without files."""


def sentence(ran: Ran, code: int = 1) -> str:
    """The one sentence, once it is sure that there is nothing else."""
    assert ran.code == code
    assert ran.out == ""
    return told(ran)


def told(ran: Ran) -> str:
    """The one sentence on stderr."""
    assert "Traceback" not in ran.err
    assert ran.err.startswith("lake: ")
    assert ran.err.count("\n") == 1
    return ran.err.removeprefix("lake: ").rstrip("\n")


@pytest.mark.parametrize(
    "command",
    [
        ("demo", "--lake", "[bold]pond"),
        ("run", "[bold]pond/fish"),
        ("run", "[bold]pond"),
        ("generate", "[bold]pond/fish", "--out", "out"),
        ("status", "--lake", "[bold]pond"),
        ("rejects", "--lake", "[bold]pond"),
    ],
)
def test_an_unknown_lake_is_answered_with_those_that_there_are(
    lake: Command, tmp_path: Path, command: tuple[str, ...]
) -> None:
    answer = sentence(lake(*command), 2)
    assert answer == "there is no lake '[bold]pond'; the lakes are: retail, telco"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("command", "name"),
    [
        (command, name)
        for command in (("run",), ("generate", "--out", "out"))
        for name in ("retail", "retail/", "retail/sale", "retail/sales/x")
        if (command[0], name) != ("generate", "retail")  # that is all of its datasets
    ],
)
def test_an_unknown_dataset_is_answered_with_those_that_there_are(
    lake: Command, tmp_path: Path, command: tuple[str, ...], name: str
) -> None:
    answer = sentence(lake(*command, name), 2)
    assert answer == f"{name!r} is no LAKE/DATASET; the lake retail has: retail/sales"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", COMMANDS)
def test_a_directory_that_does_not_exist_is_not_made(
    lake: Command, tmp_path: Path, command: tuple[str, ...]
) -> None:
    answer = sentence(lake(*command, "--uri", "absent"))
    assert "absent does not exist. Create it, or correct the lake's URI." in answer
    assert not (tmp_path / "absent").exists()


@pytest.mark.parametrize("command", COMMANDS)
def test_a_directory_that_cannot_be_written_is_told(
    lake: Command, root: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    def denied(path: Path, *args: object, **kwargs: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    monkeypatch.setattr(Path, "mkdir", denied)
    answer = sentence(lake(*command, "--uri", root))
    assert "is denied. Give the user that runs lake_assets the right to read and write" in answer


@pytest.mark.parametrize(
    "command",
    [
        ("run", SALES, "sales.csv", "--uri", "ro/lake"),
        ("generate", SALES, "--out", "ro/lake"),
        ("demo", "--dir", "ro/lake"),
    ],
)
def test_a_directory_that_cannot_be_made_is_told(
    lake: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    write(tmp_path / "sales.csv", GOOD)

    def denied(path: Path, *args: object, **kwargs: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    monkeypatch.setattr(Path, "mkdir", denied)
    answer = sentence(lake(*command), 2)
    assert "cannot" in answer
    assert "ro/lake: Permission denied" in answer


@pytest.mark.parametrize(
    ("uri", "reason"),
    [
        ("http://example.org/x", "The lake's URI begins with http:, unknown here."),
        ("s3://", "does not have the name of a bucket"),
        ("s3://key:secret@bucket", "Credentials do not belong there."),
        ("file://host/x", "names a host. Write three slashes before the path"),
    ],
)
@pytest.mark.parametrize("command", COMMANDS)
def test_a_wrong_uri_is_told(
    lake: Command, command: tuple[str, ...], uri: str, reason: str
) -> None:
    answer = sentence(lake(*command, "--uri", uri))
    assert reason in answer
    assert "secret" not in answer


def test_a_wrong_setting_names_its_variable(lake: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAKE_URI", "ftp://example.org")
    answer = sentence(lake("status"))
    assert answer.startswith(
        "LAKE_URI='ftp://example.org': must be s3://bucket[/prefix], file:///dir"
    )


def test_a_wrong_endpoint_names_its_variable(
    lake: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAKE_S3_ENDPOINT", "minio:9000")
    assert sentence(lake("status")).startswith("LAKE_S3_ENDPOINT='minio:9000': ")


@pytest.mark.parametrize("command", COMMANDS)
def test_a_bucket_that_does_not_exist_is_told(
    lake: Command, s3_endpoint: str, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    monkeypatch.setenv("LAKE_S3_ENDPOINT", s3_endpoint)
    answer = sentence(lake(*command, "--uri", f"s3://absent-{uuid.uuid4().hex}"))
    assert "does not exist. Create it, or correct the lake's URI." in answer


@pytest.mark.parametrize("command", COMMANDS)
def test_missing_credentials_are_told(
    lake: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    without_credentials(monkeypatch)
    answer = sentence(lake(*command, "--uri", f"s3://some-{uuid.uuid4().hex}"))
    assert answer.startswith("There are no complete AWS credentials for s3://some-")
    assert "Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY" in answer


@pytest.mark.parametrize(
    ("problem", "reason"),
    [
        ("bucket", "does not exist. Create it, or correct the lake's URI."),
        ("credentials", "There are no complete AWS credentials for s3://absent-"),
        ("uri", "The lake's URI begins with http:, unknown here."),
    ],
)
def test_with_json_a_failure_is_one_object_that_does_not_balance(
    lake: Command,
    s3_endpoint: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    problem: str,
    reason: str,
) -> None:
    monkeypatch.setenv("LAKE_S3_ENDPOINT", s3_endpoint)
    if problem == "credentials":
        without_credentials(monkeypatch)
    uri = "http://example.org" if problem == "uri" else f"s3://absent-{uuid.uuid4().hex}"
    file = write(tmp_path / "sales.csv", GOOD)
    ran = lake("run", SALES, file, "--uri", uri, "--json")
    assert ran.code == 1
    document = ran.document
    assert reason in document.pop("error")
    assert document == {"ingest_run_ids": [], "files": [], "partitions": [], "balanced": False}
    assert reason in told(ran)


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("bogus",),
        ("put",),
        ("samples",),
        ("run",),
        ("run", SALES, "--bogus"),
        ("run", SALES, "--engine", "abacus"),
        ("generate", SALES),
        ("generate", SALES, "--out", "out", "--files", "0"),
    ],
)
def test_wrong_usage_ends_with_2(lake: Command, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    ran = lake(*arguments)
    assert ran.code == 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["demo", "run", "generate", "status", "rejects"])
def test_help_is_there_for_each_command(lake: Command, command: str) -> None:
    ran = lake(command, "--help")
    assert ran.code == 0
    assert "retail" in ran.out
    assert max(len(line) for line in ran.out.splitlines()) <= 80


@pytest.mark.parametrize(
    "error",
    [CompactionError("2025-02-03: read_failed"), RebuildError("sales.csv cannot be read any more")],
)
def test_what_a_job_reports_is_a_sentence_too(
    lake: Command, root: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise error

    monkeypatch.setattr(cli_run, "run_pipeline", fail)
    assert sentence(lake("run", SALES, "--uri", root)) == str(error)
    assert lake("run", SALES, "--uri", root, "--json").document["error"] == str(error)


def without_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing tells who we are, and nobody is asked."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    monkeypatch.setenv("LAKE_S3_ENDPOINT", "http://127.0.0.1:1")
