"""What was seen, and what is wrong because of it."""

import hashlib
from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from lake_assets.contracts.alerts import AlertKind, AlertSeverity


class Record(BaseModel):
    """Immutable; a key of a later version is kept out of the way."""

    model_config = ConfigDict(frozen=True)


class Identity(Record):
    """What is wrong: all that is seen of it later belongs to the same incident.

    Attributes:
        kind: of what is wrong.
        dataset: that it is about; empty if it is about none of the lake's own.
        subject: a check (``fact_sales: conservation``), step, file or asset.
        partition: a date, or a range ``first...last``; empty where there is none, or where what is
            true of the latest partition is true of the subject.
    """

    kind: AlertKind
    dataset: str
    subject: str
    partition: str = ""

    @property
    def key(self) -> str:
        """One text for it."""
        return "\n".join((self.kind, self.dataset, self.subject, self.partition))


class Seen(Record):
    """One look at something: it is wrong, or it is right.

    Nothing in it is taken from the rows of a file, or from the text of an error.

    Attributes:
        at: when it happened (UTC), not when we looked.
        ok: whether it is right.
        detail: figures, a code or the class of an error.
        link: a page about it; empty if we know none.
    """

    identity: Identity
    at: datetime
    ok: bool = False
    severity: AlertSeverity = AlertSeverity.ERROR
    detail: str = ""
    link: str = ""


class Incident(Record):
    """Something that is wrong, or was until a while ago.

    Attributes:
        severity: the gravest so far.
        first_seen, last_seen: when it was found wrong (UTC).
        count: how often.
        detail, link: of the last time.
        told: how many notices of it were made.
        told_at: when the last of them was made.
        right_since: when it was found right again; None while it is wrong.
        returned: how often it was wrong again soon after it had been right.
        recovery_told: whether there was a notice that it is right.
    """

    identity: Identity
    severity: AlertSeverity
    first_seen: datetime
    last_seen: datetime
    count: int = 1
    detail: str = ""
    link: str = ""
    told: int = 0
    told_at: datetime | None = None
    right_since: datetime | None = None
    returned: int = 0
    recovery_told: bool = False

    @property
    def is_open(self) -> bool:
        """Whether it is wrong."""
        return self.right_since is None


class Event(StrEnum):
    """What there is to tell of an incident."""

    NEW = "new"
    WORSE = "worse"
    AGAIN = "again"
    STILL = "still"
    RECOVERED = "recovered"
    GIVEN_UP = "given_up"
    TEST = "test"


class Notice(Record):
    """One thing to tell: the incident as it was then."""

    event: Event
    incident: Incident
    made: datetime

    @property
    def happened(self) -> datetime:
        """When that came about which it tells; never later than it was made."""
        match self.event:
            case Event.NEW | Event.WORSE | Event.AGAIN:
                return min(self.incident.last_seen, self.made)
            case Event.RECOVERED:
                return min(self.incident.right_since or self.made, self.made)
            case _:
                return self.made

    @property
    def id(self) -> str:
        """The same however often it is made anew: a receiver that knows it has it already."""
        incident = self.incident
        text = f"{incident.identity.key}\n{incident.first_seen.isoformat()}\n{incident.told}"
        return hashlib.sha256(f"{self.event}\n{text}".encode()).hexdigest()[:16]
