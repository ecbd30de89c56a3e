"""The telco samples: the same bytes each time, and truths that an independent reading confirms."""

import hashlib
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from lake_assets.samples import (
    TELCO_DATASETS,
    SampleFile,
    TelcoScale,
    gold_rows,
    telco_activity,
    telco_files,
    telco_truth,
)
from lake_assets.samples.telco_states import ATTRIBUTES
from lake_assets_tests.samples.plain_telco import day_of, read

TINY: TelcoScale = {"customers": 400, "plans": 6, "events": 3_000, "days": 15}
SEEDED: TelcoScale = {**TINY, "seed": 3}
WORLDS: list[TelcoScale] = [
    {**TINY},
    {**TINY, "seed": 1, "start": date(2024, 2, 27)},
    {"seed": 2, "customers": 3, "plans": 2, "events": 2, "days": 2},
    {"seed": 3, "customers": 900, "plans": 40, "events": 5_000, "days": 1},
]


def digest(files: Iterator[SampleFile]) -> str:
    whole = hashlib.sha256()
    for file in files:
        whole.update(file.name.encode() + b"\0" + file.content + b"\0")
    return whole.hexdigest()


def records(scale: TelcoScale, folder: str) -> Iterator[tuple[date, dict[str, Any]]]:
    """The good records of a folder, with the date of their file, as a plain reading finds them."""
    for file in telco_files(**scale, datasets=[folder], truth=False):
        day = date.fromisoformat(file.name.partition(".")[0][-10:])
        for record in read(file.name, file.content).good:
            yield day, record


def test_same_arguments_give_the_same_files() -> None:
    once, again = (list(telco_files(**SEEDED, refused=7)) for _ in range(2))
    assert once == again


def test_bytes_do_not_change_with_the_version_of_polars_or_python() -> None:
    pinned = "9b1c6bc1448a2933a5d00c4b873efb872518fe3188c18742dbda77bfd131354f"
    assert digest(telco_files(**TINY, refused=7)) == pinned


def test_bytes_do_not_depend_on_the_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = list(telco_files(**TINY))
    monkeypatch.setattr(telco_activity, "_BLOCK_EVENTS", 77)
    assert list(telco_files(**TINY)) == whole


def test_another_seed_gives_other_rows() -> None:
    scales: list[TelcoScale] = [{**TINY, "seed": seed} for seed in (1, 2)]
    one, other = (list(telco_files(**scale)) for scale in scales)
    assert [file.name for file in one] == [file.name for file in other]
    assert not {file.content for file in one} & {file.content for file in other}


@pytest.mark.parametrize("scale", WORLDS)
def test_a_plain_reading_finds_what_the_truth_says(scale: TelcoScale) -> None:
    for file in telco_files(**scale):
        found, truth = read(file.name, file.content), file.truth
        assert (found.rows_read, len(found.good), found.skipped) == (
            truth.rows_read,
            truth.good,
            truth.skipped,
        ), file.name
        assert found.rejected == truth.rejected
        if file.name.startswith("activity_logs/"):
            days: defaultdict[date, list[str]] = defaultdict(list)
            for record in found.good:
                days[day_of(record)].append(record["event_id"])
            assert {day: len(ids) for day, ids in days.items()} == truth.dates
            assert {day: frozenset(ids) for day, ids in days.items()} == truth.transactions


@pytest.mark.parametrize("scale", WORLDS)
def test_every_line_of_a_file_is_accounted_for(scale: TelcoScale) -> None:
    for file in telco_files(**scale):
        truth = file.truth
        assert truth.rows_read == truth.good + sum(truth.rejected.values()) + truth.skipped
        assert sum(truth.dates.values()) == truth.good > 0


@pytest.mark.parametrize("scale", WORLDS)
def test_every_event_comes_and_counts_once_on_its_date(scale: TelcoScale) -> None:
    files = [*telco_files(**scale, datasets=["activity_logs"])]
    truth = telco_truth(**scale)
    assert gold_rows(files) == truth.events
    assert sum(truth.events.values()) == scale["events"]
    assert len(files) == scale["days"]


def test_orphans_are_events_whose_customer_no_file_has() -> None:
    known = {record["customer_id"] for _, record in records(TINY, "customers")}
    orphans: defaultdict[date, set[str]] = defaultdict(set)
    for _, record in records(TINY, "activity_logs"):
        if record["customer_id"] not in known:
            orphans[day_of(record)].add(record["event_id"])
    truth = telco_truth(**TINY)
    assert {day: len(ids) for day, ids in orphans.items()} == truth.orphans
    assert 10 < sum(truth.orphans.values()) < 60


def test_the_latest_customers_are_those_of_the_last_line_of_each() -> None:
    latest = {record["customer_id"]: record for _, record in records(TINY, "customers")}
    truth = telco_truth(**TINY)
    found = [
        {name: _text(latest[customer][name]) for name in ("customer_id", *ATTRIBUTES)}
        for customer in sorted(latest)
    ]
    assert truth.customers.to_dicts() == found
    assert len(found) == TINY["customers"]
    assert truth.plan_of == {customer: latest[customer]["plan_id"] for customer in latest}


def test_the_history_has_each_value_once_from_the_file_that_brought_it() -> None:
    by_day: dict[tuple[str, str], dict[date, Any]] = defaultdict(dict)
    for day, record in records(TINY, "customers"):
        for name in ATTRIBUTES:
            by_day[record["customer_id"], name][day] = _text(record[name])
    wanted = []
    for (customer, name), values in sorted(by_day.items()):
        before: object = object()
        for day, value in values.items():
            if value != before:
                wanted.append((customer, name, value, day))
            before = value
    history = telco_truth(**TINY).history
    assert history.columns == ["customer_id", "attribute", "value", "since"]
    assert history.rows() == wanted


def test_each_followed_attribute_changes_and_some_rows_change_nothing() -> None:
    truth = telco_truth(**TINY)
    changes = truth.history.filter(truth.history["since"] > date(2024, 1, 1))
    assert set(changes["attribute"]) == set(ATTRIBUTES)
    seen = {(customer, day) for customer, day in changes.select("customer_id", "since").rows()}
    sent = {(record["customer_id"], day) for day, record in records(TINY, "customers")}
    later = {(customer, day) for customer, day in sent if day > date(2024, 1, 1)}
    assert seen < later


def test_unknown_plans_are_in_no_plans_file() -> None:
    scale: TelcoScale = {**TINY, "customers": 3_000}
    plans = {record["plan_id"] for _, record in records(scale, "plans")}
    truth = telco_truth(**scale)
    assert truth.unknown_plans == {
        customer for customer, plan in truth.plan_of.items() if plan and plan not in plans
    }
    assert truth.unknown_plans
    assert None in truth.plan_of.values()


def test_the_second_plans_file_has_every_plan_and_new_prices() -> None:
    prices: defaultdict[str, dict[date, str]] = defaultdict(dict)
    for day, record in records(TINY, "plans"):
        prices[record["plan_id"]][day] = record["monthly_price"]
    assert {plan: len(days) for plan, days in prices.items()} == {
        f"P{100 + number}": 2 for number in range(6)
    }
    truth = telco_truth(**TINY)
    assert {plan: days[max(days)] for plan, days in prices.items()} == truth.prices
    assert 0 < sum(len(set(days.values())) == 2 for days in prices.values()) < 6


def test_columns_that_no_contract_knows_come_from_some_day_on() -> None:
    since: dict[str, str] = {}
    for file in telco_files(**TINY):
        found = {
            name
            for record in read(file.name, file.content).good
            for name in record
            if name in ("app_version", "session", "loyalty_tier")
        }
        assert found == (file.truth.unknown_columns or set())
        for name in found:
            since.setdefault(name, file.name)
    assert since == {
        "loyalty_tier": "customers/customers_2024-01-05.ndjson",
        "app_version": "activity_logs/activity_2024-01-08.ndjson",
        "session": "activity_logs/activity_2024-01-12.ndjson",
    }


def test_files_come_by_date_and_a_dataset_alone_is_the_same() -> None:
    files = list(telco_files(**TINY))
    days = [file.name.partition(".")[0][-10:] for file in files]
    assert days == sorted(days)
    assert [file.name.partition("/")[0] for file in files[:3]] == list(TELCO_DATASETS)
    for name in TELCO_DATASETS:
        alone = list(telco_files(**TINY, datasets=[name]))
        assert alone == [file for file in files if file.name.startswith(f"{name}/")]
    assert len({file.name for file in files}) == len(files)


def test_a_truth_without_ids_has_the_same_counts() -> None:
    for bare, full in zip(telco_files(**TINY, truth=False), telco_files(**TINY), strict=True):
        assert bare.content == full.content
        assert (bare.truth.good, bare.truth.dates) == (full.truth.good, full.truth.dates)
        assert bare.truth.transactions is None or bare.name.startswith("plans/")


def test_without_arguments_it_is_the_documented_shape() -> None:
    files = list(telco_files(truth=False))
    folders = [file.name.partition("/")[0] for file in files]
    assert {name: folders.count(name) for name in TELCO_DATASETS} == {
        "plans": 2,
        "customers": 12,
        "activity_logs": 365,
    }
    truth = telco_truth()
    assert sum(truth.events.values()) == 100_000
    assert truth.customers.height == 10_000
    assert len(truth.prices) == 20
    assert len(truth.events) == 365


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("seed", -1),
        ("customers", 0),
        ("plans", 1),
        ("events", 364),
        ("days", 0),
        ("refused", -1),
        ("datasets", ["invoices"]),
    ],
)
def test_an_argument_out_of_range_is_named_at_once(argument: str, value: Any) -> None:
    with pytest.raises(ValueError, match=argument.rstrip("s")):
        telco_files(**{argument: value})


def _text(value: object) -> str | None:
    return None if value is None else str(value)
