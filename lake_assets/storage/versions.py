"""Files of one name, one after another, where the contract says that the latest supersedes.

Every version leaves a note under the hash of its name. Whoever finds that a version is not the
latest marks each date that it feeds, and gold leaves its rows out from then on: a mark is never
taken back, so that it does not matter who finds it, in which order, or how often.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import chain

from lake_assets.contracts.dataset import Dataset, Versions
from lake_assets.storage.ledger import Commit
from lake_assets.storage.store import Store, each
from lake_assets.storage.zones import (
    superseded_key,
    superseded_prefix,
    version_key,
    version_of,
    versions_prefix,
)


@dataclass(frozen=True, slots=True)
class Version:
    """One file of a name: what marks its rows, and the event dates (ISO) that it feeds."""

    source_file: str
    ingest_run_id: str
    arrived: datetime
    dates: tuple[str, ...]

    def to_bytes(self) -> bytes:
        """As it is stored: JSON."""
        document = {
            "source_file": self.source_file,
            "ingest_run_id": self.ingest_run_id,
            "arrived": self.arrived.isoformat(),
            "dates": self.dates,
        }
        return json.dumps(document).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> "Version":
        """The inverse of :meth:`to_bytes`."""
        found = json.loads(data)
        arrived = datetime.fromisoformat(found["arrived"])
        return cls(found["source_file"], found["ingest_run_id"], arrived, tuple(found["dates"]))


def remember_versions(store: Store, dataset: Dataset, record: Commit) -> set[str]:
    """Note the versions that a run ingested, and mark those that are not the latest.

    A few store calls a file, and none where the contract appends. Safe to repeat.

    Returns:
        The event dates (ISO) of what is superseded, whose gold is stale now.
    """
    if dataset.versions is not Versions.SUPERSEDE:
        return set()
    versions = [
        Version(item.source_file, record.ingest_run_id, item.arrived, tuple(item.books.dates))
        for item in record.inputs
        if item.outcome == "ingested"
    ]
    key = partial(version_key, dataset, generation=record.generation)
    each(
        store,
        lambda v: store.put(key(v.source_file, v.arrived, v.ingest_run_id), v.to_bytes()),
        versions,
    )
    dates = each(store, partial(_mark_superseded, store, dataset), versions)
    return set(chain.from_iterable(dates))


def _mark_superseded(store: Store, dataset: Dataset, version: Version) -> set[str]:
    """Mark the version before this one, and this one if it is not the latest.

    Of two neighbours, whoever notes itself later sees the other: no others have to be looked at.
    """
    notes = _notes(store, dataset, version.source_file)
    order = list(notes)
    at = order.index((version.arrived, version.ingest_run_id))
    passed = [*order[max(0, at - 1) : at], *(order[at : at + 1] if order[at + 1 :] else [])]
    dates: set[str] = set()
    for arrived, run_id in passed:
        for key in notes[arrived, run_id]:
            found = Version.from_bytes(store.read(key))
            marks = [
                superseded_key(dataset, day, found.source_file, arrived, run_id)
                for day in found.dates
            ]
            store.put_each_if_absent(marks, found.to_bytes())
            dates |= set(found.dates)
    return dates


def _notes(store: Store, dataset: Dataset, name: str) -> dict[tuple[datetime, str], list[str]]:
    """The keys of the notes of each version, by arrival and run: the earliest first."""
    found: dict[tuple[datetime, str], list[str]] = {}
    for info in store.list(versions_prefix(dataset, name)):
        found.setdefault(version_of(info.key), []).append(info.key)
    return found


def is_superseded(store: Store, dataset: Dataset, name: str, ingest_run_id: str) -> bool:
    """Whether a later file of this name was ingested than the one of that run."""
    if dataset.versions is not Versions.SUPERSEDE:
        return False
    runs = [run_id for _, run_id in _notes(store, dataset, name)]
    return bool(runs) and runs[-1] != ingest_run_id


def superseded_files(store: Store, dataset: Dataset, day: str) -> Iterable[Version]:
    """The files whose rows of this event date (ISO) gold leaves out."""
    if dataset.versions is not Versions.SUPERSEDE:
        return []
    keys = [info.key for info in store.list(superseded_prefix(dataset, day))]
    return each(store, lambda key: Version.from_bytes(store.read(key)), keys)
