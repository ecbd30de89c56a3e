"""A snapshot of one date's gold: its files, what commits it, and what is left of others.

The order is: files, the date's audit, which names the snapshot and so commits it, the manifest.
A snapshot's number is one more than that of the one it follows, and the audit is written only
over the audit that was seen, so that each number is committed once. Whoever wrote another snapshot
of a number that is committed can never commit it: such files are taken away.
"""

import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import polars as pl

from lake_assets.contracts.dataset import Dataset
from lake_assets.jobs.compaction.gold_files import GoldFile
from lake_assets.jobs.compaction.metrics import Metrics, read_metrics
from lake_assets.jobs.tables.current import snapshot_files
from lake_assets.jobs.tables.manifest import (
    ManifestDamaged,
    ManifestFile,
    described,
    find_manifest,
    make_manifest,
)
from lake_assets.kernels.gold import gold_schema
from lake_assets.storage.errors import ObjectNotFound
from lake_assets.storage.objects import ObjectInfo
from lake_assets.storage.store import Store
from lake_assets.storage.zones import (
    MANIFEST,
    gold_prefix,
    manifest_key,
    snapshot_key,
    snapshot_name,
    snapshot_number,
    snapshot_of,
    snapshot_prefix,
)


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands of a date's snapshots.

    Attributes:
        current: the one that counts.
        objects: name -> its objects by key, the manifest among them.
    """

    current: str | None
    objects: Mapping[str, Mapping[str, ObjectInfo]]

    def next_name(self, identity: str) -> str:
        """That of a snapshot which follows the current one."""
        number = snapshot_number(self.current) if self.current else 0
        return snapshot_name(number + 1, identity)

    def leftovers(self) -> list[str]:
        """Objects of snapshots that were overtaken, or died, before they were committed."""
        if self.current is None:
            return []
        number = snapshot_number(self.current)
        return [
            key
            for name, objects in self.objects.items()
            if name != self.current
            and snapshot_number(name) <= number
            and not any(key.endswith(MANIFEST) for key in objects)
            for key in objects
        ]


def find_standing(store: Store, dataset: Dataset, day: str, current: str | None) -> Standing:
    """What stands of a date (ISO): one listing."""
    objects: dict[str, dict[str, ObjectInfo]] = {}
    for info in store.list(gold_prefix(dataset, day)):
        if name := snapshot_of(info.key):
            objects.setdefault(name, {})[info.key] = info
    return Standing(current, objects)


def write_files(
    store: Store, dataset: Dataset, day: str, name: str, files: Iterable[GoldFile]
) -> list[ManifestFile]:
    """Write the files of a snapshot that is not committed yet."""
    found: list[ManifestFile] = []
    for number, file in enumerate(files):
        key = snapshot_key(dataset, day, name, number)
        # Another compaction of the same input may have been here, or a dead one of other code.
        if not store.put_if_absent(key, file.data) and store.read(key) != file.data:
            store.put(key, file.data)
        found.append(described(store.head(key), file.data, file.rows))
    written = {file.key for file in found}
    for info in store.list(snapshot_prefix(dataset, day, name)):
        if info.key not in written and not info.key.endswith(MANIFEST):
            store.delete(info.key)
    return found


def write_manifest(
    store: Store, dataset: Dataset, metrics: Metrics, files: Iterable[ManifestFile]
) -> None:
    """Write the manifest of a snapshot that is committed."""
    if metrics.snapshot is None:
        return
    manifest = make_manifest(dataset, metrics, list(files), gold_schema(dataset))
    key = manifest_key(dataset, metrics.target_date, metrics.snapshot)
    store.put_if_absent(key, manifest.to_bytes())


def mend_manifest(store: Store, dataset: Dataset, metrics: Metrics) -> None:
    """Write the manifest that a dead compaction has not come to write, if the files are there.

    Raises:
        StoreUnavailable: the store cannot be read or written.
    """
    name, day = metrics.snapshot, metrics.target_date
    if name is None:
        return
    infos = snapshot_files(store, dataset, day, name)
    if {info.key for info in infos} != set(metrics.outputs):
        return
    files: list[ManifestFile] = []
    schema = gold_schema(dataset)
    try:
        for info in infos:
            data = store.read(info.key)
            rows = int(pl.scan_parquet(io.BytesIO(data)).select(pl.len()).collect().item())
            files.append(described(info, data, rows))
            schema = pl.Schema(pl.read_parquet_schema(data))
    except (ObjectNotFound, pl.exceptions.PolarsError):
        return
    if sum(file.rows for file in files) != metrics.rows_after_dedup:
        return
    manifest = make_manifest(dataset, metrics, files, schema)
    store.put_if_absent(manifest_key(dataset, day, name), manifest.to_bytes())


def is_whole(store: Store, dataset: Dataset, day: str, standing: Standing) -> bool:
    """Whether the current snapshot has its manifest, and the very files that this names."""
    if standing.current is None:
        return False
    try:
        manifest = find_manifest(store, dataset, day, standing.current)
    except ManifestDamaged:
        return False
    there = standing.objects.get(standing.current, {})
    return manifest is not None and all(
        file.key in there and there[file.key].etag == file.etag for file in manifest.files
    )


def forget_overtaken(
    store: Store, dataset: Dataset, day: str, name: str, files: Iterable[ManifestFile]
) -> None:
    """Take away the files of a snapshot that another was committed in place of."""
    now = read_metrics(store, dataset, day)
    current = now.snapshot if now else None
    # If this number is still free, others may be about to commit the same snapshot.
    if current and current != name and snapshot_number(current) >= snapshot_number(name):
        for file in files:
            store.delete(file.key)
