"""Step 2, validated/ -> processed/ + rejected/ + archive/ + the ledger: plan, tasks, commit."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Literal

from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.lake import Lake
from lake_assets.jobs.arrivals import batch, one_of_a_name, pending
from lake_assets.jobs.destinations import destinations
from lake_assets.jobs.reading.fetch import Piece
from lake_assets.jobs.reading.plan import Plan, make_plan, run_plan
from lake_assets.jobs.reading.refusal import DUPLICATE, VANISHED, Refusal
from lake_assets.jobs.reading.task import Engine, FileResult, TaskResult, reading_of
from lake_assets.jobs.repair.recover import finish
from lake_assets.storage.commit import commit, publish
from lake_assets.storage.errors import StoreError, StoreUnavailable
from lake_assets.storage.ledger import Commit, Input
from lake_assets.storage.objects import ObjectInfo
from lake_assets.storage.store import Store
from lake_assets.storage.turns import Turn, is_settled, next_turn, still_there
from lake_assets.storage.zones import source_file

ROUNDS = 20
"""So often other drivers may take all files that were seen, before it looks like an error."""


def ingest(
    store: Store,
    lake: Lake,
    dataset: Dataset,
    engine: Engine,
    arrival: date | None = None,
    only: Collection[str] | None = None,
) -> Commit | None:
    """Ingest one batch: all of it becomes visible, or nothing.

    Args:
        store: of the lake.
        lake: for its intake limits.
        dataset: the contract.
        engine: runs the tasks.
        arrival: take the files of this arrival date only; None takes that of the oldest file.
        only: take the files with these keys only.

    Returns:
        The commit, published; None if no file waits, or all of them vanished. If another driver
        has committed meanwhile, or is still publishing, that is its commit.

    Raises:
        StoreUnavailable: the store cannot be read or written. Nothing became visible, the files
            are still in validated/, and the next run takes them up.
    """
    turn: Turn | None = None
    rounds = 0
    files: list[ObjectInfo] = []
    while not files:  # else other drivers have taken all of them
        known = pending(store, lake, dataset)
        wanted = [info for info in known if only is None or info.key in only]
        files = one_of_a_name(dataset, batch(wanted, lake.intake, arrival, "arrived"))
        if not files:
            return None
        turn = next_turn(store, lake.lake, dataset, files[0].arrived.date())
        there = list(store.list(dataset.zones.validated))
        if turn.last and not is_settled(turn.last, known, there):
            return _settle(store, lake, dataset, turn.last)
        files = still_there(files, there)
        rounds += 1
        if not files and rounds == ROUNDS:
            raise StoreUnavailable(
                f"{store.uri} shows files in {dataset.zones.validated} of which it tells other "
                "times when it is asked for each. Use a store whose listings are up to date."
            )
    assert turn
    identity = turn.ingest_run_id
    whole = [
        Piece(file, source_file(dataset.zones, file.key), again=dataset.gold.carry and number > 0)
        for number, file in enumerate(files)
    ]
    plan = make_plan(store, dataset, identity, whole, lake.intake.task_mb)
    done, refusals = run_plan(store, plan, engine)
    inputs = _inputs(store, dataset, identity, whole, plan, list(done.values()), refusals)
    outputs = [staged for number in sorted(done) for staged in done[number].outputs]
    if not inputs:
        return None
    record = Commit(
        ingest_run_id=identity,
        lake=lake.lake,
        dataset=dataset.name,
        contract_version=dataset.contract_version,
        arrival=files[0].arrived.date(),
        committed_at=datetime.now(UTC),
        task_mb=lake.intake.task_mb,
        inputs=inputs,
        outputs=outputs,
    )
    record = commit(store, dataset, record)
    publish(store, dataset, record)
    return record


def _settle(store: Store, lake: Lake, dataset: Dataset, last: Commit) -> Commit:
    """Finish the run before, which another driver has begun.

    Raises:
        StoreError: an input cannot leave validated/, so that no run can come behind.
    """
    record = finish(store, dataset, last)
    there = list(store.list(dataset.zones.validated))
    if not is_settled(record, pending(store, lake, dataset), there):
        places = {item.key: item.destination for item in record.inputs}
        stuck = [info.key for info in there if info.key in places]
        raise StoreError(
            f"run {record.ingest_run_id} cannot move {stuck[0]} to {places[stuck[0]]}, where "
            "another object stands. Move that object away, then run again."
        )
    return record


def _inputs(
    store: Store,
    dataset: Dataset,
    identity: str,
    files: Sequence[Piece],
    plan: Plan,
    results: Sequence[TaskResult],
    refusals: Mapping[str, Refusal],
) -> list[Input]:
    """The commit's record of each file that did not vanish, each with a destination of its own."""
    numbers: dict[str, list[int]] = defaultdict(list)
    for task in plan.tasks:
        for piece in task.pieces:
            numbers[piece.file.key].append(task.number)
    there = [
        (whole, _outcome(refusals.get(whole.file.key)))
        for whole in files
        if not _vanished(refusals.get(whole.file.key))
    ]
    keys = destinations(
        store, dataset, identity, [(whole, outcome == "refused") for whole, outcome in there]
    )
    inputs = []
    for (whole, outcome), destination in zip(there, keys, strict=True):
        file = whole.file
        refusal = refusals.get(file.key)
        parts = [result.files[file.key] for result in results if file.key in result.files]
        inputs.append(
            Input(
                key=file.key,
                etag=file.etag,
                size=file.size,
                source_file=whole.source_file,
                arrived=file.arrived,
                sha256=_sha256(file.key, plan, parts, refusal),
                outcome=outcome,
                destination=destination,
                reason=refusal.reason if refusal else None,
                detail=refusal.detail if refusal else None,
                tasks=numbers[file.key] if outcome == "ingested" else [],
                contract_version=dataset.contract_version,
                **reading_of(parts) | ({"books": refusal.books} if refusal else {}),
            )
        )
    return inputs


def _vanished(refusal: Refusal | None) -> bool:
    return refusal is not None and refusal.reason == VANISHED


def _outcome(refusal: Refusal | None) -> Literal["ingested", "duplicate", "refused"]:
    if refusal is None:
        return "ingested"
    return "duplicate" if refusal.reason == DUPLICATE else "refused"


def _sha256(key: str, plan: Plan, parts: Sequence[FileResult], refusal: Refusal | None) -> str:
    """Of the file's bytes, from whoever saw all of them; empty if nobody did."""
    if refusal:
        return refusal.sha256
    return plan.sha256.get(key) or next((part.sha256 for part in parts), "")
