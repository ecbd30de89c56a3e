"""One date's gold where the contract carries rows on, looks others up, or keeps snapshots."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain

import polars as pl

from lake_assets.contracts.dataset import Dataset
from lake_assets.jobs.compaction.chain import is_outdated, mark_followers
from lake_assets.jobs.compaction.gold_files import Counts, gold_files
from lake_assets.jobs.compaction.merge import sort_rows
from lake_assets.jobs.compaction.metrics import Metrics, read_metrics
from lake_assets.jobs.compaction.one_date import (
    EXPANSION,
    FAILURES,
    MEMORY,
    ROUNDS,
    Overtaken,
    WriteFailed,
    date_starts,
    find_object,
    replace_files,
    sample_of,
    writing,
)
from lake_assets.jobs.compaction.processed_rows import CurrentRows, processed_rows
from lake_assets.jobs.compaction.snapshot import (
    Standing,
    find_standing,
    forget_overtaken,
    is_whole,
    mend_manifest,
    write_files,
    write_manifest,
)
from lake_assets.jobs.compaction.sources import LookupTables, Sources, find_sources
from lake_assets.jobs.compaction.spill import Spill
from lake_assets.jobs.compaction.table_audit import Made, blank, failed, status_of, written
from lake_assets.jobs.tables.current import snapshot_by
from lake_assets.jobs.tables.manifest import ManifestFile
from lake_assets.kernels.lookups import look_up_all
from lake_assets.storage.objects import ObjectInfo
from lake_assets.storage.store import Store
from lake_assets.storage.zones import (
    gold_prefix,
    manifest_key,
    metrics_key,
    stale_key,
    stale_prefix,
)


@dataclass(frozen=True, slots=True)
class Compaction:
    """What the dates of a compaction share; it can be pickled.

    Attributes:
        store: of the lake.
        dataset: the contract, with one of gold's options at least.
        followers: datasets that carry and look this one up.
        looked_up: tables of others.
    """

    store: Store
    dataset: Dataset
    followers: Sequence[Dataset]
    looked_up: LookupTables = field(default_factory=LookupTables)


def compact_table(compaction: Compaction, day: str) -> Metrics:
    """Make one date's gold table in one task, and write its metrics.

    A snapshot of the same input as the current one is not written again. What was begun and not
    finished by a compaction that died is finished.

    Args:
        compaction: of which this is a date.
        day: the date (ISO).
    """
    for _ in range(ROUNDS):
        with suppress(Overtaken):
            return _compact(compaction, day)
    prefix = gold_prefix(compaction.dataset, day)
    told = f"others keep writing {prefix}, or something that is no object stands there"
    return replace(blank(compaction.dataset, day), status="write_failed", error=told)


def _compact(compaction: Compaction, day: str) -> Metrics:
    store, dataset = compaction.store, compaction.dataset
    markers = [info.key for info in store.list(stale_prefix(dataset, day))]
    audit = find_object(store, metrics_key(dataset, day))
    last = read_metrics(store, dataset, day)
    in_place = _in_place(store, dataset, day)
    standing = _standing(store, dataset, day, last)
    try:
        sources = find_sources(store, dataset, day)
        if last and _is_made(store, dataset, last, standing, sources):
            metrics = replace(last, status=status_of(sources), error=None, is_news=False)
            if metrics.status != last.status:
                _commit(store, dataset, metrics, audit)
            return _settled(compaction, standing, metrics, markers)
        identity = sources.identity(dataset)
        if not markers:  # should this process die, the next compaction finds the date
            markers = [stale_key(dataset, day, f"made-{identity}")]
            store.put(markers[0], b"")
        name = standing.next_name(identity) if _has_snapshot(dataset, sources, standing) else None
        made = _make(compaction, day, sources, name, in_place)
    except WriteFailed as failure:
        cause = failure.__cause__ or failure
        return _commit(store, dataset, failed(dataset, day, last, "write_failed", cause), audit)
    except FAILURES as error:
        return _commit(store, dataset, failed(dataset, day, last, "read_failed", error), audit)
    metrics = written(dataset, day, sources, made, name, standing.current)
    try:
        _commit(store, dataset, metrics, audit)
    except Overtaken:
        if name:
            forget_overtaken(store, dataset, day, name, made.files)
        raise
    write_manifest(store, dataset, metrics, made.files)
    standing = find_standing(store, dataset, day, name)
    return _settled(compaction, standing, metrics, markers)


def _standing(store: Store, dataset: Dataset, day: str, last: Metrics | None) -> Standing:
    """What stands of the date's snapshots, with the manifest that a dead compaction owes."""
    if not dataset.gold.snapshots:
        return Standing(None, {})
    current = snapshot_by(store, dataset, day, last)
    standing = find_standing(store, dataset, day, current)
    if (
        last
        and current
        and manifest_key(dataset, day, current) not in standing.objects.get(current, {})
    ):
        mend_manifest(store, dataset, last)
        standing = find_standing(store, dataset, day, current)
    return standing


def _is_made(
    store: Store, dataset: Dataset, last: Metrics, standing: Standing, sources: Sources
) -> bool:
    """Whether the current snapshot is of this very input, and whole; or none is needed."""
    if not dataset.gold.snapshots:
        return False
    if not standing.current:
        return not sources.inputs and last.status == "no_input"
    is_same = standing.current.endswith(f"-{sources.identity(dataset)}")
    return is_same and is_whole(store, dataset, last.target_date, standing)


def _has_snapshot(dataset: Dataset, sources: Sources, standing: Standing) -> bool:
    """Whether one is to be written: a date that never had a row needs none."""
    return dataset.gold.snapshots and bool(sources.inputs or standing.current)


def _commit(store: Store, dataset: Dataset, metrics: Metrics, audit: ObjectInfo | None) -> Metrics:
    """Write a date's audit over the one that was seen.

    Raises:
        Overtaken: it is another by now.
    """
    document = json.dumps(metrics.to_json(), indent=1, ensure_ascii=False).encode()
    if not store.put_over(metrics_key(dataset, metrics.target_date), document, audit):
        raise Overtaken
    return metrics


def _settled(
    compaction: Compaction, standing: Standing, metrics: Metrics, markers: Iterable[str]
) -> Metrics:
    """Do what is left behind the commit: each step can be repeated, the markers go last.

    Raises:
        Overtaken: the table was built on one that is another by now.
    """
    store, dataset = compaction.store, compaction.dataset
    for key in standing.leftovers():
        store.delete(key)
    mark_followers(store, dataset, metrics.target_date, compaction.followers)
    if is_outdated(store, dataset, metrics):
        raise Overtaken
    for key in markers:
        store.delete(key)
    return metrics


def _make(
    compaction: Compaction,
    day: str,
    sources: Sources,
    snapshot: str | None,
    in_place: Mapping[str, ObjectInfo],
) -> Made:
    """Write the table: as a snapshot, or else in place.

    Raises:
        WriteFailed, Overtaken; and what reading raises: StoreError, PolarsError, OSError.
    """
    store, dataset = compaction.store, compaction.dataset
    with MEMORY.share(EXPANSION * sources.size), Spill() as spill:
        carried = _Carried(store, dataset, sources)
        current = CurrentRows(store, dataset, sources.inputs, sources.gone)
        look_up = partial(
            look_up_all,
            lookups=dataset.gold.lookups,
            tables=compaction.looked_up.of(store, dataset, sources.lookups),
        )
        samples: list[pl.DataFrame] = []
        # Loops would hold each table for too long.
        tables = map(partial(sample_of, samples, dataset), chain(carried, current))
        found = sort_rows(tables, dataset, spill)
        counts = Counts()
        with writing():
            starts = date_starts(samples, dataset, look_up)
            files = gold_files(map(look_up, found.tables), dataset, starts, spill, counts)
            snapshot_files: list[ManifestFile] = []
            if snapshot:
                snapshot_files = write_files(store, dataset, day, snapshot, files)
                outputs = [file.key for file in snapshot_files]
            else:
                outputs = replace_files(store, dataset, day, files, in_place)
    own = found.read - carried.rows
    return Made(carried.rows, own, current.superseded, counts, outputs, snapshot_files)


class _Carried:
    """The rows of the table that is carried on, counted while they are read."""

    def __init__(self, store: Store, dataset: Dataset, sources: Sources) -> None:
        files = sources.carried.files if sources.carried else ()
        self._tables = processed_rows(store, files, dataset)
        self.rows = 0

    def __iter__(self) -> Iterator[pl.DataFrame]:
        return map(self._counted, self._tables)

    def _counted(self, table: pl.DataFrame) -> pl.DataFrame:
        self.rows += table.height
        return table


def _in_place(store: Store, dataset: Dataset, day: str) -> Mapping[str, ObjectInfo]:
    """The files that are to be replaced; snapshots replace none."""
    if dataset.gold.snapshots:
        return {}
    return {info.key: info for info in store.list(gold_prefix(dataset, day))}
