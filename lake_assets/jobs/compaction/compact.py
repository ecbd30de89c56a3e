"""Step 3, processed/ -> gold/ + audit/: the dates whose rows changed, each one table again."""

import json
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import UTC, datetime
from functools import partial

from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.lake import Lake
from lake_assets.contracts.lookups import followers
from lake_assets.jobs.arrivals import MEGABYTE
from lake_assets.jobs.compaction.metrics import Metrics
from lake_assets.jobs.compaction.one_date import compact_date
from lake_assets.jobs.compaction.spread import Exchange, spread_date
from lake_assets.jobs.compaction.table import Compaction, compact_table
from lake_assets.jobs.reading.task import Engine
from lake_assets.storage.store import Store
from lake_assets.storage.zones import day_of, processed_prefix, stale_prefix, summary_key

JOB_NAME = "gold_compaction"


class CompactionError(Exception):
    """Some dates could not be compacted; the message names them, the audit says why."""


def stale_dates(store: Store, dataset: Dataset) -> list[str]:
    """Event dates (ISO) whose processed rows changed since their gold was made."""
    return sorted(_days(info.key for info in store.list(stale_prefix(dataset))))


def all_dates(store: Store, dataset: Dataset) -> list[str]:
    """Event dates (ISO) that have processed rows."""
    return sorted(_days(info.key for info in store.list(dataset.zones.processed)))


def compact(
    store: Store,
    dataset: Dataset,
    engine: Engine,
    *,
    force_dates: Collection[str] = (),
    max_partitions: int | None = None,
    reprocess: bool = False,
    lake: Lake | None = None,
) -> list[Metrics]:
    """Bring gold up to date.

    Args:
        store: of the lake.
        dataset: the contract.
        engine: runs one task a date; and many for a date that the contract calls too large for
            one, if it can bring their rows together.
        force_dates: compact exactly these dates (ISO), whether they changed or not.
        max_partitions: compact at most so many dates, the oldest first.
        reprocess: compact every date that has rows, or had some.
        lake: of the dataset. Tables of it that look this one up follow when this one changes;
            without it, none is told.

    Returns:
        The metrics of each date, in order; they are also in audit/, with a summary of the run.

    Raises:
        CompactionError: a date failed. The others are done; the failed one stays marked as stale.
    """
    days = set(force_dates)
    if not days:
        days = set(stale_dates(store, dataset))
        days |= set(all_dates(store, dataset)) if reprocess else set()
    order = sorted(days)[:max_partitions]
    if dataset.gold.has_options:
        others = followers(lake.datasets, dataset.name) if lake else []
        work = partial(compact_table, Compaction(store, dataset, others))
        follows = dataset.gold.carry and not force_dates
        results = _tables(store, dataset, engine, work, order, max_partitions, follows=follows)
    else:
        results = _partitions(store, dataset, engine, order)
    if any(result.is_news for result in results):
        store.put(summary_key(dataset), _summary(results))
    if failed := [result for result in results if result.error]:
        raise CompactionError(
            "; ".join(f"{r.target_date}: {r.status}: {r.error}" for r in failed)
            + f" (see {dataset.zones.gold_audit}; the dates stay stale, and the next run retries)"
        )
    return results


def _partitions(
    store: Store, dataset: Dataset, engine: Engine, days: Sequence[str]
) -> list[Metrics]:
    """Dates of their own rows, side by side."""
    large = _too_large(store, dataset, days) if isinstance(engine, Exchange) else set()
    small = [day for day in days if day not in large]
    results = list(engine.map(partial(compact_date, store, dataset), small))
    if isinstance(engine, Exchange):
        results += [spread_date(store, dataset, engine, day) for day in sorted(large)]
        results.sort(key=lambda result: result.target_date)
    return results


def _tables(
    store: Store,
    dataset: Dataset,
    engine: Engine,
    work: Callable[[str], Metrics],
    days: Sequence[str],
    at_most: int | None,
    *,
    follows: bool,
) -> list[Metrics]:
    """Dates with options; where rows are carried on, one behind the other.

    With ``follows``, a date that becomes stale because the one before it was made is made, too.
    """
    if not dataset.gold.carry:
        return list(engine.map(work, days))
    results: list[Metrics] = []
    waiting = list(days)
    while waiting and (at_most is None or len(results) < at_most):
        day = waiting.pop(0)
        results += engine.map(work, [day])
        if follows:
            later = {one for one in stale_dates(store, dataset) if one > day}
            waiting = sorted({*waiting, *later})
    return results


def _too_large(store: Store, dataset: Dataset, days: Iterable[str]) -> set[str]:
    limit = dataset.gold.one_task_mb * MEGABYTE

    def size(day: str) -> int:
        return sum(info.size for info in store.list(processed_prefix(dataset, day)))

    return {day for day in days if size(day) > limit}


def _summary(results: Sequence[Metrics]) -> bytes:
    document = {
        "job_name": JOB_NAME,
        "run_ts_utc": datetime.now(UTC).isoformat(timespec="seconds"),
        "processed_partitions_count": sum(result.status == "written" for result in results),
        "results": [result.to_json() for result in results],
    }
    return json.dumps(document, indent=1, ensure_ascii=False).encode()


def _days(keys: Iterable[str]) -> set[str]:
    return {day for key in keys if (day := day_of(key))}
