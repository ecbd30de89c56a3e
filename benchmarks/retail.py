"""Raw to gold on messy retail files: ours on two engines, a hand-written DuckDB script, PySpark.

``python -m benchmarks.retail [--mb 500] [--files 16] [--runs 3] [--days 30] [--no-spark]
[--sizes 10,100,500,2000] [--spark-sizes 100,500,1000,4000] [--small 1000x20,3000x20,1000x1500]
[--keep] [--report docs/benchmarks.md]``, or ``make bench ARGS="--runs 1 --mb 100"``.

--mb, --files, --days, --runs: of the comparison, where all run in turn.
--no-spark: without our Spark engine, PySpark, their ratios, and the costs on Glue.
--sizes: MB of single files for our local engine; the largest once more, all of it on one date.
--spark-sizes: MB in 16 files for our Spark engine.
--small: many small files, numbers of files x rows, on both engines. '' leaves a table empty.
--keep: leaves what the last runs wrote in build/bench.

It ends with 1 if the contenders do not agree, or, from 400 MB on, if a ratio does not hold.
"""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks import report, series
from benchmarks.glue import bills
from benchmarks.java import why_no_spark
from benchmarks.measure import Runs, Sample, differences, make_sample, rows_of, run
from benchmarks.page import Figures, page
from benchmarks.ratios import broken, ratio_rows, ratios

ROOT = Path(__file__).parents[1]
CONTENDERS = {
    "ours": "lake_assets, local engine",
    "ours_on_spark": "lake_assets, Spark engine, local[2]",
    "duckdb": "hand-written DuckDB script",
    "spark": "PySpark DataFrames, local[2]",
}
ON_SPARK = ("ours_on_spark", "spark")
ENGINES = {"ours": "local engine", "ours_on_spark": "Spark engine"}


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
    """Run the benchmark; 1 if not all agree, or a ratio does not hold."""
    options = _options(arguments)
    console = Console()
    left_out = "--no-spark was given" if options.no_spark else why_no_spark()
    names = [name for name in CONTENDERS if not (left_out and name in ON_SPARK)]
    if left_out:
        console.print(f"PySpark is left out: {left_out}.")
    sample = make_sample(build, options.files, rows_of(options.mb, options.files), options.days)
    console.print(f"{sample.files} files, {sample.megabytes:,.0f} MB, {options.runs} runs of each")
    contenders, apart = compare(build, sample, options.runs, names, keep=options.keep)
    for peer, differ in apart.items():
        _print(console, "They do not agree", ("figure", contenders[0].name, peer), differ)
    if apart:
        return 1
    _print(console, "Raw to gold", report.SPEED_COLUMNS, report.speed_rows(sample, contenders))
    by_name = dict(zip(names, contenders, strict=True))
    found = ratios(by_name)
    _print(console, "Ratios", report.RATIO_COLUMNS, ratio_rows(sample, found))
    figures = Figures(sample, contenders, ratio_rows(sample, found), left_out=left_out)
    _measure_alone(figures, by_name, options, build, console)
    options.report.write_text(page(figures), "utf-8")
    console.print(f"Written to {options.report}")
    missed = broken(sample, found)
    for ratio in missed:
        console.print(f"{ratio.title} is {ratio.value:.2f}: it must be {ratio.bound}.")
    return 1 if missed else 0


def _measure_alone(
    figures: Figures,
    contenders: Mapping[str, Runs],
    options: argparse.Namespace,
    build: Path,
    console: Console,
) -> None:
    """Fill in the tables that are of us alone, and the costs."""
    ours = {name: ENGINES[name] for name in contenders if name in ENGINES}
    figures.sizes = series.one_file(build, options.sizes, options.days)
    title = "Ours alone, one file of growing size"
    _print(console, title, report.SIZE_COLUMNS, figures.sizes)
    if "ours_on_spark" in ours:
        figures.grown = series.growing(build, options.spark_sizes, options.days)
        title = "Ours on Spark, growing input"
        _print(console, title, report.SPARK_SIZE_COLUMNS, figures.grown)
    figures.small, small = series.small_files(build, options.small, options.days, ours)
    _print(console, "Ours alone, many small files", report.SMALL_COLUMNS, figures.small)
    if "ours_on_spark" in ours:
        on_spark = contenders["ours_on_spark"]
        figures.spark_start = on_spark.start_median
        figures.bills = bills(small, (figures.sample, on_spark), contenders["spark"])
        rows = list(map(report.bill_row, figures.bills))
        _print(console, "What that costs on AWS Glue", report.GLUE_COLUMNS, rows)


def _print(
    console: Console, title: str, columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]
) -> None:
    if not rows:
        return
    table = Table(title=title)
    for place, column in enumerate(columns):
        table.add_column(column, justify="right" if place else "left")
    for row in rows:
        table.add_row(*row)
    console.print(table)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.retail",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--mb", type=float, default=500, help="megabytes in all (500)")
    add("--files", type=int, default=16, help="files (16)")
    add("--runs", type=int, default=3, help="runs of each (3)")
    add("--days", type=int, default=30, help="dates that the files share (30)")
    add("--no-spark", action="store_true", help="leave out all that runs on Spark")
    add("--sizes", type=_floats, default="10,100,500,2000", help="MB of single files")
    add("--spark-sizes", type=_floats, default="100,500,1000,4000", help="MB in 16 files")
    add("--small", type=_cases, default="1000x20,3000x20,1000x1500", help="files x rows")
    add("--keep", action="store_true", help="keep what the last runs wrote")
    add(
        "--report",
        type=Path,
        default=ROOT / "docs" / "benchmarks.md",
        help="where the tables are written (docs/benchmarks.md)",
    )
    return parser.parse_args(arguments)


def _floats(text: str) -> list[float]:
    return [float(part) for part in text.split(",") if part]


def _cases(text: str) -> list[tuple[int, int]]:
    """``1000x20`` is 1,000 files of 20 rows."""
    pairs = [part.split("x") for part in text.split(",") if part]
    return [(int(files), int(rows)) for files, rows in pairs]


if __name__ == "__main__":
    raise SystemExit(main())
