"""Restate an ingest run: what it read, judged again by the contract as it is now.

A restated run is a new generation of its record in the ledger, committed and published as the
first one was. The tasks that were run again have new outputs under new names; all others stand.
A file is judged as a whole by one version of the contract, as evidence and layout are the file's.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from lake_assets.contracts.dataset import Dataset
from lake_assets.jobs.reading.refusal import Refusal
from lake_assets.jobs.reading.task import Engine, reading_of
from lake_assets.jobs.repair.repeat import (
    RebuildError,
    Repeated,
    archived,
    forget,
    ingested,
    repeat,
    tasks_of,
    waiting,
)
from lake_assets.kernels.accounting import Accounting, total
from lake_assets.storage.commit import State, begin_restating, commit, publish, state_of
from lake_assets.storage.ledger import Commit, Input
from lake_assets.storage.store import Store
from lake_assets.storage.zones import part_of


@dataclass(frozen=True, slots=True)
class Restated:
    """What became of one run.

    Attributes:
        record: the one that stands now; the one that stood, if no file could be restated.
        files: inputs that were read again.
        before, after: their books.
        refused: name of a file that the contract does not take as it is now -> why; what such a
            file, and those read in one task with it, gave before still stands.
    """

    record: Commit
    files: int
    before: Accounting
    after: Accounting
    refused: Mapping[str, str]


def restate(
    store: Store,
    dataset: Dataset,
    engine: Engine,
    record: Commit,
    keys: Collection[str],
    *,
    lost: bool = False,
) -> Restated:
    """Read some inputs of a run again, and let what comes of them take the place of what stands.

    Args:
        store: of the lake.
        dataset: the contract.
        engine: runs the tasks.
        record: the one that stands for the run; it is published, unless staged writes are lost.
        keys: of the inputs. Those that were read in one task with them go along.
        lost: the run's inputs may still be in validated/.

    Raises:
        RebuildError: an archived file is missing, or is not the one that was read.
        StoreUnavailable: the store cannot be read or written.
    """
    if not lost and state_of(store, dataset, record) is State.COMMITTED:
        publish(store, dataset, record)  # another driver is at it, or has died
    tasks = tasks_of(record, keys)
    following, mark = begin_restating(store, dataset, record)
    refused: dict[str, str] = {}
    while True:
        try:
            found = repeat(
                store,
                dataset,
                engine,
                record,
                tasks,
                find=waiting if lost else archived,
                generation=following.generation,
            )
        except RebuildError:
            store.delete(mark)  # nothing will be committed
            raise
        if not found.refusals:
            break
        # Without the tasks of those files: nothing of what stands may go with nothing instead.
        forget(store, found.outputs)
        if lost:
            raise RebuildError(
                f"run {record.ingest_run_id} has lost outputs that it had staged, and its files "
                "cannot be read any more under the contract as it is now: "
                + "; ".join(f"{key}: {why.reason}" for key, why in found.refusals.items())
                + ". Set the contract back, run `lake recover`, then change it again."
            )
        left = {item.key: item for item in found.inputs if _refusal(found, item)}
        refused |= {item.source_file: _sentence(found, item) for item in left.values()}
        tasks -= tasks_of(record, left.keys())
    if not found.inputs:
        store.delete(mark)
        return Restated(record, 0, Accounting(), Accounting(), refused)
    inputs = [_input(item, found, dataset) for item in record.inputs]
    kept = [one for one in record.outputs if part_of(one.key) not in tasks]
    following = following.model_copy(
        update={
            "contract_version": dataset.contract_version,
            "committed_at": datetime.now(UTC),
            "inputs": inputs,
            "outputs": sorted([*kept, *found.outputs], key=lambda one: one.key),
        }
    )
    stands = commit(store, dataset, following)
    publish(store, dataset, stands)
    if stands is not following and (missed := _outdated(stands, keys, dataset)):
        # Another driver was faster, and has restated other files.
        return restate(store, dataset, engine, stands, missed)
    read = {item.key for item in found.inputs}
    return Restated(stands, len(read), _books(record, read), _books(stands, read), refused)


def _outdated(record: Commit, keys: Collection[str], dataset: Dataset) -> set[str]:
    return {
        item.key
        for item in ingested(record)
        if item.key in keys and item.contract_version != dataset.contract_version
    }


def _books(record: Commit, keys: Collection[str]) -> Accounting:
    return total({item.key: item.books for item in ingested(record) if item.key in keys})


def _refusal(found: Repeated, item: Input) -> Refusal | None:
    return found.refusals.get(found.pieces[item.key].file.key)


def _sentence(found: Repeated, item: Input) -> str:
    refusal = _refusal(found, item)
    assert refusal
    return f"{refusal.reason}: {refusal.detail}"


def _input(item: Input, found: Repeated, dataset: Dataset) -> Input:
    if item.key not in found.pieces:
        return item
    key = found.pieces[item.key].file.key
    parts = [result.files[key] for result in found.results.values() if key in result.files]
    changed = reading_of(parts) | {"contract_version": dataset.contract_version}
    return item.model_copy(update=changed)
