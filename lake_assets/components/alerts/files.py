"""What the store tells: files that were refused as a whole, and rows that came late.

The reasons in rejected/system/ are the one place where every refused file stands, also those that a
command, a Lambda or an attempt that died has refused. What was ingested stands in the ledger.
"""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from lake_assets.alerts.incident import Identity, Incident, Seen
from lake_assets.alerts.state import Ingest, Listed
from lake_assets.contracts.alerts import AlertKind, AlertSeverity
from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.lake import Lake

if TYPE_CHECKING:
    from lake_assets.storage.ledger import Input
    from lake_assets.storage.objects import ObjectInfo
    from lake_assets.storage.store import Store

FILES_A_TICK = 200
"""Refused files that are read at one look; the others come next."""

OVERLAP = timedelta(minutes=2)
"""An object may appear later than one that is younger."""

EMPTY = frozenset({"empty_file", "no_data_rows_found"})
"""Reasons that are usually none to worry: there was nothing to send."""

CODE = re.compile(r"[a-z_]{1,40}")
LATE_FILES = 3
"""Files named where rows came late."""

Refusal = tuple[Identity, datetime]
"""A refused file, and when it was last refused."""


@dataclass(frozen=True, slots=True)
class Kept:
    """Where refused files are kept.

    Attributes:
        name: of the dataset, or of the lake's ``unknown``.
        prefix: of their keys.
        dated: whether they stand in folders of their arrival dates.
    """

    name: str
    prefix: str
    dated: bool


def kept_of(lake: Lake) -> list[Kept]:
    """Every place of a lake where refused files are kept."""
    zones = [(one.name, one.zones.rejected_system, one.zones.dated) for one in lake.datasets]
    unknown = [(lake.unknown.name, lake.unknown.rejected, True)] if lake.unknown else []
    return [Kept(*place) for place in (*zones, *unknown)]


def refused_files(
    store: "Store", kept: Kept, listed: Listed, told: Sequence[Refusal], now: datetime
) -> tuple[list[Seen], Listed]:
    """Files that were refused since the last look, and those that were taken away.

    Of a file, its name and the code of the reason are told; the sentence beside it may quote it.

    Args:
        store: of the lake.
        kept: where they are.
        listed: how far the listing was read.
        told: the refused files that are known.
        now: the time (UTC).

    Returns:
        What was seen, and how far the listing is read now.

    Raises:
        StoreUnavailable: nothing was lost, look again.
    """
    from lake_assets.storage.zones import REASON, refused_name

    there = [info for info in store.list(kept.prefix) if info.key.endswith(REASON)]
    plain = {info.key: info.key.removesuffix(REASON) for info in there}
    names = {
        key: _name(refused_name(kept.prefix, refused, dated=kept.dated))
        for key, refused in plain.items()
    }
    fresh = [
        info
        for info in sorted(there, key=lambda info: (info.modified, info.key))
        if info.modified >= listed.until - OVERLAP and _mark(info) not in listed.seen
    ][:FILES_A_TICK]
    found = [_refused(store, kept.name, info, names[info.key]) for info in fresh]
    standing = set(names.values())
    gone = [
        Seen(identity=identity, at=max(now, last_seen), ok=True)
        for identity, last_seen in told
        if identity.subject not in standing
    ]
    until = max([listed.until, *(info.modified for info in fresh)])
    done = {*listed.seen, *map(_mark, fresh)}
    seen = sorted(
        mark for info in there if info.modified >= until - OVERLAP if (mark := _mark(info)) in done
    )
    return [one for one in found if one] + gone, Listed(until=until, seen=tuple(seen))


def ingested_files(
    store: "Store", dataset: Dataset, ingest: Ingest, told: Sequence[Refusal]
) -> list[Seen]:
    """Whether rows of an ingest run came late, and refused files that came again in good order.

    Args:
        store: of the lake.
        dataset: the contract.
        ingest: the run; none is an error that does not stand in the ledger (any more).
        told: the refused files that are known.

    Raises:
        StoreUnavailable: the record cannot be read.
    """
    from lake_assets.storage.errors import LedgerDamaged
    from lake_assets.storage.ledger import find_commit
    from lake_assets.storage.zones import COLLISION

    try:
        record = find_commit(store, dataset, ingest.arrival, ingest.ingest_run_id)
    except LedgerDamaged:
        return []  # `lake reconcile` names it; looking again would not help
    if record is None:
        return []
    taken = {_name(item.source_file) for item in record.inputs if item.outcome != "refused"}
    mended = [
        Seen(identity=identity, at=max(ingest.at, last_seen), ok=True)
        for identity, last_seen in told
        if COLLISION.sub("", identity.subject, count=1) in taken and last_seen <= ingest.at
    ]
    return mended + _lateness(dataset, ingest, record.inputs)


def _lateness(dataset: Dataset, ingest: Ingest, inputs: "Iterable[Input]") -> list[Seen]:
    """One look at the arrivals of a run: late, or with rows and in time."""
    if dataset.late_after_days is None:
        return []
    rows: dict[str, int] = {}
    files: dict[str, int] = {}
    good = 0
    for item in inputs:
        limit = item.arrived.date() - timedelta(days=dataset.late_after_days)
        late = {day: n for day, n in item.books.dates.items() if day < limit.isoformat()}
        good += item.books.good
        for day, number in late.items():
            rows[day] = rows.get(day, 0) + number
        if late:
            files[_name(item.source_file)] = sum(late.values())
    if not good:
        return []
    detail = ""
    if rows:
        named = ", ".join(sorted(files)[:LATE_FILES])
        more = f" and {len(files) - LATE_FILES} more" if len(files) > LATE_FILES else ""
        days = (ingest.arrival - date.fromisoformat(min(rows))).days
        detail = (
            f"{sum(rows.values()):,} rows of {len(rows):,} dates, the oldest {min(rows)}, "
            f"{days:,} days before they arrived; in {named}{more}"
        )
    identity = Identity(kind=AlertKind.LATE_DATA, dataset=dataset.name, subject=dataset.name)
    return [
        Seen(
            identity=identity,
            at=ingest.at,
            ok=not rows,
            severity=AlertSeverity.WARN,
            detail=detail,
            link=ingest.link,
        )
    ]


def _refused(store: "Store", dataset: str, info: "ObjectInfo", name: str) -> Seen | None:
    """A refused file; None if its reason was taken away meanwhile."""
    from lake_assets.storage.errors import ObjectNotFound

    try:
        document = json.loads(store.read(info.key))
    except ObjectNotFound:
        return None
    except ValueError:
        document = None
    reason = str(document.get("reason", "")) if isinstance(document, dict) else ""
    return Seen(
        identity=Identity(kind=AlertKind.SYSTEM_REJECT, dataset=dataset, subject=name),
        at=info.modified,
        severity=AlertSeverity.WARN if reason in EMPTY else AlertSeverity.ERROR,
        detail=reason if CODE.fullmatch(reason) else "unknown reason",
    )


def refusals(incidents: Iterable[Incident], seen: Iterable[Seen], dataset: str) -> list[Refusal]:
    """The refused files of a dataset, by its name, that somebody was told of, or will be."""
    known = [(one.identity, one.last_seen) for one in incidents if one.is_open]
    known += [(one.identity, one.at) for one in seen if not one.ok]
    return [
        (identity, at)
        for identity, at in known
        if (identity.kind, identity.dataset) == (AlertKind.SYSTEM_REJECT, dataset)
    ]


def _name(name: str) -> str:
    """A file's name as text: on a disk it need not be Unicode, nor one line."""
    text = name.encode("utf-8", "backslashreplace").decode()
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)


def _mark(info: "ObjectInfo") -> str:
    """Tells a reason from a later one under the same key."""
    return info.identity.rpartition(":")[2][:10] + f"@{info.modified.timestamp():.3f}"
