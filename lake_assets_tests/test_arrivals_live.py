"""Arrivals with a real daemon: one file, a thousand, two lakes, and a daemon that is killed."""

import json
import signal
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from lake_assets.components.names import DATASET_TAG, LAKE_TAG, STEP_TAG
from lake_assets.samples import TelcoScale, retail_files, telco_files, telco_truth
from lake_assets.samples.truth import SampleFile, gold_rows
from lake_assets.storage import Store
from lake_assets.storage.zones import REASON, day_of, stale_prefix
from lake_assets_tests.components.conftest import contract
from lake_assets_tests.live import Live, live, wait_until
from lake_assets_tests.telco_lake import drop as put
from lake_assets_tests.telco_lake import keys, staging, telco

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
PATIENCE = 400
"""Seconds until all is gold; the emulated S3 takes most of them."""


@pytest.fixture
def running(tmp_path: Path, s3_uri: str, s3_endpoint: str) -> Iterator[Live]:
    with live(tmp_path, s3_uri, s3_endpoint) as found:
        yield found


def drop(running: Live, files: Sequence[SampleFile]) -> None:
    for number, file in enumerate(files):
        running.drop(f"{number}-{file.name}", file.content)


def at_rest(running: Live, lake: str) -> bool:
    """Whether every run of a lake has ended."""
    return all(run.is_finished for run in running.runs() if run.tags.get(LAKE_TAG) == lake)


def done(running: Live, files: int) -> bool:
    """All files archived, no date stale, no run left."""
    store = running.store
    (dataset,) = contract().datasets
    archived = len(list(store.list(dataset.zones.archive)))
    return (
        archived == files
        and not list(store.list(stale_prefix(dataset)))
        and at_rest(running, "retail")
    )


SCALE: TelcoScale = {"customers": 60, "plans": 5, "events": 120, "days": 2}


def telco_done(running: Live, files: int) -> bool:
    """All files archived or refused, no table stale, no run of theirs left."""
    store = running.telco
    if keys(store, "raw/") or not at_rest(running, "telco"):
        return False
    archived = sum(len(keys(store, one.zones.archive)) for one in telco().datasets)
    stale = [key for one in telco().datasets for key in keys(store, stale_prefix(one))]
    return archived == files and not stale


def plans_of_customers(store: Store) -> dict[str, str | None]:
    return dict(staging(store, "customers").select("customer_id", "plan_id").iter_rows())


def changed(customer: str, plan: str) -> bytes:
    """A customers file of one line."""
    line = {"customer_id": customer, "plan_id": plan, "status": "active"}
    return json.dumps({**line, "registration_date": "2024-01-05T10:00:00Z"}).encode() + b"\n"


def gold(running: Live) -> dict[str, int]:
    """Distinct transactions a date, each of which must stand there once."""
    found: Counter[str] = Counter()
    store = running.store
    for info in store.list("gold/fact_sales/"):
        rows = pl.read_parquet(store.read(info.key), columns=["transaction_id"])
        assert rows["transaction_id"].n_unique() == rows.height
        found[day_of(info.key) or ""] += rows.height
    return dict(found)


def check_telco(running: Live) -> None:
    """Staging is the truth of the sample, and what nobody could take was refused."""
    store, truth = running.telco, telco_truth(**SCALE)
    assert plans_of_customers(store) == dict(truth.plan_of)
    activity = staging(store, "activity_logs")
    per_day = activity.group_by(pl.col("event_timestamp").dt.date()).len()
    assert dict(per_day.iter_rows()) == truth.events
    # Customers were taken in before their events, although their files came behind them.
    found = activity.select("customer_id", "plan_id").rows()
    assert found == [(customer, truth.plan_of.get(customer)) for customer, _ in found]
    refused = [key for key in keys(store, "rejected/") if not key.endswith(REASON)]
    assert sorted(key.rpartition("/")[2] for key in refused if "_rows" not in key) == [
        "a.ndjson",
        "july.csv",
    ]


def late_change(running: Live) -> tuple[str, str]:
    """Put a file in which a customer has another plan: both, as they have to be in staging."""
    truth = telco_truth(**SCALE)
    customer, plan = next((one, had) for one, had in truth.plan_of.items() if had in truth.prices)
    other = next(one for one in truth.prices if one != plan)
    running.telco.put("raw/customers/late.ndjson", changed(customer, other))
    return customer, other


def expected(files: Sequence[SampleFile]) -> dict[str, int]:
    return {day.isoformat(): rows for day, rows in gold_rows(files).items()}


def test_one_file_and_then_a_thousand_become_gold_in_few_runs(running: Live) -> None:
    # Two lakes on one daemon, which finds the other's files in the order of the datasets' names.
    files = sorted(telco_files(**SCALE), key=lambda file: file.name)
    put(running.telco, files)
    running.telco.put("raw/invoices/july.csv", b"id\n1\n")
    running.telco.put("raw/activity_logs/a.ndjson", b"[\n{}\n]\n")
    first = list(retail_files(seed=1, files=1, rows=50, days=1))
    drop(running, first)
    running.start()
    wait_until(lambda: done(running, 1), PATIENCE)
    assert gold(running) == expected(first)
    one = sum(run.tags.get(LAKE_TAG) == "retail" for run in running.runs())
    more = list(retail_files(seed=2, files=1_000, rows=20, days=5))
    drop(running, more)
    wait_until(lambda: telco_done(running, len(files)), PATIENCE)
    check_telco(running)
    customer, plan = late_change(running)
    # To list a thousand objects keeps the emulated S3 from those who work.
    wait_until(lambda: done(running, 1_001), PATIENCE, pause=2)
    wait_until(lambda: telco_done(running, len(files) + 1), PATIENCE)
    assert plans_of_customers(running.telco)[customer] == plan
    assert gold(running) == expected(first + more)
    steps = Counter(
        (run.tags[STEP_TAG], run.tags.get(DATASET_TAG))
        for run in running.runs()
        if run.tags.get(LAKE_TAG) == "telco" and STEP_TAG in run.tags
    )
    # Nothing is run twice for nothing: a run for each drop of a dataset, which makes staging, too.
    once = {("ingest", name): 1 for name in ("plans", "activity_logs", "unknown")}
    assert steps == {**once, ("ingest", "customers"): 2}
    runs = [run for run in running.runs() if run.tags.get(LAKE_TAG) == "retail"]
    assert all(run.status is dg.DagsterRunStatus.SUCCESS for run in runs), running.log()
    # The files come in while the sensor looks: a few batches, and gold after each.
    assert len(runs) - one <= 12


def test_a_killed_daemon_loses_nothing_and_leaves_no_run_behind(running: Live) -> None:
    files = list(retail_files(seed=3, files=40, rows=3_000, days=4))
    drop(running, files)
    running.start()
    wait_until(lambda: running.runs(dg.DagsterRunStatus.STARTED), PATIENCE)
    running.stop(signal.SIGKILL)
    (killed,) = running.runs(dg.DagsterRunStatus.STARTED)
    assert killed.tags[STEP_TAG] == "ingest"
    running.start()
    wait_until(lambda: done(running, len(files)), PATIENCE)
    assert gold(running) == expected(files)
    (again,) = [run for run in running.runs() if run.run_id == killed.run_id]
    assert again.status is dg.DagsterRunStatus.FAILURE
