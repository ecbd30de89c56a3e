"""What a snapshot of gold consists of: for whoever loads it elsewhere."""

import hashlib
from collections.abc import Iterator, Sequence

import polars as pl
from pydantic import BaseModel, ConfigDict

from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.lookups import looked_up_columns
from lake_assets.contracts.widening import type_name, typed
from lake_assets.jobs.compaction.metrics import Metrics, TableVersion
from lake_assets.jobs.tables.current import audited_dates, current_snapshot
from lake_assets.kernels.values.types import INSTANT, data_type
from lake_assets.storage.errors import ObjectNotFound, StoreError
from lake_assets.storage.objects import ObjectInfo
from lake_assets.storage.store import Store
from lake_assets.storage.zones import (
    MANIFEST,
    gold_prefix,
    manifest_key,
    snapshot_number,
    snapshot_of,
)


class ManifestDamaged(StoreError):
    """A manifest cannot be read; the message names it."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class ManifestFile(_Part):
    """One Parquet file: its key below the lake's URI, what it holds, and its digests."""

    key: str
    rows: int
    bytes: int
    sha256: str
    etag: str


class ManifestColumn(_Part):
    """A column and its type in the contract's words, such as ``decimal(18,2)``."""

    name: str
    type: str


class Manifest(_Part):
    """``_manifest.json`` of a snapshot, which never changes once it is there.

    Attributes:
        table: the gold table's name.
        dataset: whose it is.
        date: the event date (ISO).
        snapshot, previous: this one's name, and that of the one before it on the same date.
        contract_version: under which it was made.
        columns: of the files, in order.
        files: in the order of the key; none if the date has no row any more.
        rows: of all files.
        inputs: the processed files.
        carried: the table whose rows go on in this one, where the contract carries.
        lookups: the tables that were looked up.
    """

    table: str
    dataset: str
    date: str
    snapshot: str
    previous: str | None
    contract_version: str
    columns: tuple[ManifestColumn, ...]
    files: tuple[ManifestFile, ...]
    rows: int
    inputs: tuple[str, ...]
    carried: TableVersion | None = None
    lookups: tuple[TableVersion, ...] = ()

    def to_bytes(self) -> bytes:
        """As it is stored: JSON."""
        return self.model_dump_json(indent=1).encode()


def current_manifest(store: Store, dataset: Dataset, day: str) -> Manifest | None:
    """That of a date's current snapshot.

    None if the date has no snapshot; or if the compaction that made it died right behind its
    commit: then the next one writes it.

    Raises:
        ManifestDamaged: it is no manifest.
        StoreUnavailable: the store cannot be read.
    """
    name = current_snapshot(store, dataset, day)
    return find_manifest(store, dataset, day, name) if name else None


def manifests(store: Store, dataset: Dataset) -> Iterator[Manifest]:
    """Those of the current snapshots, date by date; raises as :func:`current_manifest`."""
    for day in audited_dates(store, dataset):
        if found := current_manifest(store, dataset, day):
            yield found


def history(store: Store, dataset: Dataset, day: str) -> list[Manifest]:
    """Those of all snapshots of a date (ISO), the earliest first; raises as the above."""
    listed = [info.key for info in store.list(gold_prefix(dataset, day))]
    names = [name for key in listed if key.endswith(MANIFEST) and (name := snapshot_of(key))]
    found = [
        find_manifest(store, dataset, day, name) for name in sorted(names, key=snapshot_number)
    ]
    return [one for one in found if one]


def find_manifest(store: Store, dataset: Dataset, day: str, name: str) -> Manifest | None:
    """The manifest of one snapshot; None if it has none.

    Raises:
        ManifestDamaged: it is no manifest.
    """
    key = manifest_key(dataset, day, name)
    try:
        return Manifest.model_validate_json(store.read(key))
    except ObjectNotFound:
        return None
    except ValueError as error:
        raise ManifestDamaged(
            f"{key} is no manifest of a snapshot: {str(error).partition(chr(10))[0]}. Make the "
            "date's gold again."
        ) from error


def make_manifest(
    dataset: Dataset, metrics: Metrics, files: Sequence[ManifestFile], schema: pl.Schema
) -> Manifest:
    """The manifest of the snapshot that a date's audit commits, of files of this schema."""
    assert metrics.snapshot is not None, "the audit names no snapshot"
    return Manifest(
        table=dataset.gold.table,
        dataset=dataset.name,
        date=metrics.target_date,
        snapshot=metrics.snapshot,
        previous=metrics.previous_snapshot,
        contract_version=metrics.contract_version or dataset.contract_version,
        columns=manifest_columns(dataset, schema),
        files=tuple(files),
        rows=sum(file.rows for file in files),
        inputs=tuple(metrics.inputs),
        carried=metrics.carried,
        lookups=tuple(metrics.lookups or ()),
    )


def described(info: ObjectInfo, data: bytes, rows: int) -> ManifestFile:
    """A Parquet file of so many rows, from its bytes."""
    digest = hashlib.sha256(data).hexdigest()
    return ManifestFile(key=info.key, rows=rows, bytes=len(data), sha256=digest, etag=info.etag)


def manifest_columns(dataset: Dataset, schema: pl.Schema) -> tuple[ManifestColumn, ...]:
    """The columns of a file, with the contract's types where it knows them."""
    known = {column.name: column for column in [*dataset.columns, *looked_up_columns(dataset)]}
    found = []
    for name, kind in schema.items():
        column = known.get(name)
        is_known = column is not None and data_type(column) == kind
        told = type_name(typed(column)) if column and is_known else _told(kind)
        found.append(ManifestColumn(name=name, type=told))
    return tuple(found)


def _told(kind: pl.DataType) -> str:
    if isinstance(kind, pl.Decimal):
        return f"decimal({kind.precision},{kind.scale})"
    if kind == INSTANT:
        return "timestamp"
    if kind.is_integer():
        return "integer"
    return str(kind).lower()
