"""Gold in the ingest run: made, shown and checked as by a run of its own."""

from typing import Any

import dagster as dg
import pytest

from lake_assets.components.assets import arrivals, gold, gold_at_once
from lake_assets.components.assets.gold import GoldOfDate, make_gold
from lake_assets.components.checks.standing import left_failed
from lake_assets.components.names import GOLD_TAG
from lake_assets.contracts.engine import EngineName
from lake_assets.jobs.compaction.compact import CompactionError
from lake_assets_tests.components.assets.test_automation import Automation
from lake_assets_tests.components.checks.test_standing import failing
from lake_assets_tests.components.conftest import World, at_once, definitions, sale

GOLD = dg.AssetKey(["retail", "gold", "fact_sales"])
AUDIT = dg.AssetKey(["retail", "audit", "audit_fact_sales"])
PROCESSED = dg.AssetKey(["retail", "processed", "processed_sales"])


@pytest.fixture
def quick(world: World) -> World:
    """A lake that makes little gold at once, in an instance that has seen something.

    Dagster's condition on the tags of new updates knows none before the first event of all.
    """
    world.instance.report_runless_asset_event(dg.AssetMaterialization("something"))
    world.lake = at_once(world.lake, 32)
    world.defs = definitions(world.lake)
    return world


def materialized(world: World, asset: dg.AssetKey) -> set[str]:
    return world.instance.get_materialized_partitions(asset)


def figures(world: World, asset: dg.AssetKey, day: str) -> dict[str, Any]:
    """Metadata of the latest materialization of a date."""
    wanted = dg.AssetRecordsFilter(asset_key=asset, asset_partitions=[day])
    done = world.instance.fetch_materializations(wanted, limit=1).records[0].asset_materialization
    assert done
    return {name: value.value for name, value in done.metadata.items()}


def checks(result: dg.ExecuteInProcessResult) -> dict[tuple[str, str | None], bool]:
    """Name and date of each check of gold -> whether it passed."""
    return {
        (found.check_name, found.partition): found.passed
        for found in result.get_asset_check_evaluations()
        if found.asset_key == GOLD
    }


def tags(world: World, result: dg.ExecuteInProcessResult) -> dict[str, str]:
    run = world.instance.get_run_by_id(result.run_id)
    assert run
    return dict(run.tags)


def test_gold_of_what_a_batch_touched_is_made_in_its_run(quick: World) -> None:
    quick.drop("a.csv", sale("T1", "2025-01-01"), sale("T2", "2025-03-09"))
    assert quick.ingest().success
    days = {"2025-01-01", "2025-03-09"}
    assert materialized(quick, PROCESSED) == days
    assert materialized(quick, GOLD) == materialized(quick, AUDIT) == days
    assert len(quick.files("gold/")) == 2
    assert quick.files("audit/gold_compaction/stale/") == []


def test_it_is_shown_and_checked_as_by_a_run_of_its_own(quick: World) -> None:
    quick.drop("a.csv", sale("T1", "2025-01-01"), sale("T1", "2025-01-01", 3))
    at_once_found = checks(quick.ingest())
    at_once_told = {asset: figures(quick, asset, "2025-01-01") for asset in (GOLD, AUDIT)}
    own_found = checks(quick.gold(["2025-01-01"]))
    own_told = {asset: figures(quick, asset, "2025-01-01") for asset in (GOLD, AUDIT)}
    assert at_once_found == own_found
    assert ("conservation", "2025-01-01") in own_found
    assert at_once_told[GOLD] == own_told[GOLD]
    for told in (at_once_told, own_told):
        told[AUDIT].pop("processed_at")
    assert at_once_told[AUDIT] == own_told[AUDIT]


def test_each_result_applies_to_the_materialization_of_its_run(quick: World) -> None:
    quick.drop("a.csv", sale("T1", "2025-01-01"))
    result = quick.ingest()
    found = [one for one in result.get_asset_check_evaluations() if one.asset_key == GOLD]
    assert {
        one.target_materialization_data and one.target_materialization_data.run_id for one in found
    } == {result.run_id}


def test_the_automation_passes_over_what_is_made(quick: World) -> None:
    automation = Automation(quick)
    quick.drop("a.csv", sale("T1", "2025-01-01"))
    quick.ingest()
    assert [automation.tick() for _ in range(3)] == [[], [], []]


def test_the_automation_makes_what_another_run_touched_too(quick: World) -> None:
    automation = Automation(quick)
    slow = definitions(at_once(quick.lake, 0))
    quick.drop("a.csv", sale("T1", "2025-01-01"), sale("T2", "2025-01-02"))
    quick.defs, quick_defs = slow, quick.defs
    quick.ingest()
    quick.defs = quick_defs
    quick.drop("b.csv", sale("T3", "2025-01-01"))
    quick.ingest()
    # The second run has made both: 2025-01-02 was still stale. The first was seen as well.
    assert automation.tick() == ["2025-01-01", "2025-01-02"]
    assert automation.tick() == []


def test_a_batch_after_the_one_that_was_made_is_seen(quick: World) -> None:
    automation = Automation(quick)
    quick.drop("a.csv", sale("T1", "2025-01-01"))
    quick.ingest()
    assert automation.tick() == []
    quick.defs = definitions(at_once(quick.lake, 0))
    quick.drop("b.csv", sale("T2", "2025-01-01"))
    quick.ingest()
    assert automation.tick() == ["2025-01-01"]


def test_many_dates_are_left_to_the_automation(
    quick: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gold_at_once, "MOST_DATES", 2)
    automation = Automation(quick)
    days = ["2025-01-01", "2025-01-02", "2025-01-03"]
    quick.drop("a.csv", *[sale(f"T{day}", day) for day in days])
    result = quick.ingest()
    assert GOLD_TAG not in tags(quick, result)
    assert materialized(quick, GOLD) == set()
    assert automation.tick() == days


def test_large_dates_are_left_to_the_automation(
    quick: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lake_assets.jobs import size

    monkeypatch.setattr(size, "input_bytes", lambda *_: 32 << 20)
    automation = Automation(quick)
    quick.drop("a.csv", sale("T1", "2025-01-01"))
    quick.ingest()
    assert materialized(quick, GOLD) == set()
    assert automation.tick() == ["2025-01-01"]


def test_gold_of_another_engine_is_left_to_the_automation(
    quick: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gold_at_once, "engine_of", lambda *_: EngineName.GLUE)
    quick.drop("a.csv", sale("T1", "2025-01-01"))
    quick.ingest()
    assert materialized(quick, GOLD) == set()


def test_a_batch_that_touched_nothing_makes_no_gold(quick: World) -> None:
    quick.drop("bad.csv", "1,2", header="foo,bar")
    result = quick.ingest()
    assert GOLD_TAG not in tags(quick, result)
    assert materialized(quick, GOLD) == set()


def test_gold_that_cannot_be_made_is_left_to_the_automation_and_fails_no_batch(
    quick: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise CompactionError("2025-01-01: write_failed: disk full")

    automation = Automation(quick)
    monkeypatch.setattr(gold_at_once, "make_gold", broken)
    quick.drop("a.csv", sale("T1", "2025-01-01"))
    result = quick.ingest()
    assert result.success
    assert GOLD_TAG not in tags(quick, result)
    assert materialized(quick, PROCESSED) == {"2025-01-01"}
    assert automation.tick() == ["2025-01-01"]


def test_gold_that_does_not_balance_is_a_failed_check_and_is_left_failed(
    quick: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lossy(*arguments: Any) -> list[GoldOfDate]:
        made = make_gold(*arguments)
        for key in quick.files("gold/"):
            quick.store.delete(key)
        return made

    with monkeypatch.context() as broken:
        broken.setattr(gold_at_once, "make_gold", lossy)
        quick.drop("a.csv", sale("T1", "2025-01-01"))
        result = quick.ingest(raises=False)
    assert not checks(result)[("conservation", "2025-01-01")]
    rows = left_failed(quick.instance, quick.lake, quick.lake.datasets[0])
    assert [row["what"] for row in rows] == ["conservation failed"]
    quick.drop("b.csv", sale("T2", "2025-01-01"))
    assert checks(quick.ingest())[("conservation", "2025-01-01")]
    assert left_failed(quick.instance, quick.lake, quick.lake.datasets[0]) == []


def test_a_date_that_a_run_of_gold_has_failed_is_mended(
    quick: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick.defs, quick_defs = definitions(at_once(quick.lake, 0)), quick.defs
    quick.drop("a.csv", sale("T1", "2025-01-01"))
    quick.ingest()
    with monkeypatch.context() as broken:
        broken.setattr(gold, "run_on_engine", failing("gold"))
        assert not quick.gold(["2025-01-01"], raises=False).success
    assert left_failed(quick.instance, quick.lake, quick.lake.datasets[0])
    quick.defs = quick_defs
    quick.drop("b.csv", sale("T2", "2025-01-01"))
    quick.ingest()
    assert left_failed(quick.instance, quick.lake, quick.lake.datasets[0]) == []


def test_the_run_that_retries_a_dead_one_tells_what_that_has_done(
    quick: World, monkeypatch: pytest.MonkeyPatch
) -> None:

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    quick.drop("a.csv", sale("T1", "2025-01-01"))
    with monkeypatch.context() as patched:
        patched.setattr(arrivals, "log_touched", killed)
        dead = quick.ingest(raises=False)
    assert not dead.success
    assert len(quick.files("gold/")) == 1
    assert materialized(quick, GOLD) == set()
    again = quick.defs.resolve_job_def("retail_sales_ingest").execute_in_process(
        instance=quick.instance,
        partition_key=quick.today,
        tags={"dagster/parent_run_id": dead.run_id, "dagster/root_run_id": dead.run_id},
    )
    assert again.success
    assert materialized(quick, PROCESSED) == materialized(quick, GOLD) == {"2025-01-01"}
