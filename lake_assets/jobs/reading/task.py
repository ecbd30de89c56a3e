"""A task: pieces of files in, staged Parquet and reject files out. Engines run these."""

import io
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol, TypeVar

import polars as pl

from lake_assets.contracts.dataset import Dataset
from lake_assets.jobs.reading.fetch import Fetched, Piece, fetch_all, texts_of
from lake_assets.jobs.reading.refusal import Refusal, attempt
from lake_assets.kernels.accounting import Accounting
from lake_assets.kernels.block import Block, PieceResult, read_block
from lake_assets.kernels.parsing.layout import Layout
from lake_assets.kernels.parsing.ndjson_tokens import first_names
from lake_assets.kernels.parsing.texts import Text
from lake_assets.kernels.partition_date import partition_date
from lake_assets.kernels.rejects import to_csv, to_ndjson
from lake_assets.kernels.rows import Chosen
from lake_assets.kernels.values.evidence import Evidence
from lake_assets.storage.objects import Staged
from lake_assets.storage.store import Store, each
from lake_assets.storage.zones import part_name, processed_key, rejects_key

Work = TypeVar("Work")
Result = TypeVar("Result")
Output = tuple[str, Callable[[], bytes], int]
"""Key, content and rows of a file; the content is made once it is written."""


class TaskFailed(Exception):
    """An engine could not run a task, or not bring back what it raised; the message says why."""


class Engine(Protocol):
    """Decides where tasks run."""

    def map(self, function: Callable[[Work], Result], items: Iterable[Work]) -> Iterator[Result]:
        """Run ``function`` on each item, several at once; results in the order of the items.

        Raises:
            TaskFailed: a task did not end; or whatever a task raises.
        """
        ...


@dataclass(frozen=True, slots=True)
class Task:
    """What one worker does in one go; it can be pickled.

    Attributes:
        number: goes into the names of the outputs.
        ingest_run_id: of the run.
        dataset: the contract.
        pieces: in the order in which their rows are written.
        block_bytes: about how much text is read at once; outputs are written for every two blocks.
        only_dates: ISO dates; limits the good rows that are written, to rebuild partitions.
        generation: of the run; more than 1 for what it is restated as.
    """

    number: int
    ingest_run_id: str
    dataset: Dataset
    pieces: tuple[Piece, ...]
    block_bytes: int
    only_dates: frozenset[str] | None = None
    generation: int = 1


@dataclass(frozen=True, slots=True)
class FileResult:
    """What a task made of its pieces of one file.

    Attributes:
        books: of the pieces.
        sha256: only where the task saw all of the file.
        layout: how the file was read.
        evidence: what the pieces say of texts with two readings.
        readings: columns with such texts, and how they were read; see ``rows.chosen``.
        unknown: keys of objects that the contract does not know.
        refusal: why the file has to leave the batch.
    """

    books: Accounting = field(default_factory=Accounting)
    sha256: str = ""
    layout: Layout | None = None
    evidence: Evidence = field(default_factory=Evidence)
    readings: frozenset[tuple[str, Chosen]] = frozenset()
    unknown: tuple[str, ...] = ()
    refusal: Refusal | None = None

    def __add__(self, other: "FileResult") -> "FileResult":
        return FileResult(
            self.books + other.books,
            self.sha256 or other.sha256,
            self.layout or other.layout,
            self.evidence + other.evidence,
            self.readings | other.readings,
            first_names([*self.unknown, *other.unknown]),
            self.refusal or other.refusal,
        )


@dataclass(frozen=True, slots=True)
class TaskResult:
    """Staged outputs, and a result for each file by its key."""

    number: int
    outputs: tuple[Staged, ...]
    files: dict[str, FileResult]


def reading_of(parts: Sequence[FileResult]) -> dict[str, Any]:
    """How a file was read, and where its rows went: fields of its record, from its pieces."""
    layout = next((part.layout for part in parts if part.layout), None)
    return {
        "encoding": layout.encoding.name if layout else None,
        "delimiter": layout.delimiter if layout else None,
        "extra_columns": [
            *(layout.extra if layout else ()),
            *first_names(name for part in parts for name in part.unknown),
        ],
        "books": sum((part.books for part in parts), Accounting()),
    }


def run_task(store: Store, task: Task) -> TaskResult:
    """Read the pieces, and stage what came of them.

    Nothing stays staged if a file leaves the batch: the driver plans the task again without it.
    That is mostly known before anything is parsed.

    Raises:
        StoreUnavailable: the store cannot be read or written.
    """
    fetched = fetch_all(store, task.dataset, task.ingest_run_id, task.pieces, task.block_bytes)
    files = {
        piece.file.key: FileResult(refusal=found)
        for piece, found in zip(task.pieces, fetched, strict=True)
        if isinstance(found, Refusal)
    }
    if files:
        return TaskResult(task.number, (), files)
    staged: list[Staged] = []
    try:
        for volume, blocks in enumerate(_volumes(store, task, deque(fetched), files)):
            if not _any_refused(files):
                staged += _stage(store, task, volume, blocks)
    except BaseException:
        _abort(store, staged)
        raise
    if _any_refused(files):
        _abort(store, staged)
        staged = []
    return TaskResult(task.number, tuple(staged), files)


def _any_refused(files: Mapping[str, FileResult]) -> bool:
    return any(result.refusal for result in files.values())


def _volumes(
    store: Store,
    task: Task,
    fetched: deque[Fetched | Refusal],
    files: dict[str, FileResult],
) -> Iterator[list[Block]]:
    """What is written together: two blocks of the usual size, or one that is larger."""
    blocks: list[Block] = []
    size = 0
    for texts in _blocks(store, task, fetched, files):
        blocks += _read(texts, task.dataset, files)
        size += sum(len(text.data) for _, text in texts)
        texts.clear()
        if size >= 2 * task.block_bytes:
            yield blocks
            blocks, size = [], 0
    if blocks:
        yield blocks


def _blocks(
    store: Store,
    task: Task,
    fetched: deque[Fetched | Refusal],
    files: dict[str, FileResult],
) -> Iterator[list[tuple[str, Text]]]:
    """Texts that are read together, each with the key of its file."""
    block: list[tuple[str, Text]] = []
    size = 0
    for piece in task.pieces:
        found = fetched.popleft()  # so that its bytes are let go of once they are read
        assert isinstance(found, Fetched)
        key = piece.file.key
        texts = texts_of(store, piece, found, task.dataset, task.ingest_run_id, task.block_bytes)
        files.setdefault(key, FileResult())
        while text := attempt(partial(next, texts, None)):
            if isinstance(text, Refusal):
                files[key] += FileResult(refusal=text)
                break
            files[key] += FileResult(sha256=found.sha256, layout=text.layout)
            if block and size + len(text.data) > task.block_bytes:
                yield block
                block, size = [], 0
            block.append((key, text))
            size += len(text.data)
    if block:
        yield block


def _read(
    texts: Sequence[tuple[str, Text]], dataset: Dataset, files: dict[str, FileResult]
) -> Iterator[Block]:
    """Read a block; if that fails, each text alone, to tell which file's fault it is."""
    block = attempt(partial(read_block, [text for _, text in texts], dataset))
    if isinstance(block, Block):
        for (key, _), result in zip(texts, block.pieces, strict=True):
            files[key] += _file_result(result)
        yield block
    elif len(texts) == 1:
        files[texts[0][0]] += FileResult(refusal=block)
    else:
        for text in texts:
            yield from _read([text], dataset, files)


def _file_result(result: PieceResult) -> FileResult:
    return FileResult(
        books=result.books,
        evidence=result.evidence,
        readings=frozenset(result.readings.items()),
        unknown=result.unknown,
        refusal=Refusal(*result.refusal) if result.refusal else None,
    )


def _stage(store: Store, task: Task, volume: int, blocks: Sequence[Block]) -> list[Staged]:
    staged: list[Staged] = []

    def write(output: Output) -> Staged:
        key, encoded, rows = output
        done = store.stage(key, encoded(), rows=rows)
        staged.append(done)  # known at once, for another one may fail
        return done

    try:
        return each(store, write, _outputs(task, volume, blocks))
    except BaseException:
        _abort(store, staged)
        raise


def _abort(store: Store, staged: Iterable[Staged]) -> None:
    for write in staged:
        store.abort(write)


def _outputs(task: Task, volume: int, blocks: Sequence[Block]) -> Iterator[Output]:
    """Each file that is written, in the order of the keys."""
    dataset = task.dataset
    name = part_name(task.ingest_run_id, task.number, volume, task.generation)
    good = pl.concat([block.good for block in blocks])
    by_date = good.with_columns(partition_date(dataset).alias("date")).partition_by(
        "date", as_dict=True, include_key=False, maintain_order=True
    )
    for (date,), rows in sorted(by_date.items()):
        if task.only_dates is None or str(date) in task.only_dates:
            yield processed_key(dataset, str(date), name), partial(to_parquet, rows), rows.height
    rejects = pl.concat([block.rejects for block in blocks])
    if rejects.height and task.only_dates is None:
        yield rejects_key(dataset, "csv", name), partial(to_csv, rejects), rejects.height
        yield rejects_key(dataset, "json", name), partial(to_ndjson, rejects), rejects.height


def to_parquet(rows: pl.DataFrame) -> bytes:
    """Snappy-compressed Parquet; the same rows give the same bytes."""
    buffer = io.BytesIO()
    rows.write_parquet(buffer, compression="snappy", statistics=True)
    return buffer.getvalue()
