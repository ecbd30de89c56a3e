"""Retail files that a right validator refuses whole."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from lake_assets.samples.truth import SampleFile, Truth

REFUSALS: Final = (
    "missing_columns",
    "empty_file",
    "no_data_rows_found",
    "delimiter_detection_failed",
)
_HEADER: Final = (
    *("transaction_id", "store_id", "timestamp", "item_id"),
    *("quantity", "unit_price", "revenue"),
)
_ROWS = 12


def refused_files(*, seed: int, start: date, days: int, count: int) -> Iterator[SampleFile]:
    """Make `count` files, their `REFUSALS` in turn, each named for its reason."""
    for index in range(count):
        turn, place = divmod(index, len(REFUSALS))
        reason = REFUSALS[place]
        day = start + timedelta(days=index % days)
        suffix = f"_{turn + 1}" if turn else ""
        content = _content(reason, f"R{seed}-{index:04d}-", day)
        truth = Truth(0, 0, {}, 0, {}, system_reject=reason, transactions={})
        yield SampleFile(f"sales_{day}_{reason}{suffix}.csv", content, truth)


def _content(reason: str, prefix: str, day: date) -> bytes:
    header, *rows = _table(prefix, day)
    match reason:
        case "missing_columns":
            return _csv([row[:-1] for row in (header, *rows)], ",")
        case "empty_file":
            return b""
        case "no_data_rows_found":
            return _csv([header], ",")
        case _:
            # Not a cell holds any delimiter that a reader knows.
            return _csv([header, *rows], "~")


def _table(prefix: str, day: date) -> list[tuple[str, ...]]:
    rows = [
        (
            f"{prefix}{n:04d}",
            "S100",
            f"{day} 09:{n:02d}:00",
            "I10000",
            str(n),
            "2.50",
            f"{n * 2.5:.2f}",
        )
        for n in range(1, _ROWS + 1)
    ]
    return [_HEADER, *rows]


def _csv(rows: list[tuple[str, ...]], delimiter: str) -> bytes:
    return "".join(delimiter.join(row) + "\n" for row in rows).encode()
