"""What the work would cost on AWS Glue, from what it took here."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Final

from benchmarks.measure import Runs, Sample
from benchmarks.work import THREADS
from lake_assets.engines.remote.cost import estimate
from lake_assets.engines.remote.glue import LEAST_SECONDS
from lake_assets.engines.remote.glue_job import JobDefinition
from lake_assets.engines.remote.options import Rates
from lake_assets.engines.remote.service import Usage

JOB: Final = JobDefinition("benchmark")
"""As ``lake deploy`` makes it: the least that Glue gives a Spark job."""
WORKER_DPUS: Final = 1
WORKER_VCPUS: Final = 4
"""Of a G.1X worker: https://docs.aws.amazon.com/glue/latest/dg/worker-types.html"""
FILES: Final = 1_000
LAKE_MB: Final = 100_000

Measured = tuple[Sample, Runs]


@dataclass(frozen=True, slots=True)
class Bill:
    """US dollars of each design; ``dataframes`` is None where it was not measured."""

    title: str
    job_a_file: float
    batch: float
    dataframes: float | None = None


def dollars(seconds: float, rates: Rates | None = None) -> float:
    """Of one run of :data:`JOB`."""
    hours = JOB.workers * WORKER_DPUS * max(seconds, LEAST_SECONDS) / 3600
    found, _ = estimate(Usage(dpu_hours=hours), rates or Rates())
    return found or 0.0


def job_seconds(start: float, work: float) -> float:
    """How long one run takes for what was ``work`` seconds on our cores; the driver does none."""
    return start + work * THREADS / (WORKER_VCPUS * (JOB.workers - 1))


def per_files(measured: Measured, start: float, rates: Rates | None = None) -> Bill:
    """Of 1,000 files such as these."""
    sample, runs = measured
    work = runs.work_median / sample.files
    kilobytes = sample.megabytes / sample.files * 1e3
    return Bill(
        f"{FILES:,} files of {sample.rows:,} rows ({kilobytes:,.0f} kB)",
        FILES * dollars(job_seconds(start, work), rates),
        dollars(job_seconds(start, work * FILES), rates),
    )


def per_lake(small: Measured, ours: Measured, dataframes: Runs, rates: Rates | None = None) -> Bill:
    """Of 100 GB: for a job a file in files as small as these, else at the speed of the batches."""
    one, runs = small
    sample, batch = ours
    files = ceil(LAKE_MB * one.files / one.megabytes)
    many = LAKE_MB / sample.megabytes
    return Bill(
        f"{LAKE_MB // 1000} GB (a job a file: {files:,} files of {one.rows:,} rows)",
        files * dollars(job_seconds(batch.start_median, runs.work_median / one.files), rates),
        dollars(job_seconds(batch.start_median, batch.work_median * many), rates),
        dollars(job_seconds(dataframes.start_median, dataframes.work_median * many), rates),
    )


def bills(small: Sequence[Measured], ours: Measured, dataframes: Runs) -> list[Bill]:
    """A bill for each size of small files, the first of each, and one for 100 GB.

    Args:
        small: small files, taken with our Spark engine.
        ours: the main sample, with our Spark engine.
        dataframes: the same sample with PySpark DataFrames.
    """
    sizes = {measured[0].rows: measured for measured in reversed(small)}
    if not sizes:
        return []
    found = [per_files(sizes[rows], ours[1].start_median) for rows in sorted(sizes)]
    return [*found, per_lake(sizes[max(sizes)], ours, dataframes)]
