"""What is remembered from one look to the next, as one small JSON text."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from pydantic import ValidationError

from lake_assets.alerts.incident import Incident, Record
from lake_assets.alerts.outbox import Outbox

INCIDENTS = 200
"""Incidents kept, at most. Of those beyond, nobody is reminded, nor told that they recovered."""

INGESTS = 500
"""Ingest runs kept whose records could not be read, at most."""


class Ingest(Record):
    """An ingest run whose record in the ledger is still to be looked at."""

    dataset: str
    arrival: date
    ingest_run_id: str
    at: datetime
    link: str = ""


class Listed(Record):
    """How far a listing was read: what is older than ``until``, and the latest of it by name."""

    until: datetime
    seen: tuple[str, ...] = ()


class State(Record):
    """Everything that the next look needs.

    Attributes:
        since: what happened before is not looked at.
        runs: type of event -> Dagster's own cursor in it.
        refused: dataset -> how far its refused files were looked at.
        ingests: those that were finished while the store did not answer.
        incidents: open, or open until a while ago.
        outbox: what waits to be sent.
    """

    since: datetime
    runs: Mapping[str, str] = {}
    refused: Mapping[str, Listed] = {}
    ingests: tuple[Ingest, ...] = ()
    incidents: tuple[Incident, ...] = ()
    outbox: Outbox = Outbox()

    @property
    def book(self) -> dict[str, Incident]:
        """The incidents by ``Identity.key``."""
        return {incident.identity.key: incident for incident in self.incidents}

    def to_json(self) -> str:
        """The inverse of :func:`read`; what is as by default is left out."""
        return self.model_dump_json(exclude_defaults=True)


def read(text: str | None, since: datetime) -> State:
    """The state; a new one from ``since`` on if there is none, or none that we understand."""
    if text:
        try:
            return State.model_validate_json(text)
        except ValidationError:
            pass
    return State(since=since)


def kept(incidents: Sequence[Incident]) -> tuple[Incident, ...]:
    """As many as fit: the open ones first, then the gravest, then those seen last."""
    ordered = sorted(
        incidents, key=lambda one: (one.is_open, one.severity.rank, one.last_seen), reverse=True
    )
    return tuple(ordered[:INCIDENTS])
