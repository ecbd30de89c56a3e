"""The proof of conservation over a whole lake: its ledger against the objects that are there."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.lake import Lake
from lake_assets.jobs.compaction.compact import stale_dates
from lake_assets.jobs.reconciling.faults import DatasetReport, Fault, FaultKind, Report, Totals
from lake_assets.jobs.reconciling.gold import DateObjects, chain_faults, check_date
from lake_assets.jobs.reconciling.listing import (
    WRITTEN,
    Objects,
    extra,
    extra_objects,
    listed,
    reason_faults,
)
from lake_assets.jobs.reconciling.runs import (
    books_faults,
    interrupted,
    named_objects,
    objects_faults,
)
from lake_assets.kernels.accounting import Accounting
from lake_assets.storage.errors import LedgerDamaged
from lake_assets.storage.ledger import Commit, read_commit, standing
from lake_assets.storage.objects import ObjectInfo
from lake_assets.storage.store import Store
from lake_assets.storage.zones import REASON, day_of, gold_prefix, metrics_key

DATES = 4
"""Dates of gold that are checked at once; each reads several objects at once."""


def reconcile(store: Store, lake: Lake, *, quick: bool = False) -> Report:
    """Compare the ledger with the objects that are there. Nothing is changed.

    Objects are listed before the ledger is read, so that what a run writes meanwhile is not taken
    for a fault; gold that is made meanwhile may be.

    Args:
        store: of the lake.
        lake: the contract.
        quick: look for presence and size only; of the objects but the ledger and gold's audits
            nothing is read.

    Raises:
        StoreUnavailable: the store cannot be read.
    """
    zones, strays = listed(store, lake)
    datasets = [_reconcile(store, one, zones[one.name], quick=quick) for one in lake.datasets]
    odd = [*extra(strays, "in none of its zones")]
    if lake.unknown:
        odd += reason_faults(zones[lake.unknown.name]["rejected_system"], ())
    return Report(lake.lake, quick, tuple(datasets), tuple(odd))


def _reconcile(
    store: Store, dataset: Dataset, zones: Mapping[str, Objects], *, quick: bool
) -> DatasetReport:
    try:
        records = list(standing(store, dataset))
    except LedgerDamaged:
        unreadable = tuple(_unreadable(store, dataset))
        return DatasetReport(dataset.name, Totals(), faults=unreadable)
    named = [one for record in records for one in named_objects(record)]
    known = {one.key for one in named}
    open_ = interrupted(store, records, list(zones["validated"].values()))
    unfinished = {
        record.ingest_run_id
        for record in records
        if any(item.key in open_ for item in record.inputs)
    }
    there = {key: info for zone in WRITTEN for key, info in zones[zone].items()}
    wrong = objects_faults(store, named, there, unfinished, quick=quick)
    odd = extra_objects(dataset, zones, known)
    faults = [
        *open_.values(),
        *(fault for record in records for fault in books_faults(dataset, record)),
        *wrong,
        *reason_faults(zones["rejected_system"], known),
        *odd,
    ]
    stale = set(stale_dates(store, dataset))
    unsure = stale | {d for r in records if r.ingest_run_id in unfinished for d in r.dates}
    damaged = {day for fault in (*wrong, *odd) if (day := day_of(fault.key))}
    dates = _dates(dataset, zones, records, unsure, damaged)
    with ThreadPoolExecutor(DATES) as pool:
        found = list(pool.map(partial(check_date, store, dataset, quick), dates))
    books = sum((record.books for record in records), Accounting())
    inputs = [item for record in records for item in record.inputs]
    totals = Totals(
        files=sum(item.outcome != "refused" for item in inputs),
        refused=sum(not key.endswith(REASON) for key in zones["rejected_system"]),
        objects=len(named),
        rows=books.rows_read,
        good=books.good,
        rejected=books.rejected,
        duplicate=books.duplicate,
        skipped=books.skipped,
        gold=sum(date.rows for date in found),
        superseded=sum(date.superseded for date in found),
        carried=sum(date.carried_rows for date in found),
    )
    waiting = [*zones["raw"], *(key for key in zones["validated"] if key not in open_)]
    faults += [fault for date in found for fault in date.faults]
    faults += chain_faults(dataset, found, unsure)
    return DatasetReport(dataset.name, totals, tuple(waiting), tuple(sorted(stale)), tuple(faults))


def _unreadable(store: Store, dataset: Dataset) -> Iterator[Fault]:
    """Which records of the ledger are none. Without them nothing else can be told."""
    remedy = "restore the record from a backup; until then nothing else of this dataset is checked"
    for info in store.list(dataset.zones.ledger):
        try:
            read_commit(store, info.key)
        except LedgerDamaged:
            told = f"it is no record of a run: it was changed, or cut off; {remedy}"
            yield Fault(FaultKind.UNREADABLE, info.key, told)


def _dates(
    dataset: Dataset,
    zones: Mapping[str, Objects],
    records: Sequence[Commit],
    unsure: set[str],
    damaged: set[str],
) -> list[DateObjects]:
    """Every event date of which there is anything."""
    source: Counter[str] = Counter()
    for record in records:
        for staged in record.outputs:
            if day := day_of(staged.key):
                source[day] += staged.rows
    table = gold_prefix(dataset)
    processed = _by_day(zones["processed"].values())
    gold = _by_day(info for key, info in zones["gold"].items() if key.startswith(table))
    audits = {day for key in zones["gold_audit"] if (day := day_of(key))}
    audits = {day for day in audits if metrics_key(dataset, day) in zones["gold_audit"]}
    return [
        DateObjects(
            day,
            source[day],
            processed.get(day, []),
            gold.get(day, []),
            day in audits,
            day in unsure,
            day not in damaged,
        )
        for day in sorted(source.keys() | gold.keys() | audits)
    ]


def _by_day(objects: Iterable[ObjectInfo]) -> dict[str, list[ObjectInfo]]:
    found: dict[str, list[ObjectInfo]] = {}
    for info in objects:
        if day := day_of(info.key):
            found.setdefault(day, []).append(info)
    return found
