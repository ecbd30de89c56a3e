"""A slow reading of retail samples with the standard library alone, to check their truths."""

import csv
import io
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

REQUIRED = (
    *("transaction_id", "store_id", "timestamp", "item_id"),
    *("quantity", "unit_price", "revenue"),
)
ALIASES = {
    "transactionid": "transaction_id",
    "transid": "transaction_id",
    "txn_id": "transaction_id",
    "storeid": "store_id",
    "shop_id": "store_id",
    "itemid": "item_id",
    "product_id": "item_id",
    "qty": "quantity",
    "quantitysold": "quantity",
    "unitprice": "unit_price",
    "price": "unit_price",
    "revenueamount": "revenue",
    "amount": "revenue",
}
FORMATS = (
    *("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d", "%Y/%m/%d %H:%M:%S", "%Y/%m/%d"),
    *("%Y-%m-%dT%H:%M:%S", "%Y%m%d %H%M%S", "%Y%m%d", "%d-%m-%y %H:%M", "%m/%d/%Y %I:%M%p"),
)
MONTH_FIRST, DAY_FIRST = "%m/%d/%Y %H:%M", "%d/%m/%Y %H:%M"


@dataclass
class Reading:
    """What was found: the same counts as a truth's."""

    rows_read: int = 0
    good: int = 0
    skipped: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    dates: Counter[date] = field(default_factory=Counter)
    transactions: dict[date, set[str]] = field(default_factory=dict)


def records(content: bytes) -> tuple[str, list[list[str]]]:
    """Return the delimiter and all records, the header first; a blank line is an empty list."""
    text = content.decode("utf-8-sig")
    header = text.splitlines()[0]
    delimiter = next(mark for mark in ",;\t|" if len(columns(header.split(mark))) > 6)
    return delimiter, list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))


def columns(header: list[str]) -> list[str]:
    """Return the contract's names of a header's cells."""
    plain = [re.sub("[^a-z0-9_]", "", re.sub("[ -]", "_", cell.lower())) for cell in header]
    return [ALIASES.get(name, name) for name in plain]


def read(name: str, content: bytes) -> Reading:
    """Read one file as lakes and contracts say, row by row."""
    delimiter, (header, *rows) = records(content)
    names = columns(header)
    assert set(REQUIRED) <= set(names)
    whole = [row[0].split(";") if delimiter == "," and len(row) == 1 else row for row in rows]
    fitting = [dict(zip(names, row, strict=True)) for row in whole if len(row) == len(names)]
    slashed = _convention(name, [row["timestamp"] for row in fitting])
    reading = Reading(rows_read=len(rows))
    for row in whole:
        if not any(row) or row == header:
            reading.skipped += 1
        elif len(row) != len(names):
            reading.rejected["STRUCTURAL"] += 1
        else:
            _count(reading, dict(zip(names, row, strict=True)), slashed)
    return reading


def _count(reading: Reading, row: Mapping[str, str], slashed: str) -> None:
    moment = _moment(row["timestamp"], (*FORMATS, slashed))
    reason = _reason(row, moment)
    if reason is not None:
        reading.rejected[reason] += 1
        return
    assert moment is not None
    reading.good += 1
    reading.dates[moment.date()] += 1
    reading.transactions.setdefault(moment.date(), set()).add(row["transaction_id"])


def _reason(row: Mapping[str, str], moment: datetime | None) -> str | None:
    if any(row[name] in ("", "N/A") for name in REQUIRED):
        return "MISSING_REQUIRED_COLUMN"
    if moment is None:
        return "INVALID_TIMESTAMP_FORMAT"
    quantity, price, revenue = (_number(row[name]) for name in REQUIRED[4:])
    if quantity is None or price is None or revenue is None or quantity % 1:
        return "INVALID_NUMBER"
    if abs(revenue - quantity * price) > Decimal("0.01") or quantity <= 0 or price <= 0:
        return "BUSINESS_LOGIC_FAIL"
    return None


def _moment(text: str, formats: tuple[str, ...]) -> datetime | None:
    for pattern in formats:
        try:
            return datetime.strptime(text, pattern)
        except ValueError:
            continue
    return None


def _convention(name: str, texts: list[str]) -> str:
    """Find the file's one slashed convention, from its rows or else from its name."""
    readings = [(_moment(text, (MONTH_FIRST,)), _moment(text, (DAY_FIRST,))) for text in texts]
    votes = {
        MONTH_FIRST if month else DAY_FIRST
        for month, day in readings
        if (month is None) != (day is None)
    }
    if not votes:
        named = date.fromisoformat(name[len("sales_") :][:10])
        for month, day in readings:
            if month and day and month != day:
                votes |= {MONTH_FIRST} if month.date() == named else set()
                votes |= {DAY_FIRST} if day.date() == named else set()
    slashed = any(month or day for month, day in readings)
    assert len(votes) == 1 or not slashed or _same_both_ways(readings), (name, votes)
    return votes.pop() if votes else MONTH_FIRST


def _same_both_ways(readings: list[tuple[datetime | None, datetime | None]]) -> bool:
    return all(month == day for month, day in readings)


def _number(text: str) -> Decimal | None:
    sign = -1 if text.startswith("(") else 1
    plain = text.strip("()").removeprefix("USD ").removeprefix("$")
    if re.fullmatch(r"\d{1,3}(\.\d{3})+,\d\d", plain):
        plain = plain.replace(".", "").replace(",", ".")
    try:
        return sign * Decimal(plain.replace(",", ""))
    except InvalidOperation:
        return None
