"""Telco files from raw/ to staging/ against the truth: a month of them, and a whole year."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

from lake_assets.jobs.checks import (
    Around,
    Finding,
    Severity,
    conservation,
    gold_checks,
    gold_conservation,
    reject_rate,
)
from lake_assets.jobs.pipeline import Outcome
from lake_assets.jobs.reconciling.reconcile import reconcile
from lake_assets.samples import SampleFile, TelcoScale, TelcoTruth, telco_files, telco_truth
from lake_assets.storage import Store, open_store
from lake_assets.storage.zones import reason_key
from lake_assets_tests.jobs.lakes import counted, writes
from lake_assets_tests.samples.plain_telco import read, spelled
from lake_assets_tests.telco_lake import (
    FOLDERS,
    contents,
    drop,
    inputs,
    keys,
    parquet,
    run,
    staging,
    telco,
)

SCALES: dict[str, TelcoScale] = {
    "month": {"customers": 800, "plans": 12, "events": 3_000, "days": 30},
    "year": {},
}


@dataclass
class Finished:
    store: Store
    files: list[SampleFile]
    truth: TelcoTruth
    outcomes: dict[str, Outcome]
    day: str
    """On which the files arrived."""

    def good(self, folder: str) -> Iterator[SampleFile]:
        """The files of a dataset that are not refused."""
        for file in self.files:
            if file.name.startswith(f"{folder}/") and not file.truth.system_reject:
                yield file


@pytest.fixture(scope="module", params=["month", pytest.param("year", marks=pytest.mark.slow)])
def done(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Finished:
    scale = SCALES[request.param]
    store = open_store(str(tmp_path_factory.mktemp("lake")))
    files = list(telco_files(**scale, refused=7))
    drop(store, files)
    day = str(datetime.now(UTC).date())
    outcomes = run(store)
    return Finished(store, files, telco_truth(**scale), outcomes, day)


def test_the_books_of_every_file_are_its_truth(done: Finished) -> None:
    found = {name: item for name, item in inputs(done.outcomes) if item.outcome == "ingested"}
    wanted = {file.name: file.truth for file in done.files if not file.truth.system_reject}
    assert set(found) == set(wanted)
    for name, truth in wanted.items():
        books = found[name].books
        codes: Counter[str] = Counter()
        for reason, rows in books.reasons.items():
            codes[reason.partition(":")[0]] += rows
        assert (books.rows_read, books.good, books.skipped) == (
            truth.rows_read,
            truth.good,
            truth.skipped,
        ), name
        assert dict(codes) == truth.rejected, name
        assert books.unaccounted == books.duplicate == 0
        if name.startswith("activity_logs/"):
            assert books.dates == {str(day): rows for day, rows in truth.dates.items()}
        else:
            assert books.dates == {done.day: truth.good}
        extra = set(map(spelled, found[name].extra_columns))
        assert extra == (truth.unknown_columns or set())


def test_files_are_refused_for_their_true_reason_in_a_folder_of_the_day(done: Finished) -> None:
    verdicts = {
        f"{name}/{one.source_file}": one
        for name, outcome in done.outcomes.items()
        for one in outcome.verdicts
        if one.outcome == "refused"
    }
    verdicts |= {one.source_file: one for one in done.outcomes["plans"].unknown}
    wanted = {f.name: f for f in done.files if f.truth.system_reject}
    assert {name: one.reason for name, one in verdicts.items()} == {
        name: file.truth.system_reject for name, file in wanted.items()
    }
    for name, verdict in verdicts.items():
        folder, _, plain = name.partition("/")
        place = (
            f"{folder}/{done.day}/{plain}" if folder in FOLDERS else f"_unknown/{done.day}/{name}"
        )
        assert verdict.key == f"rejected/{place}"
        assert done.store.read(verdict.key) == wanted[name].content
        assert json.loads(done.store.read(reason_key(verdict.key)))["reason"] == verdict.reason


def test_the_archive_has_every_accepted_file_byte_for_byte_under_its_own_name(
    done: Finished,
) -> None:
    for folder in FOLDERS:
        assert contents(done.store, f"archive/{folder}/") == {
            f"archive/{folder}/{done.day}/{file.name.partition('/')[2]}": file.content
            for file in done.good(folder)
        }
    assert keys(done.store, "raw/") == []


@pytest.mark.parametrize("folder", FOLDERS)
def test_clean_has_every_good_row_and_the_rejects_every_other(done: Finished, folder: str) -> None:
    truths = [file.truth for file in done.good(folder)]
    clean = parquet(done.store, keys(done.store, f"clean/{folder}/"))
    assert clean.height == sum(truth.good for truth in truths)
    rejected = [
        json.loads(line)
        for data in contents(done.store, f"rejected/_rows/{folder}/json/").values()
        for line in data.splitlines()
    ]
    assert len(rejected) == sum(sum(truth.rejected.values()) for truth in truths)
    lines = {file.name.partition("/")[2]: _lines(file) for file in done.good(folder)}
    for row in rejected:
        assert row["raw_row"] == lines[row["source_file"]][row["line_number"] - 1]


def test_staging_has_each_event_once_with_the_plan_of_its_customer(done: Finished) -> None:
    activity = staging(done.store, "activity_logs")
    assert activity["event_id"].n_unique() == activity.height
    per_day = activity.group_by(pl.col("event_timestamp").dt.date()).len()
    assert dict(per_day.iter_rows()) == done.truth.events
    orphans = activity.filter(~pl.col("customer_id").is_in(list(done.truth.plan_of)))
    per_day = orphans.group_by(pl.col("event_timestamp").dt.date()).len()
    assert dict(per_day.iter_rows()) == done.truth.orphans
    plans = dict(activity.select("event_id", "plan_id").iter_rows())
    whose = dict(activity.select("event_id", "customer_id").iter_rows())
    assert plans == {event: done.truth.plan_of.get(customer) for event, customer in whose.items()}


def test_payloads_are_the_objects_that_came(done: Finished) -> None:
    wanted: dict[str, Any] = {}
    for file in list(done.good("activity_logs"))[:5]:
        wanted |= {one["event_id"]: one["payload"] for one in read(file.name, file.content).good}
    activity = staging(done.store, "activity_logs").filter(pl.col("event_id").is_in(list(wanted)))
    found = dict(activity.select("event_id", "payload").iter_rows())
    assert {event: json.loads(text) for event, text in found.items()} == wanted


def test_staging_has_the_latest_of_each_customer_with_its_plan(done: Finished) -> None:
    customers = staging(done.store, "customers").sort("customer_id")
    wanted = done.truth.customers
    assert customers.select(wanted.columns).equals(wanted)
    prices = dict(customers.select("customer_id", "monthly_price").iter_rows())
    assert {customer: price and str(price) for customer, price in prices.items()} == {
        customer: done.truth.prices.get(plan or "") for customer, plan in done.truth.plan_of.items()
    }
    assert (
        customers.filter(pl.col("plan_name").is_not_null())["plan_id"]
        .is_in(list(done.truth.prices))
        .all()
    )


def test_staging_has_the_latest_of_each_plan(done: Finished) -> None:
    plans = staging(done.store, "plans")
    found = {plan: str(price) for plan, price in plans.select("plan_id", "monthly_price").rows()}
    assert found == done.truth.prices
    assert plans.schema["roaming_enabled"] == pl.Boolean
    assert plans.schema["monthly_price"] == pl.Decimal(10, 2)


def test_every_step_conserves_its_rows(done: Finished) -> None:
    for outcome in done.outcomes.values():
        assert outcome.commits
        assert conservation(done.store, outcome.commits).passed
        assert outcome.metrics
        assert gold_conservation(done.store, outcome.dataset, outcome.metrics).passed
    report = reconcile(done.store, telco())
    assert list(report.faults) == []


def test_each_date_keeps_the_limits_of_the_contract(done: Finished) -> None:
    warned = set()
    for outcome in done.outcomes.values():
        dataset = outcome.dataset
        rejects = reject_rate(dataset, outcome.commits, done.store)
        around = Around.of(done.store, telco(), dataset)
        found = [rejects, *gold_checks_of(done.store, outcome, around)]
        assert [
            one.sentence for one in found if one.severity is Severity.ERROR and not one.passed
        ] == []
        warned |= {dataset.name for one in found if not one.passed}
    assert "plans" in warned  # four bad rows among some forty


def gold_checks_of(store: Store, outcome: Outcome, around: Around) -> Iterator[Finding]:
    """What the checks of the first ten dates find."""
    for day in outcome.metrics[:10]:
        yield from gold_checks(store, outcome.dataset, day, around).values()


def test_a_second_run_does_nothing(done: Finished) -> None:
    before = {info.key: info.etag for info in done.store.list("")}
    watched, calls = counted(done.store)
    outcomes = run(watched)
    assert writes(calls) == 0
    assert not any(one.verdicts or one.commits or one.metrics for one in outcomes.values())
    assert {info.key: info.etag for info in done.store.list("")} == before


def _lines(file: SampleFile) -> list[str]:
    text = file.content.decode("utf-8-sig")
    return [line.removesuffix("\r") for line in text.split("\n")]
