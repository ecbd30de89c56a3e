"""A warehouse in a file."""

from pathlib import Path

import pytest

from lake_assets.storage import open_store
from lake_assets_tests.warehouse.house import House, club


@pytest.fixture
def house(tmp_path: Path) -> House:
    """An empty lake, and no warehouse yet."""
    root = tmp_path / "lake"
    root.mkdir()
    return House(open_store(str(root)), club(), tmp_path / "warehouse.duckdb")
