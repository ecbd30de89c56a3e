"""Gold and its audit against processed: every date has its latest rows, each key once."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any

import polars as pl

from lake_assets.contracts.dataset import Dataset
from lake_assets.jobs.compaction.memory import MemoryBudget
from lake_assets.jobs.compaction.metrics import TableVersion
from lake_assets.jobs.compaction.processed_rows import CurrentRows, left_out, processed_rows
from lake_assets.jobs.reconciling.faults import Fault, FaultKind
from lake_assets.jobs.reconciling.snapshots import files_of, snapshot_faults
from lake_assets.jobs.tables.current import last_committed, version_files, version_of
from lake_assets.kernels.gold import AGE, latest_rows, processed_schema
from lake_assets.storage.errors import StoreError
from lake_assets.storage.objects import ObjectInfo
from lake_assets.storage.store import Store
from lake_assets.storage.zones import gold_prefix, metrics_key

DIGEST = "_digest"
"""A row's columns in 64 bits; no column of a contract starts so."""

MEMORY = MemoryBudget(768 << 20)
EXPANSION = 4
"""What a byte of Parquet takes as keys, ages and digests, and while a part of it is read."""

FIGURES = (
    "total_rows_in_source_partition",
    "rows_after_dedup",
    "duplicate_rows_removed",
    "superseded_rows_removed",
)


@dataclass(frozen=True, slots=True)
class DateObjects:
    """What there is of one event date.

    Attributes:
        day: the date (ISO).
        source: rows of its processed partition, by the ledger.
        processed, gold: the objects of its partitions.
        has_metrics: whether there is an audit of it.
        stale: whether gold is known to be older than processed; then it need not agree.
        sound: whether all of its processed objects are what the ledger says.
    """

    day: str
    source: int
    processed: Sequence[ObjectInfo]
    gold: Sequence[ObjectInfo]
    has_metrics: bool
    stale: bool
    sound: bool


@dataclass(frozen=True, slots=True)
class DateFindings:
    """Rows of gold, of processed those that are not in it, and what is wrong.

    ``table`` is the date's table, if it has one, and ``carried`` the one whose rows go on in it.
    """

    day: str
    rows: int = 0
    superseded: int = 0
    faults: list[Fault] = field(default_factory=list)
    table: TableVersion | None = None
    carried: TableVersion | None = None
    carried_rows: int = 0


def check_date(store: Store, dataset: Dataset, quick: bool, date: DateObjects) -> DateFindings:
    """Check one date. Quick: its audit only, of which the figures are the findings.

    Raises:
        StoreUnavailable: the store cannot be read.
    """
    audit: Mapping[str, Any] | None = None
    faults: list[Fault] = []
    if date.has_metrics:
        found = _read_metrics(store, dataset, date.day)
        if isinstance(found, Fault):
            faults.append(found)
        else:
            audit = found
    if dataset.gold.snapshots:
        keys = [info.key for info in date.gold]
        current = audit["snapshot"] if audit else last_committed(keys)
        faults += snapshot_faults(
            store, dataset, date.day, date.gold, current, stale=date.stale, quick=quick
        )
        date = replace(date, gold=files_of(date.gold, current))
    if not date.stale:
        faults += _partition_faults(dataset, date, audit)
        if audit is not None and not faults:
            faults += _audit_faults(dataset, date, audit)
    rows, superseded = (audit["rows_after_dedup"], _removed(audit)) if audit else (0, 0)
    if not quick and date.gold:
        rows, more = _row_faults(store, dataset, date, audit, is_fine=not faults)
        faults += more
    table = version_of(dataset, date.day, audit["snapshot"] if audit else None, date.gold)
    carried, carried_rows = (audit["carried"], audit["carried_rows"]) if audit else (None, 0)
    return DateFindings(date.day, rows, superseded, faults, table, carried, carried_rows)


def chain_faults(
    dataset: Dataset, found: Sequence[DateFindings], stale: Collection[str]
) -> Iterator[Fault]:
    """Tables that carry on another than the one before them, though nothing marks them as stale.

    Args:
        dataset: the contract.
        found: all dates, in order.
        stale: dates (ISO) that need not agree.
    """
    before: TableVersion | None = None
    for date in found if dataset.gold.carry else []:
        if date.table is None:
            continue
        if date.carried != before and date.day not in stale:
            key = metrics_key(dataset, date.day)
            told = f"{date.day} carries on {_named(date.carried)}, and before it is"
            yield Fault(
                FaultKind.CHANGED, key, f"{told} {_named(before)}; compact the date to mend that"
            )
        before = date.table


def _named(version: TableVersion | None) -> str:
    return f"the table of {version.date} ({version.snapshot})" if version else "no table"


def _remedy(day: str) -> str:
    return f"run `lake rebuild` for {day}, and `lake run` to have its gold made again"


def _read_metrics(store: Store, dataset: Dataset, day: str) -> Mapping[str, Any] | Fault:
    key = metrics_key(dataset, day)
    try:
        document = json.loads(store.read(key))
        figures = {name: int(document[name]) for name in FIGURES}
        carried = document.get("carried")
        return {
            **figures,
            "outputs": [str(output) for output in document["outputs"]],
            "snapshot": document.get("snapshot"),
            "carried_rows": int(document.get("carried_rows") or 0),
            "carried": TableVersion(**carried) if carried else None,
        }
    except (KeyError, TypeError, ValueError) as error:
        told = f"it is no audit of a date: {type(error).__name__}: {error}"
        return Fault(FaultKind.UNREADABLE, key, f"{told}; {_remedy(day)}")


def _removed(audit: Mapping[str, Any]) -> int:
    found: int = audit["duplicate_rows_removed"] + audit["superseded_rows_removed"]
    return found


def _partition_faults(
    dataset: Dataset, date: DateObjects, audit: Mapping[str, Any] | None
) -> Iterator[Fault]:
    """Partitions that are there one without the other."""
    prefix = gold_prefix(dataset, date.day)
    if date.gold and not (date.processed or date.source):
        told = f"gold has {len(date.gold)} files of {date.day}, and processed has no row"
        yield Fault(FaultKind.ORPHANED, prefix, f"{told}; {_remedy(date.day)}")
    elif date.source and not date.gold and not (audit and audit["rows_after_dedup"] == 0):
        told = f"processed has {date.source:,} rows of {date.day}, and gold has none"
        yield Fault(FaultKind.MISSING, prefix, f"{told}; {_remedy(date.day)}")
    elif date.gold and not date.has_metrics:
        told = f"gold of {date.day} has no audit"
        yield Fault(
            FaultKind.MISSING, metrics_key(dataset, date.day), f"{told}; {_remedy(date.day)}"
        )


def _audit_faults(dataset: Dataset, date: DateObjects, audit: Mapping[str, Any]) -> Iterator[Fault]:
    """What the audit says, against the ledger and the listing."""
    key = metrics_key(dataset, date.day)
    source, kept = audit["total_rows_in_source_partition"], audit["rows_after_dedup"]
    removed, carried = _removed(audit), audit["carried_rows"]
    if source != date.source:
        told = f"it counts {source:,} rows in processed, and the ledger has {date.source:,}"
        yield Fault(FaultKind.MISCOUNTED, key, f"{told}; {_remedy(date.day)}")
    if kept != source + carried - removed:
        came = f"{carried:,} carried + {source:,}" if dataset.gold.carry else f"{source:,}"
        told = f"it says {came} rows - {removed:,} superseded = {kept:,} in gold"
        yield Fault(FaultKind.MISCOUNTED, key, f"{told}; {_remedy(date.day)}")
    if dataset.gold.snapshots:
        return  # manifests name the files
    there = {info.key for info in date.gold}
    for output in sorted(set(audit["outputs"]) - there):
        told = f"the audit of {date.day} names it, and it is not there"
        yield Fault(FaultKind.MISSING, output, f"{told}; {_remedy(date.day)}")
    for output in sorted(there - set(audit["outputs"])):
        told = f"the audit of {date.day} does not name it; take it away"
        yield Fault(FaultKind.EXTRA, output, told)


def _row_faults(
    store: Store,
    dataset: Dataset,
    date: DateObjects,
    audit: Mapping[str, Any] | None,
    *,
    is_fine: bool,
) -> tuple[int, list[Fault]]:
    """Rows of gold as they are: how many, and what is wrong with them."""
    prefix = gold_prefix(dataset, date.day)
    size = sum(info.size for info in [*date.gold, *date.processed])
    is_fine &= not date.stale
    try:
        with MEMORY.share(EXPANSION * size):
            named = audit["outputs"] if audit and not date.stale else None
            files = [info for info in date.gold if named is None or info.key in named]
            gold = _digests(processed_rows(store, files, dataset), dataset)
            if doubled := gold.height - gold.select(dataset.key).n_unique():
                told = f"{doubled:,} rows have a key that another row has"
                return gold.height, [
                    Fault(FaultKind.DOUBLED, prefix, f"{told}; {_remedy(date.day)}")
                ]
            if is_fine and audit and gold.height != audit["rows_after_dedup"]:
                told = f"it holds {gold.height:,} rows, and its audit says"
                told = f"{told} {audit['rows_after_dedup']:,}; {_remedy(date.day)}"
                return gold.height, [Fault(FaultKind.MISCOUNTED, prefix, told)]
            other = 0
            if is_fine and date.sound:
                current = CurrentRows(
                    store, dataset, date.processed, left_out(store, dataset, date.day)
                )
                version = audit["carried"] if audit else None
                before = version_files(store, dataset, version) if version else []
                carried = processed_rows(store, before, dataset)
                other = _differing(gold, _digests(chain(carried, current), dataset), dataset)
    except (StoreError, pl.exceptions.PolarsError) as error:
        told = f"its rows cannot be read: {error}"
        return 0, [Fault(FaultKind.UNREADABLE, prefix, f"{told}; {_remedy(date.day)}")]
    faults = []
    if other:
        told = f"{other:,} rows are not the latest of their key in processed"
        faults.append(Fault(FaultKind.CHANGED, prefix, f"{told}; {_remedy(date.day)}"))
    return gold.height, faults


def _digests(tables: Iterable[pl.DataFrame], dataset: Dataset) -> pl.DataFrame:
    """Key, age and digest of each row; the rows themselves are held a part at a time."""
    names = [*dict.fromkeys([*dataset.key, *AGE])]
    schema = processed_schema(dataset)
    frames = [pl.DataFrame(schema={**{name: schema[name] for name in names}, DIGEST: pl.UInt64})]
    for table in tables:
        digest = table.select(schema.names()).hash_rows().alias(DIGEST)
        frames.append(table.select(names).with_columns(digest))
    return pl.concat(frames)


def _differing(gold: pl.DataFrame, processed: pl.DataFrame, dataset: Dataset) -> int:
    """Rows of gold that are not the latest of their key, whatever column it is in."""
    latest = processed[latest_rows(processed, dataset)]
    on = [*dict.fromkeys([*dataset.key, *AGE]), DIGEST]
    lost = latest.join(gold, on=on, how="anti", nulls_equal=True).height
    return max(lost, gold.join(latest, on=on, how="anti", nulls_equal=True).height)
