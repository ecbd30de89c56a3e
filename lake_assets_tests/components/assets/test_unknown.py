"""Files of no dataset in Dagster: from the sensor to the check."""

from dataclasses import replace

import dagster as dg
import pytest

from lake_assets.components.names import BATCH_TAG, DATASET_TAG
from lake_assets_tests.components.conftest import World, definitions, sale
from lake_assets_tests.components.sensors.test_listing import skip_message, tick
from lake_assets_tests.components.sensors.test_queue import Queued
from lake_assets_tests.components.sensors.test_queue import lake as queued  # noqa: F401 - a fixture
from lake_assets_tests.jobs.test_unknown import FOLDER, unknown_lake

KEY = dg.AssetKey(["retail", "rejected", "rejected_unknown"])
SENSOR, JOB = "retail_unknown_arrivals", "retail_unknown_files"


def with_unknown(world: World) -> World:
    """The same world, where sales are taken from raw/sales/."""
    lake = unknown_lake().model_copy(update={"arrivals_start": world.lake.arrivals_start})
    return replace(world, lake=lake, defs=definitions(lake))


@pytest.fixture
def unknown(world: World) -> World:
    return with_unknown(world)


def execute(world: World) -> dg.ExecuteInProcessResult:
    job = world.defs.resolve_job_def(JOB)
    return job.execute_in_process(instance=world.instance, partition_key=world.today)


def test_a_lake_that_says_nothing_of_them_has_nothing_for_them(world: World) -> None:
    graph = world.defs.resolve_asset_graph()
    assert KEY not in graph.get_all_asset_keys()
    assert SENSOR not in {sensor.name for sensor in world.defs.sensors or ()}


def test_the_sensor_asks_for_a_run_over_the_files_that_came(unknown: World) -> None:
    assert "No file of no dataset waits" in skip_message(unknown, SENSOR)
    unknown.drop("sales/good.csv", sale("T1", "2025-01-01"))
    assert tick(unknown, SENSOR) == []
    unknown.drop("a.csv", "x")
    unknown.drop("other/b.csv", "x")
    (request,) = tick(unknown, SENSOR)
    assert (request.job_name, request.partition_key) == (JOB, unknown.today)
    assert request.tags[DATASET_TAG] == "unknown"
    assert request.tags["lake_assets/files"] == "2"
    (again,) = tick(unknown, SENSOR)
    assert again.tags[BATCH_TAG] == request.tags[BATCH_TAG]


def test_one_run_at_a_time_and_a_batch_that_failed_waits(unknown: World) -> None:
    unknown.drop("a.csv", "x")
    (request,) = tick(unknown, SENSOR)
    job = unknown.defs.resolve_job_def(JOB)
    run = unknown.instance.create_run_for_job(
        job, tags=dict(request.tags), status=dg.DagsterRunStatus.NOT_STARTED
    )
    assert "A run is taking files of no dataset away" in skip_message(unknown, SENSOR)
    unknown.instance.report_run_failed(run)
    assert "the next try is at" in skip_message(unknown, SENSOR)


def test_a_run_takes_them_away_and_its_check_fails(unknown: World) -> None:
    unknown.drop("other/b.csv", "x")
    unknown.drop("sales/good.csv", sale("T1", "2025-01-01"))
    result = execute(unknown)
    assert result.success
    (check,) = result.get_asset_check_evaluations()
    assert (check.check_name, check.passed) == ("folders_known", False)
    assert check.partition == unknown.today
    assert "Drop each file again in the folder of its dataset" in str(check.metadata)
    assert unknown.files("raw/") == ["raw/sales/good.csv"]
    there = unknown.files(FOLDER)
    assert there == [
        f"{FOLDER}{unknown.today}/other/b.csv",
        f"{FOLDER}{unknown.today}/other/b.csv_reason.json",
    ]
    assert unknown.instance.get_materialized_partitions(KEY) == {unknown.today}
    for key in there:
        unknown.store.delete(key)
    (check,) = execute(unknown).get_asset_check_evaluations()
    assert check.passed


def test_the_runs_of_a_dataset_leave_them_alone(unknown: World) -> None:
    unknown.drop("a.csv", "x")
    unknown.drop("sales/good.csv", sale("T1", "2025-01-01"))
    assert unknown.ingest().success
    assert unknown.files("raw/") == ["raw/a.csv"]


def test_an_event_of_such_a_file_asks_for_the_very_run(queued: Queued) -> None:  # noqa: F811
    queued.world = with_unknown(queued.world)
    queued.world.drop("a.csv", "x")
    (by_event,), (by_listing,) = queued.ask(), tick(queued.world, SENSOR)
    assert (by_event.job_name, by_event.partition_key) == (JOB, by_listing.partition_key)
    assert by_event.tags[BATCH_TAG] == by_listing.tags[BATCH_TAG]
    assert len(queued.box) == 1, "it comes again until the file is gone"
    queued.run(by_event)
    assert queued.ask() == []
    assert len(queued.box) == 0
