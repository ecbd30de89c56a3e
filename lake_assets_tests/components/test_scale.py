"""Two hundred datasets in one code location: it loads, and its ticks keep within their time."""

import copy
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

import lake_assets
from lake_assets_tests.components.scale import TOUCHED

PACKAGE = Path(lake_assets.__file__).parent
LAKES, DATASETS = 10, 20
LOAD_SECONDS = 10
TICK_SECONDS = 60
"""Dagster gives up a sensor's evaluation after this long."""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

PROJECT = """
[tool.dg]
directory_type = "project"

[tool.dg.project]
root_module = "many_lakes"
registry_modules = ["lake_assets.components.*"]
"""


def lake_of(retail: dict[str, Any], name: str) -> dict[str, Any]:
    """The attributes of a lake with 20 datasets, each as large as the retail one."""
    datasets = []
    for number in range(DATASETS):
        dataset = copy.deepcopy(retail["datasets"][0])
        dataset["name"] = f"sales_{number:02}"
        dataset["gold"]["table"] = f"fact_sales_{number:02}"
        zones = dataset["zones"] | {
            "versions": "audit/versions/",
            "restating": "audit/restating/",
            "superseded": "audit/superseded/",
        }
        dataset["zones"] = {zone: f"{dataset['name']}/{at}" for zone, at in zones.items()}
        datasets.append(dataset)
    return {**retail, "lake": name, "datasets": datasets}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with nothing in it but YAML, and an empty folder for each of its lakes."""
    root = tmp_path_factory.mktemp("project")
    package = root / "many_lakes"
    (package / "defs").mkdir(parents=True)
    (root / "pyproject.toml").write_text(PROJECT)
    (package / "__init__.py").touch()
    shutil.copy(PACKAGE / "definitions.py", package)
    retail = yaml.safe_load((PACKAGE / "defs" / "retail" / "defs.yaml").read_text())
    for number in range(LAKES):
        name = f"lake_{number:02}"
        (package / "defs" / name).mkdir()
        text = yaml.safe_dump({**retail, "attributes": lake_of(retail["attributes"], name)})
        (package / "defs" / name / "defs.yaml").write_text(text)
        (root / "lakes" / name).mkdir(parents=True)
    return root


def measure(root: Path, *words: str) -> dict[str, dict[str, float]]:
    """What one process found."""
    environment = {**os.environ, "LAKE_URI": str(root / "lakes")}
    environment.pop("DAGSTER_HOME", None)
    run = subprocess.run(
        [sys.executable, "-m", "lake_assets_tests.components.scale", str(root), *words],
        cwd=PACKAGE.parent,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    found: dict[str, dict[str, float]] = json.loads(run.stdout.splitlines()[-1])
    return found


@pytest.fixture(scope="module")
def measured(project: Path) -> dict[str, dict[str, float]]:
    """Loading and all ticks, once."""
    return measure(project)


def test_two_hundred_datasets_load_in_ten_seconds(
    project: Path, measured: dict[str, dict[str, float]]
) -> None:
    """The fastest of three counts: what shares our core can make us slower, and never faster."""
    assert measured["counts"]["sensors"] == LAKES * DATASETS
    loads = [measured["seconds"]["load"]]
    while min(loads) >= LOAD_SECONDS and len(loads) < 3:
        loads.append(measure(project, "load")["seconds"]["load"])
    assert min(loads) < LOAD_SECONDS, loads


def test_one_automation_tick_over_all_lakes_keeps_within_its_time(
    measured: dict[str, dict[str, float]],
) -> None:
    """All in one tick; in fact each lake has a sensor, and so a tick, of its own."""
    assert measured["counts"]["requested"] == LAKES * DATASETS * TOUCHED
    assert measured["counts"]["again"] == 0
    ticks = {name: measured["seconds"][name] for name in ("idle", "touched", "after")}
    assert max(ticks.values()) < TICK_SECONDS, ticks


def test_the_sensors_of_all_datasets_together_keep_within_the_time_of_one(
    measured: dict[str, dict[str, float]],
) -> None:
    assert measured["seconds"]["arrivals"] < TICK_SECONDS
    assert measured["seconds"]["left_behind"] < TICK_SECONDS
