"""A message that says that nothing is wrong, to see whether a route works."""

from datetime import datetime

from lake_assets.alerts.incident import Event, Identity, Incident, Notice
from lake_assets.alerts.message import Message, compose
from lake_assets.contracts.alerts import AlertKind, AlertSeverity


def trial(lake: str, now: datetime) -> Message:
    """The message; each moment has one of its own."""
    incident = Incident(
        identity=Identity(
            kind=AlertKind.FAILED_CHECK, dataset="", subject=f"alerts of {lake} arrive here"
        ),
        severity=AlertSeverity.WARN,
        first_seen=now,
        last_seen=now,
    )
    notice = Notice(event=Event.TEST, incident=incident, made=now)
    return compose(lake, [notice], lambda _: "")
