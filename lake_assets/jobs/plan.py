"""The plan of an ingest run: which files, under which id, cut and grouped into tasks."""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from lake_assets.contracts.dataset import Dataset
from lake_assets.jobs.arrivals import MEGABYTE
from lake_assets.jobs.task import (
    Engine,
    Piece,
    Refusal,
    Task,
    TaskResult,
    attempt,
    duplicate_of,
    recognise,
    run_task,
    survey,
)
from lake_assets.kernels.accounting import Accounting
from lake_assets.kernels.cuts import find_cuts
from lake_assets.kernels.evidence import Evidence
from lake_assets.kernels.layout import HEAD_BYTES, FileRefusedError, read_layout
from lake_assets.storage.objects import ObjectInfo
from lake_assets.storage.store import Store

CHUNK = 4 * MEGABYTE


@dataclass(frozen=True, slots=True)
class Plan:
    """Tasks over a batch; files that could not even be planned; SHA-256 of the files cut."""

    tasks: tuple[Task, ...]
    refusals: dict[str, Refusal]
    sha256: dict[str, str]


def run_id(files: Sequence[ObjectInfo]) -> str:
    """The id of the run that ingests these files: the same for every driver that plans them.

    Derived from key, ETag, size and arrival of each file, so that drivers that race over one
    batch meet at the same commit record. Sixteen hexadecimal digits.
    """
    lines = sorted(f"{f.key}\n{f.etag}\n{f.size}\n{f.arrived.isoformat()}\n" for f in files)
    return hashlib.sha256("".join(lines).encode()).hexdigest()[:16]


def make_plan(
    store: Store,
    dataset: Dataset,
    ingest_run_id: str,
    files: Sequence[Piece],
    engine: Engine,
    task_mb: int,
) -> Plan:
    """Cut the large files, and group pieces into tasks of about ``task_mb`` of input.

    The same files in the same order give the same tasks, on any engine.

    Args:
        store: of the lake.
        dataset: the contract.
        ingest_run_id: goes into the rows and the names of the outputs.
        files: whole files, in the order in which rows are to be written.
        engine: surveys large files, whose timestamps may be ambiguous.
        task_mb: about how much input a task reads, in megabytes.
    """
    piece_bytes = max(1, task_mb // 2) * MEGABYTE
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
    _weigh(store, dataset, {key: cut[key] for key in digests}, cut, refusals, engine)
    pieces = [piece for key, parts in cut.items() if key not in refusals for piece in parts]
    tasks = tuple(
        Task(number, ingest_run_id, dataset, tuple(group))
        for number, group in enumerate(_group(pieces, task_mb * MEGABYTE))
    )
    return Plan(tasks, refusals, digests)


def without(task: Task, keys: Collection[str]) -> Task:
    """The same task without the pieces of some files."""
    return replace(task, pieces=tuple(p for p in task.pieces if p.file.key not in keys))


def run_plan(
    store: Store, plan: Plan, engine: Engine
) -> tuple[dict[int, TaskResult], dict[str, Refusal]]:
    """Run the tasks; those with a file that is refused run again without it.

    Returns:
        The results by the tasks' numbers, and why files were left out, by key.
    """
    refusals = dict(plan.refusals)
    twins: dict[str, Twin] = {}
    done: dict[int, TaskResult] = {}
    try:
        while True:
            excluded = refusals.keys() | twins.keys()
            open_ = [without(t, excluded) for t in plan.tasks if t.number not in done]
            tasks = [task for task in open_ if task.pieces]
            for result in engine.map(partial(run_task, store), tasks):
                done[result.number] = result
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


@dataclass(frozen=True, slots=True)
class Twin:
    """A file of a batch whose bytes are those of an earlier one in it."""

    original: str
    refusal: Refusal


def _twins(plan: Plan, done: Mapping[int, TaskResult]) -> dict[str, Twin]:
    """Key of a file -> the earlier file of the same bytes."""
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
    """The pieces of a large file, and its SHA-256; or that it was ingested before."""
    file = whole.file
    head = store.read(file.key, if_match=file.etag, length=HEAD_BYTES)
    layout = read_layout(head, dataset, whole=False)
    if not layout.encoding.keeps_newlines:
        raise FileRefusedError(
            "too_large",
            f"a file in {layout.encoding.name} of over {piece_bytes:,} bytes cannot be cut; "
            "send it in UTF-8, or raise intake.task_mb",
        )
    with store.open(file.key, if_match=file.etag) as stream:
        cuts, digest = find_cuts(
            iter(lambda: stream.read(CHUNK), b""), piece_bytes, dataset.format.max_record_lines
        )
    if duplicate := recognise(store, dataset, ingest_run_id, digest):
        return duplicate
    return [replace(whole, cut=cut, layout=layout) for cut in cuts], digest


def _weigh(
    store: Store,
    dataset: Dataset,
    large: dict[str, list[Piece]],
    cut: dict[str, list[Piece]],
    refusals: dict[str, Refusal],
    engine: Engine,
) -> None:
    """Give every piece of a large file the evidence of all of it, in ``cut``."""
    pieces = [piece for parts in large.values() for piece in parts]
    seen = {key: Evidence() for key in large}
    look = partial(_look, store, dataset)
    for piece, evidence in zip(pieces, engine.map(look, pieces), strict=True):
        if isinstance(evidence, Refusal):
            refusals[piece.file.key] = evidence
        else:
            seen[piece.file.key] += evidence
    for key, parts in large.items():
        cut[key] = [replace(piece, evidence=seen[key]) for piece in parts]


def _look(store: Store, dataset: Dataset, piece: Piece) -> Evidence | Refusal:
    return attempt(partial(survey, store, dataset, piece))


def _group(pieces: Sequence[Piece], limit: int) -> Iterator[list[Piece]]:
    """Neighbours together, up to ``limit`` bytes, at least one."""
    group: list[Piece] = []
    size = 0
    for piece in pieces:
        length = piece.cut.end - piece.cut.start if piece.cut else piece.file.size
        if group and size + length > limit:
            yield group
            group, size = [], 0
        group.append(piece)
        size += length
    if group:
        yield group
