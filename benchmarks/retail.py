"""Raw to gold on messy retail files, ours and a hand-written DuckDB script in turn.

``python -m benchmarks.retail [--mb 500] [--files 16] [--runs 3] [--days 30] [--keep]``
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.measure import Runs, Sample, differences, make_sample, rows_of, run
from benchmarks.report import SHAPE_COLUMNS, SPEED_COLUMNS, page, shape_row, speed_rows

ROOT = Path(__file__).parents[1]
SMALL_FILES, SMALL_ROWS = 1_000, 20
CONTENDERS = {"ours": "lake_assets, local engine", "duckdb": "hand-written DuckDB script"}


def compare(
    build: Path, sample: Sample, runs: int, *, keep: bool = False
) -> tuple[Runs, Runs, list[tuple[str, str, str]]]:
    """Run both in turn; what ours and the peer took, and the figures in which they differ."""
    ours, peer = (Runs(title) for title in CONTENDERS.values())
    for _ in range(runs):
        run(build, "ours", sample, ours, keep=keep)
        run(build, "duckdb", sample, peer, keep=keep)
    return ours, peer, differences(ours, peer)


def main() -> int:
    """Run the benchmark; 1 if the two do not agree."""
    options = _options()
    console = Console()
    build = ROOT / "build" / "bench"
    sample = make_sample(build, options.files, rows_of(options.mb, options.files), options.days)
    console.print(f"{sample.files} files, {sample.megabytes:,.0f} MB, {options.runs} runs of each")
    ours, peer, apart = compare(build, sample, options.runs, keep=options.keep)
    if apart:
        _print(console, "They do not agree", ("figure", ours.name, peer.name), apart)
        return 1
    speed = speed_rows(sample, [ours, peer])
    _print(console, "Raw to gold", SPEED_COLUMNS, speed)
    shapes = [shape_row("the same files", sample, ours)]
    for title, files, rows in (
        ("one large file, all on one date", 1, sample.files * sample.rows),
        ("many small files", SMALL_FILES, SMALL_ROWS),
    ):
        other = make_sample(build, files, rows, options.days)
        alone = Runs(CONTENDERS["ours"])
        for _ in range(options.runs):
            run(build, "ours", other, alone)
        shapes.append(shape_row(title, other, alone))
    _print(console, "Ours alone, by the shape of the files", SHAPE_COLUMNS, shapes)
    options.report.write_text(page(sample, options.runs, ours, speed, shapes), "utf-8")
    console.print(f"Written to {options.report}")
    return 0


def _print(
    console: Console, title: str, columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]
) -> None:
    table = Table(title=title)
    for place, column in enumerate(columns):
        table.add_column(column, justify="right" if place else "left")
    for row in rows:
        table.add_row(*row)
    console.print(table)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.retail", description=__doc__)
    parser.add_argument("--mb", type=float, default=500, help="megabytes in all (500)")
    parser.add_argument("--files", type=int, default=16, help="files (16)")
    parser.add_argument("--runs", type=int, default=3, help="runs of each (3)")
    parser.add_argument("--days", type=int, default=30, help="dates that the files share (30)")
    parser.add_argument("--keep", action="store_true", help="keep what the last runs wrote")
    parser.add_argument(
        "--report",
        type=Path,
        default=ROOT / "docs" / "benchmarks.md",
        help="where the tables are written (docs/benchmarks.md)",
    )
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
