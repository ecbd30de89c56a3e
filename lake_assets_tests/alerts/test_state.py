"""What is remembered between looks."""

import json

import pytest

from lake_assets.alerts import state as rules
from lake_assets.alerts.state import State, kept, read
from lake_assets.contracts.alerts import AlertSeverity
from lake_assets_tests.alerts.notices import BEGIN, at, notice


def test_a_state_survives_being_stored() -> None:
    incident = notice(partition="2026-03-01", right_since=at(1), count=3).incident
    state = State(since=BEGIN, runs={"RUN_SUCCESS": "x"}, incidents=(incident,))
    assert read(state.to_json(), at(5)) == state


def test_a_state_with_nothing_in_it_is_short() -> None:
    assert json.loads(State(since=BEGIN).to_json()) == {"since": "2026-03-01T08:00:00Z"}


@pytest.mark.parametrize("text", [None, "", "{", "[]", '{"since": "never"}'])
def test_what_cannot_be_understood_is_begun_anew(text: str | None) -> None:
    assert read(text, BEGIN) == State(since=BEGIN)


def test_what_a_later_version_wrote_is_kept_out_of_the_way() -> None:
    assert read('{"since": "2026-03-01T08:00:00Z", "more": 1}', at(5)) == State(since=BEGIN)


def test_of_too_many_incidents_the_open_and_grave_and_late_ones_are_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rules, "INCIDENTS", 2)
    over = notice("over", right_since=at(9), hours=9).incident
    mild = notice("mild", severity=AlertSeverity.WARN, hours=8).incident
    early, late = notice("early", hours=1).incident, notice("late", hours=2).incident
    assert [one.identity.subject for one in kept([over, mild, early, late])] == ["late", "early"]
