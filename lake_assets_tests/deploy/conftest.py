"""The production configuration with everything that it needs, on this machine."""

import platform
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lake_assets_tests.deploy.postgres import Database, installation, postgres

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def database() -> Iterator[Database]:
    """A PostgreSQL for this test process."""
    if installation() is None:
        assert (sys.platform, platform.machine()) != ("linux", "x86_64"), (
            "The development environment brings PostgreSQL: make setup"
        )
        pytest.skip(
            "PostgreSQL is not installed: no initdb on the path, and no wheel for this machine"
        )
    with postgres() as database:
        yield database


@pytest.fixture
def environment(
    tmp_path: Path,
    database: Database,
    s3_uri: str,
    s3_endpoint: str,
    monkeypatch: pytest.MonkeyPatch,
) -> dict[str, str]:
    """The variables of deploy/.env.example, set, and DAGSTER_HOME with deploy/dagster.yaml."""
    home = tmp_path / "home"
    home.mkdir()
    shutil.copy(ROOT / "deploy" / "dagster.yaml", home)
    lakes = tmp_path / "lakes"
    (lakes / "retail" / "raw").mkdir(parents=True)
    variables = {
        **database.environment,
        "DAGSTER_HOME": str(home),
        "DAGSTER_LOGS_BUCKET": s3_uri.removeprefix("s3://"),
        "AWS_ENDPOINT_URL_S3": s3_endpoint,
        "LAKE_URI": str(lakes),
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return variables
