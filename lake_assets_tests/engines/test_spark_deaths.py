"""What dies within a job on Spark, an executor or the driver: nothing is lost, nothing doubled."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from lake_assets.engines.local import LocalEngine
from lake_assets.engines.spark import SparkEngine, open_session, session_options
from lake_assets.jobs.job import Job
from lake_assets.jobs.run_job import run_job
from lake_assets.storage import Store, open_store
from lake_assets_tests.engines import one_lake

pytestmark = [pytest.mark.spark, pytest.mark.crash, pytest.mark.timeout(280)]

CLUSTER = """
import sys
from functools import partial
from pathlib import Path
from lake_assets.engines.spark import SparkEngine, open_session, session_options
from lake_assets_tests.engines import sparks

options = session_options("local-cluster[2,1,1024]", options={"spark.ui.enabled": "false"})
session = open_session(options)
engine = SparkEngine(lambda: session)
print("RESULTS", list(engine.map(partial(sparks.lose_executor_once, Path(sys.argv[1])), range(6))))
session.stop()
"""


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What the first two jobs write where nothing dies."""
    store = open_store(str(tmp_path_factory.mktemp("local")))
    one_lake.fill(store)
    for job in first_two(store):
        run_job(store, job, LocalEngine(2))
    return one_lake.written(store)


def first_two(store: Store) -> list[Job]:
    ingest, compact, *_ = one_lake.jobs(store.uri)
    return [ingest, compact]


def kill(driver: "subprocess.Popen[bytes]") -> None:
    """With its Java and its workers."""
    if driver.poll() is None:
        os.killpg(driver.pid, signal.SIGKILL)
        driver.wait()


def staged(root: Path) -> list[Path]:
    return [path for path in (root / ".staging").rglob("*") if path.stat().st_size]


def test_an_executor_that_is_lost_within_a_task_costs_nothing(tmp_path: Path) -> None:
    """On two executors with a Java of their own each: one is killed, its task goes to the other."""
    done = subprocess.run(
        [sys.executable, "-c", CLUSTER, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
    assert "RESULTS [0, 1, 2, 3, 4, 5]" in done.stdout, done.stderr[-3000:]
    assert "ExecutorLostFailure" in done.stderr
    assert (tmp_path / "done").exists()


@pytest.fixture
def started(tmp_path: Path) -> Iterator[tuple[Store, "subprocess.Popen[bytes]"]]:
    """An ingest on Spark in a process group of its own, with outputs staged, not committed."""
    root = tmp_path / "lake"
    root.mkdir()
    store = open_store(str(root))
    one_lake.fill(store)
    ingest, _ = first_two(store)
    (tmp_path / "job.json").write_text(ingest.model_dump_json())
    command = ["-m", "lake_assets.jobs", "--engine", "spark", "--master", "local[2]"]
    with (tmp_path / "words").open("wb") as words:
        driver = subprocess.Popen(
            [sys.executable, *command, "--job", str(tmp_path / "job.json")],
            stdout=words,
            stderr=words,
            start_new_session=True,
        )
        pause = threading.Event()
        try:
            while not staged(root):
                assert driver.poll() is None, (tmp_path / "words").read_text()
                pause.wait(0.01)
            yield store, driver
        finally:
            kill(driver)


def test_a_driver_that_is_killed_leaves_all_to_the_next_run(
    started: tuple[Store, "subprocess.Popen[bytes]"], expected: dict[str, bytes]
) -> None:
    store, driver = started
    kill(driver)
    before = one_lake.written(store)
    assert not any(key.startswith("gold/") for key in before)
    session = open_session(session_options("local[2]", options={"spark.ui.enabled": "false"}))
    try:
        for job in first_two(store):
            run_job(store, job, SparkEngine(lambda: session))
    finally:
        session.stop()
    assert one_lake.written(store) == expected
