"""Step 2 after a process has died over a batch: in groups, so that one file blocks no others.

Nobody has told which file it was. So files are read in groups, and each is marked while it is read:
a mark that stands when the next process comes is that of a file over which the last one died, or of
its neighbour. Those are read alone, behind all others; and a file over which a process has died
alone is read when nothing else waits.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from itertools import count

from lake_assets.contracts.dataset import Dataset, Versions
from lake_assets.contracts.lake import Lake
from lake_assets.jobs.arrivals import pending
from lake_assets.jobs.ingest import ingest
from lake_assets.jobs.reading.task import Engine
from lake_assets.storage.errors import StoreError
from lake_assets.storage.ledger import Commit
from lake_assets.storage.objects import ObjectInfo
from lake_assets.storage.store import Store
from lake_assets.storage.zones import source_file, suspect_key, suspects_prefix

GROUP = 50
"""Files that are read together; so many at most are read again alone."""


@dataclass(frozen=True, slots=True)
class _Suspect:
    """A file, and how often a process has died over it: once among a group, then alone."""

    file: ObjectInfo
    deaths: int


def ingest_apart(
    store: Store, lake: Lake, dataset: Dataset, engine: Engine, arrival: date
) -> Iterator[Commit]:
    """Ingest what waits of an arrival date, group by group.

    A run that has taken in other files leaves those over which a process has died alone where they
    are: it shall end well.

    Yields:
        The commit of each group.

    Raises:
        StoreUnavailable: as of :func:`~lake_assets.jobs.ingest.ingest`.
    """
    is_done = False
    while group := _next_group(store, lake, dataset, arrival):
        if group[0].deaths > 1 and is_done:
            return
        for one in group:
            store.put(_mark(dataset, one.file, one.deaths + 1), b"")
        keys = {one.file.key for one in group}
        try:
            record = ingest(store, lake, dataset, engine, arrival, keys)
        except Exception:
            # An error is no death: whoever can tell of one has not been killed by a file.
            with suppress(StoreError):
                for one in group:
                    store.delete(_mark(dataset, one.file, one.deaths + 1))
            raise
        for one in group:
            for time in range(one.deaths + 1):
                store.delete(_mark(dataset, one.file, time + 1))
        if record is None:
            return
        yield record
        is_done = True


def _next_group(store: Store, lake: Lake, dataset: Dataset, arrival: date) -> list[_Suspect]:
    """Several files over which no process has died, or one: that with the fewest deaths."""
    marks = {info.key for info in store.list(suspects_prefix(dataset))}
    waiting = [info for info in pending(store, lake, dataset) if info.arrived.date() == arrival]
    suspects = [
        _Suspect(info, next(n for n in count() if _mark(dataset, info, n + 1) not in marks))
        for info in _oldest(dataset, waiting)
    ]
    fewest = min((one.deaths for one in suspects), default=0)
    alike = [one for one in suspects if one.deaths == fewest]
    return alike[: 1 if fewest else GROUP]


def _oldest(dataset: Dataset, files: Sequence[ObjectInfo]) -> list[ObjectInfo]:
    """Where versions supersede each other, the first of each name: none overtakes another."""
    if dataset.versions is not Versions.SUPERSEDE:
        return list(files)
    first: dict[str, ObjectInfo] = {}
    for info in files:
        first.setdefault(source_file(dataset.zones, info.key), info)
    return list(first.values())


def _mark(dataset: Dataset, file: ObjectInfo, time: int) -> str:
    return suspect_key(dataset, f"{file.key}\n{file.etag}", time)
