"""The standing checks: nothing is stuck, and no partition is left failed."""

from typing import Any

import dagster as dg
import pytest

from lake_assets.components.assets import arrivals
from lake_assets.components.checks.standing import left_failed
from lake_assets.storage.local import LocalStore
from lake_assets_tests.components.conftest import World, definitions, sale

DAY = "2025-01-01"


def stand(world: World) -> dict[str, dg.AssetCheckEvaluation]:
    """What the schedule's run finds, by check."""
    job = world.defs.resolve_job_def("retail_standing_checks")
    result = job.execute_in_process(instance=world.instance)
    assert result.success
    return {each.check_name: each for each in result.get_asset_check_evaluations()}


def failing(name: str) -> Any:
    def fail(*args: Any, **options: Any) -> Any:
        raise dg.Failure(f"{name} is broken", allow_retries=False)

    return fail


def test_both_pass_on_a_lake_at_rest(world: World) -> None:
    world.drop("a.csv", sale("T1", DAY))
    world.ingest()
    world.gold([DAY])
    found = stand(world)
    assert set(found) == {"nothing_stuck", "nothing_left_failed"}
    assert all(each.passed for each in found.values())


def test_they_are_evaluated_by_a_schedule_that_runs_from_the_start(world: World) -> None:
    (schedule,) = world.defs.schedules or []
    assert isinstance(schedule, dg.ScheduleDefinition)
    assert schedule.cron_schedule == world.lake.intake.standing_check_cron
    assert schedule.default_status is dg.DefaultScheduleStatus.RUNNING
    assert schedule.job_name == "retail_standing_checks"


def test_a_file_that_nobody_takes_is_named_with_its_age(world: World) -> None:
    world.drop("a.csv", sale("T1", DAY))
    assert stand(world)["nothing_stuck"].passed
    intake = world.lake.intake.model_copy(update={"stuck_minutes": 1e-9})
    world.defs = definitions(world.lake.model_copy(update={"intake": intake}))
    found = stand(world)["nothing_stuck"]
    assert not found.passed
    assert found.severity is dg.AssetCheckSeverity.ERROR
    assert "| raw | raw/a.csv | 0 h 0 min |" in str(found.metadata["details"].value)
    assert "lake run" in str(found.metadata["recover"].value)


def test_a_date_whose_gold_failed_is_told_until_it_is_made(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lake_assets.components.assets import gold

    world.drop("a.csv", sale("T1", DAY), sale("T2", "2025-01-02"))
    world.ingest()
    with monkeypatch.context() as broken:
        broken.setattr(gold, "run_on_engine", failing("gold"))
        assert not world.gold([DAY, "2025-01-02"], raises=False).success
    found = stand(world)["nothing_left_failed"]
    assert not found.passed
    rows = left_failed(world.instance, world.lake, world.lake.datasets[0])
    assert {(row["asset"], row["partition"], row["what"]) for row in rows} == {
        (asset, day, "failure")
        for asset in ("fact_sales", "audit_fact_sales")
        for day in (DAY, "2025-01-02")
    }
    assert DAY in str(found.metadata["details"].value)
    world.gold([DAY])
    rows = left_failed(world.instance, world.lake, world.lake.datasets[0])
    assert {row["partition"] for row in rows} == {"2025-01-02"}
    world.gold(["2025-01-02"])
    assert stand(world)["nothing_left_failed"].passed


def test_an_arrival_that_failed_is_told(world: World, monkeypatch: pytest.MonkeyPatch) -> None:

    world.drop("a.csv", sale("T1", DAY))
    with monkeypatch.context() as broken:
        broken.setattr(arrivals, "run_on_engine", failing("ingest"))
        assert not world.ingest(raises=False).success
    rows = left_failed(world.instance, world.lake, world.lake.datasets[0])
    assert {row["asset"] for row in rows} == {"archive_sales", "rejected_sales"}
    assert {row["partition"] for row in rows} == {world.today}
    world.ingest()
    assert stand(world)["nothing_left_failed"].passed


def test_books_that_do_not_balance_are_told_although_their_partition_was_made(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish = LocalStore.publish

    def lossy(self: LocalStore, staged: Any) -> None:
        publish(self, staged)
        if staged.key.startswith("processed/"):
            self.delete(staged.key)

    world.drop("a.csv", sale("T1", DAY))
    with monkeypatch.context() as broken:
        broken.setattr(LocalStore, "publish", lossy)
        assert not world.ingest(raises=False).success
    rows = left_failed(world.instance, world.lake, world.lake.datasets[0])
    assert [(row["asset"], row["partition"], row["what"]) for row in rows] == [
        ("archive_sales", world.today, "conservation failed")
    ]


def test_runs_that_make_assets_do_not_take_the_standing_checks_along(world: World) -> None:
    world.drop("a.csv", sale("T1", DAY))
    evaluated = {
        each.check_name
        for result in (world.ingest(), world.gold([DAY]))
        for each in result.get_asset_check_evaluations()
    }
    assert "conservation" in evaluated
    assert not {"nothing_stuck", "nothing_left_failed"} & evaluated
