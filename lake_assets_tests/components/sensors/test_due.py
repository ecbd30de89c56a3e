"""Which run the files that wait are due: few for many files, and none blocks another."""

import os
from datetime import UTC, datetime, timedelta

import boto3
import dagster as dg
import pytest

from lake_assets.components.names import (
    APART_TAG,
    BATCH_TAG,
    BYTES_TAG,
    DATASET_TAG,
    FILES_TAG,
    INGEST,
    LAKE_TAG,
    STEP_TAG,
)
from lake_assets.components.sensors import due, listing
from lake_assets.components.sensors.due import Look, held_back, look
from lake_assets.storage.ledger import standing
from lake_assets.storage.zones import stale_key
from lake_assets_tests.components.conftest import World, definitions, sale
from lake_assets_tests.components.sensors.test_listing import fail_run, skip_message, tick


def look_now(world: World, **intake: object) -> Look:
    """What a look comes to, under other limits."""
    limits = world.lake.intake.model_copy(update=intake)
    lake = world.lake.model_copy(update={"intake": limits})
    return look(world.instance, world.store, lake, lake.datasets[0])


def requested(found: Look) -> dg.RunRequest:
    assert found.request, found.reason
    return found.request


def execute(world: World, request: dg.RunRequest) -> dg.ExecuteInProcessResult:
    """The run of a request, from start to end."""
    job = world.defs.resolve_job_def("retail_sales_ingest")
    return job.execute_in_process(
        instance=world.instance,
        partition_key=request.partition_key,
        tags=dict(request.tags),
        raise_on_error=False,
    )


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Steps are tried again without a pause."""
    monkeypatch.setattr("lake_assets.components.runs.retries.SECONDS", 0)


def test_thousands_of_files_are_a_few_runs_one_after_the_other(world: World) -> None:
    raw = world.root / "raw"
    raw.mkdir()
    for number in range(5_000):
        (raw / f"{number}.csv").write_bytes(b"x")
    job = world.defs.resolve_job_def("retail_sales_ingest")
    sizes = []
    while request := look_now(world, max_files=2_000).request:
        tags = dict(request.tags)
        run = world.instance.create_run_for_job(job, tags=tags, status=dg.DagsterRunStatus.STARTED)
        assert "A run is taking files in" in look_now(world).reason
        # The run takes the oldest, as validate does.
        taken = sorted(world.store.list("raw/"), key=lambda info: (info.modified, info.key))
        sizes.append(int(tags[FILES_TAG]))
        assert int(tags[BYTES_TAG]) == sizes[-1]
        for info in taken[: sizes[-1]]:
            os.unlink(world.root / info.key)
        world.instance.report_run_failed(run)  # however it ends
    assert sizes == [2_000, 2_000, 1_000]


def test_a_batch_larger_than_its_limits_is_taken_in_several_runs(world: World) -> None:
    intake = world.lake.intake.model_copy(update={"max_files": 2})
    world.lake = world.lake.model_copy(update={"intake": intake})
    world.defs = definitions(world.lake)
    names = [f"{number}.csv" for number in range(5)]
    for name in names:
        world.drop(name, sale(f"T{name}", "2025-01-01"))
    sizes = []
    while requests := tick(world):
        assert execute(world, requests[0]).success
        sizes.append(requests[0].tags[FILES_TAG])
    assert sizes == ["2", "2", "1"]
    inputs = [item for one in standing(world.store, world.lake.datasets[0]) for item in one.inputs]
    assert sorted(item.source_file for item in inputs) == names


def test_files_of_several_days_are_one_run_at_a_time_the_oldest_day_first(world: World) -> None:
    world.drop("b.csv", sale("T2", "2025-01-01"))
    world.drop("a.csv", sale("T1", "2025-01-01"))
    (info,) = world.store.list("raw/a.csv")
    world.store.move(info, "validated/a.csv", arrived=datetime(2025, 1, 2, tzinfo=UTC))
    first = requested(look_now(world))
    assert (first.partition_key, first.tags[FILES_TAG]) == ("2025-01-02", "1")
    assert len(tick(world)) == 1


def test_a_day_that_is_held_back_keeps_no_other_day_back(world: World) -> None:
    world.drop("b.csv", sale("T2", "2025-01-01"))
    world.drop("a.csv", sale("T1", "2025-01-01"))
    (info,) = world.store.list("raw/a.csv")
    world.store.move(info, "validated/a.csv", arrived=datetime(2025, 1, 2, tzinfo=UTC))
    (first,) = tick(world)
    fail_run(world, dict(first.tags))
    (second,) = tick(world)  # one answer of the sensor, though a day is held back
    assert second.partition_key == world.today
    fail_run(world, dict(second.tags))
    assert tick(world) == []
    assert "The last run over these 1 files did not take them" in skip_message(world)


def test_what_is_behind_a_batch_that_failed_is_not_held_back(world: World) -> None:
    for number in range(3):
        world.drop(f"{number}.csv", sale(f"T{number}", "2025-01-01"))
    first = requested(look_now(world, max_files=2))
    fail_run(world, dict(first.tags))
    second = requested(look_now(world, max_files=2))
    assert (first.tags[FILES_TAG], second.tags[FILES_TAG]) == ("2", "1")
    fail_run(world, dict(second.tags))
    assert look_now(world, max_files=2).request is None


def test_a_run_that_succeeds_and_leaves_its_files_is_not_repeated_at_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a file that no run takes would be a run every ten seconds."""
    world.drop("a.csv", sale("T1", "2025-01-01"))
    with monkeypatch.context() as patch:
        patch.setattr("lake_assets.jobs.validate.batch", lambda *_: [])
        assert execute(world, requested(look_now(world))).success
    assert world.files("raw/") == ["raw/a.csv"]
    assert "the next try is at" in look_now(world).reason
    monkeypatch.setattr(due, "FIRST_WAIT", timedelta(0))
    assert look_now(world).request


def test_a_file_sent_again_with_the_same_bytes_does_not_wait_for_the_run_before_it(
    s3_world: World,
) -> None:
    """On S3 it has the same ETag, so that its batch is the same."""
    dataset = s3_world.lake.datasets[0]
    s3_world.drop("a.csv", sale("T1", "2025-01-01"))
    request = requested(look_now(s3_world))
    assert execute(s3_world, request).success
    (run,) = s3_world.instance.get_run_records()
    s3_world.drop("a.csv", sale("T1", "2025-01-01"))
    identity = due.fingerprint(list(s3_world.store.list("raw/")))
    assert identity == request.tags[BATCH_TAG]
    # S3 tells the time of an arrival in whole seconds.
    before, after = (run.create_timestamp + timedelta(seconds=number) for number in (-1, 1))
    assert held_back(s3_world.instance, s3_world.lake, dataset, identity, before)
    assert held_back(s3_world.instance, s3_world.lake, dataset, identity, after) is None


def test_failures_of_another_dataset_hold_nothing_back(world: World) -> None:
    world.drop("a.csv", sale("T1", "2025-01-01"))
    request = requested(look_now(world))
    fail_run(world, {**request.tags, "lake_assets/dataset": "returns"})
    assert look_now(world).request
    fail_run(world, dict(request.tags))
    assert look_now(world).request is None


def test_files_that_may_still_grow_are_told_of(world: World) -> None:
    world.drop("a.csv", sale("T1", "2025-01-01"))
    world.drop("b.csv", sale("T2", "2025-01-01"))
    found = look_now(world, settle_seconds=90)
    assert found.request is None
    assert found.reason.endswith("(2 changed within 90 seconds and may still grow)")
    assert look_now(world).request


@pytest.mark.usefixtures("at_once")
def test_a_file_that_cannot_be_read_blocks_no_other_and_is_told_of(s3_world: World) -> None:
    world = s3_world
    bucket = world.store.uri.removeprefix("s3://")
    client = boto3.client("s3", endpoint_url=os.environ["LAKE_S3_ENDPOINT"])
    client.put_object(Bucket=bucket, Key="raw/cold.csv", Body=b"x", StorageClass="GLACIER")
    world.drop("a.csv", sale("T1", "2025-01-01"))
    done = execute(world, requested(look_now(world)))
    assert done.success
    assert world.files("raw/") == ["raw/cold.csv"]
    assert len(world.files("archive/")) == 1
    checks = {one.check_name: one for one in done.get_asset_check_evaluations()}
    assert not checks["header_contract"].passed
    assert "1 file is stuck in raw/" in str(checks["header_contract"].description)

    alone = requested(look_now(world))
    assert not execute(world, alone).success  # a run that can do nothing is seen to fail
    assert "the next try is at" in look_now(world).reason

    world.drop("b.csv", sale("T2", "2025-01-01"))
    assert execute(world, requested(look_now(world))).success
    assert world.files("raw/") == ["raw/cold.csv"]
    assert len(world.files("archive/")) == 2
    assert "the next try is at" in look_now(world).reason


def test_stale_dates_that_failed_and_others_do_not_break_the_tick(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dagster takes either requests or one reason to skip."""
    monkeypatch.setattr(listing, "LEFT_BEHIND", timedelta(0))
    dataset = world.lake.datasets[0]
    for day in ("2025-01-01", "2025-01-02", "2025-01-03"):
        world.store.put(stale_key(dataset, day, "run"), b"")
    requests = {one.partition_key: one for one in tick(world, "retail_sales_left_behind")}
    assert len(requests) == 3
    fail_run(world, dict(requests["2025-01-01"].tags))
    fail_run(world, dict(requests["2025-01-02"].tags))
    (left,) = tick(world, "retail_sales_left_behind")
    assert left.partition_key == "2025-01-03"
    fail_run(world, dict(left.tags))
    told = skip_message(world, "retail_sales_left_behind")
    assert [str(day) in told for day in requests] == [True] * 3


def test_behind_a_run_whose_process_died_files_are_read_in_groups(world: World) -> None:
    world.drop("a.csv", sale("T1", "2025-01-01"))
    assert APART_TAG not in requested(look_now(world)).tags
    fail_run(world, {LAKE_TAG: "retail", DATASET_TAG: "sales", STEP_TAG: INGEST})
    request = requested(look_now(world))
    assert request.tags[APART_TAG] == "true"
    assert execute(world, request).success
    assert world.files("validated/") == []
    world.drop("b.csv", sale("T2", "2025-01-01"))
    assert APART_TAG in requested(look_now(world)).tags, "not only in the very next run"


def test_a_run_that_failed_in_a_step_is_no_reason_to_read_in_groups(
    world: World, monkeypatch: pytest.MonkeyPatch, at_once: None
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("no")

    world.drop("a.csv", sale("T1", "2025-01-01"))
    with monkeypatch.context() as broken:
        broken.setattr("lake_assets.components.assets.arrivals.run_on_engine", fail)
        assert not execute(world, requested(look_now(world))).success
    world.drop("b.csv", sale("T2", "2025-01-01"))
    assert APART_TAG not in requested(look_now(world)).tags
