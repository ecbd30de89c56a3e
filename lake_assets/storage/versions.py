"""Files of one name, one after another, where the contract says that the latest supersedes.

Every version leaves a note under the hash of its name. Whoever finds that a version is not the
latest marks each date that it feeds, and gold leaves its rows out from then on: a mark is never
taken back, so that it does not matter who finds it, in which order, or how often.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from lake_assets.contracts.dataset import Dataset, Versions
from lake_assets.storage.ledger import Commit
from lake_assets.storage.store import Store, each
from lake_assets.storage.zones import (
    superseded_key,
    superseded_prefix,
    version_key,
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

    Two or three store calls a file, and none where the contract appends. Safe to repeat.

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
    each(
        store,
        lambda v: store.put(
            version_key(dataset, v.source_file, v.arrived, v.ingest_run_id), v.to_bytes()
        ),
        versions,
    )
    names = {version.source_file for version in versions}
    dates = each(store, lambda name: _mark_superseded(store, dataset, name), names)
    return set(chain.from_iterable(dates))


def _mark_superseded(store: Store, dataset: Dataset, name: str) -> set[str]:
    *earlier, _ = [info.key for info in store.list(versions_prefix(dataset, name))]
    dates: set[str] = set()
    for key in earlier:
        version = Version.from_bytes(store.read(key))
        marks = [
            superseded_key(dataset, day, name, version.arrived, version.ingest_run_id)
            for day in version.dates
        ]
        store.put_each_if_absent(marks, version.to_bytes())
        dates |= set(version.dates)
    return dates


def is_superseded(store: Store, dataset: Dataset, name: str, ingest_run_id: str) -> bool:
    """Whether a later file of this name was ingested than the one of that run."""
    if dataset.versions is not Versions.SUPERSEDE:
        return False
    keys = [info.key for info in store.list(versions_prefix(dataset, name))]
    return bool(keys) and not keys[-1].endswith(f"_{ingest_run_id}.json")


def superseded_files(store: Store, dataset: Dataset, day: str) -> Iterable[Version]:
    """The files whose rows of this event date (ISO) gold leaves out."""
    if dataset.versions is not Versions.SUPERSEDE:
        return []
    keys = [info.key for info in store.list(superseded_prefix(dataset, day))]
    return each(store, lambda key: Version.from_bytes(store.read(key)), keys)
