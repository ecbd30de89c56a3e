"""What is told of what was seen, look by look."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from lake_assets.alerts.grouping import CALM, FORGET, advance, covers
from lake_assets.alerts.incident import Incident, Seen
from lake_assets.contracts.alerts import AlertKind, AlertSeverity
from lake_assets_tests.alerts.notices import at, identity, right, wrong

DAY = timedelta(hours=24)


class Look:
    """A book that is kept from look to look."""

    def __init__(self) -> None:
        self.book: dict[str, Incident] = {}

    def __call__(self, hours: float, *seen: Seen) -> list[str]:
        """The events that a look so many hours after the beginning tells."""
        self.book, notices = advance(self.book, seen, at(hours), DAY)
        self.notices = notices
        return [str(one.event) for one in notices]


@pytest.fixture
def look() -> Look:
    return Look()


def test_a_failure_is_told_then_silent_then_reminded_of_then_recovered(look: Look) -> None:
    assert look(0, wrong(0)) == ["new"]
    assert look(1) == []
    assert look(2, wrong(2), wrong(2.5)) == []
    assert look(24) == ["still"]
    assert look(25) == []
    assert look(26.2, right(26.1)) == ["recovered"]
    (told,) = look.notices
    assert told.incident.count == 3
    assert look(26.3) == []
    assert look(28) == []
    assert look.book == {}


def test_what_recovers_between_two_looks_is_told_to_have_begun_and_ended(look: Look) -> None:
    assert look(1, right(0.5), wrong(0.4)) == ["new", "recovered"]


def test_what_was_never_wrong_is_not_told(look: Look) -> None:
    assert look(0, right(0)) == []
    assert look.book == {}


def test_what_was_right_before_it_was_wrong_does_not_recover_it(look: Look) -> None:
    look(1, wrong(1))
    assert look(2, right(0.5)) == []


def test_a_warning_that_becomes_an_error_is_told_again(look: Look) -> None:
    assert look(0, wrong(0, severity=AlertSeverity.WARN)) == ["new"]
    assert look(1, wrong(1, severity=AlertSeverity.ERROR)) == ["worse"]
    assert look(2, wrong(2, severity=AlertSeverity.WARN)) == []
    assert look(3, right(3)) == ["recovered"]
    assert look.notices[0].incident.severity is AlertSeverity.ERROR


def test_what_flaps_is_told_three_times_and_when_it_is_calm(look: Look) -> None:
    assert look(0.1, wrong(0.1)) == ["new"]
    assert look(0.2, right(0.2)) == ["recovered"]
    assert look(0.3, wrong(0.3)) == ["again"]
    for tenth in range(4, 20, 2):
        assert look(tenth / 10, right(tenth / 10)) == []
        assert look((tenth + 1) / 10, wrong((tenth + 1) / 10)) == []
    assert look(2, right(2)) == []
    assert look(2.5) == []
    assert look(3, right(3)) == ["recovered"]
    (told,) = look.notices
    assert told.incident.right_since == at(2)
    assert look.book == {}


def test_what_is_wrong_again_after_it_was_calm_is_new(look: Look) -> None:
    look(0, wrong(0))
    look(1, right(1))
    assert look(1 + CALM / timedelta(hours=1)) == []
    assert look(3, wrong(3)) == ["new"]


def test_what_is_not_seen_for_a_week_is_given_up(look: Look) -> None:
    look(0, wrong(0))
    days = FORGET // DAY
    assert [look(24 * day) for day in range(1, days)] == [["still"]] * (days - 1)
    assert look(24 * days) == ["given_up"]
    assert look(24 * days + 1) == []


def test_late_rows_are_not_reminded_of(look: Look) -> None:
    late = wrong(0, "sales", kind=AlertKind.LATE_DATA)
    assert look(0, late) == ["new"]
    assert [look(24 * day) for day in range(1, 9)] == [[]] * 8
    assert look.book == {}


def test_each_subject_and_partition_is_an_incident_of_its_own(look: Look) -> None:
    seen: Sequence[Seen] = [
        wrong(0, partition="2026-03-01"),
        wrong(0, partition="2026-03-02"),
        wrong(0, "fact_sales: null_rates", partition="2026-03-01"),
        wrong(0, dataset="returns", partition="2026-03-01"),
        wrong(0, kind=AlertKind.FAILED_RUN, partition="2026-03-01"),
    ]
    assert look(0, *seen) == ["new"] * 5
    assert look(1, right(1, partition="2026-03-01")) == ["recovered"]
    assert len({one.id for one in look.notices}) == 1
    assert sum(one.is_open for one in look.book.values()) == 4


def test_a_range_that_is_right_recovers_its_dates(look: Look) -> None:
    look(0, wrong(0, partition="2026-03-02"), wrong(0, partition="2026-03-09"))
    assert look(1, right(1, partition="2026-03-01...2026-03-05")) == ["recovered"]


@pytest.mark.parametrize(
    ("good", "bad", "does"),
    [
        ("", "", True),
        ("2026-03-01", "2026-03-01", True),
        ("2026-03-01", "2026-03-02", False),
        ("2026-03-01...2026-03-03", "2026-03-01...2026-03-02", True),
        ("2026-03-01...2026-03-03", "2026-03-03...2026-03-04", False),
        ("2026-03-01...2026-03-03", "", False),
        ("", "2026-03-01", False),
    ],
)
def test_which_partitions_cover_which(good: str, bad: str, does: bool) -> None:
    assert covers(identity(partition=good), identity(partition=bad)) is does


def test_the_same_looks_make_the_same_ids_and_each_notice_has_its_own() -> None:
    def ids() -> list[str]:
        look = Look()
        found = []
        for hours, seen in ((0, [wrong(0)]), (24, []), (48, []), (49, [right(49)])):
            look(hours, *seen)
            found += [one.id for one in look.notices]
        return found

    first = ids()
    assert first == ids()
    assert len(set(first)) == len(first) == 4


def test_a_book_is_not_changed_in_place() -> None:
    book, _ = advance({}, [wrong(0)], at(0), DAY)
    advance(book, [right(1)], at(1), DAY)
    assert all(one.is_open for one in book.values())
