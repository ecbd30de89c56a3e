"""What was ingested before, by its bytes: one small object a file, found by its SHA-256.

It points to the record of the run in the ledger, which is the only place that says what became of
the file.
"""

import json
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

from lake_assets.contracts.dataset import Dataset, Versions
from lake_assets.kernels.accounting import Accounting
from lake_assets.storage.errors import ObjectNotFound
from lake_assets.storage.ledger import Commit, commits, read_commit
from lake_assets.storage.store import Store
from lake_assets.storage.versions import is_superseded
from lake_assets.storage.zones import commit_key, content_key, day_of


@dataclass(frozen=True, slots=True)
class Known:
    """A file of these bytes that a run has ingested, and where its rows went."""

    ingest_run_id: str
    source_file: str
    books: Accounting
    sha256: str
    arrival: date
    arrived: datetime


def find_content(store: Store, dataset: Dataset, sha256: str) -> Known | None:
    """The file of these bytes that was ingested before, if one was.

    One store call, and another one for each run of the past that is met.
    """
    try:
        note = json.loads(store.read(content_key(dataset, sha256)))
        arrival = date.fromisoformat(note["arrival"])
        record = _record(store, commit_key(dataset, arrival, note["ingest_run_id"]))
    except ObjectNotFound:
        return None
    for item in record.inputs:
        if item.sha256 == sha256 and item.outcome == "ingested":
            return Known(
                record.ingest_run_id,
                item.source_file,
                item.books,
                sha256,
                record.arrival,
                item.arrived,
            )
    return None


def is_followed(store: Store, dataset: Dataset, known: Known) -> bool:
    """Whether a file of other bytes that arrived later was ingested, too.

    One listing of the ledger, and its records from the newest arrival on, up to the first that
    says so.
    """
    keys = (info.key for info in store.list(dataset.zones.ledger))
    arrivals = {date.fromisoformat(day) for key in keys if (day := day_of(key))}
    return any(
        item.outcome == "ingested" and item.sha256 != known.sha256 and item.arrived > known.arrived
        for arrival in sorted(arrivals, reverse=True)
        if arrival >= known.arrival
        for record in commits(store, dataset, arrival)
        for item in record.inputs
    )


def remember_contents(store: Store, dataset: Dataset, record: Commit) -> None:
    """Let files of the same bytes be recognised later on. Safe to repeat."""
    digests = [item.sha256 for item in record.inputs if item.outcome == "ingested" and item.sha256]
    note = {"ingest_run_id": record.ingest_run_id, "arrival": record.arrival.isoformat()}
    data = json.dumps(note).encode()
    wanted = {content_key(dataset, sha256): sha256 for sha256 in digests}
    standing = store.put_each_if_absent(wanted, data) if wanted else ()
    for key in standing if may_come_back(dataset) else ():
        # Bytes that undo what came between: from now on it is this file that has them.
        known = find_content(store, dataset, wanted[key])
        if known and (
            is_superseded(store, dataset, known.source_file, known.ingest_run_id)
            or (dataset.gold.carry and _order(known) < _order(record))
        ):
            store.put(key, data)


def _order(run: Known | Commit) -> tuple[date, str]:
    return run.arrival, run.ingest_run_id


def may_come_back(dataset: Dataset) -> bool:
    """Whether bytes that were ingested before may say something new."""
    return dataset.gold.carry or dataset.versions is Versions.SUPERSEDE


@lru_cache(maxsize=4)
def _record(store: Store, key: str) -> Commit:
    """A record of the ledger, which never changes. Many twins may come of one run."""
    return read_commit(store, key)


def books_of_duplicate(original: Accounting) -> Accounting:
    """The books of a file whose bytes were ingested before: its rows, all duplicate."""
    rows = original.good + original.rejected + original.duplicate
    return Accounting(
        lines=original.lines,
        headers=original.headers,
        continuations=original.continuations,
        skipped=original.skipped,
        duplicate=rows,
    )
