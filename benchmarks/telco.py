"""How long a year of telco files takes from raw/ to staging/ on the local engine.

``python -m benchmarks.telco [--events 100000] [--days 365] [--runs 3]
[--report docs/benchmarks-telco.md]``

10,000 customers, 20 plans, their changes, and a file of events for each day, all of them waiting
when the clock starts, in the order of their days. Each run is a process of its own, and its clock
starts after the imports. It ends with 1 if a run does not count what the samples are known to hold,
or if the median of the documented size takes too long.
"""

import argparse
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.machine import describe
from benchmarks.measure import in_fresh_process
from lake_assets.samples import TelcoScale, telco_files, telco_truth

ROOT = Path(__file__).parents[1]
MOST_SECONDS = 10
"""That the median of 100,000 events may take."""
JUDGED_EVENTS = 100_000
COLUMNS = ("what", "")


@dataclass(slots=True)
class Figures:
    """What the samples are, and what the runs took."""

    files: int
    bytes: int
    rows: int
    seconds: list[float] = field(default_factory=list)
    peaks: list[float] = field(default_factory=list)


def expected(scale: TelcoScale) -> dict[str, Any]:
    """What a run has to count: rows by dataset, and those of the tables in staging/."""
    read: dict[str, dict[str, int]] = {}
    for file in telco_files(**scale, truth=False):
        books = read.setdefault(file.name.partition("/")[0], {"good": 0, "rejected": 0})
        books["good"] += file.truth.good
        books["rejected"] += sum(file.truth.rejected.values())
    truth = telco_truth(**scale)
    return {
        "datasets": read,
        "tables": {
            "plans": len(truth.prices),
            "customers": truth.customers.height,
            "activity": sum(truth.events.values()),
        },
    }


def measure(build: Path, scale: TelcoScale, runs: int) -> tuple[Figures, list[str]]:
    """Run so often.

    Returns:
        The figures, and a sentence for each run that counted something else than it should.
    """
    samples = build / "telco-samples"
    for left in (samples, build / "out-telco"):
        shutil.rmtree(left, ignore_errors=True)
    options = [str(scale["events"]), str(scale["days"])]
    made = in_fresh_process(build, "telco_samples", samples, *options)
    wanted = expected(scale)
    rows = sum(sum(books.values()) for books in wanted["datasets"].values())
    figures = Figures(made["files"], made["bytes"], rows)
    wrong = []
    for number in range(runs):
        # All are kept until the end: for some minutes, ext4 goes around each file that was deleted
        # whenever it makes one, which takes it twenty times as long then.
        out = build / "out-telco" / str(number)
        done = in_fresh_process(build, "telco", samples, out)
        figures.seconds.append(done["work_seconds"])
        figures.peaks.append(done["peak_mb"])
        found = {name: done[name] for name in wanted}
        if found != wanted:
            wrong.append(f"Run {number + 1} counted {found}, and should count {wanted}.")
    shutil.rmtree(build / "out-telco")
    return figures, wrong


def lines(figures: Figures) -> list[tuple[str, str]]:
    """The table: what, and how much."""
    took = median(figures.seconds)
    return [
        ("files", f"{figures.files:,}"),
        ("megabytes", f"{figures.bytes / 1e6:,.0f}"),
        ("rows", f"{figures.rows:,}"),
        ("seconds from raw to staging, median", f"{took:.1f}"),
        ("seconds, min to max", f"{min(figures.seconds):.1f} to {max(figures.seconds):.1f}"),
        ("rows a second", f"{figures.rows / took:,.0f}"),
        ("peak MB", f"{max(figures.peaks):,.0f}"),
    ]


def page(figures: Figures, scale: TelcoScale) -> str:
    """The page of the docs."""
    table = "\n".join(f"| {what} | {value} |" for what, value in lines(figures))
    return f"""# A year of telco files

<!-- Written by benchmarks/telco.py. -->

How long 10,000 customers, 20 plans, their changes and {scale["events"]:,} events in
{scale["days"]} daily files take from raw/ to the tables in staging/, with the local engine, when
all of them wait at once, having arrived in the order of their days. Each of
{len(figures.seconds)} runs is a process of its own, whose clock starts after the imports, and has
to count what the samples are known to hold. The median may be {MOST_SECONDS} seconds.

Machine: {describe()}.

| | |
| --- | ---: |
{table}
"""


def main(arguments: Sequence[str] | None = None, build: Path = ROOT / "build" / "bench") -> int:
    """Run the benchmark; 1 if a run counts wrong, or takes too long."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.telco",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--report", type=Path)
    options = parser.parse_args(arguments)
    scale: TelcoScale = {"events": options.events, "days": options.days}
    figures, wrong = measure(build, scale, options.runs)
    console = Console()
    for sentence in wrong:
        console.print(sentence)
    if wrong:
        return 1
    table = Table(*COLUMNS, title="A year of telco files")
    for row in lines(figures):
        table.add_row(*row)
    console.print(table)
    if options.report:
        options.report.write_text(page(figures, scale), "utf-8")
    too_long = scale["events"] == JUDGED_EVENTS and median(figures.seconds) > MOST_SECONDS
    if too_long:
        console.print(f"The median is over {MOST_SECONDS} seconds.")
    return int(too_long)


if __name__ == "__main__":
    sys.exit(main())
