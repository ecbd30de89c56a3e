"""A report is believed if the lake holds what it says."""

import pytest

from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.lake import Lake
from lake_assets.engines.local import LocalEngine
from lake_assets.jobs.job import Compact, Ingest, Job, Rebuild
from lake_assets.jobs.report import (
    DateReport,
    Report,
    ReportMismatch,
    check_processed,
    find_metrics,
    find_runs,
)
from lake_assets.jobs.run_job import run_job
from lake_assets.storage import Store
from lake_assets_tests.jobs.lakes import ARRIVED, csv, keys, ledger, place, sale

DAY = "2025-05-30"
ENGINE = LocalEngine(1)


def done(store: Store, lake: Lake, work: Ingest | Compact | Rebuild) -> Report:
    report = run_job(store, Job(lake=lake, dataset="sales", uri=store.uri, work=work), ENGINE)
    return Report.model_validate_json(report.model_dump_json())  # as it arrives from elsewhere


@pytest.fixture
def filled(local_store: Store, lake: Lake) -> Store:
    """A lake with two good rows of one date, in processed."""
    place(local_store, "a.csv", csv(sale("T1"), sale("T2")))
    done(local_store, lake, Ingest(arrival=ARRIVED.date()))
    return local_store


def test_what_a_job_reports_is_found(filled: Store, lake: Lake, dataset: Dataset) -> None:
    place(filled, "b.csv", csv(sale("T3")))
    report = done(filled, lake, Ingest(arrival=ARRIVED.date()))
    assert find_runs(filled, dataset, report.runs) == ledger(filled)[-1:]
    gold = done(filled, lake, Compact(dates=(DAY,)))
    (metrics,) = find_metrics(filled, dataset, gold.dates, [DAY])
    assert (metrics.rows_after_dedup, metrics.status) == (3, "written")
    rebuilt = done(filled, lake, Rebuild(dates=(DAY,)))
    assert rebuilt.dates == (DateReport(date=DAY, rows=3, files=2),)
    check_processed(filled, dataset, rebuilt.dates, [DAY])


def test_gold_without_metrics_is_not_believed(filled: Store, dataset: Dataset) -> None:
    said = [DateReport(date=DAY, rows=2, files=1)]
    with pytest.raises(ReportMismatch, match=r"reports gold of 2025-05-30, but there is no file:"):
        find_metrics(filled, dataset, said, [DAY])


def test_other_dates_than_were_wanted_are_not_believed(filled: Store, dataset: Dataset) -> None:
    said = [DateReport(date=DAY, rows=2, files=1)]
    with pytest.raises(ReportMismatch, match="was to make 2025-05-29, and reports 2025-05-30"):
        check_processed(filled, dataset, said, ["2025-05-29"])


def test_rows_that_are_gone_are_missed(filled: Store, dataset: Dataset, lake: Lake) -> None:
    rebuilt = done(filled, lake, Rebuild(dates=(DAY,)))
    filled.delete(keys(filled, "processed/")[0])
    with pytest.raises(ReportMismatch, match="has rows = 0, but the job reports 2"):
        check_processed(filled, dataset, rebuilt.dates, [DAY])


def test_the_contracts_own_figures_are_read_back(
    filled: Store, lake: Lake, dataset: Dataset
) -> None:
    gold = done(filled, lake, Compact(dates=(DAY,)))
    (metrics,) = find_metrics(filled, dataset, gold.dates, [DAY])
    assert set(metrics.audit_counts) == set(dataset.gold.audit_counts)
    assert metrics.audit_counts
