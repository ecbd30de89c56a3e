"""Starting a Glue crawler, on moto."""

from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from lake_assets.catalog.crawler import CrawlerError, start_crawler


@pytest.fixture
def glue(monkeypatch: pytest.MonkeyPatch) -> Iterator[object]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        client = boto3.client("glue")
        client.create_crawler(
            Name="fact_sales",
            Role="crawler",
            DatabaseName="retail",
            Targets={"S3Targets": [{"Path": "s3://lake/gold/fact_sales/"}]},
        )
        yield client


def test_a_crawler_is_started_once_and_found_running_after(glue: object) -> None:
    assert start_crawler("fact_sales") == "started"
    assert start_crawler("fact_sales") == "already running"


def test_an_unknown_crawler_is_named_with_what_to_do(glue: object) -> None:
    with pytest.raises(CrawlerError, match=r"'nope': EntityNotFoundException.*gold\.crawler_name"):
        start_crawler("nope")


def test_missing_credentials_are_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    # boto3's own session keeps what it once found.
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    with pytest.raises(CrawlerError, match="Unable to locate credentials"):
        start_crawler("fact_sales")
