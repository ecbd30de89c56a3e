"""What a person reads: a subject and a short text."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from typing import Any

from lake_assets.alerts.incident import Event, Identity, Incident, Notice
from lake_assets.contracts.alerts import AlertKind, AlertSeverity

LINES = 20
"""Lines of a message; what is beyond is counted."""

NAMES = 3
"""Partitions or files named in a line; what is beyond is counted."""

SUBJECT_CHARACTERS = 100
"""SNS takes no longer one. https://docs.aws.amazon.com/sns/latest/api/API_Publish.html"""

WORDS = {
    Event.NEW: "New",
    Event.WORSE: "Worse",
    Event.AGAIN: "Again",
    Event.STILL: "Still open",
    Event.RECOVERED: "Recovered",
    Event.GIVEN_UP: "Not told any more",
    Event.TEST: "Test",
}

ASKS_FOR_NOTHING = frozenset({Event.RECOVERED, Event.GIVEN_UP, Event.TEST})
"""What needs no line of the runbook, and comes last."""

WHAT = {
    AlertKind.FAILED_CHECK: "check failed",
    AlertKind.FAILED_RUN: "run failed",
    AlertKind.SYSTEM_REJECT: "file refused",
    AlertKind.LATE_DATA: "late data",
}

WhatToDo = Callable[[Identity], str]
"""The line of the runbook for an incident."""


@dataclass(frozen=True)
class Message:
    """Notices, as they go out together.

    Attributes:
        id: the same for the same notices.
        lake: that they are about.
        severity: the gravest of them.
        subject: one line of plain ASCII.
        text: what a person reads.
        notices: all of them, also those that the text only counts.
        runbook: kind and dataset -> what to do.
    """

    id: str
    lake: str
    severity: AlertSeverity
    subject: str
    text: str
    notices: tuple[Notice, ...]
    runbook: Mapping[tuple[AlertKind, str], str]


def compose(
    lake: str, notices: Sequence[Notice], what_to_do: WhatToDo, left_out: int = 0
) -> Message:
    """One message of several notices: the gravest first, what is alike in one line.

    Args:
        lake: the lake's name.
        notices: at least one.
        what_to_do: gives the line of the runbook.
        left_out: notices that could not be kept until the target answered again.
    """
    ordered = sorted(notices, key=_order)
    wrong = [one for one in ordered if one.event not in ASKS_FOR_NOTHING]
    runbook = {
        (one.incident.identity.kind, one.incident.identity.dataset): what_to_do(
            one.incident.identity
        )
        for one in wrong
    }
    parts = [_line(list(alike)) for _, alike in groupby(ordered, key=_likeness)]
    lines = parts[:LINES]
    if len(parts) > LINES:
        lines.append(f"... and {len(parts) - LINES} more")
    if left_out:
        lines.append(f"{left_out} older notices were left out: this target did not take them.")
    steps = [f"What to do ({WHAT[kind]}): {line}" for (kind, _), line in runbook.items()]
    digest = hashlib.sha256("".join(sorted(one.id for one in notices)).encode())
    return Message(
        id=digest.hexdigest()[:16],
        lake=lake,
        severity=max((one.incident.severity for one in notices), key=lambda one: one.rank),
        subject=_subject(lake, ordered),
        text="\n".join([*lines, *dict.fromkeys(steps)]),
        notices=tuple(ordered),
        runbook=runbook,
    )


def lasted(time: timedelta) -> str:
    """``2 h 10 min``, ``3 d 1 h``, ``40 s``: the two largest parts."""
    seconds = max(int(time.total_seconds()), 0)
    parts = []
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)):
        if number := seconds // size:
            parts.append(f"{number} {unit}")
            seconds -= number * size
    return " ".join(parts[:2]) or "0 s"


def _order(notice: Notice) -> tuple[Any, ...]:
    incident = notice.incident
    ended = notice.event in ASKS_FOR_NOTHING
    rank, identity = incident.severity.rank, incident.identity
    return ended, -rank, _likeness(notice), identity.partition, identity.subject


def _likeness(notice: Notice) -> tuple[str, ...]:
    """What notices of one line have in common."""
    incident, identity = notice.incident, notice.incident.identity
    # Files differ in their names alone, all else in its partitions.
    subject = incident.detail if identity.kind is AlertKind.SYSTEM_REJECT else identity.subject
    return notice.event, identity.kind, identity.dataset, subject


def _line(alike: list[Notice]) -> str:
    first = alike[0]
    incident, identity = first.incident, first.incident.identity
    if first.event is Event.TEST:
        return f"{WORDS[first.event]}: {identity.subject}"
    if identity.kind is AlertKind.SYSTEM_REJECT:
        head = _named([one.incident.identity.subject for one in alike])
    else:
        partitions = [one.incident.identity.partition for one in alike]
        head = " ".join(filter(None, (identity.subject, _named(list(filter(None, partitions))))))
    details = list(dict.fromkeys(filter(None, (one.incident.detail for one in alike))))
    told = [f"{WORDS[first.event]}: {WHAT[identity.kind]}: {head}"]
    if first.event is Event.RECOVERED:
        told.append(_recovery(incident))
    elif details:
        told.append(f"({details[0]})" if len(details) == 1 else f"({details[0]}, and others)")
    if first.event in {Event.STILL, Event.GIVEN_UP}:
        told.append(f"since {incident.first_seen:%Y-%m-%d %H:%M} UTC, {_times(incident.count)}")
    if incident.link and first.event is not Event.RECOVERED:
        told.append(incident.link)
    return " ".join(told)


def _recovery(incident: Incident) -> str:
    until = incident.right_since or incident.last_seen
    return f"after {lasted(until - incident.first_seen)}, {_times(incident.count)}"


def _times(count: int) -> str:
    return "1 failure" if count == 1 else f"{count} failures"


def _named(names: Sequence[str]) -> str:
    told = ", ".join(names[:NAMES])
    return f"{told} and {len(names) - NAMES} more" if len(names) > NAMES else told


def _subject(lake: str, ordered: Sequence[Notice]) -> str:
    if len(ordered) == 1:
        (one,) = ordered
        kind, identity = one.incident.identity.kind, one.incident.identity
        what = "" if one.event is Event.TEST else f"{WHAT[kind]}: "
        about = f"{WORDS[one.event]}: {what}{identity.subject} {identity.partition}"
    else:
        counts = {word: sum(WORDS[one.event] == word for one in ordered) for word in WORDS.values()}
        about = ", ".join(f"{n} {word.lower()}" for word, n in counts.items() if n)
    line = f"[{lake}] {about}".strip()
    plain = "".join(c if " " <= c <= "~" else "?" for c in line)
    return plain if len(plain) <= SUBJECT_CHARACTERS else f"{plain[: SUBJECT_CHARACTERS - 3]}..."
