"""A lake's YAML as Dagster loads it."""

import json
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest
import yaml

import lake_assets
from lake_assets.components.lake import LakeComponent
from lake_assets.components.runs.retries import retried
from lake_assets.contracts import ContractError, Lake, load_lake
from lake_assets_tests.components.conftest import contract, definitions

PACKAGE = Path(lake_assets.__file__).parent
YAML = PACKAGE / "defs" / "retail" / "defs.yaml"


@pytest.fixture(scope="module")
def defs() -> dg.Definitions:
    return definitions(contract())


def test_the_graph_tells_the_way_of_the_data(defs: dg.Definitions) -> None:
    specs = {spec.key.path[-1]: spec for spec in defs.resolve_all_asset_specs()}
    upstream = {
        name: sorted(dep.asset_key.path[-1] for dep in spec.deps) for name, spec in specs.items()
    }
    assert upstream == {
        "raw_sales": [],
        "validated_sales": ["raw_sales"],
        "rejected_sales": ["validated_sales"],
        "archive_sales": ["validated_sales"],
        "replayed_sales": ["archive_sales"],
        "processed_sales": ["archive_sales"],
        "fact_sales": ["processed_sales"],
        "audit_fact_sales": ["fact_sales"],
        "health_sales": ["fact_sales"],
    }


def test_every_asset_is_described_owned_and_in_the_lakes_group(defs: dg.Definitions) -> None:
    for spec in defs.resolve_all_asset_specs():
        assert spec.description
        assert spec.kinds
        assert list(spec.owners) == ["team:retail-data"]
        assert spec.group_name == "retail"
        assert spec.key.path[0] == "retail"


def test_arrival_assets_have_today_and_date_assets_have_the_days_ahead(
    defs: dg.Definitions,
) -> None:
    last = {}
    for spec in defs.resolve_all_asset_specs():
        if spec.key.path[-1] == "health_sales":
            assert spec.partitions_def is None  # it stands beside the partitions
            continue
        assert spec.partitions_def
        last[spec.key.path[-1]] = spec.partitions_def.get_last_partition_key()
    assert last["raw_sales"] == last["archive_sales"]
    assert str(last["fact_sales"]) > str(last["raw_sales"])


def test_every_step_of_a_lake_is_in_its_pool_and_tried_again(defs: dg.Definitions) -> None:
    graph = defs.resolve_asset_graph()
    ops = [each.op for each in graph.assets_defs if each.keys and each.is_executable]
    assert {op.pool for op in ops} == {"retail"}
    bodies = [op.compute_fn.decorated_fn for op in ops]  # type: ignore[union-attr]
    assert all(body.__code__ is retried(body).__code__ for body in bodies)


def test_conservation_blocks_on_both_sides_of_processed(defs: dg.Definitions) -> None:
    blocking = {
        (spec.asset_key.path[-1], spec.name)
        for assets in defs.resolve_asset_graph().assets_defs
        for spec in assets.check_specs
        if spec.blocking
    }
    assert blocking == {
        ("archive_sales", "conservation"),
        ("replayed_sales", "conservation"),
        ("fact_sales", "conservation"),
    }


def test_sensors_run_from_the_start(defs: dg.Definitions) -> None:
    running = {
        sensor.name
        for sensor in defs.sensors or []
        if sensor.default_status is dg.DefaultSensorStatus.RUNNING
    }
    assert running == {
        "retail_sales_arrivals",
        "retail_sales_left_behind",
        "retail_automation",
        "retail_alerts",
    }


def test_loading_the_code_location_imports_no_engine_and_no_aws() -> None:
    script = (
        "import sys, json, lake_assets.definitions as d; d.defs().get_repository_def();"
        "print(json.dumps([m for m in sys.modules]))"
    )
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    modules = set(json.loads(loaded.stdout.splitlines()[-1]))
    assert not modules & {"polars", "pyspark", "pyarrow", "pandas", "boto3", "dagster_aws"}
    assert not modules & {"dagster_snowflake", "snowflake", "snowflake.connector", "duckdb"}
    assert "dagster" in modules


def test_the_component_validates_with_the_contracts_own_models() -> None:
    assert LakeComponent.get_model_cls() is Lake
    attributes = yaml.safe_load(YAML.read_text())["attributes"]
    component = LakeComponent.from_attributes_dict(attributes=attributes)
    assert component.lake == load_lake(YAML)


def test_dagster_names_file_and_line_of_a_wrong_yaml(tmp_path: Path) -> None:
    text = YAML.read_text().replace("owners:", "ownerz:", 1)
    line = next(n for n, row in enumerate(text.splitlines(), 1) if "ownerz:" in row)
    wrong = tmp_path / "defs.yaml"
    wrong.write_text(text)
    with pytest.raises(ContractError, match=rf"defs\.yaml:{line}: ownerz: there is no such key"):
        load_lake(wrong)


def test_workspace_and_project_settings_agree() -> None:
    import tomllib

    root = PACKAGE.parent
    workspace = yaml.safe_load((root / "workspace.yaml").read_text())
    module = workspace["load_from"][0]["python_module"]
    project = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["dg"]["project"]
    assert module["module_name"] == f"{project['root_module']}.definitions"
    assert module["location_name"] == project["code_location_name"]
    cloud = yaml.safe_load((root / "dagster_cloud.yaml").read_text())
    location = cloud["locations"][0]
    assert location["location_name"] == project["code_location_name"]
    assert location["code_source"]["module_name"] == module["module_name"]


def test_a_second_lake_is_a_yaml_file_and_no_python() -> None:
    attributes = yaml.safe_load(YAML.read_text())["attributes"] | {"lake": "wholesale"}
    wholesale = Lake.model_validate(attributes)
    both = dg.Definitions.merge(definitions(contract()), definitions(wholesale))
    keys = {spec.key.path[0] for spec in both.resolve_all_asset_specs()}
    assert keys == {"retail", "wholesale"}


def test_files_have_the_sign_of_their_format() -> None:
    graph = definitions(load_lake(PACKAGE / "defs" / "telco" / "defs.yaml")).resolve_asset_graph()
    kinds = {
        name: graph.get(dg.AssetKey(["telco", "raw", f"raw_{name}"])).kinds
        for name in ("plans", "customers")
    }
    assert kinds == {"plans": {"csv", "bronze"}, "customers": {"json", "bronze"}}
