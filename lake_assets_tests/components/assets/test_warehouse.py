"""The warehouse of a lake in Dagster."""

import logging
from pathlib import Path

import dagster as dg
import pytest

from lake_assets.components.assets.warehouse import warehouse_assets
from lake_assets.storage import open_store
from lake_assets.warehouse.choice import duckdb_path
from lake_assets_tests.components.conftest import definitions
from lake_assets_tests.warehouse.house import House, club

TABLES = ["STG_TARIFFS", "STG_VISITS", "STG_MEMBERS", "DIM_TARIFF", "DIM_MEMBER", "FACT_VISIT"]


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    """Gold that waits, and a warehouse that the environment chooses."""
    root = tmp_path / "lake"
    root.mkdir()
    monkeypatch.setenv("LAKE_CLUB_URI", str(root))
    monkeypatch.setenv("LAKE_WAREHOUSE", f"duckdb:{tmp_path}/club.duckdb")
    house = House(open_store(str(root)), club(), tmp_path / "club.duckdb")
    house.put("tariffs", "a,2025-06-01,Basic,10")
    house.put("members", "m1,2025-06-01,a,Lyon")
    house.put("visits", "v1,2025-06-02,m1")
    house.publish()
    return house


def test_there_are_none_without_a_warehouse_and_it_says_why(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LAKE_WAREHOUSE", raising=False)
    logger = dg.get_dagster_logger()
    logger.addHandler(caplog.handler)
    try:
        with caplog.at_level(logging.INFO, logger.name):
            assert warehouse_assets(club()) == []
    finally:
        logger.removeHandler(caplog.handler)
    assert "The warehouse of club is not loaded here: set LAKE_WAREHOUSE=duckdb:PATH" in caplog.text
    assert warehouse_assets(club().model_copy(update={"warehouse": None})) == []


@pytest.mark.parametrize(
    ("path", "pool"), [("all", "duckdb_warehouse"), ("{lake}", "club_warehouse")]
)
def test_lakes_that_share_a_file_load_one_behind_the_other(
    house: House, monkeypatch: pytest.MonkeyPatch, path: str, pool: str
) -> None:
    monkeypatch.setenv("LAKE_WAREHOUSE", f"duckdb:/somewhere/{path}.duckdb")
    (assets,) = warehouse_assets(house.lake)
    assert assets.op.pools == {pool}
    assert assets.required_resource_keys == {"club_store"}
    shown = duckdb_path("duckdb:/somewhere/{lake}.duckdb", "club")
    assert shown == Path("/somewhere/club.duckdb")


def test_tables_follow_gold_and_each_other(house: House) -> None:
    (assets,) = warehouse_assets(house.lake)
    deps = {
        spec.key.path[-1]: sorted("/".join(dep.asset_key.path[1:]) for dep in spec.deps)
        for spec in assets.specs
    }
    assert deps == {
        "STG_TARIFFS": ["staging/tariffs"],
        "STG_VISITS": ["staging/visits"],
        "STG_MEMBERS": ["staging/members"],
        "DIM_TARIFF": ["warehouse/STG_TARIFFS"],
        "DIM_MEMBER": ["warehouse/STG_MEMBERS"],
        "FACT_VISIT": ["warehouse/DIM_MEMBER", "warehouse/DIM_TARIFF", "warehouse/STG_VISITS"],
    }
    assert {spec.key.path[1] for spec in assets.specs} == {"warehouse"}


def test_a_run_loads_what_is_published(house: House) -> None:
    defs = definitions(house.lake)
    job = defs.resolve_implicit_global_asset_job_def()
    keys = [dg.AssetKey(["club", "warehouse", name]) for name in TABLES]
    with dg.DagsterInstance.ephemeral() as instance:
        done = job.execute_in_process(instance=instance, asset_selection=keys)
        assert done.success
        for name, rows in {"STG_VISITS": 1, "STG_MEMBERS": 1}.items():
            event = instance.get_latest_materialization_event(keys[TABLES.index(name)])
            assert event
            assert event.asset_materialization
            assert event.asset_materialization.metadata["rows_loaded"].value == rows
    assert house.visits() == [("v1", "a", "Basic")]


def test_new_gold_of_one_date_asks_for_the_whole_warehouse_once(house: House) -> None:
    defs = definitions(house.lake)
    gold = dg.AssetKey(["club", "staging", "visits"])
    with dg.DagsterInstance.ephemeral() as instance:
        first = dg.evaluate_automation_conditions(defs=defs, instance=instance)
        instance.report_runless_asset_event(dg.AssetMaterialization(gold, partition="2025-06-02"))
        second = dg.evaluate_automation_conditions(
            defs=defs, instance=instance, cursor=first.cursor
        )
        asked = dg.AssetKey(["club", "warehouse", "STG_VISITS"])
        assert second.get_num_requested(asked) == 1
        third = dg.evaluate_automation_conditions(
            defs=defs, instance=instance, cursor=second.cursor
        )
        assert third.get_num_requested(asked) == 0
