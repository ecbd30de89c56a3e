"""Replay and rebuild from the UI: ranges of partitions in one run, and gold that follows."""

from typing import Any

import dagster as dg
import pytest

from lake_assets.contracts.dataset import Versions
from lake_assets.contracts.lake import Lake
from lake_assets.contracts.rule import Rule
from lake_assets_tests.components.assets.test_arrivals import check, key, materialized
from lake_assets_tests.components.conftest import World, definitions, sale

REPLAYED = key("replayed", "replayed_sales")
PROCESSED = key("processed", "processed_sales")
FEW = Rule(name="few", expression="quantity < 5")


def changed(lake: Lake, **changes: Any) -> Lake:
    dataset = lake.datasets[0].model_copy(update=changes)
    return lake.model_copy(update={"datasets": [dataset]})


@pytest.fixture
def picky(world: World) -> World:
    """A lake whose contract has rejected a row that its next version takes."""
    world.defs = definitions(changed(world.lake, rules=[FEW]))
    world.drop("a.csv", sale("T1", "2025-01-01"), sale("T2", "2025-01-02", 9))
    world.ingest()
    assert materialized(world, PROCESSED) == {"2025-01-01"}
    world.gold(["2025-01-01"])
    world.defs = definitions(changed(world.lake, rules=[], contract_version="2"))
    return world


def materialize(
    world: World, asset: dg.AssetKey, first: str, last: str, config: dict[str, Any] | None = None
) -> dg.ExecuteInProcessResult:
    job = world.defs.resolve_implicit_global_asset_job_def()
    tags = {"dagster/asset_partition_range_start": first, "dagster/asset_partition_range_end": last}
    return job.execute_in_process(
        instance=world.instance,
        asset_selection=[asset],
        tags=tags,
        run_config={"ops": {"retail_sales_replayed": {"config": config}}} if config else None,
        raise_on_error=False,
    )


def latest(world: World, asset: dg.AssetKey, partition: str) -> dict[str, Any]:
    (record,) = world.instance.fetch_materializations(
        dg.AssetRecordsFilter(asset_key=asset, asset_partitions=[partition]), limit=1
    ).records
    assert record.asset_materialization
    return {name: value.value for name, value in record.asset_materialization.metadata.items()}


def test_a_backfill_of_arrival_dates_replays_them_in_one_run_and_gold_follows(picky: World) -> None:
    result = materialize(picky, REPLAYED, "2025-01-01", picky.today)
    assert result.success
    assert check(result, "conservation", REPLAYED)
    assert check(result, "readable", REPLAYED)
    found = latest(picky, REPLAYED, picky.today)
    assert (found["files"], found["rows_let_in"], found["rejected"]) == (1, 1, 0)
    assert latest(picky, REPLAYED, "2025-01-01")["files"] == 0
    assert materialized(picky, PROCESSED) == {"2025-01-01", "2025-01-02"}
    assert latest(picky, PROCESSED, "2025-01-02")["rows_written"] == 1
    assert picky.files("rejected/data_quality/") == []


def test_a_second_replay_finds_nothing_to_do_unless_it_is_told_to(picky: World) -> None:
    materialize(picky, REPLAYED, picky.today, picky.today)
    before = picky.files("processed/")
    materialize(picky, REPLAYED, picky.today, picky.today)
    assert latest(picky, REPLAYED, picky.today)["files"] == 0
    assert picky.files("processed/") == before
    materialize(picky, REPLAYED, picky.today, picky.today, {"again": True})
    assert latest(picky, REPLAYED, picky.today)["files"] == 1


def test_a_replay_may_be_limited_to_files(picky: World) -> None:
    materialize(picky, REPLAYED, picky.today, picky.today, {"files": ["b.csv"]})
    assert latest(picky, REPLAYED, picky.today)["files"] == 0
    materialize(picky, REPLAYED, picky.today, picky.today, {"files": ["a.csv"]})
    assert latest(picky, REPLAYED, picky.today)["files"] == 1


def test_a_replay_may_be_limited_to_a_reason(picky: World) -> None:
    materialize(picky, REPLAYED, picky.today, picky.today, {"reasons": ["STRUCTURAL"]})
    assert latest(picky, REPLAYED, picky.today)["files"] == 0
    materialize(picky, REPLAYED, picky.today, picky.today, {"reasons": ["BUSINESS_LOGIC_FAIL"]})
    assert latest(picky, REPLAYED, picky.today)["files"] == 1


def test_files_that_the_contract_takes_no_more_are_a_warning(picky: World) -> None:
    strict = Rule(name="one", expression="store_id = 'S2'", severity="fail")
    picky.defs = definitions(changed(picky.lake, rules=[strict], contract_version="3"))
    result = materialize(picky, REPLAYED, picky.today, picky.today)
    assert result.success
    assert not check(result, "readable", REPLAYED)
    assert len(picky.files("processed/")) == 1


def test_a_rebuild_that_restates_a_run_tells_its_other_dates(picky: World) -> None:
    result = materialize(picky, PROCESSED, "2025-01-01", "2025-01-01")
    assert result.success
    assert materialized(picky, PROCESSED) == {"2025-01-01", "2025-01-02"}


def test_dates_that_lost_rows_to_a_later_file_of_the_name_are_told(world: World) -> None:
    world.defs = definitions(changed(world.lake, versions=Versions.SUPERSEDE))
    world.drop("a.csv", sale("T1", "2025-01-01"))
    world.ingest()
    world.gold(["2025-01-01"])
    world.drop("a.csv", sale("T2", "2025-01-02"))
    world.ingest()
    assert latest(world, PROCESSED, "2025-01-01")["rows_written"] == 0
    world.gold(["2025-01-01", "2025-01-02"])
    rows = {
        day: latest(world, key("gold", "fact_sales"), day)["rows"]
        for day in ("2025-01-01", "2025-01-02")
    }
    assert rows == {"2025-01-01": 0, "2025-01-02": 1}
