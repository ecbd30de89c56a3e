"""Arrivals with a real daemon: from one file to a thousand, and a daemon that is killed."""

import signal
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from lake_assets.components.names import STEP_TAG
from lake_assets.samples import retail_files
from lake_assets.samples.truth import SampleFile, gold_rows
from lake_assets.storage.zones import day_of, stale_prefix
from lake_assets_tests.components.conftest import contract
from lake_assets_tests.live import Live, live, wait_until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
PATIENCE = 400
"""Seconds until all is gold; the emulated S3 takes most of them."""


@pytest.fixture
def running(tmp_path: Path, s3_uri: str, s3_endpoint: str) -> Iterator[Live]:
    with live(tmp_path, s3_uri, s3_endpoint) as found:
        found.start()
        yield found


def drop(running: Live, files: Sequence[SampleFile]) -> None:
    for number, file in enumerate(files):
        running.drop(f"{number}-{file.name}", file.content)


def done(running: Live, files: int) -> bool:
    """All files archived, no date stale, no run left."""
    store = running.store
    (dataset,) = contract().datasets
    archived = len(list(store.list(dataset.zones.archive)))
    return archived == files and not list(store.list(stale_prefix(dataset))) and running.at_rest()


def gold(running: Live) -> dict[str, int]:
    """Distinct transactions a date, each of which must stand there once."""
    found: Counter[str] = Counter()
    store = running.store
    for info in store.list("gold/fact_sales/"):
        rows = pl.read_parquet(store.read(info.key), columns=["transaction_id"])
        assert rows["transaction_id"].n_unique() == rows.height
        found[day_of(info.key) or ""] += rows.height
    return dict(found)


def expected(files: Sequence[SampleFile]) -> dict[str, int]:
    return {day.isoformat(): rows for day, rows in gold_rows(files).items()}


def test_one_file_and_then_a_thousand_become_gold_in_few_runs(running: Live) -> None:
    first = list(retail_files(seed=1, files=1, rows=50, days=1))
    drop(running, first)
    wait_until(lambda: done(running, 1), PATIENCE)
    assert gold(running) == expected(first)
    one = len(running.runs())
    more = list(retail_files(seed=2, files=1_000, rows=20, days=5))
    drop(running, more)
    # To list a thousand objects keeps the emulated S3 from those who work.
    wait_until(lambda: done(running, 1_001), PATIENCE, pause=2)
    assert gold(running) == expected(first + more)
    runs = running.runs()
    assert all(run.status is dg.DagsterRunStatus.SUCCESS for run in runs), running.log()
    # The files come in while the sensor looks: a few batches, and gold after each.
    assert len(runs) - one <= 12


def test_a_killed_daemon_loses_nothing_and_leaves_no_run_behind(running: Live) -> None:
    files = list(retail_files(seed=3, files=40, rows=3_000, days=4))
    drop(running, files)
    wait_until(lambda: running.runs(dg.DagsterRunStatus.STARTED), PATIENCE)
    running.stop(signal.SIGKILL)
    (killed,) = running.runs(dg.DagsterRunStatus.STARTED)
    assert killed.tags[STEP_TAG] == "ingest"
    running.start()
    wait_until(lambda: done(running, len(files)), PATIENCE)
    assert gold(running) == expected(files)
    (again,) = [run for run in running.runs() if run.run_id == killed.run_id]
    assert again.status is dg.DagsterRunStatus.FAILURE
