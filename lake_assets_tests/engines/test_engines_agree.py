"""The same bytes on any engine: threads, Spark 3.5 and Spark 4, each in a process of its own."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from lake_assets.engines.local import LocalEngine
from lake_assets.jobs.job import Job
from lake_assets.jobs.report import Report
from lake_assets.jobs.run_job import run_job
from lake_assets.storage import Store, open_store
from lake_assets.storage.zones import part_of
from lake_assets_tests.engines import one_lake
from lake_assets_tests.runtimes import Runtime

JOBS = """
import sys
from lake_assets.engines.spark import SparkEngine, open_session, session_options
from lake_assets.jobs.job import Job
from lake_assets.jobs.run_job import run_job
from lake_assets.storage.open import open_store

options = session_options(**{sys.argv[2]: "local[2]"}, options={
    "spark.ui.enabled": "false", "spark.connect.grpc.binding.address": "127.0.0.1"
})
engine = SparkEngine(lambda: open_session(options))
print("SESSION", type(engine._session()).__module__, flush=True)
for line in open(sys.argv[1]):
    job = Job.model_validate_json(line)
    print("REPORT", run_job(open_store(job.uri), job, engine).model_dump_json(), flush=True)
"""


def here(store: Store, jobs: Iterator[Job]) -> list[Report]:
    return [run_job(store, job, LocalEngine(2)) for job in jobs]


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Report], dict[str, bytes]]:
    """What the local engine reports and writes."""
    store = open_store(str(tmp_path_factory.mktemp("local")))
    one_lake.fill(store)
    return here(store, one_lake.jobs(store.uri)), one_lake.written(store)


def test_the_lake_has_what_engines_might_do_otherwise(
    expected: tuple[list[Report], dict[str, bytes]],
) -> None:
    (ingested, gold, rebuilt, replayed, again), written = expected
    (run,) = ingested.runs
    assert run.books.duplicate
    assert run.books.rejected
    assert run.books.recoveries
    assert len({part_of(key) for key in written if key.startswith("processed/")}) > 2  # tasks
    assert [day.files > 1 for day in gold.dates] == [True, True]
    assert [day.date for day in rebuilt.dates] == one_lake.DAYS[:1]
    assert replayed.restated[0].after.good > replayed.restated[0].before.good
    assert sum(day.rows for day in again.dates) > sum(day.rows for day in gold.dates)


@pytest.mark.spark
@pytest.mark.timeout(280)
def test_spark_writes_and_reports_what_the_local_engine_does(
    expected: tuple[list[Report], dict[str, bytes]], spark_runtime: Runtime, tmp_path: Path
) -> None:
    through_connect = spark_runtime.spark == "4.0.2"  # the stand-in for EMR does without
    store = open_store(str(tmp_path / "lake"))
    (tmp_path / "lake").mkdir()
    one_lake.fill(store)
    jobs = tmp_path / "jobs"
    jobs.write_text("".join(f"{job.model_dump_json()}\n" for job in one_lake.jobs(store.uri)))
    # With SPARK_TESTING the server of Spark Connect takes any port that is free.
    given = ("-c", JOBS, str(jobs), "remote" if through_connect else "master")
    done = spark_runtime.run(*given, cwd=tmp_path, SPARK_TESTING="1")
    assert done.returncode == 0, done.stderr[-4000:]
    assert ("SESSION pyspark.sql.connect.session" in done.stdout) == through_connect
    said = [line for line in done.stdout.splitlines() if line.startswith("REPORT ")]
    reports = [Report(**json.loads(line.removeprefix("REPORT "))) for line in said]
    assert reports == expected[0]
    assert one_lake.written(store) == expected[1]
