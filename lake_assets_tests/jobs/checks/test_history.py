"""A date's rows against those of its weekday in the weeks before."""

import json
from dataclasses import replace
from datetime import date, timedelta

import pytest

from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.quality import Volume
from lake_assets.jobs import checks
from lake_assets.jobs.checks import Finding, History, Severity
from lake_assets.jobs.compaction.metrics import Metrics
from lake_assets.storage import Store
from lake_assets.storage.zones import metrics_key
from lake_assets_tests.jobs.lakes import counted

FRIDAY = date(2025, 5, 30)
TODAY = FRIDAY + timedelta(days=3)
WEEK = timedelta(days=7)


def metrics(day: date, rows: int) -> Metrics:
    return Metrics(day.isoformat(), "processed/", "gold/", rows, rows)


def note(store: Store, dataset: Dataset, day: date, rows: int) -> None:
    """Leave the audit that compaction leaves."""
    document = json.dumps(metrics(day, rows).to_json())
    store.put(metrics_key(dataset, day.isoformat()), document.encode())


def judge(
    store: Store, dataset: Dataset, rows: int, before: list[int], **levels: object
) -> Finding:
    """A Friday of so many rows, behind Fridays of so many."""
    for weeks, count in enumerate(before, 1):
        note(store, dataset, FRIDAY - WEEK * weeks, count)
    allowed = Volume.model_validate(levels)
    return checks.volume(allowed, History(store, dataset), metrics(FRIDAY, rows), TODAY)


@pytest.mark.parametrize("rows", [51, 100, 149])
def test_passes_about_the_usual(local_store: Store, dataset: Dataset, rows: int):
    finding = judge(local_store, dataset, rows, [100, 100, 100, 101])
    assert finding.passed
    assert finding.figures == {"rows": rows, "usual_rows": 100, "change": rows / 100 - 1}


@pytest.mark.parametrize(
    ("rows", "levels", "severity"),
    [
        (40, {}, Severity.WARN),
        (160, {}, Severity.WARN),
        (40, {"fail": 0.55}, Severity.ERROR),
        (0, {"warn": None, "fail": 0.9}, Severity.ERROR),
        (130, {"warn": 0.2}, Severity.WARN),
    ],
)
def test_fails_on_far_fewer_or_more_rows(
    local_store: Store, dataset: Dataset, rows: int, levels: dict[str, object], severity: Severity
):
    finding = judge(local_store, dataset, rows, [100, 100, 100], **levels)
    assert not finding.passed
    assert finding.severity is severity
    assert finding.table[0] == {"date": "2025-05-30", "rows": rows}
    assert finding.table[1] == {"date": "2025-05-23", "rows": 100}
    assert "quality.volume" in finding.recover


def test_one_odd_week_does_not_move_the_usual(local_store: Store, dataset: Dataset):
    assert judge(local_store, dataset, 110, [100, 100, 100, 9_000]).passed


def test_what_always_varies_may_vary(local_store: Store, dataset: Dataset):
    assert judge(local_store, dataset, 170, [100, 40, 160, 100, 60, 150]).passed


def test_too_little_history_passes_and_says_so(local_store: Store, dataset: Dataset):
    finding = judge(local_store, dataset, 1, [100, 100])
    assert finding.passed
    assert "too little history" in finding.sentence


def test_a_date_that_is_not_over_is_not_judged(local_store: Store, dataset: Dataset):
    for weeks in range(1, 7):
        note(local_store, dataset, FRIDAY - WEEK * weeks, 100)
    history = History(local_store, dataset)
    finding = checks.volume(Volume(), history, metrics(FRIDAY, 1), FRIDAY)
    assert finding.passed
    assert "not over" in finding.sentence


def test_dates_without_gold_or_with_a_damaged_audit_are_no_history(
    local_store: Store, dataset: Dataset
):
    empty = replace(metrics(FRIDAY - WEEK, 0), status="no_input")
    key = metrics_key(dataset, empty.target_date)
    local_store.put(key, json.dumps(empty.to_json()).encode())
    local_store.put(metrics_key(dataset, (FRIDAY - WEEK * 2).isoformat()), b"no json")
    note(local_store, dataset, FRIDAY - WEEK * 3, 100)
    found = History(local_store, dataset).rows(FRIDAY - WEEK * weeks for weeks in range(1, 7))
    assert found == {FRIDAY - WEEK * 3: 100}


def test_reads_one_small_object_a_week_and_each_once(local_store: Store, dataset: Dataset):
    for weeks in range(1, 30):
        note(local_store, dataset, FRIDAY - WEEK * weeks, 100)
    watched, calls = counted(local_store)
    history = History(watched, dataset)
    for weeks in range(3):
        checks.volume(Volume(weeks=4), history, metrics(FRIDAY - WEEK * weeks, 100), TODAY)
    assert calls == {"read": 6}
