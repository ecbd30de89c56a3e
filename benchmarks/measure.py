"""Runs, each in a fresh process: what they took, and whether they agree."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.work import THREADS

ROW_BYTES = 83
"""A sample row takes about so many."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Files to run on. ``rows`` are the records in each of them."""

    directory: Path
    files: int
    rows: int
    bytes: int

    @property
    def all_rows(self) -> int:
        """Of all files together."""
        return self.files * self.rows

    @property
    def megabytes(self) -> float:
        """Of all files together, in 10**6 bytes."""
        return self.bytes / 1e6


@dataclass(slots=True)
class Runs:
    """What the runs of one contender took, and what they counted.

    ``seconds`` are of the whole process, ``work`` those from raw to gold alone: after the start of
    Python and Java, the imports, and the start of Spark's workers.
    """

    name: str
    seconds: list[float] = field(default_factory=list)
    work: list[float] = field(default_factory=list)
    peaks: list[float] = field(default_factory=list)
    counts: dict[str, str] = field(default_factory=dict)

    @property
    def median(self) -> float:
        """Of the wall seconds."""
        return median(self.seconds)

    @property
    def work_median(self) -> float:
        """Of the seconds without start-up."""
        return median(self.work)

    @property
    def start_median(self) -> float:
        """Of the seconds that are not work: until it begins, and from its end to the process's."""
        return median(all_ - work for all_, work in zip(self.seconds, self.work, strict=True))


def rows_of(megabytes: float, files: int) -> int:
    """Rows a file that give about so many megabytes in all."""
    return max(1, round(megabytes * 1e6 / files / ROW_BYTES))


def make_sample(build: Path, files: int, rows: int, days: int) -> Sample:
    """Sample files below ``build``; those of an earlier call with the same options are kept."""
    directory = build / f"samples-{files}-{rows}-{days}"
    return _made(build, directory, files, rows, "samples", files, rows, days)


def make_wide_sample(build: Path, rows: int, days: int) -> Sample:
    """One file whose rows are spread over the dates; kept as those of :func:`make_sample`."""
    return _made(build, build / f"wide-{rows}-{days}", 1, rows, "wide", rows, days)


def _made(build: Path, directory: Path, files: int, rows: int, task: str, *options: int) -> Sample:
    if not directory.exists():
        partial = directory.with_suffix(".partial")
        shutil.rmtree(partial, ignore_errors=True)
        in_fresh_process(build, task, partial, *options)
        partial.rename(directory)
    size = sum(path.stat().st_size for path in directory.iterdir())
    return Sample(directory, files, rows, size)


def run(build: Path, name: str, sample: Sample, into: Runs, *, keep: bool = False) -> None:
    """Take the sample to gold once in its own process, with a contender: a task of ``work``."""
    out = build / f"out-{name}"
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    start = time.perf_counter()
    done = in_fresh_process(build, name, sample.directory, out)
    into.seconds.append(time.perf_counter() - start)
    into.work.append(done["work_seconds"])
    into.peaks.append(done["peak_mb"])
    if not into.counts:
        into.counts = _counts(done, in_fresh_process(build, "gold", out / "gold")["dates"])
    if not keep:
        shutil.rmtree(out)


def differences(one: Runs, other: Runs) -> list[tuple[str, str, str]]:
    """What was counted differently: the figure, and what each of the two has."""
    figures = sorted(one.counts.keys() | other.counts.keys())
    rows = [(name, one.counts.get(name, "-"), other.counts.get(name, "-")) for name in figures]
    return [row for row in rows if row[1] != row[2]]


def _counts(done: dict[str, Any], dates: dict[str, list[str]]) -> dict[str, str]:
    counts = {"good rows": str(done["good"])}
    counts |= {f"rejected {reason}": str(rows) for reason, rows in done["rejected"].items()}
    for date, sums in dates.items():
        names = ("rows", "sum of quantity", "sum of revenue", "row hashes")
        counts |= {f"gold {date} {name}": value for name, value in zip(names, sums, strict=True)}
    return counts


def in_fresh_process(build: Path, task: str, *arguments: object) -> dict[str, Any]:
    """Run a task of ``benchmarks.work``, and return its result."""
    result = build / f"{task}.json"
    result.unlink(missing_ok=True)
    result.parent.mkdir(parents=True, exist_ok=True)
    command: Sequence[str] = [sys.executable, "-m", "benchmarks.work", task, str(result)]
    root = Path(__file__).parents[1]
    limits = {"POLARS_MAX_THREADS": str(THREADS), "SPARK_LOCAL_IP": "127.0.0.1"}
    environment = {**os.environ, **limits}
    subprocess.run([*command, *map(str, arguments)], check=True, cwd=root, env=environment)
    document: dict[str, Any] = json.loads(result.read_text())
    return document
