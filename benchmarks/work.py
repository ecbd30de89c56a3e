"""What a fresh process does for the benchmark: make files, take them to gold, sum up the gold.

``python -m benchmarks.work TASK RESULT ...`` writes its result to the file RESULT as JSON.
"""

import json
import os
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from benchmarks.memory import Peak

if TYPE_CHECKING:
    from lake_assets.jobs.reading.task import Engine

CONTRACT = Path(__file__).parents[1] / "lake_assets" / "defs" / "retail" / "defs.yaml"
THREADS = 2
"""Of every contender, so that a core's share of the work can be told on any machine."""
JAVA_MEMORY = "4g"


def samples(directory: str, files: str, rows: str, days: str) -> dict[str, Any]:
    """Write the sample files."""
    from lake_assets.samples import write_retail_files

    paths = write_retail_files(Path(directory), files=int(files), rows=int(rows), days=int(days))
    return {"bytes": sum(path.stat().st_size for path in paths)}


def wide(directory: str, rows: str, days: str) -> dict[str, Any]:
    """Write one sample file that has rows of all dates."""
    from benchmarks.wide import write_wide_file

    return {"bytes": write_wide_file(Path(directory), int(rows), int(days)).stat().st_size}


def telco_samples(directory: str, events: str, days: str) -> dict[str, Any]:
    """Write the telco sample files, in folders."""
    from lake_assets.cli.generate import write_samples
    from lake_assets.samples import telco_files

    made = telco_files(events=int(events), days=int(days), truth=False)
    paths = write_samples(Path(directory), made)
    return {"files": len(paths), "bytes": sum(path.stat().st_size for path in paths)}


def telco(directory: str, out: str) -> dict[str, Any]:
    """Raw to staging with the local engine: seconds of each dataset, rows by dataset and table."""
    from lake_assets.contracts.load import load_lake
    from lake_assets.engines.local import LocalEngine
    from lake_assets.jobs.pipeline import run_pipeline
    from lake_assets.storage import open_store

    _arrive(Path(directory), Path(out) / "raw")
    lake = load_lake(CONTRACT.parents[1] / "telco" / "defs.yaml")
    intake = lake.intake.model_copy(update={"settle_seconds": 0})
    lake = lake.model_copy(update={"intake": intake})
    start = time.perf_counter()
    outcomes = run_pipeline(open_store(out), lake, LocalEngine(THREADS))
    seconds = time.perf_counter() - start
    datasets, tables = {}, {}
    for outcome in outcomes:
        books = [entry.books for commit in outcome.commits for entry in commit.inputs]
        datasets[outcome.dataset.name] = {
            "good": sum(book.good for book in books),
            "rejected": sum(book.rejected for book in books),
        }
        made = [day.rows_after_dedup for day in outcome.metrics]
        # The newest date of a table that carries has all rows.
        carries = outcome.dataset.gold.carry
        tables[outcome.dataset.gold.table] = made[-1] if carries else sum(made)
    return {"datasets": datasets, "tables": tables, "work_seconds": seconds}


def _arrive(directory: Path, raw: Path) -> None:
    """Put files into raw/ in the order of their names, which is that of their days."""
    for path in sorted(path for path in directory.rglob("*") if path.is_file()):
        target = raw / path.relative_to(directory)
        target.parent.mkdir(parents=True, exist_ok=True)
        os.link(path, target)


def ours(directory: str, out: str) -> dict[str, Any]:
    """Raw to gold with the local engine."""
    from lake_assets.engines.local import LocalEngine

    return _pipeline(LocalEngine(THREADS), directory, out)


def ours_on_spark(directory: str, out: str) -> dict[str, Any]:
    """The same with the Spark engine; the clock starts when Spark and its workers are there."""
    from benchmarks.warm import import_kernels
    from lake_assets.engines.spark import SparkEngine, open_session, session_options

    with TemporaryDirectory(prefix="spilled-", dir=Path(out).parent) as spilled:
        settings = {
            "spark.driver.memory": JAVA_MEMORY,
            "spark.driver.host": "127.0.0.1",
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.ui.enabled": "false",
            "spark.local.dir": spilled,
        }
        session = open_session(session_options(f"local[{THREADS}]", options=settings))
        session.sparkContext.setLogLevel("ERROR")
        try:
            engine = SparkEngine(lambda: session)
            list(engine.map(import_kernels, range(THREADS)))
            return _pipeline(engine, directory, out)
        finally:
            session.stop()


def _pipeline(engine: "Engine", directory: str, out: str) -> dict[str, Any]:
    """Raw to gold; the files are in raw/ as further names of the same."""
    from lake_assets.contracts.load import load_lake
    from lake_assets.jobs.pipeline import run_pipeline
    from lake_assets.storage import open_store

    raw = Path(out) / "raw"
    raw.mkdir()
    for path in sorted(Path(directory).iterdir()):
        os.link(path, raw / path.name)
    lake = load_lake(CONTRACT)
    intake = lake.intake.model_copy(update={"settle_seconds": 0})
    lake = lake.model_copy(update={"intake": intake})
    start = time.perf_counter()
    (outcome,) = run_pipeline(open_store(out), lake, engine)
    seconds = time.perf_counter() - start
    books = [entry.books for commit in outcome.commits for entry in commit.inputs]
    rejected: Counter[str] = Counter()
    for book in books:
        for reason, count in book.reasons.items():
            rejected[reason.partition(":")[0]] += count
    good = sum(book.good for book in books)
    return {"good": good, "rejected": dict(rejected), "work_seconds": seconds}


def duckdb(directory: str, out: str) -> dict[str, Any]:
    """The same with the hand-written DuckDB script."""
    from benchmarks.peers.duckdb_retail import run

    start = time.perf_counter()
    counts = run(sorted(Path(directory).iterdir()), Path(out))
    seconds = time.perf_counter() - start
    return {"good": counts.pop("", 0), "rejected": counts, "work_seconds": seconds}


def spark(directory: str, out: str) -> dict[str, Any]:
    """The same with PySpark DataFrames; the clock starts when Spark is there."""
    from benchmarks.peers.spark_retail import run, session
    from benchmarks.warm import warm_up
    from lake_assets.engines.java import java_home

    os.environ["JAVA_HOME"] = str(java_home())
    os.environ["PYSPARK_PYTHON"] = sys.executable
    with session(Path(out) / "spilled", THREADS, JAVA_MEMORY) as running:
        warm_up(running)
        start = time.perf_counter()
        counts = run(running, sorted(Path(directory).iterdir()), Path(out))
        seconds = time.perf_counter() - start
    return {"good": counts.pop("", 0), "rejected": counts, "work_seconds": seconds}


def gold(directory: str) -> dict[str, Any]:
    """Of each date: rows, sums, and a sum over the rows' hashes that no order changes."""
    import polars as pl

    dates: dict[str, list[str]] = {}
    for folder in sorted(Path(directory).glob("**/date=*")):
        sums = pl.scan_parquet(folder / "*.parquet", hive_partitioning=False).select(
            rows=pl.len(),
            quantity=pl.col("quantity").cast(pl.Int64).sum(),
            revenue=pl.col("revenue").sum(),
            hashes=pl.col("row_hash").hash(seed=0).sum(),
        )
        values = sums.collect(engine="streaming").row(0)
        dates[folder.name.removeprefix("date=")] = [str(value) for value in values]
    return {"dates": dates}


def main() -> None:
    """Run the task that the arguments name."""
    task, result, *arguments = sys.argv[1:]
    tasks: dict[str, Callable[..., dict[str, Any]]] = {
        "samples": samples,
        "wide": wide,
        "telco_samples": telco_samples,
        "telco": telco,
        "ours": ours,
        "ours_on_spark": ours_on_spark,
        "duckdb": duckdb,
        "spark": spark,
        "gold": gold,
    }
    with Peak() as peak:
        done = tasks[task](*arguments)
    Path(result).write_text(json.dumps({"peak_mb": peak.megabytes} | done))


if __name__ == "__main__":
    main()
