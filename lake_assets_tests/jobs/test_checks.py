"""Each check passes on what a step left, and fails on what should never be."""

import io
from dataclasses import replace
from datetime import timedelta
from typing import Any

import polars as pl
import pytest

from lake_assets.contracts.dataset import Dataset, Quality
from lake_assets.contracts.lake import Lake
from lake_assets.jobs import checks
from lake_assets.jobs.compaction.metrics import Metrics
from lake_assets.jobs.ingest import ingest
from lake_assets.jobs.pipeline import Outcome
from lake_assets.jobs.reading.task import to_parquet
from lake_assets.kernels.accounting import Accounting
from lake_assets.storage import Store
from lake_assets_tests.jobs.lakes import ARRIVED, ENGINE, csv, drop, keys, place, run, sale

DAY = "2025-05-30"
GOLD = f"gold/fact_sales/date={DAY}/part-0000.snappy.parquet"


@pytest.fixture
def done(local_store: Store, lake: Lake) -> Outcome:
    """Ten good rows, of which one is superseded, two rejects and one blank line."""
    place(
        local_store,
        "a.csv",
        csv(*[sale(f"T{n}") for n in range(9)], sale("", DAY), sale("T99", quantity="x"), ""),
    )
    place(local_store, "b.csv", csv(sale("T0", quantity=5)), ARRIVED + timedelta(seconds=1))
    return run(local_store, lake)


def processed_keys(store: Store) -> list[str]:
    return keys(store, "processed/")


def rewrite(store: Store, key: str, change: Any) -> None:
    """Change the rows of a Parquet file."""
    frame = pl.read_parquet(io.BytesIO(store.read(key)))
    store.put(key, to_parquet(change(frame)))


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
        assert row["reason"] == "delimiter_detection_failed"
        assert row["now at"] == "rejected/system/b.csv"
        assert "Mend them" in finding.sentence


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
        assert "archive/" in finding.sentence

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
        assert ("lake rejects" in finding.sentence) is not passed

    def test_is_zero_where_there_are_no_rows(self, dataset: Dataset):
        strict = dataset.model_copy(update={"quality": Quality(max_reject_rate=0)})
        assert checks.reject_rate(strict, []).passed


class TestGoldConservation:
    def test_passes_on_what_compaction_left(self, local_store: Store, done: Outcome):
        finding = checks.gold_conservation(local_store, done.metrics)
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
        finding = checks.gold_conservation(local_store, done.metrics)
        assert not finding.passed
        assert finding.table[0]["date"] == DAY

    def test_fails_when_gold_is_missing_or_cannot_be_read(self, local_store: Store, done: Outcome):
        local_store.put(GOLD, b"no parquet")
        assert not checks.gold_conservation(local_store, done.metrics).passed
        local_store.delete(GOLD)
        assert not checks.gold_conservation(local_store, done.metrics).passed

    def test_fails_when_a_file_was_added_to_either_side(self, local_store: Store, done: Outcome):
        extra = GOLD.replace("0000", "0001")
        local_store.put(extra, local_store.read(GOLD))
        assert not checks.gold_conservation(local_store, done.metrics).passed
        local_store.delete(extra)
        (key,) = processed_keys(local_store)
        local_store.put(key.replace("part-", "part-foreign-"), local_store.read(key))
        finding = checks.gold_conservation(local_store, done.metrics)
        assert not finding.passed
        assert "Gold does not match processed" in finding.sentence

    def test_fails_when_the_metrics_say_otherwise(self, local_store: Store, done: Outcome):
        (metrics,) = done.metrics
        for wrong in (
            replace(metrics, rows_after_dedup=8),
            replace(metrics, duplicate_rows_removed=0),
        ):
            assert not checks.gold_conservation(local_store, [wrong]).passed


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
