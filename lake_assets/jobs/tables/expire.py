"""Old snapshots of gold: which of them nobody needs any more, and their removal.

A snapshot can go once another has taken its place for long enough, and no table that stays was
built on it. Its manifest goes first: whoever finds a manifest finds its files. What a removal that
died has left are files without a manifest, which the next one takes along, and any compaction.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.lake import Lake
from lake_assets.jobs.compaction.metrics import TableVersion, read_metrics
from lake_assets.jobs.tables.current import audited_dates, last_committed
from lake_assets.jobs.tables.manifest import find_manifest
from lake_assets.storage.objects import ObjectInfo
from lake_assets.storage.store import Store, each
from lake_assets.storage.zones import MANIFEST, day_of, gold_prefix, snapshot_number, snapshot_of


@dataclass(frozen=True, slots=True)
class OldSnapshot:
    """A snapshot that another has taken the place of.

    Attributes:
        version: of which dataset and date, and its name.
        replaced: when the one that followed was published; of a snapshot without a manifest, when
            the last of its files was written.
        objects: what stands of it, the manifest first.
    """

    version: TableVersion
    replaced: datetime
    objects: tuple[ObjectInfo, ...]

    @property
    def size(self) -> int:
        """Bytes of its objects."""
        return sum(info.size for info in self.objects)


@dataclass(frozen=True, slots=True)
class _Date:
    """The snapshots of one date: those that may go, those that stay, and what its audit names."""

    old: list[OldSnapshot]
    kept: list[TableVersion]
    named: list[TableVersion]


def find_expired(store: Store, lake: Lake, before: datetime) -> list[OldSnapshot]:
    """The snapshots of a lake that can go, by dataset, date and number.

    Args:
        store: of the lake.
        lake: the contract. The gold of all its datasets is looked at, because one may be built on
            a snapshot of another.
        before: those whose place another had taken by then. Nobody may still be reading what was
            current so long ago, and no run may be under way that began by then.

    Raises:
        ManifestDamaged: so that it is not known what a table was built on.
        StoreUnavailable: the store cannot be read.
    """
    datasets = {one.name: one for one in lake.datasets}
    dates = [date for dataset in lake.datasets for date in _dates(store, dataset, before)]
    old = {one.version: one for date in dates for one in date.old}
    needed = {version for date in dates for version in date.named}
    waiting = [version for date in dates for version in date.kept] if old else []
    while waiting:
        found = each(store, partial(_built_on, store, datasets), waiting)
        needed |= {version for versions in found for version in versions}
        waiting = [version for version in old if version in needed]
        for version in waiting:
            del old[version]
    return list(old.values())


def remove(store: Store, expired: Sequence[OldSnapshot]) -> None:
    """Remove snapshots, of each the manifest first. Safe to repeat.

    Raises:
        StoreUnavailable: the store cannot be written; do it again.
    """
    each(store, partial(_remove, store), expired)


def _remove(store: Store, one: OldSnapshot) -> None:
    for info in one.objects:
        store.delete(info.key)


def _dates(store: Store, dataset: Dataset, before: datetime) -> Iterator[_Date]:
    # Audits are read before the listing: what is committed behind that has a higher number.
    days = audited_dates(store, dataset)
    audits = dict(zip(days, each(store, partial(read_metrics, store, dataset), days), strict=True))
    objects: dict[str, list[ObjectInfo]] = {day: [] for day in days}
    for info in store.list(gold_prefix(dataset)) if dataset.gold.snapshots else ():
        if (day := day_of(info.key)) and snapshot_of(info.key):
            objects.setdefault(day, []).append(info)
    for day in sorted(objects):
        metrics = audits.get(day)
        named = [*_named(metrics.carried, metrics.lookups or ())] if metrics else []
        last = last_committed(info.key for info in objects[day])
        current = metrics.snapshot if metrics else last
        stays = {current, last} if day in audits and current else None
        old, kept = _divided(dataset, day, objects[day], stays, before)
        yield _Date(old, kept, named)


def _divided(
    dataset: Dataset,
    day: str,
    objects: Iterable[ObjectInfo],
    stays: Collection[str | None] | None,
    before: datetime,
) -> tuple[list[OldSnapshot], list[TableVersion]]:
    """The snapshots of a date that are old, and those that are not and have a manifest.

    ``stays`` are those that count; all of what has a higher number stays as well. None is all.
    """
    by_name: dict[str, list[ObjectInfo]] = {}
    published: dict[str, datetime] = {}
    for info in objects:
        name = snapshot_of(info.key) or ""
        by_name.setdefault(name, []).append(info)
        if info.key.endswith(f"/{MANIFEST}"):
            published[name] = info.modified
    least = min((snapshot_number(name) for name in stays or () if name), default=0)
    old: list[OldSnapshot] = []
    kept: list[TableVersion] = []
    for name in sorted(by_name, key=snapshot_number):
        version = TableVersion(dataset.name, day, name)
        replaced = _replaced(name, by_name[name], published)
        if snapshot_number(name) < least and replaced is not None and replaced < before:
            first = sorted(by_name[name], key=lambda info: not info.key.endswith(f"/{MANIFEST}"))
            old.append(OldSnapshot(version, replaced, tuple(first)))
        elif name in published:
            kept.append(version)
    return old, kept


def _replaced(
    name: str, objects: Iterable[ObjectInfo], published: dict[str, datetime]
) -> datetime | None:
    """Since when a snapshot is not current any more; None if that cannot be told."""
    if name not in published:
        return max(info.modified for info in objects)
    later = [one for one in published if snapshot_number(one) > snapshot_number(name)]
    return published[min(later, key=snapshot_number)] if later else None


def _built_on(
    store: Store, datasets: dict[str, Dataset], version: TableVersion
) -> list[TableVersion]:
    assert version.date is not None, "the version is that of a table"
    assert version.snapshot is not None, "the version is that of a snapshot"
    manifest = find_manifest(store, datasets[version.dataset], version.date, version.snapshot)
    return [*_named(manifest.carried, manifest.lookups)] if manifest else []


def _named(carried: TableVersion | None, lookups: Iterable[TableVersion]) -> Iterator[TableVersion]:
    if carried:
        yield carried
    yield from lookups
