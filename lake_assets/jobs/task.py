"""A task: pieces of files in, staged Parquet and reject files out. Engines run these."""

import hashlib
import io
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Protocol, TypeVar

import polars as pl

from lake_assets.contracts.dataset import Dataset
from lake_assets.jobs.arrivals import REQUESTS
from lake_assets.kernels.accounting import Accounting
from lake_assets.kernels.cuts import Cut
from lake_assets.kernels.evidence import Evidence
from lake_assets.kernels.layout import HEAD_BYTES, FileRefusedError, Layout, read_layout
from lake_assets.kernels.piece import PieceRows, read_piece, survey_piece
from lake_assets.kernels.rejects import to_csv, to_ndjson
from lake_assets.kernels.rows import Provenance
from lake_assets.storage.content import books_of_duplicate, find_content
from lake_assets.storage.errors import ObjectChanged, ObjectNotFound, StoreUnavailable
from lake_assets.storage.objects import ObjectInfo, Staged
from lake_assets.storage.store import Store
from lake_assets.storage.zones import processed_key, rejects_key

VANISHED = "vanished"
DUPLICATE = "duplicate"

Work = TypeVar("Work")
Result = TypeVar("Result")


class Engine(Protocol):
    """Decides where tasks run."""

    def map(self, function: Callable[[Work], Result], items: Iterable[Work]) -> Iterator[Result]:
        """Run ``function`` on each item, several at once; results in the order of the items."""
        ...


@dataclass(frozen=True, slots=True)
class Piece:
    """A file, or a part of a large one.

    Attributes:
        file: where its bytes are, and when it arrived.
        source_file: its name as it was dropped.
        cut, layout, evidence: None for a whole file, which shows them itself.
    """

    file: ObjectInfo
    source_file: str
    cut: Cut | None = None
    layout: Layout | None = None
    evidence: Evidence | None = None

    @property
    def first_line(self) -> int:
        """The physical number of its first line in the file, from 1."""
        return self.cut.first_line if self.cut else 1


@dataclass(frozen=True, slots=True)
class Task:
    """What one worker does in one go; it can be pickled.

    ``only_date`` (ISO) limits the good rows that are written, for the rebuild of one partition.
    """

    number: int
    ingest_run_id: str
    dataset: Dataset
    pieces: tuple[Piece, ...]
    only_date: str | None = None


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


@dataclass(frozen=True, slots=True)
class FileResult:
    """What a task made of its pieces of one file; ``sha256`` only where it saw all of it."""

    books: Accounting = field(default_factory=Accounting)
    sha256: str = ""
    layout: Layout | None = None
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class Fetched:
    """The bytes of a piece; their SHA-256 where it is the whole file."""

    data: bytes
    sha256: str


@dataclass(frozen=True, slots=True)
class TaskResult:
    """Staged outputs, and a result for each file by its key."""

    number: int
    outputs: tuple[Staged, ...]
    files: dict[str, FileResult]


def run_task(store: Store, task: Task) -> TaskResult:
    """Read the pieces, and stage what came of them.

    Nothing is staged if a file leaves the batch: the driver plans the task again without it. That
    is mostly known before anything is parsed.

    Raises:
        StoreUnavailable: the store cannot be read or written.
    """
    with ThreadPoolExecutor(REQUESTS) as pool:
        fetch = partial(_fetch, store, task)
        found = list(pool.map(fetch, task.pieces))
    files: dict[str, FileResult] = {
        piece.file.key: FileResult(refusal=fetched)
        for piece, fetched in zip(task.pieces, found, strict=True)
        if isinstance(fetched, Refusal)
    }
    if files:
        return TaskResult(task.number, (), files)
    whole = deque(fetched for fetched in found if isinstance(fetched, Fetched))
    found.clear()  # so that a piece's bytes are let go of once it is read
    read: list[PieceRows] = []
    for piece in task.pieces:
        key = piece.file.key
        fetched = whole.popleft()
        before = files.get(key)
        if before and before.refusal:
            continue  # a file is refused for any of its pieces
        outcome = attempt(partial(_read, task, piece, fetched))
        if isinstance(outcome, Refusal):
            files[key] = FileResult(refusal=outcome)
            continue
        rows, result = outcome
        read.append(rows)
        if before:
            result = replace(result, books=before.books + result.books)
        files[key] = result
    if any(result.refusal for result in files.values()):
        return TaskResult(task.number, (), files)
    return TaskResult(task.number, tuple(_stage(store, task, read)), files)


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
    except Exception:
        return Refusal("unreadable", traceback.format_exc())


def survey(store: Store, dataset: Dataset, piece: Piece) -> Evidence:
    """What one piece of a large file says of the order of day and month."""
    data = _bytes(store, piece)
    layout = _layout(piece, data, dataset)
    return survey_piece(data, piece.first_line, layout, dataset, piece.source_file)


def duplicate_of(source_file: str, ingest_run_id: str, books: Accounting, sha256: str) -> Refusal:
    """Leaves a file out of the batch because its bytes are those of another."""
    detail = f"the same bytes were ingested as {source_file} by run {ingest_run_id}"
    return Refusal(DUPLICATE, detail, books_of_duplicate(books), sha256)


def recognise(store: Store, dataset: Dataset, ingest_run_id: str, sha256: str) -> Refusal | None:
    """Why a file of these bytes is not ingested again, if an earlier run has ingested it."""
    known = find_content(store, dataset, sha256)
    if known is None or known.ingest_run_id == ingest_run_id:
        return None
    return duplicate_of(known.source_file, known.ingest_run_id, known.books, sha256)


def _fetch(store: Store, task: Task, piece: Piece) -> Fetched | Refusal:
    data = attempt(partial(_bytes, store, piece))
    if isinstance(data, Refusal) or piece.cut:
        return data if isinstance(data, Refusal) else Fetched(data, "")
    sha256 = hashlib.sha256(data).hexdigest()
    return recognise(store, task.dataset, task.ingest_run_id, sha256) or Fetched(data, sha256)


def _read(task: Task, piece: Piece, fetched: Fetched) -> tuple[PieceRows, FileResult]:
    dataset = task.dataset
    layout = _layout(piece, fetched.data, dataset)
    provenance = Provenance(
        source_file=piece.source_file,
        ingest_run_id=task.ingest_run_id,
        ingest_ts=piece.file.arrived,
        contract_version=dataset.contract_version,
    )
    rows = read_piece(fetched.data, piece.first_line, layout, dataset, provenance, piece.evidence)
    return rows, FileResult(rows.books, fetched.sha256, layout)


def _layout(piece: Piece, data: bytes, dataset: Dataset) -> Layout:
    if piece.layout:
        return piece.layout
    return read_layout(data[:HEAD_BYTES], dataset, whole=len(data) <= HEAD_BYTES)


def _bytes(store: Store, piece: Piece) -> bytes:
    start, length = 0, None
    if piece.cut:
        start, length = piece.cut.start, piece.cut.end - piece.cut.start
    return store.read(piece.file.key, if_match=piece.file.etag, start=start, length=length)


def _stage(store: Store, task: Task, read: list[PieceRows]) -> list[Staged]:
    staged: list[Staged] = []
    try:
        for key, data, rows in _outputs(task, read):
            staged.append(store.stage(key, data, rows=rows))
    except BaseException:
        for write in staged:
            store.abort(write)
        raise
    return staged


def _outputs(task: Task, read: list[PieceRows]) -> Iterator[tuple[str, bytes, int]]:
    """Key, content and rows of each file that the task writes, in the order of the keys."""
    run_id, number = task.ingest_run_id, task.number
    if not read:
        return
    good = pl.concat([rows.good for rows in read])
    day = pl.col(task.dataset.partition.column).dt.date()
    by_date = good.with_columns(day.alias("date")).partition_by(
        "date", as_dict=True, include_key=False, maintain_order=True
    )
    for (date,), rows in sorted(by_date.items()):
        if task.only_date in {None, str(date)}:
            key = processed_key(task.dataset, str(date), run_id, number)
            yield key, to_parquet(rows), rows.height
    rejects = pl.concat([rows.rejects for rows in read])
    if rejects.height and task.only_date is None:
        yield rejects_key(task.dataset, "csv", run_id, number), to_csv(rejects), rejects.height
        yield rejects_key(task.dataset, "json", run_id, number), to_ndjson(rejects), rejects.height


def to_parquet(rows: pl.DataFrame) -> bytes:
    """Snappy-compressed Parquet; the same rows give the same bytes."""
    buffer = io.BytesIO()
    rows.write_parquet(buffer, compression="snappy", statistics=True)
    return buffer.getvalue()
