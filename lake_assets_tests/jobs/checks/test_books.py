"""Conservation fails whenever a row, or an object, is not where the books say."""

from dataclasses import replace
from typing import Any

import polars as pl
import pytest

from lake_assets.jobs import checks
from lake_assets.jobs.pipeline import Outcome
from lake_assets.kernels.accounting import Accounting
from lake_assets.storage import Store
from lake_assets_tests.jobs.checks.lakes import DAY, GOLD, processed_keys, rewrite
from lake_assets_tests.jobs.lakes import keys


class TestConservation:
    def test_passes_on_what_a_run_published(self, local_store: Store, done: Outcome):
        finding = checks.conservation(local_store, done.commits)
        assert finding.passed
        assert finding.table == []
        assert finding.figures == {
            "rows_read": 13,
            "good": 10,
            "rejected": 2,
            "duplicate": 0,
            "skipped": 1,
            "unaccounted": 0,
        }

    def test_passes_without_a_commit(self, local_store: Store):
        assert checks.conservation(local_store, []).passed

    def test_fails_when_rows_are_in_no_column_of_the_books(self, local_store: Store, done: Outcome):
        (record,) = done.commits
        lost = record.inputs[0].model_copy(
            update={"books": replace(record.inputs[0].books, lines=99)}
        )
        tampered = record.model_copy(update={"inputs": [lost, *record.inputs[1:]]})
        finding = checks.conservation(local_store, [tampered])
        assert not finding.passed
        assert finding.table[0]["where"] == "a.csv"
        assert "archive/" in finding.recover

    @pytest.mark.parametrize("by", [3, -3])
    def test_fails_when_two_files_are_wrong_by_the_same_number(
        self, local_store: Store, done: Outcome, by: int
    ):
        (record,) = done.commits
        inputs = [
            item.model_copy(update={"books": item.books + Accounting(lines=by * sign)})
            for item, sign in zip(record.inputs, (1, -1), strict=True)
        ]
        finding = checks.conservation(local_store, [record.model_copy(update={"inputs": inputs})])
        assert not finding.passed

    def test_fails_when_a_parquet_file_is_missing(self, local_store: Store, done: Outcome):
        (key,) = processed_keys(local_store)
        local_store.delete(key)
        finding = checks.conservation(local_store, done.commits)
        assert not finding.passed
        assert {"where": key, "what": "object missing, rows", "rows": 10} in finding.table

    def test_fails_when_a_parquet_file_lost_a_row(self, local_store: Store, done: Outcome):
        (key,) = processed_keys(local_store)
        rewrite(local_store, key, lambda frame: frame.head(9))
        finding = checks.conservation(local_store, done.commits)
        assert not finding.passed
        assert {"where": key, "what": "rows missing in the object", "rows": 1} in finding.table

    def test_fails_when_a_parquet_file_has_other_values(self, local_store: Store, done: Outcome):
        (key,) = processed_keys(local_store)
        rewrite(local_store, key, lambda frame: frame.with_columns(store_id=pl.lit("S666")))
        finding = checks.conservation(local_store, done.commits)
        assert not finding.passed
        assert finding.table[0]["what"] == "object changed, rows"

    @pytest.mark.parametrize("data", [b"", b"PAR1 no parquet PAR1"])
    def test_fails_when_a_parquet_file_cannot_be_read(
        self, local_store: Store, done: Outcome, data: bytes
    ):
        (key,) = processed_keys(local_store)
        local_store.put(key, data)
        finding = checks.conservation(local_store, done.commits)
        assert not finding.passed
        assert finding.table[0] == {"where": key, "what": "object unreadable, rows", "rows": 10}

    def test_fails_when_reject_lines_are_missing(self, local_store: Store, done: Outcome):
        (key,) = keys(local_store, "rejected/data_quality/json/")
        local_store.put(key, local_store.read(key).splitlines(keepends=True)[0])
        assert not checks.conservation(local_store, done.commits).passed
        local_store.delete(key)
        assert not checks.conservation(local_store, done.commits).passed

    def test_fails_when_the_ledger_forgot_an_output(self, local_store: Store, done: Outcome):
        (record,) = done.commits
        for ending in (".parquet", ".json"):
            outputs = [staged for staged in record.outputs if not staged.key.endswith(ending)]
            tampered = record.model_copy(update={"outputs": outputs})
            assert not checks.conservation(local_store, [tampered]).passed


class TestGoldConservation:
    def test_passes_on_what_compaction_left(self, local_store: Store, done: Outcome):
        finding = checks.gold_conservation(local_store, done.dataset, done.metrics)
        assert finding.passed
        assert finding.sentence == "9 rows in gold = 10 processed - 1 superseded."
        assert finding.figures == {"rows_in": 10, "rows_out": 9}

    @pytest.mark.parametrize(
        "change",
        [
            lambda frame: frame.head(8),
            lambda frame: frame.vstack(frame.head(1)),
            lambda frame: frame.head(0),
        ],
    )
    def test_fails_when_gold_has_another_number_of_rows(
        self, local_store: Store, done: Outcome, change: Any
    ):
        rewrite(local_store, GOLD, change)
        finding = checks.gold_conservation(local_store, done.dataset, done.metrics)
        assert not finding.passed
        assert finding.table[0]["date"] == DAY

    def test_fails_when_gold_is_missing_or_cannot_be_read(self, local_store: Store, done: Outcome):
        local_store.put(GOLD, b"no parquet")
        assert not checks.gold_conservation(local_store, done.dataset, done.metrics).passed
        local_store.delete(GOLD)
        assert not checks.gold_conservation(local_store, done.dataset, done.metrics).passed

    def test_fails_when_a_file_was_added_to_either_side(self, local_store: Store, done: Outcome):
        extra = GOLD.replace("0000", "0001")
        local_store.put(extra, local_store.read(GOLD))
        assert not checks.gold_conservation(local_store, done.dataset, done.metrics).passed
        local_store.delete(extra)
        (key,) = processed_keys(local_store)
        local_store.put(key.replace("part-", "part-foreign-"), local_store.read(key))
        finding = checks.gold_conservation(local_store, done.dataset, done.metrics)
        assert not finding.passed
        assert "Gold does not match processed" in finding.sentence

    def test_fails_when_the_metrics_say_otherwise(self, local_store: Store, done: Outcome):
        (metrics,) = done.metrics
        for wrong in (
            replace(metrics, rows_after_dedup=8),
            replace(metrics, duplicate_rows_removed=0),
        ):
            assert not checks.gold_conservation(local_store, done.dataset, [wrong]).passed
