"""What waits: files in raw/ that have settled, files in validated/ with their arrival stamps."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from lake_assets.contracts.dataset import Dataset, Versions
from lake_assets.contracts.lake import Intake, Lake
from lake_assets.storage.errors import ObjectNotFound
from lake_assets.storage.objects import ObjectInfo
from lake_assets.storage.store import Store, each
from lake_assets.storage.zones import source_file

MEGABYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class Dropped:
    """The files below a prefix, oldest first.

    Attributes:
        settled: nobody is writing them any more.
        growing: on a disk, files that changed a moment ago.
    """

    settled: list[ObjectInfo]
    growing: list[ObjectInfo]


def look_at(
    store: Store,
    prefix: str,
    intake: Intake,
    now: datetime,
    complete: Collection[str] = (),
) -> Dropped:
    """Files below ``prefix``, and which of them nobody is writing any more.

    On S3 an object appears whole. On a disk a file that changed within ``settle_seconds`` may
    still be growing, unless its key is in ``complete``.
    """
    wait = intake.settle_seconds if store.uri.startswith("file:") else 0
    latest = now - timedelta(seconds=wait)
    found = Dropped([], [])
    for info in sorted(store.list(prefix), key=lambda info: (info.modified, info.key)):
        is_settled = info.modified <= latest or info.key in complete
        (found.settled if is_settled else found.growing).append(info)
    return found


def settled(
    store: Store,
    prefix: str,
    intake: Intake,
    now: datetime,
    complete: Collection[str] = (),
) -> list[ObjectInfo]:
    """Those files of :func:`look_at` that can be taken, oldest first."""
    return look_at(store, prefix, intake, now, complete).settled


def stamped(store: Store, files: Iterable[ObjectInfo]) -> list[ObjectInfo]:
    """The same files as ``head`` shows them, with their arrival stamps; oldest arrival first."""

    def head(info: ObjectInfo) -> ObjectInfo | None:
        try:
            return store.head(info.key)
        except ObjectNotFound:
            return None  # another driver has taken it meanwhile

    found = [info for info in each(store, head, files) if info is not None]
    return sorted(found, key=lambda info: (info.arrived, info.key))


def pending(store: Store, lake: Lake, dataset: Dataset) -> list[ObjectInfo]:
    """Files in validated/, with their arrival stamps, oldest arrival first."""
    found = settled(store, dataset.zones.validated, lake.intake, datetime.max.replace(tzinfo=UTC))
    return stamped(store, found)


def batch(
    files: list[ObjectInfo], intake: Intake, arrival: date | None, when: str
) -> list[ObjectInfo]:
    """The first files of one arrival date, as many as a batch may hold, at least one.

    Args:
        files: oldest first.
        intake: limits of a batch.
        arrival: the date to take; None takes the date of the oldest file.
        when: which time is the arrival: ``modified`` in raw/, ``arrived`` in validated/.
    """
    if arrival is None and files:
        arrival = getattr(files[0], when).date()
    chosen: list[ObjectInfo] = []
    size = 0
    for info in files:
        if getattr(info, when).date() != arrival:
            continue
        size += info.size
        if chosen and (len(chosen) >= intake.max_files or size > intake.max_mb * MEGABYTE):
            break
        chosen.append(info)
    return chosen


def one_of_a_name(dataset: Dataset, files: list[ObjectInfo]) -> list[ObjectInfo]:
    """The first files of a batch, where versions supersede each other: none of a name twice.

    Whether bytes that were sent before are a duplicate, or undo what came between, shows only
    once what came between is ingested.

    Args:
        dataset: the contract.
        files: in validated/, in the order in which they are ingested.
    """
    if dataset.versions is not Versions.SUPERSEDE:
        return files
    seen: set[str] = set()
    for at, info in enumerate(files):
        name = source_file(dataset.zones, info.key)
        if name in seen:
            return files[:at]
        seen.add(name)
    return files
