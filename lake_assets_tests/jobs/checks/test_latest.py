"""Gold is compared with the latest rows of processed, key by key."""

from datetime import timedelta
from typing import Any

import polars as pl
import pytest

from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.lake import Lake
from lake_assets.jobs import checks
from lake_assets.jobs.checks.latest import superseded_keys
from lake_assets.jobs.compaction.metrics import Metrics
from lake_assets.jobs.ingest import ingest
from lake_assets.jobs.pipeline import Outcome
from lake_assets.storage import Store
from lake_assets_tests.jobs.checks.lakes import DAY, GOLD, processed_keys, rewrite
from lake_assets_tests.jobs.lakes import ARRIVED, ENGINE, csv, place, sale


class TestGoldAgainstProcessed:
    def test_passes_on_what_compaction_left(
        self, local_store: Store, dataset: Dataset, done: Outcome
    ):
        finding = checks.gold_against_processed(local_store, dataset, done.metrics)
        assert finding.passed
        assert finding.figures == {"dates": 1}

    def test_passes_on_a_date_without_rows(self, local_store: Store, dataset: Dataset):
        empty = Metrics("2025-01-01", "processed/date=2025-01-01/", "gold/fact_sales/date=x/")
        assert checks.gold_against_processed(local_store, dataset, [empty]).passed

    @pytest.mark.parametrize(
        ("change", "fault"),
        [
            (lambda f: f.vstack(f.head(2)), "keys twice"),
            (lambda f: f.filter(pl.col("transaction_id") != "T3"), "missing"),
            (lambda f: f.with_columns(transaction_id="X" + pl.col("transaction_id")), "missing"),
            (
                lambda f: f.with_columns(transaction_id="X" + pl.col("transaction_id")),
                "not in processed",
            ),
            (
                lambda f: f.with_columns(ingest_ts=pl.col("ingest_ts") - timedelta(seconds=1)),
                "not the latest",
            ),
        ],
    )
    def test_fails_when_gold_has_other_rows(
        self, local_store: Store, dataset: Dataset, done: Outcome, change: Any, fault: str
    ):
        rewrite(local_store, GOLD, change)
        finding = checks.gold_against_processed(local_store, dataset, done.metrics)
        assert not finding.passed
        (row,) = finding.table
        assert row["date"] == DAY
        assert int(row[fault]) > 0

    def test_fails_when_gold_is_stale(
        self, local_store: Store, lake: Lake, dataset: Dataset, done: Outcome
    ):
        place(local_store, "late.csv", csv(sale("T5")), ARRIVED + timedelta(hours=5))
        ingest(local_store, lake, dataset, ENGINE)
        finding = checks.gold_against_processed(local_store, dataset, done.metrics)
        assert not finding.passed
        assert finding.table[0]["not the latest"] == 1

    def test_fails_when_gold_is_gone(self, local_store: Store, dataset: Dataset, done: Outcome):
        local_store.delete(GOLD)
        finding = checks.gold_against_processed(local_store, dataset, done.metrics)
        assert finding.table[0]["missing"] == 9

    def test_fails_when_processed_is_gone_and_gold_is_not(
        self, local_store: Store, dataset: Dataset, done: Outcome
    ):
        for key in processed_keys(local_store):
            local_store.delete(key)
        finding = checks.gold_against_processed(local_store, dataset, done.metrics)
        assert not finding.passed
        assert finding.table[0]["not in processed"] == 9

    def test_fails_when_gold_cannot_be_read(
        self, local_store: Store, dataset: Dataset, done: Outcome
    ):
        local_store.put(GOLD, b"no parquet")
        assert not checks.gold_against_processed(local_store, dataset, done.metrics).passed

    def test_shows_some_of_the_keys_at_fault(
        self, local_store: Store, dataset: Dataset, done: Outcome
    ):
        rewrite(local_store, GOLD, lambda f: f.filter(pl.col("transaction_id") != "T3"))
        finding = checks.gold_against_processed(local_store, dataset, done.metrics)
        assert finding.sample == [{"date": DAY, "key transaction_id": "T3", "what": "missing"}]
        assert "Materialize" in finding.recover


def test_keys_that_came_often_are_shown_with_their_files(
    local_store: Store, dataset: Dataset, done: Outcome
):
    (day,) = done.metrics
    assert superseded_keys(local_store, dataset, day) == [
        {"transaction_id": "T0", "rows": 2, "files": 2}
    ]
