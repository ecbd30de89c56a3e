"""What was ingested before, by its bytes: one small object a file, found by its SHA-256."""

import json
from dataclasses import dataclass

from lake_assets.contracts.dataset import Dataset
from lake_assets.kernels.accounting import Accounting
from lake_assets.storage.errors import ObjectNotFound
from lake_assets.storage.ledger import Commit, Input
from lake_assets.storage.store import Store
from lake_assets.storage.zones import content_key


@dataclass(frozen=True, slots=True)
class Known:
    """A file of these bytes that a run has ingested, and where its rows went."""

    ingest_run_id: str
    source_file: str
    books: Accounting


def find_content(store: Store, dataset: Dataset, sha256: str) -> Known | None:
    """The file of these bytes that was ingested before, if one was. One store call."""
    try:
        record = json.loads(store.read(content_key(dataset, sha256)))
    except ObjectNotFound:
        return None
    books = Accounting.from_json(record["books"])
    return Known(record["ingest_run_id"], record["source_file"], books)


def remember_content(store: Store, dataset: Dataset, record: Commit, item: Input) -> None:
    """Let a file of the same bytes be recognised later on. Safe to repeat."""
    document = {
        "ingest_run_id": record.ingest_run_id,
        "source_file": item.source_file,
        "books": item.books.to_json(),
    }
    key = content_key(dataset, item.sha256)
    store.put_if_absent(key, json.dumps(document, ensure_ascii=False).encode())


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
