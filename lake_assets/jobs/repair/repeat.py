"""Read again what an ingest run has read: from archive/, with its own plan, id and stamps."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from lake_assets.contracts.dataset import Dataset
from lake_assets.jobs.reading.fetch import Piece
from lake_assets.jobs.reading.plan import Plan, block_bytes, make_plan, run_plan
from lake_assets.jobs.reading.refusal import Refusal
from lake_assets.jobs.reading.task import Engine, Task, TaskResult
from lake_assets.storage.errors import ObjectNotFound, StoreError
from lake_assets.storage.ledger import Commit, Input
from lake_assets.storage.objects import ObjectInfo, Staged
from lake_assets.storage.store import Store


class RebuildError(Exception):
    """Archived files cannot be read again; what stands is as it was."""


class InTurn:
    """The engine of a repair, which is rare: one task after another, in this process."""

    map = staticmethod(map)


@dataclass(frozen=True, slots=True)
class Repeated:
    """What came of the tasks of a run when they were run again.

    Attributes:
        inputs: the inputs that were read.
        results: by the number of the task, with staged outputs.
        refusals: why files cannot be ingested under the contract as it is now, by their keys in
            ``pieces``.
        pieces: by the input's key, where its bytes were.
    """

    inputs: tuple[Input, ...]
    results: Mapping[int, TaskResult]
    refusals: Mapping[str, Refusal]
    pieces: Mapping[str, Piece]

    @property
    def outputs(self) -> list[Staged]:
        """In the order of the tasks."""
        return [one for number in sorted(self.results) for one in self.results[number].outputs]


def ingested(record: Commit) -> list[Input]:
    """The inputs whose rows a run wrote."""
    return [item for item in record.inputs if item.outcome == "ingested"]


def archived(store: Store, record: Commit, item: Input) -> Piece:
    """An input where it is kept.

    Raises:
        RebuildError: it is not there, or cannot be read.
    """
    try:
        return _piece(store.head(item.destination), item)
    except StoreError as error:
        raise RebuildError(
            f"run {record.ingest_run_id} read {item.source_file}, and its archived file cannot "
            f"be read: {error} Restore it, then try again."
        ) from error


def waiting(store: Store, record: Commit, item: Input) -> Piece:
    """An input in validated/, or in archive/ if another driver has got so far."""
    try:
        found = store.head(item.key)
        if (found.etag, found.arrived) == (item.etag, item.arrived):
            return _piece(found, item)
    except ObjectNotFound:
        pass
    return archived(store, record, item)


def repeat(
    store: Store,
    dataset: Dataset,
    engine: Engine,
    record: Commit,
    tasks: Collection[int],
    *,
    find: Callable[[Store, Commit, Input], Piece] = archived,
    only_dates: Collection[str] | None = None,
    generation: int = 1,
) -> Repeated:
    """Run some tasks of a run again, and stage what they write.

    Args:
        store: of the lake.
        dataset: the contract.
        engine: runs the tasks.
        record: of the run.
        tasks: their numbers; tasks that share a file go together, see :func:`tasks_of`.
        find: where an input is.
        only_dates: event dates (ISO) that are written, and no rejects; None is everything.
        generation: goes into the names of the outputs.

    Raises:
        RebuildError: an input is missing, or is not the file that the run read.
        StoreUnavailable: the store cannot be read or written.
    """
    inputs = tuple(item for item in ingested(record) if set(item.tasks) & set(tasks))
    pieces = {item.key: find(store, record, item) for item in inputs}
    plan = make_plan(store, dataset, record.ingest_run_id, list(pieces.values()), record.task_mb)
    dates = None if only_dates is None else frozenset(only_dates)
    plan = replace(plan, tasks=_tasks(plan, record, inputs, pieces, dataset, dates, generation))
    results, refusals = run_plan(store, plan, engine)
    found = Repeated(inputs, results, refusals, pieces)
    try:
        _require_same_bytes(record, plan, found)
    except RebuildError:
        forget(store, found.outputs)
        raise
    return found


def tasks_of(record: Commit, wanted: Collection[str]) -> set[int]:
    """The tasks that read the inputs of these keys, and those that share a file with them."""
    groups = [(item.key in wanted, set(item.tasks)) for item in ingested(record)]
    found: set[int] = set().union(*(tasks for chosen, tasks in groups if chosen))
    while more := set().union(*(tasks for _, tasks in groups if tasks & found)) - found:
        found |= more
    return found


def forget(store: Store, staged: Iterable[Staged]) -> None:
    """Abort staged writes."""
    for one in staged:
        store.abort(one)


def _piece(found: ObjectInfo, item: Input) -> Piece:
    return Piece(replace(found, arrived=item.arrived), item.source_file, again=True)


def _require_same_bytes(record: Commit, plan: Plan, found: Repeated) -> None:
    digests = dict(plan.sha256)
    for result in found.results.values():
        digests |= {key: file.sha256 for key, file in result.files.items() if file.sha256}
    for item in found.inputs:
        key = found.pieces[item.key].file.key
        refusal = found.refusals.get(key)
        if refusal and not refusal.sha256:
            continue  # refused before all of it was read
        if item.sha256 and digests.get(key, item.sha256) != item.sha256:
            raise RebuildError(
                f"{key} is not the file that run {record.ingest_run_id} read: its SHA-256 is not "
                f"{item.sha256}. Restore it, then try again."
            )


def _tasks(
    plan: Plan,
    record: Commit,
    inputs: Sequence[Input],
    files: Mapping[str, Piece],
    dataset: Dataset,
    only_dates: frozenset[str] | None,
    generation: int,
) -> tuple[Task, ...]:
    """The plan's pieces in the tasks of the run, whatever else was in its batch."""
    cut: dict[str, list[Piece]] = defaultdict(list)
    for task in plan.tasks:
        for piece in task.pieces:
            cut[piece.file.key].append(piece)
    size = block_bytes(record.task_mb)
    groups: dict[int, list[Piece]] = defaultdict(list)
    for item in inputs:
        for at, piece in enumerate(cut[files[item.key].file.key]):
            # As many pieces as there were, unless the code cuts otherwise by now.
            groups[item.tasks[min(at, len(item.tasks) - 1)]].append(piece)
    return tuple(
        Task(number, record.ingest_run_id, dataset, tuple(group), size, only_dates, generation)
        for number, group in groups.items()
    )
