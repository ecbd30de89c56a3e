"""What `make dev` promises: a file dropped in raw/ becomes gold and audit without a click."""

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from lake_assets.samples import retail_files

ROOT = Path(__file__).parent.parent
PATIENCE = 150  # seconds; about 40 are usual


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[Path]:
    """A real `dagster dev` (daemon, sensors, automation) over an empty lake."""
    home, lake = tmp_path / "home", tmp_path / "lakes" / "retail"
    home.mkdir()
    lake.mkdir(parents=True)
    shutil.copy(ROOT / "dagster.yaml", home)
    environment = {**os.environ, "DAGSTER_HOME": str(home), "LAKE_URI": str(lake.parent)}
    with (tmp_path / "dev.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "dagster", "dev", "-h", "127.0.0.1", "-p", "0"],
            cwd=ROOT,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            yield lake
        finally:
            os.killpg(process.pid, signal.SIGINT)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def wait_for(path: Path) -> None:
    """Return once the file exists."""
    pause = threading.Event()
    for _ in range(PATIENCE * 2):
        if path.exists():
            return
        pause.wait(0.5)
    raise AssertionError(f"{path.name} did not appear within {PATIENCE} s")


@pytest.mark.timeout(PATIENCE * 3)
def test_a_dropped_file_becomes_gold_and_audit_by_itself(lake: Path) -> None:
    first, late = retail_files(seed=3, files=2, rows=200, days=1)
    (lake / "raw").mkdir()
    (lake / "raw" / first.name).write_bytes(first.content)
    day = "date=2025-01-01"
    audit = lake / "audit" / "gold_compaction" / day / "metrics.json"
    wait_for(lake / "gold" / "fact_sales" / day / "part-0000.snappy.parquet")
    wait_for(audit)
    before = audit.read_bytes()
    (lake / "raw" / late.name).write_bytes(late.content)
    pause = threading.Event()
    for _ in range(PATIENCE * 2):
        if audit.read_bytes() != before:
            break
        pause.wait(0.5)
    assert audit.read_bytes() != before
    assert list((lake / "raw").iterdir()) == []
