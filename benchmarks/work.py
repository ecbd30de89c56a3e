"""What a fresh process does for the benchmark: make files, take them to gold, sum up the gold.

``python -m benchmarks.work TASK RESULT ...`` writes its result to the file RESULT as JSON.
"""

import json
import os
import resource
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

CONTRACT = Path(__file__).parents[1] / "lake_assets" / "defs" / "retail" / "defs.yaml"


def samples(directory: str, files: str, rows: str, days: str) -> dict[str, Any]:
    """Write the sample files."""
    from lake_assets.samples import write_retail_files

    paths = write_retail_files(Path(directory), files=int(files), rows=int(rows), days=int(days))
    return {"bytes": sum(path.stat().st_size for path in paths)}


def wide(directory: str, rows: str, days: str) -> dict[str, Any]:
    """Write one sample file that has rows of all dates."""
    from benchmarks.wide import write_wide_file

    return {"bytes": write_wide_file(Path(directory), int(rows), int(days)).stat().st_size}


def ours(directory: str, out: str) -> dict[str, Any]:
    """Raw to gold with the local engine; the files are in raw/ as further names of the same."""
    from lake_assets.contracts.load import load_lake
    from lake_assets.engines.local import LocalEngine
    from lake_assets.jobs.pipeline import run_pipeline
    from lake_assets.storage import open_store

    raw = Path(out) / "raw"
    raw.mkdir()
    for path in sorted(Path(directory).iterdir()):
        os.link(path, raw / path.name)
    lake = load_lake(CONTRACT)
    intake = lake.intake.model_copy(update={"settle_seconds": 0})
    lake = lake.model_copy(update={"intake": intake})
    (outcome,) = run_pipeline(open_store(out), lake, LocalEngine())
    books = [entry.books for commit in outcome.commits for entry in commit.inputs]
    rejected: Counter[str] = Counter()
    for book in books:
        for reason, count in book.reasons.items():
            rejected[reason.partition(":")[0]] += count
    return {"good": sum(book.good for book in books), "rejected": dict(rejected)}


def duckdb(directory: str, out: str) -> dict[str, Any]:
    """The same with the hand-written DuckDB script."""
    from benchmarks.peers.duckdb_retail import run

    counts = run(sorted(Path(directory).iterdir()), Path(out))
    return {"good": counts.pop("", 0), "rejected": counts}


def spark(directory: str, out: str) -> dict[str, Any]:
    """The same with PySpark DataFrames; the peak is that of this process and Java together."""
    from benchmarks.peers.spark_retail import run, session
    from lake_assets.engines.java import java_home

    os.environ["JAVA_HOME"] = str(java_home())
    os.environ["PYSPARK_PYTHON"] = sys.executable
    with session(Path(out) / "spilled") as running:
        counts = run(running, sorted(Path(directory).iterdir()), Path(out))
        peak = peak_mb() + sum(peak_mb(child) for child in _children())
    return {"good": counts.pop("", 0), "rejected": counts, "peak_mb": peak}


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


def _children() -> list[str]:
    """The processes that this one has started."""
    try:
        return Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    except OSError:
        return []


def peak_mb(process: str = "self") -> float:
    """The most memory that a process had in use, in megabytes (10**6 bytes)."""
    try:
        # getrusage also counts what the parent had before the exec: VmHWM is our own.
        status = Path(f"/proc/{process}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024 / 1e6
    except (OSError, StopIteration):
        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def main() -> None:
    """Run the task that the arguments name."""
    task, result, *arguments = sys.argv[1:]
    tasks: dict[str, Callable[..., dict[str, Any]]] = {
        "samples": samples,
        "wide": wide,
        "ours": ours,
        "duckdb": duckdb,
        "spark": spark,
        "gold": gold,
    }
    done = tasks[task](*arguments)
    document = {"peak_mb": peak_mb()} | done
    Path(result).write_text(json.dumps(document))


if __name__ == "__main__":
    main()
