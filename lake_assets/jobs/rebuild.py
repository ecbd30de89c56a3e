"""Make a processed partition again from archive/, through the ledger."""

from dataclasses import replace
from datetime import date

from lake_assets.contracts.dataset import Dataset
from lake_assets.jobs.ingest import run_plan
from lake_assets.jobs.plan import make_plan
from lake_assets.jobs.task import Engine, Piece
from lake_assets.storage.errors import StoreError
from lake_assets.storage.ledger import Commit, commits
from lake_assets.storage.objects import Staged
from lake_assets.storage.store import Store
from lake_assets.storage.zones import day_of, processed_prefix, stale_key


class RebuildError(Exception):
    """A partition cannot be rebuilt; what stands there is as it was."""


def rebuild_date(store: Store, dataset: Dataset, engine: Engine, day: str) -> list[Staged]:
    """Rebuild one event date of the processed zone, in place, and mark its gold as stale.

    Each run in the ledger that touched the date is repeated over its archived files, with its own
    plan, id and arrival stamps: with the same contract and code, the same keys and bytes.

    Args:
        store: of the lake.
        dataset: the contract.
        engine: runs the tasks.
        day: the event date (ISO).

    Returns:
        What was written, with row counts.

    Raises:
        RebuildError: an archived file is missing or cannot be read any more.
        StoreUnavailable: the store cannot be read or written.
    """
    written: list[Staged] = []
    records = [record for record in _ledger(store, dataset) if day in record.dates]
    try:
        for record in records:
            written += _repeat(store, dataset, engine, record, day)
        for staged in written:
            store.publish(staged)
    except BaseException:
        for staged in written:
            store.abort(staged)
        raise
    keys = {staged.key for staged in written}
    for info in list(store.list(processed_prefix(dataset, day))):
        if info.key not in keys:
            store.delete(info.key)
    for record in records:
        store.put(stale_key(dataset, day, record.ingest_run_id), b"")
    return written


def _ledger(store: Store, dataset: Dataset) -> list[Commit]:
    arrivals = sorted(
        {
            date.fromisoformat(day)
            for info in store.list(dataset.zones.ledger)
            if (day := day_of(info.key))
        }
    )
    return [record for arrival in arrivals for record in commits(store, dataset, arrival)]


def _repeat(
    store: Store, dataset: Dataset, engine: Engine, record: Commit, day: str
) -> list[Staged]:
    files = []
    for item in record.inputs:
        if item.outcome != "ingested":
            continue
        try:
            archived = store.head(item.destination)
        except StoreError as error:
            raise RebuildError(
                f"run {record.ingest_run_id} read {item.source_file}, and its archived file cannot "
                f"be read: {error} Restore it, then rebuild {day} again."
            ) from error
        files.append(Piece(replace(archived, arrived=item.arrived), item.source_file))
    plan = make_plan(store, dataset, record.ingest_run_id, files, engine, record.task_mb)
    tasks = tuple(replace(task, only_date=day) for task in plan.tasks)
    done, refusals = run_plan(store, replace(plan, tasks=tasks), engine)
    outputs = [staged for number in sorted(done) for staged in done[number].outputs]
    if refusals:
        for staged in outputs:
            store.abort(staged)
        key, refusal = next(iter(refusals.items()))
        raise RebuildError(f"{key} cannot be read any more: {refusal.reason}: {refusal.detail}")
    return outputs
