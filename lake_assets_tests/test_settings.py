"""The environment: what is right, and what is told of what is wrong."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from lake_assets.settings import SettingsError, connect, load_settings
from lake_assets.storage import StoreUnavailable
from lake_assets_tests.jobs.lakes import contract

VARIABLES = (
    "LAKE_URI", "LAKE_RETAIL_URI", "LAKE_S3_ENDPOINT", "LAKE_WORKERS", "LAKE_DAGSTER_URL",
    "LAKE_METRICS",
)  # fmt: skip


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


def test_nothing_has_to_be_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.chdir(tmp_path)
    settings = load_settings()
    assert (settings.uri, settings.s3_endpoint, settings.workers) == (None, None, None)
    assert settings.uri_of(contract()) == (tmp_path / "lake" / "retail").as_uri()


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("LAKE_URI", "s3://bucket", "s3://bucket"),
        ("LAKE_URI", "s3://bucket/prefix/", "s3://bucket/prefix/"),
        ("LAKE_URI", "file:///var/lakes", "file:///var/lakes"),
        ("LAKE_URI", "/var/lakes", "/var/lakes"),
        ("LAKE_URI", "./lakes", "./lakes"),
        ("LAKE_URI", "../lakes", "../lakes"),
        ("LAKE_URI", "~/lakes", "~/lakes"),
        ("LAKE_S3_ENDPOINT", "http://127.0.0.1:9000", "http://127.0.0.1:9000"),
        ("LAKE_S3_ENDPOINT", "https://s3.example.org/", "https://s3.example.org/"),
        ("LAKE_WORKERS", "1", 1),
        ("LAKE_WORKERS", "256", 256),
        (
            "LAKE_DAGSTER_URL",
            "https://dagster.example.org/base",
            "https://dagster.example.org/base",
        ),
        ("LAKE_METRICS", "stdout", "stdout"),
        ("LAKE_METRICS", "file:///var/metrics", "file:///var/metrics"),
        ("LAKE_METRICS", "tcp://127.0.0.1:25888", "tcp://127.0.0.1:25888"),
    ],
)
def test_a_right_value_is_taken(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, found: object
):
    monkeypatch.setenv(name, value)
    assert getattr(load_settings(), name.removeprefix("LAKE_").lower()) == found


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("LAKE_URI", "", "must be s3://bucket[/prefix], file:///dir or a path"),
        ("LAKE_URI", "gs://bucket", "must be s3://bucket[/prefix], file:///dir or a path"),
        ("LAKE_URI", "S3:/bucket", "must be s3://bucket[/prefix], file:///dir or a path"),
        ("LAKE_S3_ENDPOINT", "localhost:9000", "String should match pattern"),
        ("LAKE_S3_ENDPOINT", "ftp://localhost", "String should match pattern"),
        ("LAKE_S3_ENDPOINT", "http://localhost:9000/bucket", "String should match pattern"),
        ("LAKE_DAGSTER_URL", "dagster:3000", "should match pattern"),
        ("LAKE_DAGSTER_URL", "https://dagster/?a=b", "should match pattern"),
        ("LAKE_METRICS", "on", "should match pattern"),
        ("LAKE_METRICS", "tcp://127.0.0.1", "should match pattern"),
        ("LAKE_WORKERS", "0", "greater than or equal to 1"),
        ("LAKE_WORKERS", "-2", "greater than or equal to 1"),
        ("LAKE_WORKERS", "257", "less than or equal to 256"),
        ("LAKE_WORKERS", "many", "valid integer"),
        ("LAKE_WORKERS", "2.5", "valid integer"),
    ],
)
def test_a_wrong_value_is_told_with_its_variable_and_what_is_right(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, sentence: str
):
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as error:
        load_settings()
    (line,) = str(error.value).splitlines()
    assert line.startswith(f"{name}={value!r}: ")
    assert sentence in line


def test_all_wrong_values_are_told_at_once(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LAKE_URI", "nowhere")
    monkeypatch.setenv("LAKE_WORKERS", "none")
    with pytest.raises(SettingsError) as error:
        load_settings()
    assert [line.partition("=")[0] for line in str(error.value).splitlines()] == [
        "LAKE_URI",
        "LAKE_WORKERS",
    ]


def test_credentials_in_a_wrong_value_are_not_repeated(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LAKE_S3_ENDPOINT", "https://me:secret@host:9000/bucket")
    with pytest.raises(SettingsError) as error:
        load_settings()
    assert "secret" not in str(error.value)
    assert "host:9000/bucket" in str(error.value)


def test_settings_of_engines_are_never_repeated(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LAKE_SPARK__MASTER", "local[2]")
    monkeypatch.setenv("LAKE_SPARK__REMOTE", "sc://h:15002/;token=SECRET")
    with pytest.raises(SettingsError, match="LAKE_SPARK: names a MASTER and a REMOTE") as error:
        load_settings()
    assert "SECRET" not in str(error.value)


def test_a_setting_that_has_to_be_json_says_so(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LAKE_SPARK__OPTIONS", "spark.executor.memory=4g")
    with pytest.raises(SettingsError, match=r"LAKE_<FIELD>__.*has to be JSON and is not"):
        load_settings()


def test_an_engine_is_set_up_by_variables_of_its_own(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LAKE_GLUE__JOB_NAME", "lake")
    monkeypatch.setenv("LAKE_GLUE__WORKERS", "10")
    monkeypatch.setenv("LAKE_REMOTE__DEPLOY_URI", "s3://lake/deploy/")
    found = load_settings()
    assert found.glue
    assert (found.glue.job_name, found.glue.workers) == ("lake", 10)
    assert found.remote
    assert found.remote.deploy_uri == "s3://lake/deploy"
    assert found.emr is None


def test_an_engine_that_is_half_set_up_names_what_is_missing(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LAKE_GLUE__WORKERS", "10")
    with pytest.raises(SettingsError, match="LAKE_GLUE__JOB_NAME: Field required"):
        load_settings()


def test_variables_that_are_not_ours_are_left_alone(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LAKE_PLACID", "monster")
    monkeypatch.setenv("URI", "nowhere")
    assert load_settings().uri is None


def test_settings_do_not_change_after_they_are_read():
    with pytest.raises(ValidationError):
        load_settings().uri = "s3://other"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("own", "common", "yaml", "found"),
    [
        ("s3://mine/here", "s3://common", "s3://yaml", "s3://mine/here"),
        (None, "s3://common", "s3://yaml", "s3://common/retail"),
        (None, "s3://common/deep/", "s3://yaml", "s3://common/deep/retail"),
        (None, "file:///lakes", None, "file:///lakes/retail"),
        (None, "/lakes/", None, "/lakes/retail"),
        (None, None, "s3://yaml/own", "s3://yaml/own"),
        ("", None, "s3://yaml/own", "s3://yaml/own"),
    ],
)
def test_a_lake_is_where_its_own_variable_says_else_the_common_one_else_its_yaml(
    monkeypatch: pytest.MonkeyPatch,
    own: str | None,
    common: str | None,
    yaml: str | None,
    found: str,
):
    for name, value in {"LAKE_RETAIL_URI": own, "LAKE_URI": common}.items():
        if value is not None:
            monkeypatch.setenv(name, value)
    lake = contract().model_copy(update={"uri": yaml})
    assert load_settings().uri_of(lake) == found


def test_connecting_proves_the_store_once_and_leaves_nothing_behind(tmp_path: Path):
    store = connect(str(tmp_path))
    assert list(store.list()) == []
    assert connect(str(tmp_path)) is store


def test_connecting_to_a_missing_directory_is_told_and_tried_again_later(tmp_path: Path):
    missing = tmp_path / "lake"
    with pytest.raises(StoreUnavailable, match=r"does not exist\. Create it"):
        connect(str(missing))
    assert not missing.exists()
    missing.mkdir()
    assert connect(str(missing)).uri == missing.as_uri()


def test_connecting_to_a_bucket_on_an_endpoint(s3_uri: str, s3_endpoint: str):
    assert connect(f"{s3_uri}/retail", s3_endpoint).uri == f"{s3_uri}/retail"
    with pytest.raises(StoreUnavailable, match="does not exist"):
        connect(f"{s3_uri}-other", s3_endpoint)


QUEUE = "https://sqs.eu-west-1.amazonaws.com/123456789012/arrivals"


@pytest.mark.parametrize(
    ("own", "yaml", "found"),
    [
        (QUEUE, None, QUEUE),
        (QUEUE, f"{QUEUE}-yaml", QUEUE),
        (None, QUEUE, QUEUE),
        ("", QUEUE, QUEUE),
        ("http://127.0.0.1:4566/000000000000/q", None, "http://127.0.0.1:4566/000000000000/q"),
        (None, None, None),
    ],
)
def test_a_lakes_queue_is_named_by_its_own_variable_else_by_its_yaml(
    monkeypatch: pytest.MonkeyPatch, own: str | None, yaml: str | None, found: str | None
):
    monkeypatch.delenv("LAKE_RETAIL_QUEUE_URL", raising=False)
    if own is not None:
        monkeypatch.setenv("LAKE_RETAIL_QUEUE_URL", own)
    intake = contract().intake.model_copy(update={"queue_url": yaml})
    lake = contract().model_copy(update={"intake": intake})
    assert load_settings().queue_of(lake) == found


@pytest.mark.parametrize("url", ["arrivals", "sqs.eu-west-1.amazonaws.com/1/q", "https://host"])
def test_a_queue_that_is_no_url_is_told_with_its_variable(
    monkeypatch: pytest.MonkeyPatch, url: str
):
    monkeypatch.setenv("LAKE_RETAIL_QUEUE_URL", url)
    with pytest.raises(SettingsError, match="must be the URL of an SQS queue, such as") as error:
        load_settings().queue_of(contract())
    assert str(error.value).startswith(f"LAKE_RETAIL_QUEUE_URL={url!r}: ")
