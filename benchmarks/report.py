"""The tables, as rows of text, and the page that holds them."""

from collections.abc import Iterable, Sequence

from benchmarks.machine import describe
from benchmarks.measure import Runs, Sample

SPEED_COLUMNS = ("", "seconds", "min", "max", "MB/s", "peak MB", "ours takes")
SIZE_COLUMNS = ("", "MB", "rows", "seconds", "µs a row", "peak MB")
SMALL_COLUMNS = ("", "files", "seconds", "files/s", "peak MB")

PAGE = """\
# Benchmarks

`make bench` writes this page. What it measures: messy retail files of
[`lake_assets.samples`](../lake_assets/samples/retail.py), from raw/ to gold, beside a hand-written
[DuckDB script](../benchmarks/peers/duckdb_retail.py) and the same job with
[PySpark DataFrames](../benchmarks/peers/spark_retail.py).

Machine: {machine}.

## Raw to gold: {files} files, {megabytes:,.0f} MB, {rows:,} good rows

{speed}
{left_out}
Median, least and most of {runs} runs in alternation, each in a fresh process; seconds are wall
time with the start of Python (and of Java) and all imports; MB are 10^6 bytes; peak is the most
resident memory that a run took, Java's included; the last column is how many times as long as
each our median is. The first run of each, checked: the same number of good rows, of rejected rows
by first reason, and in each date of gold the same rows, sums of quantity and revenue, and row
hashes.

The peers do less. They keep no raw rows and no line numbers, and one reason a reject; they count
nothing outside their parsers, archive and commit nothing, and flush no write to the disk; they
know that these files are UTF-8 with unpadded cells. Both run with two threads; DuckDB has a memory
limit of 4 GB, Java a heap of 4 GB.

## Ours alone, one file of growing size

{sizes}

One run of each. The rows of a file are spread evenly over its dates.

## Ours alone, many small files

{small}
"""


def speed_rows(sample: Sample, contenders: Sequence[Runs]) -> list[tuple[str, ...]]:
    """A row a contender; the first one is ours."""
    ours = contenders[0].median
    return [
        (
            runs.name,
            f"{runs.median:.1f}",
            f"{min(runs.seconds):.1f}",
            f"{max(runs.seconds):.1f}",
            f"{sample.megabytes / runs.median:.0f}",
            f"{max(runs.peaks):,.0f}",
            f"{ours / runs.median:.2f}",
        )
        for runs in contenders
    ]


def size_row(title: str, sample: Sample, runs: Runs) -> tuple[str, ...]:
    """A row of the table by size."""
    return (
        title,
        f"{sample.megabytes:,.0f}",
        f"{sample.all_rows:,}",
        f"{runs.median:.1f}",
        f"{runs.median / sample.all_rows * 1e6:.2f}",
        f"{max(runs.peaks):,.0f}",
    )


def small_row(title: str, sample: Sample, runs: Runs) -> tuple[str, ...]:
    """A row of the table of small files."""
    return (
        title,
        f"{sample.files:,}",
        f"{runs.median:.1f}",
        f"{sample.files / runs.median:,.0f}",
        f"{max(runs.peaks):,.0f}",
    )


def page(
    sample: Sample,
    contenders: Sequence[Runs],
    sizes: Sequence[tuple[str, ...]],
    small: Sequence[tuple[str, ...]],
    left_out: str | None = None,
) -> str:
    """docs/benchmarks.md; ``left_out`` says why Spark did not run."""
    return PAGE.format(
        machine=describe(),
        files=sample.files,
        megabytes=sample.megabytes,
        rows=int(contenders[0].counts["good rows"]),
        runs=len(contenders[0].seconds),
        speed=_markdown(SPEED_COLUMNS, speed_rows(sample, contenders)),
        left_out=f"\nPySpark was left out: {left_out}.\n" if left_out else "",
        sizes=_markdown(SIZE_COLUMNS, sizes),
        small=_markdown(SMALL_COLUMNS, small),
    )


def _markdown(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    rule = ["---"] + ["---:"] * (len(columns) - 1)
    return "\n".join(f"| {' | '.join(row)} |" for row in (columns, rule, *rows))
