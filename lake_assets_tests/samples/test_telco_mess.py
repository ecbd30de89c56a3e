"""Every kind of mess of real telco files comes in a sample large enough."""

import json
import re
from collections import Counter

import pytest

from lake_assets.samples import SampleFile, telco_files
from lake_assets.samples.telco_payloads import EVENT_TYPES
from lake_assets_tests.samples.plain_telco import lines, moment, parsed, read

BOM = b"\xef\xbb\xbf"


@pytest.fixture(scope="module")
def files() -> list[SampleFile]:
    return list(telco_files(customers=2_000, events=12_000, days=60))


@pytest.fixture(scope="module")
def activity(files: list[SampleFile]) -> list[str]:
    return lines_of(files, "activity_logs")


def lines_of(files: list[SampleFile], folder: str) -> list[str]:
    return [line for file in files if file.name.startswith(folder) for line in lines(file.content)]


def test_every_reason_comes(files: list[SampleFile]) -> None:
    total: Counter[str] = Counter()
    for file in files:
        if file.name.startswith("activity_logs/"):
            total.update(file.truth.rejected)
    assert set(total) == {
        "INVALID_JSON",
        "STRUCTURAL",
        "INVALID_TYPE",
        "MISSING_REQUIRED_COLUMN",
        "INVALID_TIMESTAMP_FORMAT",
    }


@pytest.mark.parametrize(
    "pattern",
    [
        r'\{"[^}]*',  # cut off
        "ERROR .*",
        r"\{.*\}\{.*\}",
        r"\{.*,\}",
        r"\[.*\]",
        r"\d+",
        '"[^"]*"',
        "null",
        r'\{"event_id":"another","event_id":".*',
        r'.*"event_type": ?\{"value":.*',
        r'.*"event_type": ?\["\w+"\].*',
        r'.*"event_id": ?null.*',
        r'.*"event_id": ?"".*',
        '.*"2024-02-30T25:61:00Z".*',
        '.*"yesterday".*',
        "",
        " +",
    ],
)
def test_lines_are_broken_in_every_way(activity: list[str], pattern: str) -> None:
    assert any(re.fullmatch(pattern, line) for line in activity)


def test_at_most_three_lines_of_a_hundred_are_no_good_record(files: list[SampleFile]) -> None:
    for file in files:
        if file.truth.rows_read > 100:
            assert file.truth.good >= 0.97 * file.truth.rows_read


def test_files_differ_in_line_ends_and_byte_order_marks(files: list[SampleFile]) -> None:
    daily = [file.content for file in files if file.name.startswith("activity_logs/")]
    assert {b"\r\n" in content for content in daily} == {True, False}
    assert {content.startswith(BOM) for content in daily} == {True, False}
    assert {content.endswith(b"\n") for content in daily} == {True, False}


@pytest.mark.parametrize("name", ["event_id", "eventId", "Event-Id"])
def test_producers_spell_the_keys_each_in_their_way(activity: list[str], name: str) -> None:
    assert any(f'"{name}":' in line for line in activity)


def test_keys_come_in_two_orders_with_and_without_spaces(activity: list[str]) -> None:
    objects = [line for line in activity if line.startswith("{") and line.endswith("}")]
    assert len({tuple(re.findall('"(event_id|payload)":', line)) for line in objects}) > 1
    assert any('": ' in line for line in objects)
    assert any('"event_id":"' in line for line in objects)


def test_all_thirteen_types_come_with_nested_payloads(files: list[SampleFile]) -> None:
    payloads: dict[str, object] = {}
    for file in files:
        if file.name.startswith("activity_logs/"):
            for record in read(file.name, file.content).good:
                assert isinstance(record["payload"], dict)
                payloads[record["event_type"]] = record["payload"]
    assert set(payloads) == set(EVENT_TYPES)
    assert len(EVENT_TYPES) == 13
    assert any(isinstance(each, dict) for found in payloads.values() for each in found.values())  # type: ignore[attr-defined]


def test_some_optional_values_are_null_and_some_are_absent(activity: list[str]) -> None:
    assert any(re.search('"device_type": ?null', line) for line in activity)
    assert any("event_id" in line and "device_type" not in line for line in activity)
    assert any(re.search('"ip_address": ?null', line) for line in activity)


def test_times_have_offsets_and_some_are_of_another_local_date(files: list[SampleFile]) -> None:
    texts = [
        record["event_timestamp"]
        for file in files
        if file.name.startswith("activity_logs/")
        for record in read(file.name, file.content).good
    ]
    endings = {text[19:] for text in texts}
    assert endings == {"Z", ".000Z", "", "+02:00", "-05:00"}
    assert any((found := moment(text)) and str(found.date()) != text[:10] for text in texts)


def test_events_come_late_and_are_repeated_in_their_file_and_in_the_next(
    files: list[SampleFile],
) -> None:
    seen: set[str] = set()
    same = other = late = 0
    for file in files:
        if not file.name.startswith("activity_logs/"):
            continue
        good = read(file.name, file.content).good
        own = [record["event_id"] for record in good]
        same += len(own) - len(set(own))
        other += len(set(own) & seen)
        seen |= set(own)
        days = file.truth.dates
        late += sum(rows for day, rows in days.items() if str(day) not in file.name)
    assert 60 < same < 240
    assert 60 < other < 240
    assert late > 120


def test_names_and_addresses_have_accents_escapes_and_quotes(files: list[SampleFile]) -> None:
    customers = lines_of(files, "customers")
    assert any("José" in line for line in customers)
    assert any(r"Jos\u00e9" in line for line in customers)
    assert any(r"\"Smitty\"" in line for line in customers)
    assert any(r"4\\B" in line for line in customers)


def test_a_phone_may_be_a_number(files: list[SampleFile]) -> None:
    customers = lines_of(files, "customers")
    assert any(re.search(r'"phone": ?999\d{8},', line) for line in customers)
    assert any(re.search(r'"phone": ?"\+999\d{8}",', line) for line in customers)


def test_a_pending_status_is_corrected_further_down_in_its_file(files: list[SampleFile]) -> None:
    pending = 0
    for file in files:
        if file.name.startswith("customers/"):
            good = read(file.name, file.content).good
            pending += sum(record["status"] == "pending" for record in good)
            last = {record["customer_id"]: record["status"] for record in good}
            assert "pending" not in last.values()
    assert pending > 10


def test_objects_that_are_whole_are_json(activity: list[str]) -> None:
    whole = [line for line in activity if line.startswith("{") and line.endswith("}")]
    good = 0
    for line in whole:
        try:
            good += isinstance(parsed(line), dict)
        except (json.JSONDecodeError, ValueError):
            continue
    assert good > 0.98 * len(whole)
