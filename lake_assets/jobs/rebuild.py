"""Do an ingest run's work again, through the ledger: one processed date, or what got lost."""

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from lake_assets.contracts.dataset import Dataset
from lake_assets.jobs.fetch import Piece
from lake_assets.jobs.plan import Plan, block_bytes, make_plan, run_plan
from lake_assets.jobs.refusal import Refusal
from lake_assets.jobs.task import Engine, Task, TaskResult
from lake_assets.storage.errors import ObjectNotFound, StoreError
from lake_assets.storage.ledger import Commit, Input, standing
from lake_assets.storage.objects import ObjectInfo, Staged
from lake_assets.storage.store import Store
from lake_assets.storage.zones import processed_prefix, stale_key


class RebuildError(Exception):
    """A partition cannot be rebuilt; what stands there is as it was."""


def rebuild_date(store: Store, dataset: Dataset, engine: Engine, day: str) -> list[Staged]:
    """Rebuild one event date of the processed zone, in place, and mark its gold as stale.

    Each run in the ledger that touched the date is repeated over its archived files, with its own
    plan, id and arrival stamps: with the same contract and code, the same keys and bytes. Under
    another contract version, runs that rejected rows are repeated too: the rows may be of the date.

    Args:
        store: of the lake.
        dataset: the contract.
        engine: runs the tasks.
        day: the event date (ISO).

    Returns:
        What was written, with row counts.

    Raises:
        RebuildError: an archived file is missing, is not the one that was read, or cannot be read
            any more.
        StoreUnavailable: the store cannot be read or written.
    """
    written: list[Staged] = []
    records = [
        record
        for record in standing(store, dataset)
        if day in record.dates
        or (record.books.rejected and record.contract_version != dataset.contract_version)
    ]
    try:
        for record in records:
            files = [_archived(store, record, item) for item in _ingested(record)]
            written += _repeat(store, dataset, engine, record, files, day)
        for staged in written:
            store.publish(staged)
    except BaseException:
        for staged in written:
            store.abort(staged)
        raise
    keys = {staged.key for staged in written}
    foreign = [
        info.key for info in store.list(processed_prefix(dataset, day)) if info.key not in keys
    ]
    for key in foreign:
        store.delete(key)
    if keys or foreign:
        # A marker of its own: one that stands may be deleted by a compaction that has already
        # read what stood here before.
        store.put(stale_key(dataset, day, f"rebuild-{uuid.uuid4().hex}"), b"")
    return written


def restage(store: Store, dataset: Dataset, record: Commit) -> None:
    """Make the outputs of a commit again whose staged writes are gone, and publish them.

    Raises:
        RebuildError: an input is missing, or cannot be read any more.
        StoreUnavailable: the store cannot be read or written.
    """
    files = [_waiting(store, record, item) for item in _ingested(record)]
    written = _repeat(store, dataset, _InTurn(), record, files, None)
    try:
        for staged in written:
            store.publish(staged)
    except BaseException:
        for staged in written:
            store.abort(staged)
        raise


class _InTurn:
    """The engine of a repair, which is rare."""

    map = staticmethod(map)


def _ingested(record: Commit) -> list[Input]:
    return [item for item in record.inputs if item.outcome == "ingested"]


def _archived(store: Store, record: Commit, item: Input) -> Piece:
    try:
        return _piece(store.head(item.destination), item)
    except StoreError as error:
        raise RebuildError(
            f"run {record.ingest_run_id} read {item.source_file}, and its archived file cannot "
            f"be read: {error} Restore it, then rebuild again."
        ) from error


def _waiting(store: Store, record: Commit, item: Input) -> Piece:
    """The file in validated/, or in archive/ if another driver has got so far."""
    try:
        found = store.head(item.key)
        if (found.etag, found.arrived) == (item.etag, item.arrived):
            return _piece(found, item)
    except ObjectNotFound:
        pass
    return _archived(store, record, item)


def _piece(found: ObjectInfo, item: Input) -> Piece:
    return Piece(replace(found, arrived=item.arrived), item.source_file)


def _repeat(
    store: Store,
    dataset: Dataset,
    engine: Engine,
    record: Commit,
    files: Sequence[Piece],
    only_date: str | None,
) -> list[Staged]:
    """Stage what a run staged, all of it or one date's."""
    plan = make_plan(store, dataset, record.ingest_run_id, files, record.task_mb)
    plan = replace(plan, tasks=_tasks(plan, record, dataset, only_date))
    done, refusals = run_plan(store, plan, engine)
    outputs = [staged for number in sorted(done) for staged in done[number].outputs]
    if fault := _fault(record, files, plan, done, refusals):
        for staged in outputs:
            store.abort(staged)
        raise RebuildError(fault)
    return outputs


def _fault(
    record: Commit,
    files: Sequence[Piece],
    plan: Plan,
    done: Mapping[int, TaskResult],
    refusals: Mapping[str, Refusal],
) -> str | None:
    """Why the files are not what the run read, if so."""
    for key, refusal in refusals.items():
        return f"{key} cannot be read any more: {refusal.reason}: {refusal.detail}"
    digests = dict(plan.sha256)
    for result in done.values():
        digests |= {key: file.sha256 for key, file in result.files.items() if file.sha256}
    for item, piece in zip(_ingested(record), files, strict=True):
        if item.sha256 and digests[piece.file.key] != item.sha256:
            return (
                f"{piece.file.key} is not the file that run {record.ingest_run_id} read: its "
                f"SHA-256 is not {item.sha256}. Restore it, then rebuild again."
            )
    return None


def _tasks(plan: Plan, record: Commit, dataset: Dataset, only_date: str | None) -> tuple[Task, ...]:
    """The plan's pieces in the tasks of the run, whatever else was in its batch."""
    pieces = [(task.number, piece) for task in plan.tasks for piece in task.pieces]
    numbers = [number for item in _ingested(record) for number in item.tasks]
    size = block_bytes(record.task_mb)
    groups: dict[int, list[Piece]] = defaultdict(list)
    for at, (number, piece) in enumerate(pieces):
        groups[numbers[at] if len(numbers) == len(pieces) else number].append(piece)
    return tuple(
        Task(number, record.ingest_run_id, dataset, tuple(group), size, only_date)
        for number, group in groups.items()
    )
