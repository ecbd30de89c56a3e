"""How much a job will read."""

from datetime import date, timedelta

from lake_assets.contracts.dataset import Dataset
from lake_assets.jobs.job import Compact, Ingest, Rebuild, Replay
from lake_assets.jobs.tables.current import newest_table
from lake_assets.storage.ledger import commits
from lake_assets.storage.store import Store
from lake_assets.storage.zones import processed_prefix


def input_bytes(store: Store, dataset: Dataset, work: Ingest | Compact | Rebuild | Replay) -> int:
    """Bytes of the files that a job reads, about.

    Of an ingest, whatever waits; of dates, their processed rows as they stand, and for gold that
    carries rows on the newest table once a date; of a replay, the archived files of its days.
    """
    match work:
        case Ingest():
            return sum(info.size for info in store.list(dataset.zones.validated))
        case Compact(dates=days) | Rebuild(dates=days):
            prefixes = (processed_prefix(dataset, day) for day in days)
            rows = sum(info.size for prefix in prefixes for info in store.list(prefix))
            carried = newest_table(store, dataset) if _carries(dataset, work) else None
            return rows + (carried.size * len(days) if carried else 0)
        case Replay(first=first, last=last):
            return sum(
                item.size
                for day in _days(first, last)
                for record in commits(store, dataset, day)
                for item in record.inputs
            )


def _carries(dataset: Dataset, work: Compact | Rebuild) -> bool:
    return dataset.gold.carry and isinstance(work, Compact)


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]
