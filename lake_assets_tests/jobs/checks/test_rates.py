"""Rates of superseded rows and of nulls, from the figures of compaction."""

from dataclasses import replace

import pytest

from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.quality import Limit, Quality
from lake_assets.jobs import checks
from lake_assets.jobs.checks import Severity
from lake_assets.jobs.compaction.metrics import Metrics
from lake_assets.jobs.pipeline import Outcome
from lake_assets_tests.jobs.checks.lakes import DAY


class TestDuplicateRate:
    @pytest.mark.parametrize(("limit", "passed"), [(0.1, True), (0.09, False)])
    def test_is_the_share_of_superseded_rows_of_a_date(
        self, dataset: Dataset, done: Outcome, limit: float, passed: bool
    ):
        strict = dataset.model_copy(update={"quality": Quality(max_duplicate_rate=limit)})
        finding = checks.duplicate_rate(strict, done.metrics)
        assert finding.passed is passed
        assert finding.figures == {"largest_share": 0.1}
        assert [row["where"] for row in finding.table] == ([] if passed else [DAY])

    def test_of_dates_without_rows_is_none(self, dataset: Dataset):
        empty = Metrics("2025-01-01", "a", "b", status="no_input")
        finding = checks.duplicate_rate(dataset, [empty])
        assert finding.passed
        assert finding.figures == {"largest_share": 0.0}


class TestNullRates:
    def test_passes_within_the_limits_and_fails_over_them(self, dataset: Dataset, done: Outcome):
        """The file has no item_category at all; the contract allows a fifth."""
        lenient = dataset.model_copy(update={"quality": Quality()})
        assert checks.null_rates(lenient, done.metrics).passed
        finding = checks.null_rates(dataset, done.metrics)
        assert not finding.passed
        assert {row["where"] for row in finding.table} == {
            f"item_category on {DAY}",
            f"payment_method on {DAY}",
        }
        assert finding.table[0]["share"] == 1.0
        assert finding.table[0]["allowed"] == 0.2

    def test_allow_no_null_in_a_required_column(self, dataset: Dataset, done: Outcome):
        lenient = dataset.model_copy(update={"quality": Quality()})
        (metrics,) = done.metrics
        wrong = replace(metrics, null_counts={**metrics.null_counts, "store_id": 1})
        finding = checks.null_rates(lenient, [wrong])
        assert [row["where"] for row in finding.table] == [f"store_id on {DAY}"]
        assert finding.severity is Severity.ERROR

    @pytest.mark.parametrize(
        ("limit", "severity"),
        [
            (Limit(warn=0.5), Severity.WARN),
            (Limit(warn=0.1, fail=0.5), Severity.ERROR),
            (Limit(warn=0.5, fail=1), Severity.WARN),
        ],
    )
    def test_are_as_grave_as_the_level_that_they_are_above(
        self, dataset: Dataset, done: Outcome, limit: Limit, severity: Severity
    ):
        quality = Quality(max_null_rate={"item_category": limit})
        strict = dataset.model_copy(update={"quality": quality})
        finding = checks.null_rates(strict, done.metrics)
        assert not finding.passed
        assert finding.severity is severity
