"""How long a file takes from raw/ to gold with Dagster's own daemon, and where the time goes.

``python -m benchmarks.arrivals [--files 9] [--report docs/benchmarks-arrivals.md]``

One file after the other, each at another moment of the daemon's turn of five seconds, in a bucket
of an emulated S3, with the project's dagster.yaml and the intervals of retail's contract.
"""

import argparse
import random
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, fields
from itertools import pairwise
from pathlib import Path
from statistics import median

import boto3
import dagster as dg
from rich.console import Console
from rich.table import Table

from benchmarks.machine import describe
from lake_assets.components.names import INGEST, STEP_TAG
from lake_assets.samples import retail_files
from lake_assets_tests.conftest import s3_server
from lake_assets_tests.live import Live, live, wait_until

MOST_SECONDS = 15
"""That the median may be, from put to gold."""
TURN = 5.0
"""Seconds between two looks of Dagster's sensor daemon."""
PATIENCE = 180


@dataclass(frozen=True, slots=True)
class Way:
    """Seconds of one file, by what it waited for."""

    sensor: float
    start: float
    ingest: float
    gold: float
    check: float

    @property
    def seconds(self) -> float:
        """From put to gold that is written and checked."""
        return float(sum(astuple(self)))


WORDS = {
    "sensor": "the arrival sensor sees it",
    "start": "the ingest run has its process",
    "ingest": "validate, ingest",
    "gold": "make gold of the touched date",
    "check": "check it, end the run",
}
ARCHIVE = dg.AssetKey(["retail", "archive", "archive_sales"])
GOLD = dg.AssetKey(["retail", "gold", "fact_sales"])


def one_way(running: Live, name: str, content: bytes, since: int) -> Way:
    """Put a file, and follow it until its run has made gold and has ended.

    Args:
        running: a Dagster at rest.
        name, content: of the file.
        since: how many runs there have been.
    """
    put = time.time()
    running.drop(name, content)

    def ended() -> list[dg.RunRecord]:
        records = running.instance.get_run_records()
        found = sorted(records, key=lambda run: run.create_timestamp)[since:]
        return found if found and all(run.end_time for run in found) else []

    (run,) = wait_until(ended, PATIENCE)
    assert run.dagster_run.tags[STEP_TAG] == INGEST
    assert run.dagster_run.status is dg.DagsterRunStatus.SUCCESS, run.dagster_run.run_id
    kind = dg.DagsterEventType.ASSET_MATERIALIZATION
    events = running.instance.get_records_for_run(run.dagster_run.run_id, of_type=kind).records
    told = {record.asset_key: record.timestamp for record in events}
    moments = [
        put,
        run.create_timestamp.timestamp(),
        run.start_time or 0.0,
        told[ARCHIVE],
        told[GOLD],
        run.end_time or 0.0,
    ]
    return Way(*(after - before for before, after in pairwise(moments)))


def measure(files: int, root: Path) -> list[Way]:
    """The ways of so many files, after one that nobody counts."""
    moment = random.Random(7)
    with s3_server() as endpoint:
        bucket = f"lake-{uuid.uuid4().hex}"
        boto3.client("s3", endpoint_url=endpoint).create_bucket(Bucket=bucket)
        with live(root, f"s3://{bucket}", endpoint) as running:
            running.start()
            ways = []
            samples = retail_files(seed=5, files=files + 1, rows=1_500, days=1)
            for number, file in enumerate(samples):
                way = one_way(running, f"{number}-{file.name}", file.content, number)
                if number:
                    ways.append(way)
                threading.Event().wait(moment.uniform(0, TURN))
            return ways


def rows(ways: Sequence[Way]) -> Iterable[tuple[str, str, str, str]]:
    """Of each part of the way, and of all: median, least and most seconds."""
    parts = [(WORDS[each.name], [getattr(way, each.name) for way in ways]) for each in fields(Way)]
    for title, seconds in [*parts, ("from put to gold", [way.seconds for way in ways])]:
        yield title, f"{median(seconds):.1f}", f"{min(seconds):.1f}", f"{max(seconds):.1f}"


def page(ways: Sequence[Way]) -> str:
    """The page of the docs."""
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows(ways))
    return f"""# From put to gold

<!-- Written by benchmarks/arrivals.py. -->

How long a file of 1,500 rows takes from its PUT into the bucket until its gold is written and
checked, with Dagster's daemon and the [settings that ship](../dagster.yaml): sensors look every
five seconds, the queue every second, and each run is a process of its own. {len(ways)} files, one
after the other, each at another moment of the five seconds; an emulated S3 on the same machine.

Machine: {describe()}.

| seconds until | median | min | max |
| --- | ---: | ---: | ---: |
{table}

The first two rows are Dagster's: a turn of its daemon, which is five seconds and is met at any
moment of it, and the start of a Python that imports Dagster and the code location. Gold of what a
file touches is made in the run that takes the file in ([decision
32](decisions/0032-gold-at-once.md)); in a run of its own, which files of many dates or large ones
still get, it would wait for both a second time.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; 1 if the median is over the limit."""
    parser = argparse.ArgumentParser(description="Time files from put to gold.")
    parser.add_argument("--files", type=int, default=9)
    parser.add_argument("--report", type=Path)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="arrivals-") as root:
        ways = measure(options.files, Path(root))
    table = Table("seconds until", "median", "min", "max", title="From put to gold")
    for row in rows(ways):
        table.add_row(*row)
    Console().print(table)
    if options.report:
        options.report.write_text(page(ways))
    return int(median(way.seconds for way in ways) > MOST_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
