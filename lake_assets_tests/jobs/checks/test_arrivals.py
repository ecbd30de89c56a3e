"""Each check of what arrived passes on what a step left, and fails on what should never be."""

import pytest

from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.lake import Lake
from lake_assets.contracts.quality import Limit, Quality
from lake_assets.jobs import checks
from lake_assets.jobs.checks import Severity
from lake_assets.jobs.pipeline import Outcome
from lake_assets.jobs.repair.restate import Restated
from lake_assets.kernels.accounting import Accounting
from lake_assets.storage import Store
from lake_assets_tests.jobs.lakes import csv, drop, run, sale


class TestHeaderContract:
    def test_passes_when_every_file_was_let_in(self, local_store: Store, lake: Lake):
        drop(local_store, "a.csv", csv(sale("T1")))
        finding = checks.header_contract(run(local_store, lake).verdicts)
        assert finding.passed
        assert finding.figures == {"files": 1, "refused": 0}

    def test_fails_with_the_files_that_were_refused(self, local_store: Store, lake: Lake):
        drop(local_store, "a.csv", csv(sale("T1")))
        drop(local_store, "b.csv", b"nonsense\n")
        finding = checks.header_contract(run(local_store, lake).verdicts)
        assert not finding.passed
        (row,) = finding.table
        assert row["file"] == "b.csv"
        assert finding.sentence == (
            "2 files looked at, 1 refused: b.csv (delimiter_detection_failed)."
        )
        assert row["reason"] == "delimiter_detection_failed"
        assert row["now at"] == "rejected/system/b.csv"
        assert "Mend them" in finding.recover


class TestRejectRate:
    @pytest.mark.parametrize(("limit", "passed"), [(2 / 12, True), (0.16, False), (0, False)])
    def test_is_the_share_of_rejects_in_the_rows_that_were_not_skipped(
        self, done: Outcome, dataset: Dataset, limit: float, passed: bool
    ):
        strict = dataset.model_copy(update={"quality": Quality(max_reject_rate=limit)})
        finding = checks.reject_rate(strict, done.commits)
        assert finding.passed is passed
        assert finding.figures == {"reject_rate": 2 / 12}
        assert {row["reason"] for row in finding.table} == {
            "INVALID_NUMBER:quantity",
            "MISSING_REQUIRED_COLUMN:transaction_id",
        }
        assert "lake rejects" in finding.recover

    def test_is_zero_where_there_are_no_rows(self, dataset: Dataset):
        strict = dataset.model_copy(update={"quality": Quality(max_reject_rate=0)})
        assert checks.reject_rate(strict, []).passed

    @pytest.mark.parametrize(
        ("warn", "fail", "severity"),
        [(0.1, 0.2, Severity.WARN), (0.01, 0.1, Severity.ERROR), (None, 0.1, Severity.ERROR)],
    )
    def test_warns_above_one_level_and_fails_above_the_other(
        self,
        done: Outcome,
        dataset: Dataset,
        warn: float | None,
        fail: float,
        severity: Severity,
    ):
        quality = Quality(max_reject_rate=Limit(warn=warn, fail=fail))
        finding = checks.reject_rate(dataset.model_copy(update={"quality": quality}), done.commits)
        assert not finding.passed
        assert finding.severity is severity

    def test_shows_where_rejected_rows_stand_but_not_their_text(
        self, local_store: Store, done: Outcome, dataset: Dataset
    ):
        strict = dataset.model_copy(update={"quality": Quality(max_reject_rate=0)})
        finding = checks.reject_rate(strict, done.commits, local_store)
        assert finding.sample == [
            {
                "source_file": "a.csv",
                "line_number": 11,
                "reasons": "MISSING_REQUIRED_COLUMN:transaction_id",
            },
            {
                "source_file": "a.csv",
                "line_number": 12,
                "reasons": "INVALID_NUMBER:quantity, BUSINESS_LOGIC_FAIL:revenue_balances, "
                "BUSINESS_LOGIC_FAIL:quantity_positive",
            },
        ]
        assert "lake replay" in finding.recover

    def test_is_told_even_if_the_rejects_are_gone(
        self, local_store: Store, done: Outcome, dataset: Dataset
    ):
        for info in list(local_store.list("rejected/data_quality/json/")):
            local_store.delete(info.key)
        strict = dataset.model_copy(update={"quality": Quality(max_reject_rate=0)})
        finding = checks.reject_rate(strict, done.commits, local_store)
        assert not finding.passed
        assert finding.sample == []


class TestReadable:
    def test_passes_when_all_files_were_read_again(self, done: Outcome):
        again = Restated(done.commits[0], 2, Accounting(), Accounting(), {})
        assert checks.readable([again]).passed

    def test_fails_with_the_files_that_were_not(self, done: Outcome):
        again = Restated(done.commits[0], 2, Accounting(), Accounting(), {"a.csv": "no header"})
        finding = checks.readable([again])
        assert not finding.passed
        assert finding.table == [{"file": "a.csv", "why": "no header"}]
