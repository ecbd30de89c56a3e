"""What a person reads."""

from datetime import timedelta

import pytest

from lake_assets.alerts.incident import Event
from lake_assets.alerts.message import (
    LINES,
    SUBJECT_CHARACTERS,
    compose,
    lasted,
)
from lake_assets.contracts.alerts import AlertKind, AlertSeverity
from lake_assets_tests.alerts.notices import BEGIN, at, message, notice


def test_one_failure_is_a_line_with_its_figures_its_link_and_what_to_do() -> None:
    told = message(
        notice(partition="2026-03-01", detail="rows_in 10, rows_out 9", link="https://x.org/c")
    )
    assert told.subject == ("[retail] New: check failed: fact_sales: conservation 2026-03-01")
    assert told.text.splitlines() == [
        "New: check failed: fact_sales: conservation 2026-03-01 (rows_in 10, rows_out 9) "
        "https://x.org/c",
        "What to do (check failed): look at failed_check",
    ]


def test_a_recovery_says_how_long_it_was_wrong_and_how_often() -> None:
    told = message(
        notice(event=Event.RECOVERED, count=3, right_since=BEGIN + timedelta(minutes=130))
    )
    assert told.text == (
        "Recovered: check failed: fact_sales: conservation after 2 h 10 min, 3 failures"
    )


def test_what_is_still_wrong_says_since_when() -> None:
    told = message(notice(event=Event.STILL, hours=24, count=1))
    assert "since 2026-03-01 08:00 UTC, 1 failure" in told.text


def test_what_is_alike_is_one_line_and_its_parts_are_counted() -> None:
    days = [notice(partition=f"2026-03-0{day}") for day in range(1, 6)]
    files = [
        notice(f"{name}.csv", kind=AlertKind.SYSTEM_REJECT, detail="empty_file") for name in "ba"
    ]
    first, second, *_ = message(*days, *files).text.splitlines()
    assert first.endswith("fact_sales: conservation 2026-03-01, 2026-03-02, 2026-03-03 and 2 more")
    assert second == "New: file refused: a.csv, b.csv (empty_file)"


def test_the_gravest_comes_first_and_what_is_over_last() -> None:
    told = message(
        notice("a", event=Event.RECOVERED, right_since=at(1)),
        notice("b", severity=AlertSeverity.WARN),
        notice("c"),
    )
    assert [line.rpartition(": ")[2][0] for line in told.text.splitlines()[:3]] == ["c", "b", "a"]
    assert told.subject == "[retail] 2 new, 1 recovered"
    assert told.severity is AlertSeverity.ERROR


def test_the_order_of_the_notices_changes_nothing() -> None:
    notices = [notice(name) for name in "abc"]
    assert message(*notices) == message(*reversed(notices))


def test_many_lines_are_capped_and_counted() -> None:
    told = message(*(notice(f"check {number:03d}") for number in range(LINES + 12)))
    lines = told.text.splitlines()
    assert lines[LINES] == "... and 12 more"
    assert len(lines) == LINES + 2
    assert len(told.notices) == LINES + 12


def test_what_was_left_out_is_told() -> None:
    assert "7 older notices were left out" in compose("l", [notice()], lambda _: "", 7).text


def test_a_subject_is_one_short_line_of_ascii() -> None:
    told = message(notice("é\n" + "x" * 200))
    assert len(told.subject) == SUBJECT_CHARACTERS
    assert told.subject.isascii()
    assert told.subject.isprintable()


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (-5, "0 s"),
        (40, "40 s"),
        (600, "10 min"),
        (7_800, "2 h 10 min"),
        (90_061, "1 d 1 h"),
        (86_400, "1 d"),
    ],
)
def test_a_time_is_told_in_its_two_largest_parts(seconds: int, text: str) -> None:
    assert lasted(timedelta(seconds=seconds)) == text
