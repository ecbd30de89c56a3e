"""From what was seen to what is told: when it begins, rarely while it lasts, and when it ends.

Something that is wrong, right and wrong again within :data:`CALM` is one incident. It is told when
it begins, when it is right for the first time and when it comes back; from then on it is only told
to be right after it has been so for that long.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from lake_assets.alerts.incident import Event, Identity, Incident, Notice, Seen
from lake_assets.contracts.alerts import AlertKind

CALM = timedelta(hours=1)
"""What has been right for so long is over; if it is wrong again after that, it is new."""

FORGET = timedelta(days=7)
"""What was not seen for so long, wrong or right, is told no more."""

PASSING = frozenset({AlertKind.LATE_DATA})
"""Kinds that are over when they are told: there is nothing to be reminded of."""

Book = Mapping[str, Incident]
"""The incidents that are open, and those that were until a while ago, by ``Identity.key``."""


def advance(
    book: Book, seen: Iterable[Seen], now: datetime, remind: timedelta
) -> tuple[dict[str, Incident], list[Notice]]:
    """Take in what was seen since the last time.

    Args:
        book: as it was; it is not changed.
        seen: in any order.
        now: the time of this look (UTC).
        remind: what stays wrong is told again after this.

    Returns:
        The book as it is now, and what there is to tell, in the order in which it happened.
    """
    current = dict(book)
    notices: list[Notice] = []
    for one in sorted(seen, key=lambda one: (one.at, one.ok)):
        for incident, event in _taken_in(current, one):
            _note(current, notices, incident, event, now)
    for incident in list(current.values()):
        _pass_time(current, notices, incident, now, remind)
    return current, notices


def _taken_in(book: Book, seen: Seen) -> list[tuple[Incident, Event | None]]:
    """The incidents as they are after one look, and what there is to tell of each."""
    if seen.ok:
        return [
            _right(incident, seen)
            for incident in book.values()
            if incident.is_open
            and incident.last_seen <= seen.at
            and covers(seen.identity, incident.identity)
        ]
    known = book.get(seen.identity.key)
    return [_wrong(known, seen) if known else (_begun(seen), Event.NEW)]


def _begun(seen: Seen) -> Incident:
    return Incident(
        identity=seen.identity,
        severity=seen.severity,
        first_seen=seen.at,
        last_seen=seen.at,
        detail=seen.detail,
        link=seen.link,
    )


def _wrong(known: Incident, seen: Seen) -> tuple[Incident, Event | None]:
    is_worse = seen.severity.rank > known.severity.rank
    now = known.model_copy(
        update={
            "severity": seen.severity if is_worse else known.severity,
            "last_seen": max(seen.at, known.last_seen),
            "count": known.count + 1,
            "detail": seen.detail,
            "link": seen.link,
            "right_since": None,
            "recovery_told": False,
            "returned": known.returned + (not known.is_open),
        }
    )
    if is_worse:
        return now, Event.WORSE
    return now, Event.AGAIN if known.recovery_told else None


def _right(known: Incident, seen: Seen) -> tuple[Incident, Event | None]:
    told = not known.returned
    update = {"right_since": seen.at, "recovery_told": told}
    return known.model_copy(update=update), Event.RECOVERED if told else None


def _pass_time(
    book: dict[str, Incident],
    notices: list[Notice],
    incident: Incident,
    now: datetime,
    remind: timedelta,
) -> None:
    """What happens to an incident because nothing was seen of it."""
    if incident.right_since is not None:
        if now - incident.right_since >= CALM:
            if not incident.recovery_told:
                _note(book, notices, incident, Event.RECOVERED, now)
            del book[incident.identity.key]
    elif now - incident.last_seen >= FORGET:
        if incident.identity.kind not in PASSING:
            _note(book, notices, incident, Event.GIVEN_UP, now)
        del book[incident.identity.key]
    elif incident.identity.kind not in PASSING and now - (incident.told_at or now) >= remind:
        _note(book, notices, incident, Event.STILL, now)


def _note(
    book: dict[str, Incident],
    notices: list[Notice],
    incident: Incident,
    event: Event | None,
    now: datetime,
) -> None:
    """Keep the incident, and make a notice if there is something to tell."""
    if event:
        incident = incident.model_copy(update={"told": incident.told + 1, "told_at": now})
        notices.append(Notice(event=event, incident=incident, made=now))
    book[incident.identity.key] = incident


def covers(right: Identity, wrong: Identity) -> bool:
    """Whether something that is right now makes an incident right.

    The same subject, and a partition that is the incident's or a range around it. Dates are
    written so that their order is that of the texts.
    """
    if (right.kind, right.dataset, right.subject) != (wrong.kind, wrong.dataset, wrong.subject):
        return False
    if right.partition == wrong.partition:
        return True
    (first, last), (begin, end) = _ends(right.partition), _ends(wrong.partition)
    return bool(right.partition and wrong.partition) and first <= begin and end <= last


def _ends(partition: str) -> tuple[str, str]:
    first, _, last = partition.partition("...")
    return first, last or first
