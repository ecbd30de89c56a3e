"""Replay what was ingested: an archived day, files, or those with certain rejects.

After the contract or the code has changed, the files are read again from archive/. What comes of
them takes the place of what stood, all or nothing, and exactly once per contract version.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date

from lake_assets.contracts.dataset import Dataset
from lake_assets.jobs.reading.task import Engine
from lake_assets.jobs.repair.repeat import RebuildError, ingested
from lake_assets.jobs.repair.restate import Restated, restate
from lake_assets.kernels.accounting import by_code
from lake_assets.storage.ledger import Commit, Input, standing
from lake_assets.storage.store import Store

FAILED_TOLD = 5
"""Runs whose files are missing that are told in a sentence each."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which inputs are replayed; each condition that is given narrows it.

    Attributes:
        arrivals: first and last arrival date.
        files: names as they were dropped.
        rejects: only files that have rejected rows.
        reasons: only files with rows rejected for one of these: a code, or a code and what it
            names.
        again: also inputs that were read under the contract version in force.
    """

    arrivals: tuple[date, date] | None = None
    files: Collection[str] = ()
    rejects: bool = False
    reasons: Collection[str] = ()
    again: bool = False


def select(record: Commit, dataset: Dataset, selection: Selection) -> list[Input]:
    """The inputs of a run that a replay reads again."""
    if selection.arrivals:
        first, last = selection.arrivals
        if not first <= record.arrival <= last:
            return []
    return [item for item in ingested(record) if _is_meant(item, dataset, selection)]


def replay(
    store: Store, dataset: Dataset, engine: Engine, selection: Selection
) -> Iterator[Restated]:
    """Restate the runs that ingested the selected files, one after another, oldest first.

    Raises:
        RebuildError: once all others are restated: archived files of some runs are missing, or
            are not those that were read. What such a run gave stands.
        StoreUnavailable: the store cannot be read or written. What was restated before stands; a
            replay that is started again goes on behind it.
    """
    failed: list[str] = []
    for record in standing(store, dataset):
        keys = {item.key for item in select(record, dataset, selection)}
        if not keys:
            continue
        try:
            restated = restate(store, dataset, engine, record, keys)
        except RebuildError as error:
            failed.append(str(error))
        else:
            yield restated
    if failed:
        more = len(failed) - FAILED_TOLD
        rest = f" And {more} more runs likewise." if more > 0 else ""
        raise RebuildError(" ".join(failed[:FAILED_TOLD]) + rest)


def _is_meant(item: Input, dataset: Dataset, selection: Selection) -> bool:
    if item.contract_version == dataset.contract_version and not selection.again:
        return False
    if selection.files and item.source_file not in selection.files:
        return False
    if selection.reasons:
        had = item.books.reasons
        return not {*selection.reasons}.isdisjoint({*had, *by_code(had)})
    return bool(item.books.rejected) or not selection.rejects
