"""What a load has to do: the published snapshots that the ledger does not have."""

from collections.abc import Iterable, Iterator, Mapping

from lake_assets.contracts.dataset import Dataset
from lake_assets.jobs.tables.manifest import Manifest, find_manifest
from lake_assets.storage.store import Store, each
from lake_assets.storage.zones import MANIFEST, day_of, gold_prefix, snapshot_number, snapshot_of
from lake_assets.warehouse.errors import ColumnMismatch
from lake_assets.warehouse.staging import MAX_FILES
from lake_assets.warehouse.star import StageTable


def published(store: Store, dataset: Dataset) -> dict[str, str]:
    """Date (ISO) -> its newest snapshot that has a manifest: one listing, nothing read."""
    newest: dict[str, str] = {}
    for info in store.list(gold_prefix(dataset)):
        day, name = day_of(info.key), snapshot_of(info.key)
        if day and name and info.key.endswith(f"/{MANIFEST}"):
            before = newest.get(day)
            if before is None or snapshot_number(name) > snapshot_number(before):
                newest[day] = name
    return dict(sorted(newest.items()))


def new_manifests(store: Store, stage: StageTable, loaded: Mapping[str, str]) -> list[Manifest]:
    """The manifests of the snapshots that are not loaded, by date; no other is read.

    Raises:
        ManifestDamaged: one is no manifest.
        ColumnMismatch: a snapshot was made under another contract.
    """
    waiting = [
        (day, name)
        for day, name in published(store, stage.dataset).items()
        if loaded.get(day) != name
    ]
    read = each(store, lambda one: find_manifest(store, stage.dataset, *one), waiting)
    found = [one for one in read if one]
    for manifest in found:
        check_columns(stage, manifest)
    return found


def check_columns(stage: StageTable, manifest: Manifest) -> None:
    """Make sure that a snapshot has the very columns that the table wants.

    COPY would fill a column that it does not find with nulls, and say nothing.

    Raises:
        ColumnMismatch: it has not.
    """
    wanted = {field.name: field.type for field in stage.gold}
    has = {column.name: column.type for column in manifest.columns}
    told = [
        *(f"{name} is missing" for name in wanted if name not in has),
        *(f"{name} is unknown to the contract" for name in has if name not in wanted),
        *(
            f"{name} is {has[name]} and should be {wanted[name]}"
            for name in wanted
            if name in has and has[name] != wanted[name]
        ),
    ]
    if told:
        raise ColumnMismatch(
            f"{stage.declared.table} cannot take the snapshot {manifest.snapshot} of "
            f"{manifest.dataset} on {manifest.date}, made under contract version "
            f"{manifest.contract_version}: {'; '.join(told)}. Make that date again under the "
            f"contract of today: lake rebuild {stage.lake}/{manifest.dataset} --dates "
            f"{manifest.date}; nothing was loaded."
        )


def batches(manifests: Iterable[Manifest]) -> Iterator[list[Manifest]]:
    """Snapshots that are loaded in one transaction: about as many files as a COPY may name."""
    batch: list[Manifest] = []
    files = 0
    for manifest in manifests:
        if batch and files + len(manifest.files) > MAX_FILES:
            yield batch
            batch, files = [], 0
        batch.append(manifest)
        files += len(manifest.files)
    if batch:
        yield batch
