"""Who gets what, and what happens to what was not taken."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest

from lake_assets.alerts import outbox as rules
from lake_assets.alerts.incident import Event, Notice
from lake_assets.alerts.message import Message, compose
from lake_assets.alerts.outbox import LONGEST_WAIT, Outbox, Sent, add, deliver, wants
from lake_assets.alerts.targets.target import DeliveryFailed
from lake_assets.contracts.alerts import AlertKind, AlertSeverity, Route
from lake_assets_tests.alerts.notices import at, notice

NOW = timedelta(0)


class Recorder:
    """A target that fails as often as it is told to."""

    def __init__(self, *failures: DeliveryFailed) -> None:
        self.failures = list(failures)
        self.messages: list[Message] = []

    def send(self, message: Message) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.messages.append(message)

    @property
    def subjects(self) -> list[list[str]]:
        """Of each message."""
        return [[one.incident.identity.subject for one in m.notices] for m in self.messages]


def route(path: str = "a", **fields: Any) -> Route:
    return Route.model_validate({"to": "file", "path": path, **fields})


def down(retry_after: timedelta = NOW) -> DeliveryFailed:
    return DeliveryFailed("it is down", retry_after)


def told(
    outbox: Outbox, targets: Mapping[str, Recorder], hours: float, group: timedelta = NOW
) -> tuple[Outbox, list[Sent]]:
    def composed(notices: Sequence[Notice], left_out: int) -> Message:
        return compose("retail", notices, lambda _: "", left_out)

    return deliver(outbox, targets, composed, at(hours), group)


@pytest.mark.parametrize(
    ("fields", "does"),
    [
        ({}, True),
        ({"min_severity": "error"}, False),
        ({"kinds": ["failed_check", "late_data"]}, True),
        ({"kinds": ["late_data"]}, False),
        ({"datasets": ["sales"]}, True),
        ({"datasets": ["returns"]}, False),
    ],
)
def test_a_route_gets_what_it_is_for(fields: dict[str, Any], does: bool) -> None:
    assert wants(route(**fields), notice(severity=AlertSeverity.WARN)) is does


def test_an_error_that_recovers_reaches_the_route_for_errors() -> None:
    assert wants(route(min_severity="error"), notice(event=Event.RECOVERED))


def test_each_target_gets_its_notices_as_one_message() -> None:
    a, b = Recorder(), Recorder()
    routes = [route("a"), route("b", kinds=[AlertKind.LATE_DATA])]
    late = notice("sales", kind=AlertKind.LATE_DATA)
    box = add(Outbox(), [notice("x"), late], routes)
    box, sent = told(box, {"file a": a, "file b": b}, 0)
    assert (a.subjects, b.subjects) == ([["x", "sales"]], [["sales"]])
    assert sent == [Sent("file a", 2, 0), Sent("file b", 1, 0)]
    assert box == Outbox()


def test_what_nobody_wants_is_not_kept() -> None:
    assert add(Outbox(), [notice()], [route(kinds=[AlertKind.LATE_DATA])]) == Outbox()
    assert add(Outbox(), [notice()], []) == Outbox()


def test_a_notice_waits_for_others_and_goes_out_with_them() -> None:
    target, group = Recorder(), timedelta(minutes=30)
    box = add(Outbox(), [notice("x")], [route()])
    box, _ = told(box, {"file a": target}, 0.4, group)
    box = add(box, [notice("y", hours=0.4)], [route()])
    box, _ = told(box, {"file a": target}, 0.5, group)
    assert target.subjects == [["x", "y"]]


def test_what_happened_a_while_before_it_was_seen_has_waited_already() -> None:
    target = Recorder()
    late = notice("x").model_copy(update={"made": at(1)})
    box = add(Outbox(), [late], [route()])
    told(box, {"file a": target}, 1, timedelta(minutes=30))
    assert target.subjects == [["x"]]


@pytest.mark.parametrize(
    ("event", "happened"), [(Event.NEW, 1), (Event.RECOVERED, 2), (Event.STILL, 3)]
)
def test_when_it_happened_is_when_it_was_seen_and_not_when_it_was_told(
    event: Event, happened: int
) -> None:
    one = notice(event=event, hours=1, right_since=at(2)).model_copy(update={"made": at(3)})
    assert one.happened == at(happened)
    ahead = one.model_copy(update={"made": at(0.5)})  # the store's clock is before ours
    assert ahead.happened == at(0.5)


def test_a_target_that_fails_gets_all_later_and_the_others_at_once() -> None:
    bad, good = Recorder(down()), Recorder()
    targets = {"file a": bad, "file b": good}
    box = add(Outbox(), [notice("x")], [route("a"), route("b")])
    box, sent = told(box, targets, 0)
    assert sent == [Sent("file a", 0, 1, "it is down"), Sent("file b", 1, 0)]
    box = add(box, [notice("y")], [route("a"), route("b")])
    box, _ = told(box, targets, 1)
    assert bad.subjects == [["x", "y"]]
    assert good.subjects == [["x"], ["y"]]
    assert box == Outbox()


def test_a_target_is_tried_half_as_often_after_each_failure() -> None:
    target = Recorder(*(down() for _ in range(20)))
    box = add(Outbox(), [notice()], [route()])
    waits, hours = [], 0.0
    for _ in range(10):
        box, _ = told(box, {"file a": target}, hours)
        until = box.waits["file a"].until
        waits.append(round((until - at(hours)).total_seconds()))
        early, _ = told(box, {"file a": target}, hours + waits[-1] / 3600 - 0.001)
        assert early == box
        hours += waits[-1] / 3600 + 0.001
    longest = round(LONGEST_WAIT.total_seconds())
    assert waits == [30, 60, 120, 240, 480, 960, 1920, longest, longest, longest]


def test_a_target_may_ask_for_a_longer_pause_but_not_for_ever() -> None:
    for asked, until in ((timedelta(minutes=9), 0.15), (timedelta(days=9), 1.0)):
        box = add(Outbox(), [notice()], [route()])
        box, _ = told(box, {"file a": Recorder(down(asked))}, 0)
        assert box.waits["file a"].until == at(until)


def test_what_a_target_does_not_take_for_too_long_is_left_out_and_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rules, "KEPT", 3)
    target = Recorder(down())
    box = Outbox()
    for number in range(5):
        box = add(box, [notice(f"{number}")], [route()])
    box, _ = told(box, {"file a": target}, 0)
    box, _ = told(box, {"file a": target}, 1)
    assert target.subjects == [["2", "3", "4"]]
    assert "2 older notices were left out" in target.messages[0].text
    assert box == Outbox()


def test_a_target_that_works_gets_everything_however_much_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rules, "KEPT", 3)
    target = Recorder()
    box = add(Outbox(), [notice(f"{number}") for number in range(5)], [route()])
    box, _ = told(box, {"file a": target}, 0)
    assert target.subjects == [["0", "1", "2", "3", "4"]]
    assert box == Outbox()


def test_what_waits_for_a_route_that_is_gone_is_dropped() -> None:
    target = Recorder(down())
    box = add(Outbox(), [notice()], [route()])
    box, _ = told(box, {"file a": target}, 0)
    assert add(box, [], [route("b")]) == Outbox()


def test_an_outbox_survives_being_stored() -> None:
    box = add(Outbox(), [notice(partition="2026-03-01", link="l")], [route()])
    box, _ = told(box, {"file a": Recorder(down())}, 0)
    assert Outbox.model_validate_json(box.model_dump_json(exclude_defaults=True)) == box
