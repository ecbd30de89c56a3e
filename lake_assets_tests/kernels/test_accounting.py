"""The books of a file."""

import json

from lake_assets.kernels.accounting import Accounting, total

ONE = Accounting(
    lines=9,
    headers=1,
    continuations=2,
    good=3,
    rejected=1,
    duplicate=1,
    skipped=1,
    recoveries={"another delimiter": 1},
    reasons={"B": 1},
    warnings={"w": 2},
    dates={"2025-01-02": 3},
)
TWO = Accounting(lines=2, good=1, rejected=1, reasons={"A": 1}, dates={"2025-01-01": 1})


def test_rows_read_are_the_lines_that_are_neither_header_nor_continuation() -> None:
    assert (ONE.rows_read, ONE.unaccounted) == (6, 0)
    assert Accounting(lines=3, headers=1, good=1).unaccounted == 1


def test_books_add_up_count_by_count() -> None:
    both = total({"one": ONE, "two": TWO})
    assert (both.lines, both.good, both.rejected, both.unaccounted) == (11, 4, 2, 0)
    assert list(both.reasons.items()) == [("A", 1), ("B", 1)]
    assert list(both.dates.items()) == [("2025-01-01", 1), ("2025-01-02", 3)]
    assert total({}) == Accounting()
    assert ONE + Accounting() == ONE


def test_books_survive_json() -> None:
    record = json.loads(json.dumps(ONE.to_json()))
    assert record["rows_read"] == 6
    assert Accounting.from_json(record) == ONE
