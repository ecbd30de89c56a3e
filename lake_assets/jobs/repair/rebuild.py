"""Rebuild processed dates from archive/, through the ledger."""

import uuid
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from lake_assets.contracts.dataset import Dataset
from lake_assets.jobs.reading.task import Engine
from lake_assets.jobs.repair.repeat import RebuildError, forget, ingested, repeat, tasks_of
from lake_assets.jobs.repair.restate import restate
from lake_assets.jobs.tables.current import gold_files
from lake_assets.storage.commit import withdraw_if_replaced
from lake_assets.storage.ledger import Commit, standing
from lake_assets.storage.objects import Staged
from lake_assets.storage.store import Store, each
from lake_assets.storage.zones import (
    day_of,
    generation_of_output,
    part_of,
    processed_prefix,
    stale_key,
)

__all__ = ["RebuildError", "Rebuilt", "rebuild_dates"]


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What a rebuild has written.

    Attributes:
        outputs: the objects of the dates, as they stand now.
        restated: runs that were restated, because the contract or the code has changed.
    """

    outputs: tuple[Staged, ...]
    restated: tuple[Commit, ...]

    def of(self, day: str) -> list[Staged]:
        """What was written of one event date (ISO)."""
        return [one for one in self.outputs if day_of(one.key) == day]


def rebuild_dates(store: Store, dataset: Dataset, engine: Engine, days: Collection[str]) -> Rebuilt:
    """Rebuild event dates of the processed zone, and mark their gold as stale.

    Each run that touched one of the dates is repeated over its archived files, once for all of
    the dates, with its own plan, id and arrival stamps. With the same contract and code, that
    gives the same bytes under the same keys. Else the run is restated as a whole, so that its
    rejects and its other dates stay in agreement; under another contract version also runs that
    rejected rows, as those may be of the dates.

    Args:
        store: of the lake.
        dataset: the contract.
        engine: runs the tasks.
        days: event dates (ISO).

    Raises:
        RebuildError: an archived file is missing, is not the one that was read, or cannot be read
            any more.
        StoreUnavailable: the store cannot be read or written.
    """
    wanted = frozenset(days)
    restated: list[Commit] = []
    outputs: list[Staged] = []
    for record in standing(store, dataset):
        if not _concerns(record, dataset, wanted):
            continue
        stands = record
        inputs = ingested(record)
        is_old = any(_is_old(item.contract_version, dataset) for item in inputs)
        if is_old or not _repair(store, dataset, engine, record, wanted):
            stands = _restate(store, dataset, engine, record, {item.key for item in inputs})
        else:
            withdraw_if_replaced(store, dataset, record)
        if stands is not record:
            restated.append(stands)
        written = [one for one in stands.outputs if day_of(one.key) in wanted]
        _mark_stale(store, dataset, {day_of(one.key) or "" for one in written})
        outputs += written
    without = wanted - {day_of(one.key) for one in outputs}
    orphaned = {day for day in without if gold_files(store, dataset, day)}
    _mark_stale(store, dataset, _remove_foreign(store, dataset, wanted) | orphaned)
    return Rebuilt(tuple(outputs), tuple(restated))


def _mark_stale(store: Store, dataset: Dataset, days: Collection[str]) -> None:
    # A marker of its own: one that stands may be deleted by a compaction that has already read
    # what stood here before.
    mark = f"rebuild-{uuid.uuid4().hex}"
    each(store, lambda day: store.put(stale_key(dataset, day, mark), b""), sorted(days))


def _concerns(record: Commit, dataset: Dataset, days: Collection[str]) -> bool:
    return any(
        not set(days).isdisjoint(item.books.dates)
        or (item.books.rejected and _is_old(item.contract_version, dataset))
        for item in ingested(record)
    )


def _is_old(contract_version: str, dataset: Dataset) -> bool:
    return contract_version != dataset.contract_version


def _restate(
    store: Store, dataset: Dataset, engine: Engine, record: Commit, keys: Collection[str]
) -> Commit:
    found = restate(store, dataset, engine, record, keys)
    if found.refused:
        raise RebuildError(
            "Files that were ingested cannot be read any more under the contract as it is now: "
            + "; ".join(f"{name}: {why}" for name, why in found.refused.items())
            + ". What they gave still stands. Mend the contract, then rebuild again."
        )
    return found.record


def _repair(
    store: Store, dataset: Dataset, engine: Engine, record: Commit, days: frozenset[str]
) -> bool:
    """Write the same bytes again. False, and nothing is written, if they would not be the same."""
    keys = {item.key for item in ingested(record) if not days.isdisjoint(item.books.dates)}
    tasks = tasks_of(record, keys)
    expected = {
        one.key: one
        for one in record.outputs
        if day_of(one.key) in days and part_of(one.key) in tasks
    }
    generations: dict[int, set[int]] = defaultdict(set)
    for key in expected:
        generations[generation_of_output(key)].add(part_of(key))
    staged: list[Staged] = []
    try:
        for generation, parts in generations.items():
            found = repeat(
                store,
                dataset,
                engine,
                record,
                parts,
                only_dates=days,
                generation=generation,
            )
            staged += found.outputs
        same = {one.key: one.sha256 for one in staged} == {
            key: one.sha256 for key, one in expected.items()
        }
        if same:
            each(store, store.publish, staged)
            return True
    except BaseException:
        forget(store, staged)
        raise
    forget(store, staged)
    return False


def _remove_foreign(store: Store, dataset: Dataset, days: Collection[str]) -> set[str]:
    """Delete what no run has written; the dates that had some.

    The ledger is read after the listing: what was listed was committed before.
    """
    there = {info.key for day in days for info in store.list(processed_prefix(dataset, day))}
    named = {one.key for record in standing(store, dataset) for one in record.outputs}
    foreign = sorted(there - named)
    each(store, store.delete, foreign)
    return {day_of(key) or "" for key in foreign}
