"""The same bytes on any engine: threads, Spark 3.5 and Spark 4, each in a process of its own."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Protocol

import pytest

from lake_assets.engines.local import LocalEngine
from lake_assets.jobs.job import Job
from lake_assets.jobs.report import Report
from lake_assets.jobs.run_job import run_job
from lake_assets.storage import Store, open_store
from lake_assets.storage.zones import part_of
from lake_assets_tests.engines import one_lake, one_telco
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


class Sample(Protocol):
    """A lake, the jobs over it, and what they wrote that has to be the same."""

    def fill(self, store: Store) -> None: ...
    def jobs(self, uri: str) -> Iterator[Job]: ...
    def written(self, store: Store) -> dict[str, bytes]: ...


LAKES: Mapping[str, Sample] = {"retail": one_lake, "telco": one_telco}
Expected = Mapping[str, tuple[list[Report], dict[str, bytes]]]


def filled(folder: Path, sample: Sample) -> Store:
    folder.mkdir()
    store = open_store(str(folder))
    sample.fill(store)
    return store


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> Expected:
    """What the local engine reports and writes, by lake."""
    found = {}
    for name, sample in LAKES.items():
        store = filled(tmp_path_factory.mktemp("local") / name, sample)
        reports = [run_job(store, job, LocalEngine(2)) for job in sample.jobs(store.uri)]
        found[name] = reports, sample.written(store)
    return found


def test_the_lake_has_what_engines_might_do_otherwise(expected: Expected) -> None:
    (ingested, gold, rebuilt, replayed, again), written = expected["retail"]
    (run,) = ingested.runs
    assert run.books.duplicate
    assert run.books.rejected
    assert run.books.recoveries
    assert len({part_of(key) for key in written if key.startswith("processed/")}) > 2  # tasks
    assert [day.files > 1 for day in gold.dates] == [True, True]
    assert [day.date for day in rebuilt.dates] == one_lake.DAYS[:1]
    assert replayed.restated[0].after.good > replayed.restated[0].before.good
    assert sum(day.rows for day in again.dates) > sum(day.rows for day in gold.dates)


def test_the_tables_on_tables_have_what_engines_might_do_otherwise(expected: Expected) -> None:
    reports, written = expected["telco"]
    documents = {key: json.loads(data) for key, data in written.items() if "_manifest" in key}
    records = [json.loads(data) for key, data in written.items() if "/ingest/" in key]
    read = [item for one in records for item in one["inputs"] if one["generation"] == 1]
    cut = [item["source_file"] for item in read if len(item["tasks"]) > 1]
    assert cut == [f"activity_{day}.ndjson" for day in one_telco.DAYS]
    assert {item["destination"].split("/")[2] for item in read} == set(one_telco.DAYS)
    restated = [one for report in reports for one in report.restated]
    changes = [one.after.good - one.before.good for one in restated]
    assert changes[0] < 0 < min(changes[1:])  # a rule more; then a format more
    for table, snapshots in (("plans", 1), ("customers", 2), ("activity", 2)):
        last = f"staging/{table}/date={one_telco.DAYS[1]}/snapshot=000{snapshots}/_manifest.json"
        manifest = documents[last]
        assert bool(manifest["carried"]) == (table != "activity")
        assert bool(manifest["lookups"]) == (table != "plans")


@pytest.mark.spark
@pytest.mark.timeout(280)
def test_spark_writes_and_reports_what_the_local_engine_does(
    expected: Expected, spark_runtime: Runtime, tmp_path: Path
) -> None:
    through_connect = spark_runtime.spark == "4.0.2"  # the stand-in for EMR does without
    stores = {name: filled(tmp_path / name, sample) for name, sample in LAKES.items()}
    jobs = [job for name, store in stores.items() for job in LAKES[name].jobs(store.uri)]
    given = tmp_path / "jobs"
    given.write_text("".join(f"{job.model_dump_json()}\n" for job in jobs))
    # With SPARK_TESTING the server of Spark Connect takes any port that is free.
    command = ("-c", JOBS, str(given), "remote" if through_connect else "master")
    done = spark_runtime.run(*command, cwd=tmp_path, SPARK_TESTING="1")
    assert done.returncode == 0, done.stderr[-4000:]
    assert ("SESSION pyspark.sql.connect.session" in done.stdout) == through_connect
    said = [line for line in done.stdout.splitlines() if line.startswith("REPORT ")]
    reports = [Report(**json.loads(line.removeprefix("REPORT "))) for line in said]
    for name, store in stores.items():
        told, written = expected[name]
        assert reports[: len(told)] == told
        assert LAKES[name].written(store) == written
        del reports[: len(told)]
    assert not reports
