"""Which gold files of a date count: those in place, or those of its current snapshot.

Whoever reads gold asks here.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from lake_assets.contracts.dataset import Dataset
from lake_assets.jobs.compaction.metrics import Metrics, TableVersion, read_metrics
from lake_assets.storage.objects import ObjectInfo
from lake_assets.storage.store import Store, each
from lake_assets.storage.zones import (
    MANIFEST,
    day_of,
    gold_prefix,
    snapshot_number,
    snapshot_of,
    snapshot_prefix,
)


@dataclass(frozen=True, slots=True)
class Table:
    """A gold table of one date: which it is, and its Parquet files in the order of the key."""

    version: TableVersion
    files: tuple[ObjectInfo, ...]

    @property
    def size(self) -> int:
        """Bytes of its files."""
        return sum(info.size for info in self.files)


def gold_files(store: Store, dataset: Dataset, day: str) -> list[ObjectInfo]:
    """The Parquet files of a date's gold (ISO) that count, in order; none if it has no table.

    Raises:
        StoreUnavailable: the store cannot be read.
    """
    if not dataset.gold.snapshots:
        return list(store.list(gold_prefix(dataset, day)))
    name = current_snapshot(store, dataset, day)
    return snapshot_files(store, dataset, day, name) if name else []


def table_files(store: Store, dataset: Dataset) -> list[ObjectInfo]:
    """The Parquet files of the whole table that count.

    That is all dates'; where the contract carries, the newest date's alone, which has all keys.
    """
    if dataset.gold.carry:
        newest = newest_table(store, dataset)
        return list(newest.files) if newest else []
    if not dataset.gold.snapshots:
        return list(store.list(gold_prefix(dataset)))
    found = each(store, partial(gold_files, store, dataset), audited_dates(store, dataset))
    return [info for files in found for info in files]


def find_table(store: Store, dataset: Dataset, day: str) -> Table | None:
    """The gold table of a date (ISO); None if it has none, or no row."""
    name = current_snapshot(store, dataset, day) if dataset.gold.snapshots else None
    files = snapshot_files(store, dataset, day, name) if name else []
    if not dataset.gold.snapshots:
        files = gold_files(store, dataset, day)
    version = version_of(dataset, day, name, files)
    return Table(version, tuple(files)) if version else None


def version_of(
    dataset: Dataset, day: str, snapshot: str | None, files: Sequence[ObjectInfo]
) -> TableVersion | None:
    """Which table of a date (ISO) these files are; None without files."""
    return TableVersion(dataset.name, day, snapshot or _digest(files)) if files else None


def table_before(store: Store, dataset: Dataset, day: str) -> Table | None:
    """The table of the last date before ``day`` (ISO) that has one."""
    earlier = [one for one in audited_dates(store, dataset) if one < day]
    return _last(store, dataset, earlier)


def newest_table(store: Store, dataset: Dataset) -> Table | None:
    """The table of the last date that has one."""
    return _last(store, dataset, audited_dates(store, dataset))


def version_files(store: Store, dataset: Dataset, version: TableVersion) -> list[ObjectInfo]:
    """The files of a table that was carried on or looked up.

    A snapshot is there as it was; of a table in place, what stands there now.
    """
    if version.date is None or version.snapshot is None:
        return []
    if dataset.gold.snapshots:
        return snapshot_files(store, dataset, version.date, version.snapshot)
    return gold_files(store, dataset, version.date)


def audited_dates(store: Store, dataset: Dataset) -> list[str]:
    """The dates (ISO) that compaction has ever looked at, in order: one listing, nothing read."""
    keys = (info.key for info in store.list(f"{dataset.zones.gold_audit}date="))
    return sorted({day for key in keys if (day := day_of(key))})


def current_snapshot(store: Store, dataset: Dataset, day: str) -> str | None:
    """The name of the snapshot of a date (ISO) that counts; None if it has none.

    The date's audit names it. If that is lost or damaged, it is the last one with a manifest,
    which is written behind the audit.
    """
    return snapshot_by(store, dataset, day, read_metrics(store, dataset, day))


def snapshot_by(store: Store, dataset: Dataset, day: str, metrics: Metrics | None) -> str | None:
    """The same, with the date's audit at hand."""
    if metrics:
        return metrics.snapshot
    listed = (info.key for info in store.list(gold_prefix(dataset, day)))
    return last_committed(listed)


def last_committed(keys: Iterable[str]) -> str | None:
    """Of the objects of a date, the last snapshot that has a manifest."""
    names = [name for key in keys if key.endswith(MANIFEST) and (name := snapshot_of(key))]
    return max(names, key=snapshot_number, default=None)


def snapshot_files(store: Store, dataset: Dataset, day: str, name: str) -> list[ObjectInfo]:
    """The Parquet files of a snapshot, in order."""
    listed = store.list(snapshot_prefix(dataset, day, name))
    return [info for info in listed if not info.key.endswith(MANIFEST)]


def _last(store: Store, dataset: Dataset, days: Sequence[str]) -> Table | None:
    for day in reversed(days):
        if table := find_table(store, dataset, day):
            return table
    return None


def _digest(files: Sequence[ObjectInfo]) -> str:
    told = "".join(f"{info.key} {info.etag}\n" for info in files)
    return hashlib.sha256(told.encode()).hexdigest()[:16]
