"""Incidents and notices that tests make."""

from datetime import UTC, datetime, timedelta
from typing import Any

from lake_assets.alerts.incident import Event, Identity, Incident, Notice, Seen
from lake_assets.alerts.message import Message, compose
from lake_assets.contracts.alerts import AlertKind, AlertSeverity

BEGIN = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)


def at(hours: float) -> datetime:
    """So many hours after the beginning."""
    return BEGIN + timedelta(hours=hours)


def identity(subject: str = "fact_sales: conservation", **fields: Any) -> Identity:
    """Of a check of sales, if nothing else is said."""
    known = {"kind": AlertKind.FAILED_CHECK, "dataset": "sales", "subject": subject}
    return Identity(**{**known, **fields})


def wrong(hours: float, subject: str = "fact_sales: conservation", **fields: Any) -> Seen:
    """Seen wrong, so many hours after the beginning."""
    whole = {name: fields.pop(name) for name in ("kind", "dataset", "partition") if name in fields}
    return Seen(identity=identity(subject, **whole), at=at(hours), **fields)


def right(hours: float, subject: str = "fact_sales: conservation", **fields: Any) -> Seen:
    """Seen right."""
    return wrong(hours, subject, ok=True, **fields)


def notice(
    subject: str = "fact_sales: conservation",
    event: Event = Event.NEW,
    hours: float = 0,
    **fields: Any,
) -> Notice:
    """One thing to tell."""
    whole = {name: fields.pop(name) for name in ("kind", "dataset", "partition") if name in fields}
    known = {"severity": AlertSeverity.ERROR, "first_seen": BEGIN, "last_seen": at(hours)}
    incident = Incident(identity=identity(subject, **whole), **{**known, **fields})
    return Notice(event=event, incident=incident, made=at(hours))


def message(*notices: Notice) -> Message:
    """Of these, or of one."""
    return compose("retail", notices or [notice()], lambda one: f"look at {one.kind}")
