"""Ours alone, on files of many sizes: one run of each."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.glue import Measured
from benchmarks.measure import Runs, Sample, make_sample, make_wide_sample, rows_of, run
from benchmarks.report import size_row, small_row, spark_size_row

SPARK_FILES = 16
"""In each sample of the growing input, so that small ones, too, are work for all cores."""


def one_file(build: Path, megabytes: Sequence[float], days: int) -> list[tuple[str, ...]]:
    """A row a size, and the largest once more, all of it on one date; on the local engine."""
    cases = [(size, days) for size in megabytes]
    if megabytes:
        cases.append((max(megabytes), 1))
    found = []
    for size, dates in cases:
        sample = make_wide_sample(build, rows_of(size, 1), dates)
        title = f"{dates} dates" if dates > 1 else "all on one date"
        found.append(size_row(title, sample, _alone(build, "ours", sample)))
    return found


def growing(build: Path, megabytes: Sequence[float], days: int) -> list[tuple[str, ...]]:
    """A row a size; on the Spark engine."""
    found = []
    for size in megabytes:
        sample = make_sample(build, SPARK_FILES, rows_of(size, SPARK_FILES), days)
        title = f"{sample.files} files"
        found.append(spark_size_row(title, sample, _alone(build, "ours_on_spark", sample)))
    return found


def small_files(
    build: Path, cases: Sequence[tuple[int, int]], days: int, engines: Mapping[str, str]
) -> tuple[list[tuple[str, ...]], list[Measured]]:
    """Many small files: each number of files with so many rows, on each engine.

    Args:
        build: where samples and lakes are made.
        cases: files and rows.
        days: dates that the files share.
        engines: task of ``work`` -> what it is called in the table.

    Returns:
        The rows of the table, and what was measured with Spark.
    """
    rows, on_spark = [], []
    for files, lines in cases:
        sample = make_sample(build, files, lines, days)
        for name, title in engines.items():
            runs = _alone(build, name, sample)
            rows.append(small_row(f"{lines:,} rows each, {title}", sample, runs))
            if name == "ours_on_spark":
                on_spark.append((sample, runs))
    return rows, on_spark


def _alone(build: Path, name: str, sample: Sample) -> Runs:
    runs = Runs(name)
    run(build, name, sample, runs)
    return runs
