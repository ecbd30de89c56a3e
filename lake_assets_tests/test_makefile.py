"""What `make dev` shows a newcomer, by what it would run."""

import os
import subprocess

import pytest

from lake_assets_tests.docs.pages import PROJECT


def dev(**given: str) -> str:
    """What `make dev` would run with these variables in the environment."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("LAKE_")}
    ran = subprocess.run(
        ["make", "--dry-run", "--always-make", "dev"],
        cwd=PROJECT,
        env=clean | given,
        capture_output=True,
        text=True,
        check=True,
    )
    return ran.stdout


def test_its_own_lake_has_a_warehouse_in_a_file_beside_it() -> None:
    ran = dev()
    assert f'"Warehouse: duckdb:{PROJECT}/build/lake/{{lake}}.duckdb"' in ran
    assert '-e ".[ui,duckdb]"' in ran, "which needs nothing but what is installed for it"


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ({"LAKE_WAREHOUSE": "duckdb:/mine"}, "duckdb:/mine"),
        ({"LAKE_SNOWFLAKE__ACCOUNT": "org-acc"}, "snowflake"),
        ({"LAKE_URI": "s3://bucket"}, "none"),
    ],
)
def test_a_warehouse_or_lake_of_ones_own_stays(given: dict[str, str], shown: str) -> None:
    assert f'"Warehouse: {shown}"' in dev(**given)
