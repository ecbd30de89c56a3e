"""The stores that the contract is tried on.

With LAKE_TEST_S3_URI set (and LAKE_TEST_S3_ENDPOINT, unless it is AWS) a real S3 joins them.
"""

import os
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.awsrequest import AWSPreparedRequest

from lake_assets.storage import Store, open_store
from lake_assets.storage.s3 import S3Store

_CREDENTIALS = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
_EXTERNAL_URI = os.environ.get("LAKE_TEST_S3_URI")
_EXTERNAL_ENDPOINT = os.environ.get("LAKE_TEST_S3_ENDPOINT")


@pytest.fixture(params=["local", "s3", "careless_s3", *(["external"] if _EXTERNAL_URI else [])])
def store(request: pytest.FixtureRequest) -> Store:
    """An empty store of each kind."""
    found: Store = request.getfixturevalue(f"{request.param}_store")
    return found


@pytest.fixture
def local_store(tmp_path: Path) -> Store:
    root = tmp_path / "lake"
    root.mkdir()
    return open_store(str(root))


@pytest.fixture
def s3_store(s3_uri: str, s3_endpoint: str) -> S3Store:
    """In a prefix, so that every test also shows that keys are relative to it."""
    opened = open_store(f"{s3_uri}/some/lake", endpoint=s3_endpoint)
    assert isinstance(opened, S3Store)
    return opened


@pytest.fixture
def careless_s3_store(s3_store: S3Store) -> S3Store:
    """One that ignores the conditions of copies."""
    ignore_conditions_of_copies(s3_store)
    return s3_store


def ignore_conditions_of_copies(store: S3Store) -> None:
    def ignore(request: AWSPreparedRequest, **_: Any) -> None:
        for name in ("If-None-Match", "x-amz-copy-source-if-match"):
            del request.headers[name]

    store.client.meta.events.register("before-send.s3.CopyObject", ignore)


@pytest.fixture
def external_store(monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in _CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    opened = open_store(f"{_EXTERNAL_URI}/{uuid.uuid4().hex}", endpoint=_EXTERNAL_ENDPOINT)
    yield opened
    for info in opened.list():
        opened.delete(info.key)
    for staged in opened.abandoned(datetime.now(UTC) + timedelta(hours=1)):
        opened.abort(staged)


@pytest.fixture
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries follow each other at once."""
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda *_: 0)
    monkeypatch.setattr("lake_assets.storage.s3_bucket.random.uniform", lambda *_: 0)
