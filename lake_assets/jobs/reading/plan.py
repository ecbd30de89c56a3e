"""The plan of an ingest run: which files, under which id, cut and grouped into tasks."""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from math import ceil

from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.format import CsvFormat
from lake_assets.jobs.arrivals import MEGABYTE
from lake_assets.jobs.reading.fetch import KILOBYTE, Piece, is_tail, read_head
from lake_assets.jobs.reading.refusal import Refusal, attempt, duplicate_of, recognise
from lake_assets.jobs.reading.task import Engine, FileResult, Task, TaskResult, run_task
from lake_assets.kernels.accounting import Accounting
from lake_assets.kernels.decoding.cuts import Cut, find_cuts
from lake_assets.kernels.parsing.layout import read_layout
from lake_assets.kernels.rows import chosen
from lake_assets.kernels.values.evidence import Evidence
from lake_assets.storage.store import Store

CHUNK = 4 * MEGABYTE
FILE_COST = 32 * 1024
"""What a file costs besides its bytes, in bytes that take as long: small ones are spread too."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Tasks over a batch; files that could not even be planned; SHA-256 of the files cut."""

    tasks: tuple[Task, ...]
    refusals: dict[str, Refusal]
    sha256: dict[str, str]


def block_bytes(task_mb: int) -> int:
    """Text that is read at once: half of what a task reads."""
    return max(1, task_mb // 2) * MEGABYTE


def make_plan(
    store: Store,
    dataset: Dataset,
    ingest_run_id: str,
    files: Sequence[Piece],
    task_mb: int,
) -> Plan:
    """Cut the large files, and group pieces into tasks of about ``task_mb`` of input.

    The same files in the same order give the same tasks, on any engine.

    Args:
        store: of the lake.
        dataset: the contract.
        ingest_run_id: goes into the rows and the names of the outputs.
        files: whole files, in the order in which rows are to be written.
        task_mb: about how much input a task reads, in megabytes.
    """
    piece_bytes = block_bytes(task_mb)
    cut: dict[str, list[Piece]] = {}
    refusals: dict[str, Refusal] = {}
    digests: dict[str, str] = {}
    for file in files:
        key = file.file.key
        if file.file.size <= piece_bytes:
            cut[key] = [file]
            continue
        found = attempt(partial(_cut, store, dataset, ingest_run_id, file, piece_bytes))
        if isinstance(found, Refusal):
            refusals[key] = found
        else:
            cut[key], digests[key] = found
    pieces = [piece for key, parts in cut.items() if key not in refusals for piece in parts]
    tasks = tuple(
        Task(number, ingest_run_id, dataset, tuple(group), piece_bytes)
        for number, group in enumerate(_group(pieces, task_mb * MEGABYTE))
    )
    return Plan(tasks, refusals, digests)


def without(task: Task, keys: Collection[str]) -> Task:
    """The same task without the pieces of some files."""
    return replace(task, pieces=tuple(p for p in task.pieces if p.file.key not in keys))


def run_plan(
    store: Store, plan: Plan, engine: Engine
) -> tuple[dict[int, TaskResult], dict[str, Refusal]]:
    """Run the tasks, and some of them again.

    A task with a file that is refused runs again without it. So does one that has read texts with
    two readings in another way than their whole file wants: which way that is shows only once all
    of the file's pieces were read, and hardly ever differs.

    Returns:
        The results by the tasks' numbers, and why files were left out, by key.
    """
    refusals = dict(plan.refusals)
    twins: dict[str, Twin] = {}
    evidence: dict[str, Evidence] = {}
    done: dict[int, TaskResult] = {}
    try:
        while True:
            excluded = refusals.keys() | twins.keys()
            open_ = [without(t, excluded) for t in plan.tasks if t.number not in done]
            tasks = [_informed(task, evidence) for task in open_ if task.pieces]
            for result in engine.map(partial(run_task, store), tasks):
                done[result.number] = result
            if unsettled := _unsettled(plan, done):
                # Before anything is refused: a rule may be broken only as a piece was read.
                for number, known in unsettled.items():
                    evidence |= known
                    _abort(store, done.pop(number))
                continue
            refused = {
                key: file.refusal
                for result in done.values()
                for key, file in result.files.items()
                if file.refusal
            }
            # A twin of a file that left the batch is no duplicate: it is the one to ingest.
            freed = {key for key, twin in twins.items() if twin.original in refused}
            found = {} if refused else _twins(plan, done)
            if not refused and not found:
                return done, refusals | {key: twin.refusal for key, twin in twins.items()}
            refusals |= refused
            twins = {key: twin for key, twin in twins.items() if key not in freed} | found
            changed = refused.keys() | freed | found.keys()
            for task in plan.tasks:
                if task.number in done and any(p.file.key in changed for p in task.pieces):
                    _abort(store, done.pop(task.number))
    except BaseException:
        for result in done.values():
            _abort(store, result)
        raise


def _informed(task: Task, evidence: Mapping[str, Evidence]) -> Task:
    """The same task, with what is known of whole files."""
    pieces = (
        replace(piece, evidence=evidence.get(piece.file.key, piece.evidence))
        for piece in task.pieces
    )
    return replace(task, pieces=tuple(pieces))


def _unsettled(plan: Plan, done: Mapping[int, TaskResult]) -> dict[int, dict[str, Evidence]]:
    """Tasks that have read a file otherwise than all of it wants, and what that is."""
    files: dict[str, dict[int, FileResult]] = defaultdict(dict)
    for number, result in done.items():
        for key, file in result.files.items():
            if file.readings or file.evidence.clues or file.evidence.hints:
                files[key][number] = file
    found: dict[int, dict[str, Evidence]] = defaultdict(dict)
    for key, parts in files.items():
        dataset = plan.tasks[0].dataset
        whole = sum((part.evidence for part in parts.values()), Evidence())
        for number, part in parts.items():
            if any(
                chosen(dataset.column(name), whole, dataset) != was for name, was in part.readings
            ):
                found[number][key] = whole
    return found


@dataclass(frozen=True, slots=True)
class Twin:
    """A file of a batch whose bytes are those of an earlier one in it."""

    original: str
    refusal: Refusal


def _twins(plan: Plan, done: Mapping[int, TaskResult]) -> dict[str, Twin]:
    """Key of a file -> the earlier file of the same bytes.

    Where tables carry, that is the file right before it: what comes back behind another is news.
    """
    digests = dict(plan.sha256)
    books: dict[str, Accounting] = defaultdict(Accounting)
    for result in done.values():
        for key, file in result.files.items():
            digests[key] = file.sha256 or digests[key]
            books[key] += file.books
    first: dict[str, Piece] = {}
    twins: dict[str, Twin] = {}
    for task in plan.tasks:
        for piece in task.pieces:
            key = piece.file.key
            if key not in books:
                continue
            if task.dataset.gold.carry and digests[key] not in first:
                first.clear()
            original = first.setdefault(digests[key], piece)
            if original.file.key != key:
                twins[key] = Twin(
                    original.file.key,
                    duplicate_of(
                        original.source_file,
                        task.ingest_run_id,
                        books[original.file.key],
                        digests[key],
                    ),
                )
    return twins


def _abort(store: Store, result: TaskResult) -> None:
    for staged in result.outputs:
        store.abort(staged)


def _cut(
    store: Store, dataset: Dataset, ingest_run_id: str, whole: Piece, piece_bytes: int
) -> tuple[list[Piece], str] | Refusal:
    """The pieces of a large file, and its SHA-256; or that it was ingested before.

    A file that cannot be read from within, because it is compressed or of two bytes a character,
    stays one piece: its task reads it as a stream.
    """
    file, limits = whole.file, dataset.format
    head = read_head(store, file, dataset)
    layout = read_layout(head.data, dataset, whole=head.whole)
    with store.open(file.key, if_match=file.etag) as stream:
        chunks = iter(lambda: stream.read(CHUNK), b"")
        if head.compression or not layout.encoding.keeps_newlines:
            cuts: list[Cut] = []
            digest = _sha256(chunks)
        else:
            cuts, digest = find_cuts(
                chunks, piece_bytes, limits.record_lines, limits.max_line_kb * KILOBYTE
            )
    if not whole.again and (duplicate := recognise(store, dataset, ingest_run_id, digest)):
        return duplicate
    if len(cuts) > 1 and isinstance(limits, CsvFormat) and limits.totals:
        start, end = cuts[-1].start, cuts[-1].end
        tail = store.read(file.key, if_match=file.etag, start=start, length=end - start)
        if is_tail(tail, layout.encoding, dataset):
            cuts[-2:] = [replace(cuts[-2], end=end)]
    return [replace(whole, cut=cut, layout=layout) for cut in cuts] or [whole], digest


def _sha256(chunks: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update(chunk)
    return digest.hexdigest()


def _share(size: int, limit: int) -> float:
    """What each of the groups has, if they are as few as can be."""
    return size / max(1, ceil(size / limit))


def _group(pieces: Sequence[Piece], limit: int) -> Iterator[list[Piece]]:
    """Neighbours together, up to ``limit`` bytes, at least one; the groups take about as long."""
    left = sum(piece.size + FILE_COST for piece in pieces)
    share = _share(left, limit)
    group: list[Piece] = []
    size = 0
    for piece in pieces:
        cost = piece.size + FILE_COST
        if group and (size + cost > limit or size + cost / 2 > share):
            yield group
            left -= size
            share = _share(left, limit)
            group, size = [], 0
        group.append(piece)
        size += cost
    if group:
        yield group
