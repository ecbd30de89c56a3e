"""Every check of a date of gold passes on good rows, and fails on rows made bad."""

from typing import Any

import polars as pl
import pytest

from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.lake import Lake
from lake_assets.contracts.quality import Quality
from lake_assets.jobs import checks
from lake_assets.jobs.checks import Around, Finding, Severity
from lake_assets.jobs.pipeline import Outcome
from lake_assets.samples.retail import retail_files
from lake_assets.storage import Store
from lake_assets_tests.jobs.checks.lakes import GOLD, filled, rewrite
from lake_assets_tests.jobs.lakes import counted, place, run


def strict(dataset: Dataset, **quality: Any) -> Dataset:
    """The dataset with other checks than retail's."""
    return dataset.model_copy(update={"quality": Quality.model_validate(quality)})


def check(
    store: Store, lake: Lake, dataset: Dataset, done: Outcome, **quality: Any
) -> dict[str, Finding]:
    """What the checks find on the date, under these expectations."""
    (day,) = done.metrics
    around = Around.of(store, lake, dataset)
    return checks.gold_checks(store, strict(dataset, **quality), day, around)


def test_all_pass_on_what_compaction_left(
    local_store: Store, lake: Lake, dataset: Dataset, done: Outcome
):
    found = check(
        local_store,
        lake,
        dataset,
        done,
        accepted={"store_id": {"values": ["S1", "S2"]}},
        ranges={"quantity": {"minimum": 1, "maximum": 5}, "timestamp": {"minimum": "2025-05-30"}},
        unique=[{"columns": ["transaction_id", "item_id"]}],
    )
    assert set(found) == {
        "accepted_values",
        "conservation",
        "duplicate_rate",
        "gold_against_processed",
        "null_rates",
        "ranges",
        "schema",
        "uniqueness",
        "volume",
    }
    assert [name for name, finding in found.items() if not finding.passed] == []


def test_what_the_contract_does_not_ask_is_not_checked(
    local_store: Store, lake: Lake, dataset: Dataset, done: Outcome
):
    found = check(local_store, lake, dataset, done, volume=None)
    assert not {"accepted_values", "ranges", "references", "volume"} & set(found)


class TestAcceptedValues:
    @pytest.mark.parametrize(
        ("allowed", "severity"),
        [
            (1 / 9, None),
            (0.1, Severity.WARN),
            ({"fail": 0.1}, Severity.ERROR),
            ({"warn": 0.05, "fail": 0.5}, Severity.WARN),
        ],
    )
    def test_warn_and_fail_by_the_share_of_other_values(
        self,
        local_store: Store,
        lake: Lake,
        dataset: Dataset,
        done: Outcome,
        allowed: object,
        severity: Severity | None,
    ):
        other = pl.when(pl.col("transaction_id") == "T3").then(pl.lit("S9")).otherwise("store_id")
        rewrite(local_store, GOLD, lambda frame: frame.with_columns(store_id=other))
        accepted = {"store_id": {"values": ["S1"], "max_share": allowed}}
        finding = check(local_store, lake, dataset, done, accepted=accepted)["accepted_values"]
        assert finding.passed is (severity is None)
        assert finding.figures["rows_at_fault"] == 1
        if severity:
            assert finding.severity is severity

    def test_the_sample_says_which_value_stands_where(
        self, local_store: Store, lake: Lake, dataset: Dataset, done: Outcome
    ):
        accepted = {"store_id": {"values": ["S2"]}}
        finding = check(local_store, lake, dataset, done, accepted=accepted)["accepted_values"]
        assert len(finding.sample) == 9
        assert finding.sample[1] == {
            "key transaction_id": "T1",
            "column": "store_id",
            "value": "S1",
            "source_file": "a.csv",
            "line_number": 3,
        }
        assert "quality.accepted" in finding.recover

    def test_no_more_than_ten_rows_are_shown_of_many_files(
        self, local_store: Store, lake: Lake, dataset: Dataset, done: Outcome
    ):
        local_store.put(GOLD.replace("0000", "0001"), local_store.read(GOLD))
        accepted = {"store_id": {"values": ["S2"]}, "item_id": {"values": ["I2"]}}
        finding = check(local_store, lake, dataset, done, accepted=accepted)["accepted_values"]
        assert finding.figures["rows_at_fault"] == 36
        assert [row["column"] for row in finding.sample] == ["store_id"] * 5 + ["item_id"] * 5

    def test_null_is_no_other_value(
        self, local_store: Store, lake: Lake, dataset: Dataset, done: Outcome
    ):
        accepted = {"payment_method": {"values": ["cash"]}}
        assert check(local_store, lake, dataset, done, accepted=accepted)["accepted_values"].passed

    def test_numbers_are_compared_exactly(
        self, local_store: Store, lake: Lake, dataset: Dataset, done: Outcome
    ):
        accepted: dict[str, Any] = {"unit_price": {"values": [2.5]}, "quantity": {"values": [1, 5]}}
        assert check(local_store, lake, dataset, done, accepted=accepted)["accepted_values"].passed
        accepted = {"unit_price": {"values": [2.51]}}
        found = check(local_store, lake, dataset, done, accepted=accepted)
        assert not found["accepted_values"].passed


class TestRanges:
    @pytest.mark.parametrize(
        ("bounds", "at_fault"),
        [
            ({"quantity": {"minimum": 2}}, 8),
            ({"quantity": {"maximum": 4}}, 1),
            ({"unit_price": {"minimum": 2.51}}, 9),
            ({"unit_price": {"minimum": 2.5, "maximum": 2.5}}, 0),
            ({"timestamp": {"maximum": "2025-05-30T09:59:59"}}, 9),
            ({"timestamp": {"maximum": "2025-05-30T12:00:00+02:00"}}, 0),
        ],
    )
    def test_fail_on_values_outside(
        self,
        local_store: Store,
        lake: Lake,
        dataset: Dataset,
        done: Outcome,
        bounds: dict[str, Any],
        at_fault: int,
    ):
        finding = check(local_store, lake, dataset, done, ranges=bounds)["ranges"]
        assert finding.figures["rows_at_fault"] == at_fault
        assert finding.passed is (at_fault == 0)
        assert len(finding.sample) == at_fault

    def test_fail_as_gravely_as_the_level(
        self, local_store: Store, lake: Lake, dataset: Dataset, done: Outcome
    ):
        bounds = {"quantity": {"maximum": 4, "max_share": {"warn": 0, "fail": 0.1}}}
        finding = check(local_store, lake, dataset, done, ranges=bounds)["ranges"]
        assert finding.severity is Severity.ERROR
        (row,) = finding.table
        assert row["expected"] == "quantity is at most 4"
        assert row["rows at fault"] == 1


class TestUniqueness:
    def test_fails_on_a_key_that_is_there_twice(
        self, local_store: Store, lake: Lake, dataset: Dataset, done: Outcome
    ):
        rewrite(local_store, GOLD, lambda frame: frame.vstack(frame.head(1)))
        finding = check(local_store, lake, dataset, done)["uniqueness"]
        assert not finding.passed
        assert finding.severity is Severity.ERROR
        assert [row["value"] for row in finding.sample] == ["T0", "T0"]

    def test_fails_on_a_key_that_is_in_two_files(
        self, local_store: Store, lake: Lake, dataset: Dataset, done: Outcome
    ):
        local_store.put(GOLD.replace("0000", "0001"), local_store.read(GOLD))
        finding = check(local_store, lake, dataset, done)["uniqueness"]
        assert not finding.passed
        assert finding.figures["rows_at_fault"] == 9

    def test_warns_of_other_columns_that_should_be_unique(
        self, local_store: Store, lake: Lake, dataset: Dataset, done: Outcome
    ):
        unique = [{"columns": ["store_id", "quantity"]}]
        finding = check(local_store, lake, dataset, done, unique=unique)["uniqueness"]
        assert not finding.passed
        assert finding.severity is Severity.WARN
        assert finding.table[0]["rows at fault"] == 7
        assert finding.sample[0]["value"] == "S1 | 1"

    def test_nulls_are_no_doubles(
        self, local_store: Store, lake: Lake, dataset: Dataset, done: Outcome
    ):
        unique = [{"columns": ["item_category"]}]
        assert check(local_store, lake, dataset, done, unique=unique)["uniqueness"].passed

    def test_equal_hashes_of_other_values_are_no_doubles(
        self,
        local_store: Store,
        lake: Lake,
        dataset: Dataset,
        done: Outcome,
        monkeypatch: pytest.MonkeyPatch,
    ):
        def constant(expr: pl.Expr, *seeds: int) -> pl.Expr:
            return expr.is_null().cast(pl.UInt64)

        monkeypatch.setattr(pl.Expr, "hash", constant)
        assert check(local_store, lake, dataset, done)["uniqueness"].passed


class TestNullRates:
    def test_show_some_of_the_rows(
        self, local_store: Store, lake: Lake, dataset: Dataset, done: Outcome
    ):
        limits = {"item_category": 0.5, "payment_method": {"fail": 0.5}}
        finding = check(local_store, lake, dataset, done, max_null_rate=limits)["null_rates"]
        assert finding.severity is Severity.ERROR
        assert [row["column"] for row in finding.sample] == (
            ["item_category"] * 5 + ["payment_method"] * 5
        )
        assert {row["value"] for row in finding.sample} == {"(none)"}


class TestDuplicateRate:
    def test_shows_the_keys_that_came_often(
        self, local_store: Store, lake: Lake, dataset: Dataset, done: Outcome
    ):
        finding = check(local_store, lake, dataset, done, max_duplicate_rate=0)["duplicate_rate"]
        assert finding.severity is Severity.WARN
        assert finding.sample == [{"transaction_id": "T0", "rows": 2, "files": 2}]


class TestDamage:
    @pytest.mark.parametrize("name", ["accepted_values", "ranges", "uniqueness"])
    def test_a_file_that_cannot_be_read_fails_what_looks_at_rows(
        self, local_store: Store, lake: Lake, dataset: Dataset, done: Outcome, name: str
    ):
        local_store.put(GOLD, b"no parquet")
        found = check(
            local_store,
            lake,
            dataset,
            done,
            accepted={"store_id": {"values": ["S1"]}},
            ranges={"quantity": {"minimum": 1}},
        )
        assert not found[name].passed
        assert found[name].severity is Severity.ERROR
        assert GOLD in str(found[name].table)

    def test_a_column_that_is_gone_fails_what_looks_at_it(
        self, local_store: Store, lake: Lake, dataset: Dataset, done: Outcome
    ):
        rewrite(local_store, GOLD, lambda frame: frame.drop("quantity"))
        found = check(local_store, lake, dataset, done, ranges={"quantity": {"minimum": 1}})
        assert not found["ranges"].passed
        assert not found["schema"].passed


def test_a_personal_value_is_masked_wherever_it_is_shown(
    local_store: Store, lake: Lake, dataset: Dataset, done: Outcome
):
    columns = [
        column.model_copy(update={"personal": column.name in ("transaction_id", "store_id")})
        for column in dataset.columns
    ]
    rewrite(local_store, GOLD, lambda frame: frame.with_columns(store_id=pl.lit("Secret Street")))
    secret = dataset.model_copy(update={"columns": columns})
    accepted = {"store_id": {"values": ["S1"]}}
    finding = check(local_store, lake, secret, done, accepted=accepted)["accepted_values"]
    assert {row["value"] for row in finding.sample} == {"S***"}
    assert {row["key transaction_id"] for row in finding.sample} == {"***"}
    assert "Secret" not in str(finding)


def test_long_values_and_long_lists_are_cut_where_they_are_shown(
    local_store: Store, lake: Lake, dataset: Dataset, done: Outcome
):
    rewrite(local_store, GOLD, lambda frame: frame.with_columns(store_id=pl.lit("x" * 5_000)))
    accepted = {"store_id": {"values": [f"S{number}" for number in range(25)]}}
    finding = check(local_store, lake, dataset, done, accepted=accepted)["accepted_values"]
    assert {row["value"] for row in finding.sample} == {"x" * 100 + "…"}
    assert "S9 and 15 more: 9 are not" in finding.sentence


def test_keys_of_superseded_rows_are_masked_as_well(
    local_store: Store, lake: Lake, dataset: Dataset, done: Outcome
):
    columns = [
        column.model_copy(update={"personal": column.name == "transaction_id"})
        for column in dataset.columns
    ]
    secret = dataset.model_copy(update={"columns": columns})
    rewrite(local_store, GOLD, lambda frame: frame.filter(pl.col("transaction_id") != "T3"))
    found = check(local_store, lake, secret, done, max_duplicate_rate=0)
    assert found["duplicate_rate"].sample[0]["transaction_id"] == "***"
    assert found["gold_against_processed"].sample[0]["key transaction_id"] == "***"


def test_all_pass_in_a_bucket(s3_store: Store, lake: Lake, dataset: Dataset):
    (day,) = filled(s3_store, lake).metrics
    lenient = strict(dataset, accepted={"store_id": {"values": ["S1"]}})
    found = checks.gold_checks(s3_store, lenient, day, Around.of(s3_store, lake, lenient))
    assert [name for name, finding in found.items() if not finding.passed] == []
    assert found["uniqueness"].figures["rows"] == 9


def test_gold_is_read_a_constant_number_of_times_however_much_is_expected(
    local_store: Store, lake: Lake, dataset: Dataset, done: Outcome
):
    def reads(**quality: Any) -> int:
        watched, calls = counted(local_store)
        assert all(
            found.passed for found in check(watched, lake, dataset, done, **quality).values()
        )
        return calls["read"]

    much = {
        "accepted": {"store_id": {"values": ["S1"]}, "item_id": {"values": ["I1"]}},
        "ranges": {"quantity": {"minimum": 1}, "revenue": {"minimum": 0.01}},
        "unique": [{"columns": ["transaction_id", "item_id"]}],
    }
    assert reads(**much) == reads()


def test_sample_files_are_as_the_contract_of_retail_expects(
    local_store: Store, lake: Lake, dataset: Dataset
):
    for sample in retail_files(files=5, rows=400, days=2):
        place(local_store, sample.name, sample.content)
    outcome = run(local_store, lake)
    around = Around.of(local_store, lake, dataset)
    found = [checks.gold_checks(local_store, dataset, day, around) for day in outcome.metrics]
    assert len(found) == 2
    assert [(name, one.table) for day in found for name, one in day.items() if not one.passed] == []
    assert checks.reject_rate(dataset, outcome.commits, local_store).passed
    assert {"accepted_values", "ranges", "volume"} <= set(found[0])
