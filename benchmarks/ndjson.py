"""The same rows as CSV and as NDJSON, raw to processed on the local engine: what a byte costs.

``python -m benchmarks.ndjson [--mb 200] [--files 8] [--days 30] [--runs 5]
[--report docs/benchmarks-ndjson.md]``

The sample files of the retail benchmark are written once more with one JSON object a row: numbers
that are plain are numbers, all else is a string. Both are read in turn, in the same process. It
ends with 1 if the two do not give the same good rows, or, from 100 MB of CSV on, if a byte of
NDJSON takes more than 1.3 times as long as one of CSV.
"""

import argparse
import json
import os
import re
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Final

from rich.console import Console
from rich.table import Table

from benchmarks.machine import describe
from benchmarks.measure import make_sample, rows_of
from benchmarks.work import CONTRACT, THREADS
from lake_assets.contracts.format import NdjsonFormat
from lake_assets.contracts.lake import Lake
from lake_assets.contracts.load import load_lake
from lake_assets.engines.local import LocalEngine
from lake_assets.jobs.ingest import ingest
from lake_assets.jobs.validate import validate
from lake_assets.kernels.parsing.layout import HEAD_BYTES, read_layout
from lake_assets.kernels.parsing.texts import Provenance, Text, read_texts
from lake_assets.storage import open_store

ROOT: Final = Path(__file__).parents[1]
MOST: Final = 1.3
JUDGED_MB: Final = 100
"""Of less it is the cost of a run that is compared."""
COLUMNS: Final = ("format", "MB", "seconds, median", "seconds, min to max", "MB/s", "good rows")
PLAIN: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")


@dataclass(slots=True)
class Contender:
    """Files of one format, and what it took to read them."""

    name: str
    lake: Lake
    directory: Path
    seconds: list[float] = field(default_factory=list)
    good: int = 0

    @property
    def megabytes(self) -> float:
        """Of all files, in 10**6 bytes."""
        return sum(path.stat().st_size for path in self.directory.iterdir()) / 1e6

    @property
    def speed(self) -> float:
        """Megabytes a second, in the median."""
        return self.megabytes / median(self.seconds)

    @property
    def line(self) -> tuple[str, ...]:
        """Its line of the table, as :data:`COLUMNS`."""
        return (
            self.name,
            f"{self.megabytes:,.0f}",
            f"{median(self.seconds):.2f}",
            f"{min(self.seconds):.2f} to {max(self.seconds):.2f}",
            f"{self.speed:.1f}",
            f"{self.good:,}",
        )


def write_objects(files: Path, into: Path, lake: Lake) -> None:
    """Write the rows of CSV files as NDJSON files of the same names."""
    (dataset,) = lake.datasets
    names = [column.name for column in dataset.columns]
    into.mkdir(parents=True)
    for path in sorted(files.iterdir()):
        data = path.read_bytes()
        layout = read_layout(data[:HEAD_BYTES], dataset, whole=len(data) <= HEAD_BYTES)
        origin = Provenance(path.name, "none", datetime.now(UTC), "1")
        texts, _ = read_texts([Text(data, 1, layout, origin)], dataset)
        with (into / path.with_suffix(".ndjson").name).open("w", encoding="utf-8") as file:
            for row in texts.select(names).iter_rows():
                pairs = zip(names, row, strict=True)
                members = (f'"{name}":{_json(text)}' for name, text in pairs if text is not None)
                file.write(f"{{{','.join(members)}}}\n")


def _json(text: str) -> str:
    return text if PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)


def take_in(contender: Contender, out: Path) -> None:
    """Raw to processed, once."""
    shutil.rmtree(out, ignore_errors=True)
    (out / "raw").mkdir(parents=True)
    for path in sorted(contender.directory.iterdir()):
        os.link(path, out / "raw" / path.name)
    store, engine = open_store(str(out)), LocalEngine(THREADS)
    (dataset,) = contender.lake.datasets
    start = time.perf_counter()
    validate(store, contender.lake, dataset)
    commit = ingest(store, contender.lake, dataset, engine)
    contender.seconds.append(time.perf_counter() - start)
    assert commit
    contender.good = sum(item.books.good for item in commit.inputs)
    shutil.rmtree(out)


def page(csv: Contender, ndjson: Contender) -> str:
    """The page of the docs."""
    lines = (COLUMNS, ("---", *["---:"] * (len(COLUMNS) - 1)), csv.line, ndjson.line)
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return f"""# NDJSON against CSV

<!-- Written by benchmarks/ndjson.py. -->

The sample files of the retail benchmark, and their rows once more as NDJSON, from raw to processed
with the local engine. The two are read in turn in one process, {len(csv.seconds)} times each. The
names of the columns are in each line of NDJSON: a row has {ndjson.megabytes / csv.megabytes:.1f}
times the bytes.

**A byte of NDJSON takes {csv.speed / ndjson.speed:.2f} times as long as one of CSV**; it may take
{MOST} times as long.

Machine: {describe()}.

{table}
"""


def main(arguments: Sequence[str] | None = None, build: Path = ROOT / "build" / "bench") -> int:
    """Run the benchmark; 1 if the rows or the ratio are not as they must be."""
    options = _options(arguments)
    sample = make_sample(build, options.files, rows_of(options.mb, options.files), options.days)
    lake = load_lake(CONTRACT)
    intake = lake.intake.model_copy(update={"settle_seconds": 0})
    lake = lake.model_copy(update={"intake": intake})
    objects = [
        dataset.model_copy(update={"format": NdjsonFormat(type="ndjson")})
        for dataset in lake.datasets
    ]
    directory = build / f"ndjson-{sample.directory.name}"
    if not directory.exists():
        partial = directory.with_suffix(".partial")
        shutil.rmtree(partial, ignore_errors=True)
        write_objects(sample.directory, partial, lake)
        partial.rename(directory)
    csv = Contender("CSV", lake, sample.directory)
    ndjson = Contender("NDJSON", lake.model_copy(update={"datasets": objects}), directory)
    for _ in range(options.runs):
        for contender in (csv, ndjson):
            take_in(contender, build / "out-ndjson")
    ratio = csv.speed / ndjson.speed
    table = Table(*COLUMNS)
    for line in (csv.line, ndjson.line):
        table.add_row(*line)
    console = Console()
    console.print(table)
    console.print(f"A byte of NDJSON takes {ratio:.2f} times as long as one of CSV.")
    # Rows that only a repair of CSV makes good are none in the NDJSON that was made of them.
    if not 0.98 * csv.good <= ndjson.good <= csv.good:
        console.print("The two do not have the same good rows.")
        return 1
    if options.report:
        options.report.write_text(page(csv, ndjson), "utf-8")
    return int(ratio > MOST and csv.megabytes >= JUDGED_MB)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ndjson", description=__doc__)
    parser.add_argument("--mb", type=float, default=200, help="megabytes of CSV (200)")
    parser.add_argument("--files", type=int, default=8, help="files (8)")
    parser.add_argument("--days", type=int, default=30, help="dates that the files share (30)")
    parser.add_argument("--runs", type=int, default=5, help="runs of each (5)")
    parser.add_argument("--report", type=Path, help="the page to write")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    raise SystemExit(main())
