"""From a file to the dates and gold rows that it feeds."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import PurePosixPath

import polars as pl

from lake_assets.contracts.dataset import Dataset
from lake_assets.jobs.compaction.processed_rows import left_out
from lake_assets.jobs.tables.current import gold_files
from lake_assets.jobs.tracing.found_rows import find_rows
from lake_assets.kernels.accounting import Accounting
from lake_assets.kernels.gold import AGE, processed_schema
from lake_assets.storage.ledger import Commit, Input, standing
from lake_assets.storage.store import Store
from lake_assets.storage.zones import (
    REASON,
    processed_prefix,
    refused_name,
    source_file,
)

THEIRS = "_gold"
"""Ends the names of gold's columns beside those of processed."""


@dataclass(frozen=True, slots=True)
class DateUse:
    """What became of a file's good rows of one event date.

    Attributes:
        date: the event date (ISO).
        good: rows, by the ledger.
        gold: of them stand in gold.
        superseded: file whose later row of the key stands in gold instead -> rows. The file itself
            is among them if it has a key twice.
        waiting: rows that gold, which is stale, has yet to take up.
    """

    date: str
    good: int
    gold: int
    superseded: Mapping[str, int]
    waiting: int

    @property
    def missing(self) -> int:
        """Rows that are not in processed any more; anything but 0 is for `lake reconcile`."""
        return self.good - self.gold - sum(self.superseded.values()) - self.waiting


@dataclass(frozen=True, slots=True)
class FileVersion:
    """One arrival of a file.

    Attributes:
        source_file: its name as it was dropped.
        outcome: ``ingested``, ``duplicate``, or ``refused`` as a whole.
        key: where it is now, in archive/ or rejected/system/.
        ingest_run_id, arrived, contract_version: None if it was refused at the door.
        sha256: of its bytes; empty if nobody read all of them.
        reason, detail: why it was not ingested.
        books: where its rows went, its rejects by reason among them.
        dates: the event dates of its good rows, in order.
    """

    source_file: str
    outcome: str
    key: str
    ingest_run_id: str | None = None
    arrived: datetime | None = None
    contract_version: str | None = None
    sha256: str = ""
    reason: str | None = None
    detail: str | None = None
    books: Accounting = field(default_factory=Accounting)
    dates: tuple[DateUse, ...] = ()


@dataclass(frozen=True, slots=True)
class FileTrace:
    """All versions of a file, in the order of arrival, and keys under which one still waits."""

    versions: tuple[FileVersion, ...]
    waiting: tuple[str, ...]


def trace_file(store: Store, dataset: Dataset, name: str) -> FileTrace:
    """What became of each version of a file.

    Reads the ledger, and of the dates that the file touched the keys of gold and the rows of the
    runs that ingested it.

    Args:
        store: of the lake.
        dataset: the contract.
        name: of the file as it was dropped, folders below raw/ included; or its SHA-256; or its
            key in archive/ or rejected/system/.

    Raises:
        UnreadableRowsError: a Parquet file cannot be read.
        StoreUnavailable: the store cannot be read.
    """
    versions = [
        _version(store, dataset, record, item)
        for record in standing(store, dataset)
        for item in record.inputs
        if name in {item.source_file, item.sha256, item.destination}
    ]
    known = {version.key for version in versions}
    at_the_door = [found for found in _refused(store, dataset, name) if found.key not in known]
    return FileTrace((*at_the_door, *versions), tuple(_waiting(store, dataset, name)))


def _version(store: Store, dataset: Dataset, record: Commit, item: Input) -> FileVersion:
    return FileVersion(
        item.source_file,
        item.outcome,
        item.destination,
        record.ingest_run_id,
        item.arrived,
        record.contract_version,
        item.sha256,
        item.reason,
        item.detail,
        item.books,
        tuple(_use(store, dataset, record, item, day) for day in sorted(item.books.dates)),
    )


def _use(store: Store, dataset: Dataset, record: Commit, item: Input, day: str) -> DateUse:
    """Compare a file's rows of one date with what stands in gold under their keys."""
    named = {staged.key for staged in record.outputs}
    prefix = processed_prefix(dataset, day)
    files = [info for info in store.list(prefix) if info.key in named]
    columns = [*dataset.key, *AGE, "ingest_run_id"]
    schema = pl.Schema({name: processed_schema(dataset)[name] for name in columns})
    arrived = item.arrived.replace(tzinfo=None)
    its_own = (pl.col("source_file") == item.source_file) & (pl.col("ingest_ts") == arrived)
    mine = find_rows(store, files, schema, its_own).select(columns)
    gold = find_rows(store, gold_files(store, dataset, day), schema, pl.lit(True))
    if (item.source_file, record.ingest_run_id, item.arrived) in left_out(store, dataset, day):
        return DateUse(day, item.books.dates[day], 0, {item.source_file: mine.height}, 0)
    both = mine.join(
        gold.select(columns),
        on=dataset.key,
        how="left",
        suffix=THEIRS,
        nulls_equal=True,
    )
    same = pl.all_horizontal(pl.col(name) == pl.col(name + THEIRS) for name in columns[-4:])
    taken = both.select(same.fill_null(False).sum()).item()
    later = both.filter(~same & _is_older(*AGE))
    superseded = later.group_by("source_file" + THEIRS).len().sort("source_file" + THEIRS)
    return DateUse(
        day,
        item.books.dates[day],
        taken,
        dict(superseded.iter_rows()),
        both.height - taken - later.height,
    )


def _is_older(first: str, *rest: str) -> pl.Expr:
    """Whether processed's age is less than gold's, column by column."""
    mine, theirs = pl.col(first), pl.col(first + THEIRS)
    return (mine < theirs) | ((mine == theirs) & _is_older(*rest)) if rest else mine < theirs


def _refused(store: Store, dataset: Dataset, name: str) -> Iterator[FileVersion]:
    """Files that were refused at the door: of them only the reason beside them tells."""
    prefix, dated = dataset.zones.rejected_system, dataset.zones.dated
    stem = name.split(".", 1)[0]
    for info in store.list(prefix):
        key = info.key.removesuffix(REASON)
        is_alike = refused_name(prefix, key, dated=dated).startswith(stem)
        if key == info.key or not (key == name or is_alike):
            continue
        document = json.loads(store.read(info.key))
        if name in {document["source_file"], key}:
            yield FileVersion(
                document["source_file"],
                "refused",
                key,
                document["ingest_run_id"],
                reason=document["reason"],
                detail=document["detail"],
            )


def _waiting(store: Store, dataset: Dataset, name: str) -> Iterator[str]:
    """Where a file of that name is that no run has taken up yet."""
    zones = dataset.zones
    yield from (info.key for info in store.list(zones.raw + name) if info.key == zones.raw + name)
    path = PurePosixPath(name)
    stem = path.with_name(path.name.partition(".")[0] or path.name)  # a mark stands behind it
    for info in store.list(f"{zones.validated}{stem}"):
        if source_file(zones, info.key) == name:
            yield info.key
