"""What is read off runs, checks and names."""

from typing import Any

import dagster as dg
import pytest

from lake_assets.components.alerts.events import figures
from lake_assets.components.alerts.links import Links, dataset_of_asset, dataset_of_step
from lake_assets.components.alerts.runs import is_of_lake, partitions_of
from lake_assets.components.names import asset_key
from lake_assets_tests.components.conftest import contract, definitions

START, END = "dagster/asset_partition_range_start", "dagster/asset_partition_range_end"


def run(**tags: str) -> dg.DagsterRun:
    return dg.DagsterRun(job_name="job", tags=tags)


@pytest.mark.parametrize(
    ("tags", "partitions"),
    [
        ({}, [""]),
        ({"dagster/partition": "2026-03-01"}, ["2026-03-01"]),
        ({START: "2026-02-27", END: "2026-03-01"}, ["2026-02-27", "2026-02-28", "2026-03-01"]),
        ({START: "2026-01-01", END: "2026-12-31"}, ["2026-01-01...2026-12-31"]),
        ({START: "a", END: "b"}, ["a...b"]),
    ],
)
def test_the_partitions_of_a_run(tags: dict[str, str], partitions: list[str]) -> None:
    assert partitions_of(run(**tags)) == partitions


def test_a_run_is_of_the_lakes_of_its_tag_assets_or_checks() -> None:
    lake = contract()
    ours, theirs = dg.AssetKey(["retail", "raw", "raw_sales"]), dg.AssetKey(["telco", "raw"])
    assert is_of_lake(lake, run(**{"lake_assets/lake": "retail"}))
    assert is_of_lake(lake, dg.DagsterRun(job_name="j", asset_selection={theirs, ours}))
    check = dg.AssetCheckKey(ours, "c")
    assert is_of_lake(lake, dg.DagsterRun(job_name="j", asset_check_selection={check}))
    assert not is_of_lake(lake, dg.DagsterRun(job_name="j", asset_selection={theirs}))
    assert not is_of_lake(lake, run())


def test_only_figures_that_count_rows_are_told() -> None:
    metadata: dict[str, Any] = {
        "reject_rate": dg.MetadataValue.float(0.123456789),
        "rows_read": dg.MetadataValue.int(1_234_567),
        "mean": dg.MetadataValue.float(51_234.5),
        "oldest_birthday": dg.MetadataValue.int(1931),
        "sample_rows": dg.MetadataValue.md("jane"),
        "rows": dg.MetadataValue.text("jane"),
        "files": dg.IntMetadataValue(None),
    }
    assert figures(metadata) == "reject_rate 0.123457, rows_read 1,234,567"


def test_every_asset_and_step_of_a_lake_belongs_to_its_dataset() -> None:
    lake = contract()
    graph = definitions(lake).resolve_asset_graph()
    assert {dataset_of_asset(lake, key) for key in graph.get_all_asset_keys()} == {"sales"}
    steps = {assets.op.name for assets in graph.assets_defs if assets.is_executable}
    assert len(steps) == 8
    assert {dataset_of_step(lake, step) for step in steps} == {"sales"}


def test_what_is_not_of_a_dataset_belongs_to_none() -> None:
    lake = contract()
    assert dataset_of_asset(lake, dg.AssetKey(["retail", "gold", "other"])) == ""
    assert dataset_of_asset(lake, dg.AssetKey(["retail"])) == ""
    assert dataset_of_step(lake, "retail_sales_other") == ""


def test_links_lead_to_the_pages_of_dagster() -> None:
    links, key = Links("https://d.example.org"), dg.AssetKey(["a b", "c/d"])
    assert links.run("x") == "https://d.example.org/runs/x"
    assert links.asset(key) == "https://d.example.org/assets/a%20b/c%2Fd"
    assert links.check(key, "n&m") == (
        "https://d.example.org/assets/a%20b/c%2Fd?view=checks&checkDetail=n%26m"
    )


def test_without_a_base_there_are_no_links() -> None:
    key = asset_key(contract(), "raw", "sales")
    assert {Links().run("x"), Links().asset(key), Links().check(key, "n")} == {""}
