"""The Sparks that jobs are tested on have what a service brings, and not this project."""

import json
import re
from pathlib import Path

import pytest

from lake_assets_tests.runtimes import PROJECT, SPARKS, Runtime, runtime

WHAT_IS_THERE = """
import importlib.metadata, importlib.util, json
names = ["dagster", "dagster_aws", "dagster_pipes", "lake_assets", "pandas", "pyarrow", "typer"]
print(json.dumps({
    "spark": importlib.metadata.version("pyspark"),
    "found": [name for name in names if importlib.util.find_spec(name)],
}))
"""

INGEST = """
import json, sys
from pathlib import Path
import lake_assets
from lake_assets.contracts.load import load_lake
from lake_assets.engines.local import LocalEngine
from lake_assets.jobs.pipeline import run_pipeline
from lake_assets.storage import open_store

package = Path(lake_assets.__file__).parent
lake = load_lake(package / "defs" / "retail" / "defs.yaml")
store = open_store("lake")
store.put("raw/sales.csv", Path("sales.csv").read_bytes())
intake = lake.intake.model_copy(update={"settle_seconds": 0})
lake = lake.model_copy(update={"intake": intake})
(outcome,) = run_pipeline(store, lake, LocalEngine(1))
[entry] = [entry for commit in outcome.commits for entry in commit.inputs]
dagster = sorted(name for name in sys.modules if name.partition(".")[0] == "dagster")
print(json.dumps({"good": entry.books.good, "package": str(package), "dagster": dagster}))
"""

SALES = """\
transaction_id,store_id,timestamp,item_id,quantity,unit_price,revenue
T1,S1,2025-02-03 10:00:00,I1,2,2.50,5.00
"""


def test_the_makefile_installs_the_versions_that_the_tests_run_on() -> None:
    makefile = (PROJECT / "Makefile").read_text("utf-8")
    assert re.findall(r"^SPARKS := (.*)$", makefile, re.MULTILINE) == [" ".join(SPARKS)]


def test_a_runtime_that_is_not_there_is_told_with_what_makes_it(tmp_path: Path) -> None:
    with pytest.raises(LookupError, match=r"Spark 1\.2\.3 is not in .*: run `make runtimes` first"):
        runtime("1.2.3", tmp_path)


@pytest.mark.spark
def test_a_runtime_brings_spark_and_what_a_job_requires_but_neither_dagster_nor_this_project(
    spark_runtime: Runtime, tmp_path: Path
) -> None:
    done = spark_runtime.run("-c", WHAT_IS_THERE, cwd=tmp_path, PYTHONPATH="")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "spark": spark_runtime.spark,
        "found": ["dagster_pipes", "pandas", "pyarrow"],
    }


@pytest.mark.spark
def test_the_wheel_and_the_extra_remote_are_all_that_an_ingest_needs(
    spark_runtime: Runtime, tmp_path: Path
) -> None:
    (tmp_path / "lake").mkdir()
    (tmp_path / "sales.csv").write_text(SALES)
    done = spark_runtime.run("-c", INGEST, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "good": 1,
        "package": str(spark_runtime.wheel / "lake_assets"),
        "dagster": [],
    }
