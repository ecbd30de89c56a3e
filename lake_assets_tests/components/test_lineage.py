"""What the graph says of columns: from the headers of the files to gold."""

import dagster as dg
import polars as pl
import pytest

from lake_assets.components import lineage
from lake_assets.kernels.gold import gold_schema, processed_schema
from lake_assets_tests.components.conftest import World, contract, definitions, sale

DATASET = contract().datasets[0]
UPSTREAM = dg.AssetKey(["retail", "before"])


@pytest.fixture(scope="module")
def specs() -> dict[str, dg.AssetSpec]:
    found = definitions(contract()).resolve_all_asset_specs()
    return {spec.key.path[-1]: spec for spec in found}


def columns_of(spec: dg.AssetSpec) -> list[str]:
    return [column.name for column in spec.metadata["dagster/column_schema"].columns]


def sources_of(spec: dg.AssetSpec, column: str) -> list[tuple[str, str]]:
    found = spec.metadata["dagster/column_lineage"].deps_by_column[column]
    return [(dep.asset_key.path[-1], dep.column_name) for dep in found]


def test_a_column_of_gold_is_traced_to_the_header_of_the_raw_file(
    specs: dict[str, dg.AssetSpec],
) -> None:
    way = ["fact_sales"]
    while "dagster/column_lineage" in specs[way[-1]].metadata:
        ((before, column),) = sources_of(specs[way[-1]], "store_id")
        assert column == "store_id"
        way.append(before)
    assert way == [
        "fact_sales", "processed_sales", "archive_sales", "validated_sales", "raw_sales",
    ]  # fmt: skip
    raw = {c.name: c for c in specs["raw_sales"].metadata["dagster/column_schema"].columns}
    assert "Headers: store_id, storeid, shop_id." in str(raw["store_id"].description)


def test_every_dependency_of_a_column_is_a_column_of_the_asset_before(
    specs: dict[str, dg.AssetSpec],
) -> None:
    traced = [spec for spec in specs.values() if "dagster/column_lineage" in spec.metadata]
    assert len(traced) == 5
    for spec in traced:
        for column, deps in spec.metadata["dagster/column_lineage"].deps_by_column.items():
            assert column in columns_of(spec)
            for dep in deps:
                assert dep.column_name in columns_of(specs[dep.asset_key.path[-1]])
                assert dep.asset_key in {each.asset_key for each in spec.deps}


def test_the_columns_shown_are_those_that_are_written(specs: dict[str, dg.AssetSpec]) -> None:
    assert columns_of(specs["processed_sales"]) == processed_schema(DATASET).names()
    assert columns_of(specs["fact_sales"]) == gold_schema(DATASET).names()


def test_the_columns_of_rejects_are_those_that_are_written(
    world: World, specs: dict[str, dg.AssetSpec]
) -> None:
    world.drop("a.csv", sale("T1", "2025-01-01"), sale("T2", "2025-01-01", -1))
    assert world.ingest().success
    (key,) = [key for key in world.files("rejected/data_quality/") if key.endswith(".json")]
    written = pl.read_ndjson(world.store.read(key))
    assert columns_of(specs["rejected_sales"]) == written.columns


def test_a_personal_column_says_so(specs: dict[str, dg.AssetSpec]) -> None:
    for name in ("raw_sales", "processed_sales", "fact_sales"):
        columns = specs[name].metadata["dagster/column_schema"].columns
        told = {c.name for c in columns if lineage.PERSONAL in (c.description or "")}
        assert told == {"customer_id"}


def test_the_rules_stand_where_files_come_in(specs: dict[str, dg.AssetSpec]) -> None:
    rules = specs["raw_sales"].metadata["rules"].md_str
    for rule in DATASET.rules:
        assert f"`{rule.expression}`" in rules


def test_assets_can_be_searched_by_lake_dataset_and_zone(specs: dict[str, dg.AssetSpec]) -> None:
    zones = {name: spec.tags["lake_assets/zone"] for name, spec in specs.items()}
    assert zones["fact_sales"] == "gold"
    assert zones["audit_fact_sales"] == "audit"
    assert {
        (s.tags["lake_assets/lake"], s.tags["lake_assets/dataset"]) for s in specs.values()
    } == {("retail", "sales")}
