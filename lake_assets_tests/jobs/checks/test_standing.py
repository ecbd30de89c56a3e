"""Nothing may stay where it only passes through."""

from datetime import UTC, datetime, timedelta

import pytest

from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.lake import Lake
from lake_assets.contracts.zones import Unknown
from lake_assets.jobs import checks
from lake_assets.jobs.checks import Finding, Severity
from lake_assets.jobs.pipeline import Outcome
from lake_assets.storage import Store
from lake_assets.storage.zones import stale_key

SOON = timedelta(minutes=59)
LATER = timedelta(minutes=61)


def look(store: Store, lake: Lake, dataset: Dataset, after: timedelta) -> Finding:
    """The check, so long after now."""
    return checks.nothing_stuck(store, lake, dataset, datetime.now(UTC) + after)


def test_passes_on_a_lake_at_rest(local_store: Store, lake: Lake, dataset: Dataset, done: Outcome):
    finding = look(local_store, lake, dataset, timedelta(days=365))
    assert finding.passed
    assert set(finding.figures.values()) == {0.0}


@pytest.mark.parametrize(
    ("what", "key"),
    [
        ("raw", "raw/a.csv"),
        ("validated", "validated/a.csv"),
        ("stale", None),
        ("restating", "audit/restating/date=2025-01-01/x-g2~d.json"),
    ],
)
def test_fails_on_what_has_been_there_for_too_long(
    local_store: Store, lake: Lake, dataset: Dataset, what: str, key: str | None
):
    key = key or stale_key(dataset, "2025-01-01", "run")
    local_store.put(key, b"x")
    assert look(local_store, lake, dataset, SOON).passed
    finding = look(local_store, lake, dataset, LATER)
    assert not finding.passed
    assert finding.severity is Severity.ERROR
    assert finding.table == [{"what": what, "where": key, "age": "1 h 1 min"}]
    assert finding.figures[what] == 1
    assert "lake recover" in finding.recover


def test_only_warns_of_staged_writes_that_were_forgotten(
    local_store: Store, lake: Lake, dataset: Dataset
):
    staged = local_store.stage("processed/x", b"data")
    assert look(local_store, lake, dataset, timedelta(hours=47)).passed
    finding = look(local_store, lake, dataset, timedelta(hours=49))
    assert not finding.passed
    assert finding.severity is Severity.WARN
    assert finding.figures["staged"] == 1
    assert finding.table[0]["age"] == "over 48 h"
    local_store.abort(staged)
    assert look(local_store, lake, dataset, timedelta(hours=49)).passed


def test_how_long_is_too_long_stands_in_the_contract(
    local_store: Store, lake: Lake, dataset: Dataset
):
    intake = lake.intake.model_copy(update={"stuck_minutes": 5})
    hasty = lake.model_copy(update={"intake": intake})
    local_store.put("raw/a.csv", b"x")
    assert not look(local_store, hasty, dataset, timedelta(minutes=6)).passed


def test_fails_on_files_of_no_dataset_that_nobody_takes_away(
    local_store: Store, lake: Lake, dataset: Dataset
):
    zones = dataset.zones.model_copy(update={"raw": "raw/sales/"})
    ours = dataset.model_copy(update={"zones": zones})
    unknown = Unknown(raw="raw/", rejected="rejected/_unknown/")
    wider = lake.model_copy(update={"datasets": [ours], "unknown": unknown})
    local_store.put("raw/sale/a.csv", b"x")
    local_store.put("raw/sales/a.csv", b"x")
    assert look(local_store, wider, ours, SOON).passed
    finding = look(local_store, wider, ours, LATER)
    assert [(row["what"], row["where"]) for row in finding.table] == [
        ("raw", "raw/sales/a.csv"),
        ("unknown", "raw/sale/a.csv"),
    ]
    assert finding.figures["unknown"] == 1
    assert finding.sentence == "Stuck: 1 files in raw/, 1 files of no dataset."
