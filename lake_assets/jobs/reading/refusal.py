"""Why a file leaves a batch, and the line between a file's fault and the store's."""

import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from polars.exceptions import PanicException

from lake_assets.contracts.dataset import Dataset
from lake_assets.kernels.accounting import Accounting
from lake_assets.kernels.refusal import FileRefusedError
from lake_assets.storage.content import books_of_duplicate, find_content, is_followed
from lake_assets.storage.errors import ObjectChanged, ObjectNotFound, StoreUnavailable
from lake_assets.storage.store import Store
from lake_assets.storage.versions import is_superseded

VANISHED = "vanished"
DUPLICATE = "duplicate"

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a file left the batch.

    :data:`VANISHED` if it was taken away or replaced meanwhile; :data:`DUPLICATE` if its bytes
    were ingested before, and then ``books`` account for its rows; else it is refused as a whole.
    """

    reason: str
    detail: str
    books: Accounting = field(default_factory=Accounting)
    sha256: str = ""


def attempt(work: Callable[[], Result]) -> Result | Refusal:
    """Do something with one file; what goes wrong is about that file, and the others go on.

    Raises:
        StoreUnavailable: the store cannot be read or written, whatever the file.
    """
    try:
        return work()
    except (ObjectNotFound, ObjectChanged) as change:
        return Refusal(VANISHED, str(change))
    except FileRefusedError as refusal:
        return Refusal(refusal.reason, refusal.detail)
    except (StoreUnavailable, MemoryError):
        raise
    # A panic of Polars' is no Exception: what comes of one file's bytes would end every file's run.
    except (Exception, PanicException):
        return Refusal("error_reading_file", traceback.format_exc())


def duplicate_of(source_file: str, ingest_run_id: str, books: Accounting, sha256: str) -> Refusal:
    """Leaves a file out of the batch because its bytes are those of another."""
    detail = f"the same bytes were ingested as {source_file} by run {ingest_run_id}"
    return Refusal(DUPLICATE, detail, books_of_duplicate(books), sha256)


def recognise(store: Store, dataset: Dataset, ingest_run_id: str, sha256: str) -> Refusal | None:
    """Why a file of these bytes is not ingested again, if an earlier run has ingested it."""
    known = find_content(store, dataset, sha256)
    if known is None or known.ingest_run_id == ingest_run_id:
        return None
    if is_superseded(store, dataset, known.source_file, known.ingest_run_id):
        return None  # sent again to undo what came between
    if dataset.gold.carry and is_followed(store, dataset, known):
        return None  # it says how things are now: as they were before the file between
    return duplicate_of(known.source_file, known.ingest_run_id, known.books, sha256)
