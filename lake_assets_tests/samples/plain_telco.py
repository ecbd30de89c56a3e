"""A slow reading of telco samples with the standard library alone, to check their truths."""

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

KEYS = {"customers": "customer_id", "activity_logs": "event_id"}
REQUIRED = {
    "customers": ("customer_id", "status", "registration_date"),
    "activity_logs": ("event_id", "customer_id", "event_type", "event_timestamp"),
}
MOMENTS = {"customers": "registration_date", "activity_logs": "event_timestamp"}
TEXTS = {
    "customers": ("customer_id", "status", "country", "email", "phone", "plan_id"),
    "activity_logs": ("event_id", "customer_id", "event_type", "device_type"),
}
CAMEL = {
    name.replace("_", ""): name
    for name in (
        *("event_id", "customer_id", "event_type", "event_timestamp", "device_type"),
        *("ip_address", "network_type", "app_version", "first_name", "last_name"),
        *("date_of_birth", "registration_date", "registration_channel", "plan_id"),
        "loyalty_tier",
    )
}
MONEY = str.maketrans("", "", "$,")


class TwiceError(ValueError):
    """A key stands twice in an object."""


@dataclass
class Reading:
    """What was found: the same counts as a truth's, and the good records."""

    rows_read: int = 0
    good: list[dict[str, Any]] = field(default_factory=list)
    skipped: int = 0
    rejected: Counter[str] = field(default_factory=Counter)


def read(name: str, content: bytes) -> Reading:
    """Read one file as lakes and contracts say, line by line."""
    folder = name.partition("/")[0]
    if folder == "plans":
        return _read_plans(content)
    reading = Reading()
    for text in lines(content):
        reading.rows_read += 1
        if not text.strip():
            reading.skipped += 1
            continue
        try:
            record = parsed(text)
        except TwiceError:
            reading.rejected["STRUCTURAL"] += 1
            continue
        except json.JSONDecodeError:
            reading.rejected["INVALID_JSON"] += 1
            continue
        if not isinstance(record, dict):
            reading.rejected["INVALID_JSON"] += 1
        elif reason := _reason(folder, record):
            reading.rejected[reason] += 1
        else:
            reading.good.append(record)
    return reading


def lines(content: bytes) -> list[str]:
    """The physical lines of a file, without their ends."""
    found = content.decode("utf-8-sig").split("\n")
    return [text.removesuffix("\r") for text in (found if found[-1] else found[:-1])]


def parsed(text: str) -> Any:
    """A line's value; the keys of an object as a contract spells them."""
    value = json.loads(text, object_pairs_hook=_once)
    return (
        {spelled(name): each for name, each in value.items()} if isinstance(value, dict) else value
    )


def spelled(name: str) -> str:
    """The contract's name of a key."""
    plain = name.lower().replace("-", "_")
    return CAMEL.get(plain, plain)


def moment(text: Any) -> datetime | None:
    """The UTC moment of an ISO text."""
    try:
        found = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def day_of(record: dict[str, Any]) -> date:
    """The event date (UTC) of a good record of activity."""
    found = moment(record["event_timestamp"])
    assert found
    return found.date()


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    if len(set(names)) < len(names):
        raise TwiceError
    return dict(pairs)


def _reason(folder: str, record: dict[str, Any]) -> str | None:
    if any(isinstance(record.get(name), dict | list) for name in TEXTS[folder]):
        return "INVALID_TYPE"
    if any(record.get(name) in (None, "") for name in REQUIRED[folder]):
        return "MISSING_REQUIRED_COLUMN"
    if moment(record[MOMENTS[folder]]) is None:
        return "INVALID_TIMESTAMP_FORMAT"
    return None


def _read_plans(content: bytes) -> Reading:
    header, *rows = csv.reader(io.StringIO(content.decode(), newline=""))
    reading = Reading(rows_read=len(rows))
    names = [name.lower().replace("-", "_") for name in header]
    for row in rows:
        if not any(row):
            reading.skipped += 1
            continue
        record = dict(zip(names, row, strict=True))
        if reason := _plan_reason(record):
            reading.rejected[reason] += 1
        else:
            reading.good.append(
                record | {"monthly_price": record["monthly_price"].translate(MONEY)}
            )
    return reading


def _plan_reason(record: dict[str, str]) -> str | None:
    if not record["plan_id"]:
        return "MISSING_REQUIRED_COLUMN"
    if not all(map(_is_number, _numbers(record))) or not record["validity_days"].isdigit():
        return "INVALID_NUMBER"
    return None if record["roaming_enabled"] in ("Y", "N") else "INVALID_BOOLEAN"


def _numbers(record: dict[str, str]) -> Iterator[str]:
    yield record["monthly_price"].translate(MONEY)
    for name in ("data_allowance_gb", "voice_minutes", "sms_allowance", "validity_days"):
        yield record[name]


def _is_number(text: str) -> bool:
    try:
        Decimal(text)
    except InvalidOperation:
        return False
    return True
