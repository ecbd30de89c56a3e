"""Notices on their way: who still has to get them, and when a target that failed is tried again.

A notice stays until each target has taken it. A target that fails holds up no other. Sending twice
can happen, if we die before it is noted that we sent; losing cannot, unless a target is away for so
long that more than :data:`KEPT` notices wait: then the oldest go, and their number is told.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from lake_assets.alerts.incident import Notice, Record
from lake_assets.alerts.message import Message
from lake_assets.alerts.targets.target import DeliveryFailed, Target
from lake_assets.contracts.alerts import Route

KEPT = 200
"""Notices that wait, at most."""

FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=1)


class Owed(Record):
    """A notice, and the routes that have not got it yet."""

    notice: Notice
    routes: tuple[str, ...]


class Wait(Record):
    """A target that failed: how often in a row, and when it is tried again."""

    failures: int
    until: datetime


class Outbox(Record):
    """What waits to be sent.

    Attributes:
        owed: the oldest first.
        waits: name of a route -> when its target is tried again.
        left_out: name of a route -> notices that it will not get.
    """

    owed: tuple[Owed, ...] = ()
    waits: Mapping[str, Wait] = {}
    left_out: Mapping[str, int] = {}


@dataclass(frozen=True)
class Sent:
    """What became of one route.

    Attributes:
        route: its name.
        notices: how many it got.
        waiting: how many wait for it.
        error: why, as a sentence without secrets.
    """

    route: str
    notices: int
    waiting: int
    error: str = ""


Compose = Callable[[Sequence[Notice], int], Message]
"""Notices, and how many before them were left out -> the message."""


def wants(route: Route, notice: Notice) -> bool:
    """Whether a route is told of this."""
    incident = notice.incident
    return (
        incident.severity.rank >= route.min_severity.rank
        and (not route.kinds or incident.identity.kind in route.kinds)
        and (not route.datasets or incident.identity.dataset in route.datasets)
    )


def add(outbox: Outbox, notices: Iterable[Notice], routes: Sequence[Route]) -> Outbox:
    """Put notices in for the routes that want them; what leads nowhere any more is taken out."""
    there = {route.name for route in routes}
    owed = [
        Owed(notice=one.notice, routes=left)
        for one in outbox.owed
        if (left := tuple(name for name in one.routes if name in there))
    ]
    owed += [
        Owed(notice=notice, routes=names)
        for notice in notices
        if (names := tuple(route.name for route in routes if wants(route, notice)))
    ]
    left_out = {name: count for name, count in outbox.left_out.items() if name in there}
    waits = {name: wait for name, wait in outbox.waits.items() if name in there}
    return Outbox(owed=tuple(owed), waits=waits, left_out=left_out)


def deliver(
    outbox: Outbox,
    targets: Mapping[str, Target],
    compose: Compose,
    now: datetime,
    group: timedelta,
) -> tuple[Outbox, list[Sent]]:
    """Send to each target what is due, as one message.

    Args:
        outbox: what waits.
        targets: by the name of their route.
        compose: makes the message.
        now: the time (UTC).
        group: how long after the first thing happened it is told, together with the others.

    Returns:
        What waits still, and what became of each route that was due.
    """
    results = []
    for name, target in targets.items():
        mine = [one.notice for one in outbox.owed if name in one.routes]
        wait = outbox.waits.get(name)
        if (
            not mine
            or (wait and now < wait.until)
            or now - min(one.happened for one in mine) < group
        ):
            continue
        message = compose(mine, outbox.left_out.get(name, 0))
        try:
            target.send(message)
        except DeliveryFailed as error:
            outbox = _failed(outbox, name, now, error)
            results.append(Sent(name, 0, len(mine), str(error)))
        else:
            outbox = _taken(outbox, name)
            results.append(Sent(name, len(mine), 0))
    return _trimmed(outbox), results


def _trimmed(outbox: Outbox) -> Outbox:
    """As much as is kept; of each route it is counted what goes."""
    left_out = dict(outbox.left_out)
    for lost in outbox.owed[:-KEPT]:
        for name in lost.routes:
            left_out[name] = left_out.get(name, 0) + 1
    return outbox.model_copy(update={"owed": outbox.owed[-KEPT:], "left_out": left_out})


def _failed(outbox: Outbox, name: str, now: datetime, error: DeliveryFailed) -> Outbox:
    """The target is tried again later: twice as long after each failure, or when it asks for it."""
    failures = (outbox.waits[name].failures if name in outbox.waits else 0) + 1
    pause = min(FIRST_WAIT * 2 ** min(failures - 1, 16), LONGEST_WAIT)
    pause = max(pause, min(error.retry_after, LONGEST_WAIT))
    wait = Wait(failures=failures, until=now + pause)
    return outbox.model_copy(update={"waits": {**outbox.waits, name: wait}})


def _taken(outbox: Outbox, name: str) -> Outbox:
    """The route has all that was there for it."""
    return Outbox(
        owed=tuple(
            Owed(notice=one.notice, routes=left)
            for one in outbox.owed
            if (left := tuple(route for route in one.routes if route != name))
        ),
        waits={route: wait for route, wait in outbox.waits.items() if route != name},
        left_out={route: count for route, count in outbox.left_out.items() if route != name},
    )
