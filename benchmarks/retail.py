"""Raw to gold on messy retail files: ours, a hand-written DuckDB script, and PySpark, in turn.

``python -m benchmarks.retail [--mb 500] [--files 16] [--runs 3] [--days 30] [--no-spark]
[--sizes 10,100,500,2000] [--small 1000,3000] [--keep]``
"""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.java import why_no_spark
from benchmarks.measure import (
    Runs,
    Sample,
    differences,
    make_sample,
    make_wide_sample,
    rows_of,
    run,
)
from benchmarks.report import (
    SIZE_COLUMNS,
    SMALL_COLUMNS,
    SPEED_COLUMNS,
    page,
    size_row,
    small_row,
    speed_rows,
)

ROOT = Path(__file__).parents[1]
SMALL_ROWS = 20
CONTENDERS = {
    "ours": "lake_assets, local engine",
    "duckdb": "hand-written DuckDB script",
    "spark": "PySpark DataFrames, local[2]",
}


def compare(
    build: Path,
    sample: Sample,
    runs: int,
    names: Sequence[str] = ("ours", "duckdb"),
    *,
    keep: bool = False,
) -> tuple[list[Runs], Mapping[str, list[tuple[str, str, str]]]]:
    """Run all in turn, ours first.

    Returns:
        What each took, and for each peer that counted anything differently the figures with our
        value and its own.
    """
    contenders = [Runs(CONTENDERS[name]) for name in names]
    for _ in range(runs):
        for name, into in zip(names, contenders, strict=True):
            run(build, name, sample, into, keep=keep)
    ours, *peers = contenders
    apart = {peer.name: found for peer in peers if (found := differences(ours, peer))}
    return contenders, apart


def main(arguments: Sequence[str] | None = None, build: Path = ROOT / "build" / "bench") -> int:
    """Run the benchmark; 1 if not all agree."""
    options = _options(arguments)
    console = Console()
    left_out = "--no-spark was given" if options.no_spark else why_no_spark()
    names = [name for name in CONTENDERS if name != "spark" or not left_out]
    if left_out:
        console.print(f"PySpark is left out: {left_out}.")
    sample = make_sample(build, options.files, rows_of(options.mb, options.files), options.days)
    console.print(f"{sample.files} files, {sample.megabytes:,.0f} MB, {options.runs} runs of each")
    contenders, apart = compare(build, sample, options.runs, names, keep=options.keep)
    for peer, figures in apart.items():
        _print(console, "They do not agree", ("figure", contenders[0].name, peer), figures)
    if apart:
        return 1
    _print(console, "Raw to gold", SPEED_COLUMNS, speed_rows(sample, contenders))
    sizes = _sizes(build, options.sizes, options.days)
    _print(console, "Ours alone, one file of growing size", SIZE_COLUMNS, sizes)
    small = [
        small_row(f"{SMALL_ROWS} rows each", found, _alone(build, found))
        for files in options.small
        for found in [make_sample(build, files, SMALL_ROWS, options.days)]
    ]
    _print(console, "Ours alone, many small files", SMALL_COLUMNS, small)
    options.report.write_text(page(sample, contenders, sizes, small, left_out), "utf-8")
    console.print(f"Written to {options.report}")
    return 0


def _sizes(build: Path, megabytes: Sequence[float], days: int) -> list[tuple[str, ...]]:
    """A row a size, and the largest once more, all of it on one date."""
    cases = [(size, days) for size in megabytes]
    if megabytes:
        cases.append((max(megabytes), 1))
    found = []
    for size, dates in cases:
        sample = make_wide_sample(build, rows_of(size, 1), dates)
        title = f"{dates} dates" if dates > 1 else "all on one date"
        found.append(size_row(title, sample, _alone(build, sample)))
    return found


def _alone(build: Path, sample: Sample) -> Runs:
    runs = Runs(CONTENDERS["ours"])
    run(build, "ours", sample, runs)
    return runs


def _print(
    console: Console, title: str, columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]
) -> None:
    table = Table(title=title)
    for place, column in enumerate(columns):
        table.add_column(column, justify="right" if place else "left")
    for row in rows:
        table.add_row(*row)
    console.print(table)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.retail", description=__doc__)
    parser.add_argument("--mb", type=float, default=500, help="megabytes in all (500)")
    parser.add_argument("--files", type=int, default=16, help="files (16)")
    parser.add_argument("--runs", type=int, default=3, help="runs of each (3)")
    parser.add_argument("--days", type=int, default=30, help="dates that the files share (30)")
    parser.add_argument("--no-spark", action="store_true", help="leave PySpark out")
    parser.add_argument(
        "--sizes", type=_floats, default="10,100,500,2000", help="MB of single files; '' for none"
    )
    parser.add_argument(
        "--small", type=_integers, default="1000,3000", help="numbers of small files; '' for none"
    )
    parser.add_argument("--keep", action="store_true", help="keep what the last runs wrote")
    parser.add_argument(
        "--report",
        type=Path,
        default=ROOT / "docs" / "benchmarks.md",
        help="where the tables are written (docs/benchmarks.md)",
    )
    return parser.parse_args(arguments)


def _floats(text: str) -> list[float]:
    return [float(part) for part in text.split(",") if part]


def _integers(text: str) -> list[int]:
    return [int(part) for part in text.split(",") if part]


if __name__ == "__main__":
    raise SystemExit(main())
