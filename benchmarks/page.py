"""The page that holds the tables: docs/benchmarks.md."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from benchmarks import report
from benchmarks.glue import JOB, WORKER_DPUS, WORKER_VCPUS, Bill
from benchmarks.machine import describe
from benchmarks.measure import Runs, Sample
from benchmarks.ratios import JUDGED_MB
from benchmarks.work import THREADS
from lake_assets.engines.remote.glue import LEAST_SECONDS
from lake_assets.engines.remote.options import Rates

PAGE = """\
# Benchmarks

`make bench` writes this page. What it measures: messy retail files of
[`lake_assets.samples`](../lake_assets/samples/retail.py), from raw/ to gold, on the local engine
and on the Spark engine, beside a hand-written
[DuckDB script](../benchmarks/peers/duckdb_retail.py) and the same job with
[PySpark DataFrames](../benchmarks/peers/spark_retail.py).

Machine: {machine}.

## Raw to gold: {files} files, {megabytes:,.0f} MB, {rows:,} good rows

{speed}
{left_out}
Median, least and most of {runs} runs in alternation, each in a fresh process; seconds are wall
time with the start of Python (and of Java) and all imports; without start-up, the clock runs from
raw/ to gold only, after the imports and, on Spark, after a job of no work that starts Java's
threads and the Python workers; MB are 10^6 bytes; peak is the most resident memory that a run
took, that of Java and of the Python workers included; the last column is how many times as long as
each our local engine takes. The first run of each, checked: the same number of good rows, of
rejected rows by first reason, and in each date of gold the same rows, sums of quantity and
revenue, and row hashes.

The peers do less. They keep no raw rows and no line numbers, and one reason a reject; they count
nothing outside their parsers, archive and commit nothing, and flush no write to the disk; they
know that these files are UTF-8 with unpadded cells. All run with {threads} threads, Spark as
`local[{threads}]`; DuckDB has a memory limit of 4 GB, Java a heap of 4 GB.
{spark}
## Ours alone, one file of growing size

{sizes}

One run of each, on the local engine. The rows of a file are spread evenly over its dates.

## Ours alone, many small files

{small}

Files a second are those of the whole process.
{glue}"""

RATIOS = """
{ratios}

From the medians without start-up of the same runs. `make bench` fails if one does not hold in a
sample of {judged} MB or more.
"""

GROWN = """
## Ours on Spark, growing input

{grown}

One run of each. Each size is in the same number of files, so that small inputs, too, are work for
all cores.
"""

GLUE = """
## What that costs on AWS Glue

{bills}

US dollars at ${rate} a DPU-hour (us-east-1), computed from the runs above; each job has
{workers} workers {worker_type} ({dpus} DPU, the least for a job on Spark) and is billed for
{least} s at least. A batch takes start + work × {threads} / {vcpus} seconds: the start that Spark
took here ({start:.0f} s for ours), and our work without start-up on {threads} cores, if each of
the {vcpus} vCPU of the one worker that is not the driver does as much as a core here; a job a file,
as an event of S3 would start it, takes the same for each file. Neither the time that S3 takes to
answer is in this, nor the time that Glue takes to find machines, which it does not bill.
"""


@dataclass(slots=True)
class Figures:
    """All that the page tells. Without Spark, its tables are empty, and ``left_out`` says why."""

    sample: Sample
    contenders: Sequence[Runs]
    ratios: Sequence[report.Row] = ()
    left_out: str | None = None
    sizes: Sequence[report.Row] = ()
    grown: Sequence[report.Row] = ()
    small: Sequence[report.Row] = ()
    bills: Sequence[Bill] = ()
    spark_start: float = 0.0


def page(figures: Figures) -> str:
    """docs/benchmarks.md."""
    sample, contenders, left_out = figures.sample, figures.contenders, figures.left_out
    spark = ""
    if figures.ratios:
        spark += RATIOS.format(
            ratios=_markdown(report.RATIO_COLUMNS, figures.ratios), judged=JUDGED_MB
        )
    if figures.grown:
        spark += GROWN.format(grown=_markdown(report.SPARK_SIZE_COLUMNS, figures.grown))
    return PAGE.format(
        machine=describe(),
        files=sample.files,
        megabytes=sample.megabytes,
        rows=int(contenders[0].counts["good rows"]),
        runs=len(contenders[0].seconds),
        threads=THREADS,
        speed=_markdown(report.SPEED_COLUMNS, report.speed_rows(sample, contenders)),
        left_out=f"\nPySpark was left out: {left_out}.\n" if left_out else "",
        spark=spark,
        sizes=_markdown(report.SIZE_COLUMNS, figures.sizes),
        small=_markdown(report.SMALL_COLUMNS, figures.small),
        glue=_glue(figures),
    )


def _glue(figures: Figures) -> str:
    if not figures.bills:
        return ""
    return GLUE.format(
        bills=_markdown(report.GLUE_COLUMNS, map(report.bill_row, figures.bills)),
        rate=Rates().glue_dpu_hour,
        workers=JOB.workers,
        worker_type=JOB.worker_type,
        dpus=JOB.workers * WORKER_DPUS,
        least=LEAST_SECONDS,
        vcpus=WORKER_VCPUS * (JOB.workers - 1),
        threads=THREADS,
        start=figures.spark_start,
    )


def _markdown(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    rule = ["---"] + ["---:"] * (len(columns) - 1)
    return "\n".join(f"| {' | '.join(row)} |" for row in (columns, rule, *rows))
