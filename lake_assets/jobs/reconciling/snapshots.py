"""Snapshots of gold against their manifests: the current one whole, and nothing that is foreign.

Older snapshots are history: nobody relies on them, and nothing of them is a fault.
"""

import re
from collections.abc import Collection, Iterator, Sequence

from lake_assets.contracts.dataset import Dataset
from lake_assets.jobs.reconciling.faults import Fault, FaultKind
from lake_assets.jobs.reconciling.seen_objects import look
from lake_assets.jobs.tables.manifest import ManifestDamaged, ManifestFile, find_manifest
from lake_assets.storage.errors import StoreError
from lake_assets.storage.objects import ObjectInfo
from lake_assets.storage.store import Store
from lake_assets.storage.zones import MANIFEST, manifest_key, snapshot_number, snapshot_of

PART = re.compile(r"/part-\d{4,}\.snappy\.parquet$")
REMEDY = "make its gold again: the next snapshot is whole"


def files_of(objects: Sequence[ObjectInfo], snapshot: str | None) -> list[ObjectInfo]:
    """Of the objects of a date, the Parquet files of one snapshot."""
    return [info for info in objects if snapshot == snapshot_of(info.key) and _is_part(info.key)]


def snapshot_faults(
    store: Store,
    dataset: Dataset,
    day: str,
    objects: Sequence[ObjectInfo],
    current: str | None,
    *,
    stale: bool,
    quick: bool,
) -> Iterator[Fault]:
    """What is wrong with the snapshots of a date (ISO).

    Args:
        store: of the lake.
        dataset: the contract, which asks for snapshots.
        day: the date.
        objects: all of it in gold.
        current: the snapshot that counts.
        stale: whether a compaction may be under way, or have died; its files are no fault then.
        quick: look at sizes, and read no file but the manifest.
    """
    yield from _foreign(objects, current, stale=stale)
    if current is None:
        return
    there = {info.key: info for info in objects if snapshot_of(info.key) == current}
    key = manifest_key(dataset, day, current)
    try:
        manifest = find_manifest(store, dataset, day, current)
    except ManifestDamaged as error:
        yield Fault(FaultKind.UNREADABLE, key, str(error).removesuffix("."))
        return
    if manifest is None:
        if not stale:
            told = f"the current snapshot of {day} has no manifest"
            yield Fault(FaultKind.MISSING, key, f"{told}; compact the date, which writes it")
        return
    for file in manifest.files:
        yield from _file_faults(store, file, there.get(file.key), quick=quick)
    named = {file.key for file in manifest.files} | {key}
    for other in sorted(there.keys() - named):
        told = "the manifest of its snapshot does not name it; take it away"
        yield Fault(FaultKind.EXTRA, other, told)


def _file_faults(
    store: Store, file: ManifestFile, info: ObjectInfo | None, *, quick: bool
) -> Iterator[Fault]:
    if info is None:
        told = "the manifest of its snapshot names it, and it is not there"
        yield Fault(FaultKind.MISSING, file.key, f"{told}; {REMEDY}")
        return
    wrong = ""
    if info.size != file.bytes:
        wrong = f"it has {info.size:,} bytes, and its manifest says {file.bytes:,}"
    elif not quick:
        try:
            if look(store, info).sha256 != file.sha256:
                wrong = "its bytes are not those that its manifest tells of"
        except StoreError as error:
            wrong = f"it cannot be read: {error}"
    if wrong:
        yield Fault(FaultKind.CHANGED, file.key, f"{wrong}; {REMEDY}")


def _foreign(objects: Sequence[ObjectInfo], current: str | None, *, stale: bool) -> Iterator[Fault]:
    """Objects that are of no snapshot, or of one that was never committed."""
    committed = {snapshot_of(info.key) for info in objects if info.key.endswith(MANIFEST)}
    for info in objects:
        name = snapshot_of(info.key)
        if name is None or not (_is_part(info.key) or info.key.endswith(f"/{MANIFEST}")):
            told = "it stands among the snapshots of a date, and is no part of one; take it away"
            yield Fault(FaultKind.EXTRA, info.key, told)
        elif not stale and _was_never_committed(name, current, committed):
            told = "its snapshot was never committed; take it away"
            yield Fault(FaultKind.EXTRA, info.key, told)


def _was_never_committed(name: str, current: str | None, committed: Collection[str | None]) -> bool:
    if name == current:
        return False
    is_later = current is None or snapshot_number(name) > snapshot_number(current)
    return is_later or name not in committed


def _is_part(key: str) -> bool:
    return PART.search(key) is not None
