"""Empty lakes, on a directory and on S3."""

from pathlib import Path

import pytest

from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.lake import Lake
from lake_assets.storage import Store, open_store
from lake_assets_tests.jobs import lakes


@pytest.fixture
def local_store(tmp_path: Path) -> Store:
    root = tmp_path / "lake"
    root.mkdir()
    return open_store(str(root))


@pytest.fixture
def other_store(tmp_path: Path) -> Store:
    """A second directory."""
    root = tmp_path / "other"
    root.mkdir()
    return open_store(str(root))


@pytest.fixture
def s3_store(s3_uri: str, s3_endpoint: str) -> Store:
    return open_store(f"{s3_uri}/retail", endpoint=s3_endpoint)


@pytest.fixture
def other_s3_store(s3_uri: str, s3_endpoint: str) -> Store:
    """A second lake of the same bucket."""
    return open_store(f"{s3_uri}/other", endpoint=s3_endpoint)


@pytest.fixture(params=["local", "s3"])
def store(request: pytest.FixtureRequest) -> Store:
    """An empty store of each kind."""
    found: Store = request.getfixturevalue(f"{request.param}_store")
    return found


@pytest.fixture
def lake() -> Lake:
    return lakes.contract()


@pytest.fixture
def dataset(lake: Lake) -> Dataset:
    return lakes.dataset_of(lake)
