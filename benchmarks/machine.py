"""What the figures were taken on, without the machine's name."""

import os
import platform
from importlib.metadata import version
from pathlib import Path

from lake_assets.engines.java import SparkCannotRun, installed_spark


def describe() -> str:
    """One line: processor, cores, memory, system, versions."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    parts = [
        _processor(),
        f"{os.cpu_count()} cores",
        f"{memory:.0f} GiB of memory",
        f"{platform.system()} {platform.machine()}",
        f"Python {platform.python_version()}",
        f"Polars {version('polars')}",
        f"DuckDB {version('duckdb')}",
        _spark(),
    ]
    return ", ".join(part for part in parts if part)


def _spark() -> str:
    try:
        return f"PySpark {installed_spark()}"
    except SparkCannotRun:
        return ""


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    models = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(models, "")
