"""A warehouse in a file lets in one process at a time."""

import subprocess
import sys
from collections.abc import Iterator

import pytest

from lake_assets.warehouse import duckdb_session
from lake_assets.warehouse.errors import WarehouseError
from lake_assets_tests.warehouse.house import House

HOLD = """
import sys, duckdb
with duckdb.connect(sys.argv[1]):
    print("open", flush=True)
    sys.stdin.read()
"""
Holder = subprocess.Popen[str]


@pytest.fixture
def holder(house: House) -> Iterator[Holder]:
    """Another process that has the file open until its input ends."""
    command = [sys.executable, "-c", HOLD, str(house.path)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout
        assert other.stdout.readline() == "open\n"
        yield other
        if other.stdin:
            other.stdin.close()


def test_a_load_waits_for_another_process(
    house: House, holder: Holder, monkeypatch: pytest.MonkeyPatch
):
    waited: list[float] = []

    def leave(seconds: float) -> None:
        waited.append(seconds)
        holder.communicate()

    monkeypatch.setattr(duckdb_session, "pause", leave)
    house.take("visits", "v1,2025-06-01,m1")
    assert house.visits() == [("v1", None, None)]
    assert len(waited) == 1, "the first try finds it taken, the second does not"


def test_who_waits_too_long_hears_who_has_it(
    house: House, holder: Holder, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(duckdb_session, "PATIENCE", 0)
    with pytest.raises(WarehouseError, match="was open in another process") as raised:
        house.load()
    assert f"PID {holder.pid}" in str(raised.value)


def test_what_is_no_database_is_told_at_once(house: House, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(duckdb_session, "pause", lambda _: pytest.fail("it waits"))
    house.path.write_text("no database" * 1000)
    with pytest.raises(WarehouseError, match="DuckDB says: IO Error"):
        house.load()
