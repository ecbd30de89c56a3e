"""Tables that are built on others: which have to follow when one of these is another.

Whoever has written a table looks whether those that are built on it have seen it, and marks them
as stale if not; whoever has built on a table looks, behind its own commit, whether that is still
the one. Of two compactions that run at the same time, one sees what the other has written.
"""

from collections.abc import Iterator, Sequence

from lake_assets.contracts.dataset import Dataset
from lake_assets.jobs.compaction.metrics import Metrics, TableVersion, read_metrics
from lake_assets.jobs.compaction.sources import looked_up
from lake_assets.jobs.tables.current import audited_dates, find_table, newest_table, table_before
from lake_assets.storage.store import Store
from lake_assets.storage.zones import day_of, stale_key, stale_prefix

AFTER = "after-"
"""Begins the names of the markers that say so."""


def following_dates(store: Store, dataset: Dataset) -> list[str]:
    """Dates (ISO) that are stale because a table that theirs is built on is another by now."""
    keys = (info.key for info in store.list(stale_prefix(dataset)))
    marked = (key for key in keys if key.rpartition("/")[2].startswith(AFTER))
    return sorted({day for key in marked if (day := day_of(key))})


def later_dates(store: Store, dataset: Dataset, day: str) -> Iterator[str]:
    """The dates (ISO) behind one that have a table, in order."""
    later = (one for one in audited_dates(store, dataset) if one > day)
    return (one for one in later if find_table(store, dataset, one))


def mark_followers(
    store: Store, dataset: Dataset, day: str, followers: Sequence[Dataset] = ()
) -> None:
    """Mark as stale what is built on a date's table (ISO), and has not seen it as it is now.

    That is the next table of the same dataset, if it carries; and the newest table of each of
    ``followers``, which carry and look this dataset up. Safe to repeat.
    """
    if dataset.gold.carry:
        _mark_next(store, dataset, day)
    for follower in followers:
        newest = newest_table(store, follower)
        if newest and newest.version.date:
            metrics = read_metrics(store, follower, newest.version.date)
            if metrics is None or looks_up_others(store, follower, metrics):
                now = newest_table(store, dataset)
                _mark(store, follower, newest.version.date, now.version if now else None)


def is_outdated(store: Store, dataset: Dataset, metrics: Metrics) -> bool:
    """Whether a table that carries was built on one that is another by now."""
    if not dataset.gold.carry or metrics.status != "written":
        return False
    if _before(store, dataset, metrics.target_date) != metrics.carried:
        return True
    if not dataset.gold.lookups:
        return False
    newest = newest_table(store, dataset)
    is_newest = newest is not None and newest.version.date == metrics.target_date
    return is_newest and looks_up_others(store, dataset, metrics)


def looks_up_others(store: Store, dataset: Dataset, metrics: Metrics) -> bool:
    """Whether a table was looked up that is another by now."""
    now = [looked_up(store, lookup).version for lookup in dataset.gold.lookups]
    return now != (metrics.lookups or [])


def _mark_next(store: Store, dataset: Dataset, day: str) -> None:
    if later := next(later_dates(store, dataset, day), None):
        metrics = read_metrics(store, dataset, later)
        before = _before(store, dataset, later)
        if metrics is None or metrics.carried != before:
            _mark(store, dataset, later, before)


def _before(store: Store, dataset: Dataset, day: str) -> TableVersion | None:
    table = table_before(store, dataset, day)
    return table.version if table else None


def _mark(store: Store, dataset: Dataset, day: str, after: TableVersion | None) -> None:
    # Named for what is to be seen: who deletes a marker has looked behind it.
    told = f"{after.dataset}-{after.date}-{after.snapshot}" if after else "nothing"
    store.put(stale_key(dataset, day, f"{AFTER}{told}"), b"")
