"""The tables, as rows of text, and the page that holds them."""

from collections.abc import Iterable, Sequence

from benchmarks.machine import describe
from benchmarks.measure import Runs, Sample

SPEED_COLUMNS = ("", "seconds", "min", "max", "MB/s", "peak MB", "ratio")
SHAPE_COLUMNS = ("", "files", "MB", "seconds", "MB/s", "files/s", "peak MB")

PAGE = """\
# Benchmarks

`make bench` writes this page. What it measures: messy retail files of
[`lake_assets.samples`](../lake_assets/samples/retail.py), from raw/ to gold, beside a
[hand-written DuckDB script](../benchmarks/peers/duckdb_retail.py).

Machine: {machine}.

## Raw to gold: {files} files, {megabytes:,.0f} MB, {rows:,} good rows

{speed}

Median, least and most of {runs} runs in alternation, each in a fresh process; seconds are wall
time with the start of Python and all imports; MB are 10^6 bytes; peak is the most resident memory
that a run took; ratio is seconds to those of the DuckDB script. The first run of each, checked:
the same number of good rows, of rejected rows by first reason, and in each date of gold the same
rows, sums of quantity and revenue, and row hashes.

The script does less. It keeps no raw rows and no line numbers, and one reason a reject; it counts
nothing outside its parser, archives and commits nothing, and flushes no write to the disk; it
knows that these files are UTF-8 with unpadded cells. It runs with two threads and a memory limit
of 4 GB.

## Ours alone, by the shape of the files

{shapes}
"""


def speed_rows(sample: Sample, contenders: Sequence[Runs]) -> list[tuple[str, ...]]:
    """A row a contender; ratios to the last one."""
    base = contenders[-1].median
    return [
        (
            runs.name,
            f"{runs.median:.1f}",
            f"{min(runs.seconds):.1f}",
            f"{max(runs.seconds):.1f}",
            f"{sample.megabytes / runs.median:.0f}",
            f"{max(runs.peaks):,.0f}",
            f"{runs.median / base:.2f}",
        )
        for runs in contenders
    ]


def shape_row(title: str, sample: Sample, runs: Runs) -> tuple[str, ...]:
    """A row of the second table."""
    return (
        title,
        f"{sample.files:,}",
        f"{sample.megabytes:,.1f}",
        f"{runs.median:.1f}",
        f"{sample.megabytes / runs.median:.1f}",
        f"{sample.files / runs.median:.1f}",
        f"{max(runs.peaks):,.0f}",
    )


def page(
    sample: Sample,
    runs: int,
    ours: Runs,
    speed: list[tuple[str, ...]],
    shapes: list[tuple[str, ...]],
) -> str:
    """docs/benchmarks.md."""
    return PAGE.format(
        machine=describe(),
        files=sample.files,
        megabytes=sample.megabytes,
        rows=int(ours.counts["good rows"]),
        runs=runs,
        speed=_markdown(SPEED_COLUMNS, speed),
        shapes=_markdown(SHAPE_COLUMNS, shapes),
    )


def _markdown(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    rule = ["---"] + ["---:"] * (len(columns) - 1)
    return "\n".join(f"| {' | '.join(row)} |" for row in (columns, rule, *rows))
