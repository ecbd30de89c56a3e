"""Arrivals and dates left behind, tick by tick."""

import os
from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest
from dagster._core.definitions.sensor_definition import SensorExecutionData

from lake_assets.components.names import BATCH_TAG, FILES_TAG
from lake_assets.components.resources import LakeStore
from lake_assets.components.sensors import due, listing
from lake_assets.storage import StoreUnavailable
from lake_assets.storage.ledger import standing
from lake_assets.storage.zones import stale_key
from lake_assets_tests.components.conftest import World, sale


def evaluate(world: World, name: str) -> SensorExecutionData:
    """One evaluation of a sensor, with its resources."""
    sensor = world.defs.resolve_sensor_def(name)
    with dg.build_sensor_context(
        instance=world.instance,
        definitions=world.defs,
        resources={
            "retail_store": LakeStore(
                uri=world.store.uri, endpoint=os.environ.get("LAKE_S3_ENDPOINT")
            )
        },
    ) as context:
        return sensor.evaluate_tick(context)


def tick(world: World, name: str = "retail_sales_arrivals") -> list[dg.RunRequest]:
    """The runs that one evaluation requests."""
    return list(evaluate(world, name).run_requests or [])


def skip_message(world: World, name: str = "retail_sales_arrivals") -> str:
    """Why one evaluation requests none."""
    return evaluate(world, name).skip_message or ""


def fail_run(world: World, tags: dict[str, str]) -> None:
    """A run with these tags that failed just now."""
    run = world.instance.create_run_for_job(
        world.defs.resolve_job_def("retail_sales_ingest"), tags=tags
    )
    world.instance.report_run_failed(run)


def test_no_file_no_run(world: World) -> None:
    assert tick(world) == []
    assert "No file waits" in skip_message(world)


def test_all_waiting_files_of_a_day_are_one_run(world: World) -> None:
    for number in range(25):
        world.drop(f"{number}.csv", sale(f"T{number}", "2025-01-01"))
    (request,) = tick(world)
    assert request.partition_key == world.today
    assert request.tags[FILES_TAG] == "25"


def test_the_same_files_are_requested_again_until_they_leave_raw(world: World) -> None:
    world.drop("a.csv", sale("T1", "2025-01-01"))
    first, second = tick(world), tick(world)
    assert first[0].tags[BATCH_TAG] == second[0].tags[BATCH_TAG]
    assert first[0].run_key is None
    world.ingest()
    assert tick(world) == []


def test_files_that_come_in_any_order_between_ticks_or_during_runs_are_each_taken_once(
    world: World,
) -> None:
    """Nothing depends on being told of a file: no event is consumed that could be lost."""
    names = [f"{number}.csv" for number in range(6)]
    for name in reversed(names[:3]):  # no tick between them, as if the daemon was down
        world.drop(name, sale(f"T{name}", "2025-01-01"))
        os.utime(world.root / "raw" / name, (0, 0))  # the clock of the sender is nobody's concern
    tick(world)
    tick(world)  # told twice of the same files
    world.ingest()
    world.ingest()  # and a run that was requested twice
    world.drop(names[3], sale(f"T{names[3]}", "2025-01-01"))
    assert len(tick(world)) == 1
    world.drop(names[4], sale(f"T{names[4]}", "2024-12-31"))  # after the tick, before its run
    world.ingest()
    assert tick(world) == []
    world.drop(names[5], sale(f"T{names[5]}", "2025-01-01"))
    world.drop(f"again-{names[5]}", sale(f"T{names[5]}", "2025-01-01"))  # the same bytes
    assert tick(world)[0].tags[FILES_TAG] == "2"
    world.ingest()
    assert tick(world) == []
    inputs = [
        item for record in standing(world.store, world.lake.datasets[0]) for item in record.inputs
    ]
    assert sorted(item.source_file for item in inputs if item.outcome == "ingested") == names
    assert [item.source_file for item in inputs if item.outcome == "duplicate"] == [
        f"again-{names[5]}"
    ]
    assert sum(item.books.good for item in inputs) == len(names)


def test_a_file_replaced_before_the_run_is_taken_as_it_is_then(world: World) -> None:
    world.drop("a.csv", sale("T1", "2025-01-01"))
    (request,) = tick(world)
    world.drop("a.csv", sale("T2", "2025-01-01"))
    assert tick(world)[0].tags[BATCH_TAG] != request.tags[BATCH_TAG]
    world.ingest()
    (record,) = standing(world.store, world.lake.datasets[0])
    assert [item.books.good for item in record.inputs] == [1]
    assert tick(world) == []


def test_a_run_for_files_that_are_gone_succeeds_and_takes_nothing(world: World) -> None:
    world.drop("a.csv", sale("T1", "2025-01-01"))
    assert len(tick(world)) == 1
    world.store.delete("raw/a.csv")
    assert world.ingest().success
    assert list(standing(world.store, world.lake.datasets[0])) == []


def test_a_run_under_way_holds_back_the_next(world: World) -> None:
    world.drop("a.csv", sale("T1", "2025-01-01"))
    (request,) = tick(world)
    job = world.defs.resolve_job_def("retail_sales_ingest")
    world.instance.create_run_for_job(
        job, tags=dict(request.tags), status=dg.DagsterRunStatus.STARTED
    )
    assert tick(world) == []
    assert "A run is taking files in" in skip_message(world)


def test_a_failed_batch_waits_longer_after_each_failure(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.drop("a.csv", sale("T1", "2025-01-01"))
    (request,) = tick(world)
    fail_run(world, dict(request.tags))
    assert tick(world) == []
    assert "the next try is at" in skip_message(world)
    monkeypatch.setattr(due, "FIRST_WAIT", timedelta(0))
    assert len(tick(world)) == 1


def test_another_file_is_not_held_back_by_a_failed_batch(world: World) -> None:
    world.drop("a.csv", sale("T1", "2025-01-01"))
    (request,) = tick(world)
    fail_run(world, dict(request.tags))
    world.drop("b.csv", sale("T2", "2025-01-01"))
    assert len(tick(world)) == 1


def test_a_file_left_in_validated_by_a_dead_run_is_taken_up(world: World) -> None:
    world.drop("a.csv", sale("T1", "2025-01-01"))
    (waiting,) = world.store.list("raw/")
    world.store.move(waiting, "validated/a.csv")
    (request,) = tick(world)
    assert request.partition_key == world.today
    world.ingest()
    assert world.files("validated/") == []
    assert len(world.files("archive/")) == 1


def test_a_missing_directory_fails_the_tick_with_a_sentence(world: World) -> None:
    world.root.joinpath("raw").mkdir()
    world.root.rename(world.root.with_name("elsewhere"))
    with pytest.raises(StoreUnavailable, match="does not exist"):
        tick(world)


def test_a_batch_is_known_by_what_the_files_are_not_by_when_we_look(world: World) -> None:
    world.drop("a.csv", sale("T1", "2025-01-01"))
    before = due.fingerprint(list(world.store.list("raw/")))
    assert before == due.fingerprint(list(world.store.list("raw/")))
    world.drop("a.csv", sale("T1", "2025-01-01"), sale("T2", "2025-01-01"))
    assert before != due.fingerprint(list(world.store.list("raw/")))


def test_a_date_that_stayed_stale_is_requested(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = world.lake.datasets[0]
    world.store.put(stale_key(dataset, "2025-01-01", "run"), b"")
    assert tick(world, "retail_sales_left_behind") == []
    monkeypatch.setattr(listing, "LEFT_BEHIND", timedelta(0))
    (request,) = tick(world, "retail_sales_left_behind")
    assert request.partition_key == "2025-01-01"
    assert {key.path[1] for key in request.asset_selection or []} == {"gold", "audit"}


def test_a_stale_date_that_is_no_partition_is_left_alone(world: World) -> None:
    dataset = world.lake.datasets[0]
    world.store.put(stale_key(dataset, "1999-01-01", "run"), b"")
    late = datetime.now(UTC) + timedelta(days=1)
    assert listing.overdue(world.store, dataset, late) == []


def test_a_bucket_is_watched_and_served_like_a_directory(s3_world: World) -> None:
    s3_world.drop("a.csv", sale("T1", "2025-01-01"), "T2,S1,never,I1,1,2.50,2.50")
    (request,) = tick(s3_world)
    assert request.partition_key == s3_world.today
    assert s3_world.ingest().success
    assert tick(s3_world) == []
    assert s3_world.gold(["2025-01-01"]).success
    assert s3_world.files("gold/") == ["gold/fact_sales/date=2025-01-01/part-0000.snappy.parquet"]
    assert s3_world.files("raw/") == s3_world.files("validated/") == []


def test_a_bucket_that_is_not_there_fails_the_tick_with_a_sentence(s3_world: World) -> None:
    sensor = s3_world.defs.resolve_sensor_def("retail_sales_arrivals")
    store = LakeStore(uri="s3://no-such-bucket", endpoint=os.environ["LAKE_S3_ENDPOINT"])
    with (
        dg.build_sensor_context(
            instance=s3_world.instance, definitions=s3_world.defs, resources={"retail_store": store}
        ) as context,
        pytest.raises(StoreUnavailable, match="no-such-bucket"),
    ):
        sensor.evaluate_tick(context)
