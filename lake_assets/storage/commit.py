"""The two-phase commit of an ingest run, on plain objects.

A run is in one of these states, and each step leads to the next:

1. **STAGED**: tasks have written outputs where no reader sees them. No record names them.
2. **COMMITTED**: :func:`commit` has put one record, if it was absent. That one write is the commit
   point: from now on the run's outputs will become visible, whoever does it.
3. **SETTLED**: :func:`publish` has made the outputs visible, taken away those that they replace,
   marked the event dates, noted the bytes and the versions of the inputs, and moved the inputs
   out of validated/, in that order. Every step can be repeated, by anybody, at the same time.

A run that died is rolled forward if it is COMMITTED, and its staged writes are forgotten after a
time if it is not. What tells a COMMITTED run from a SETTLED one is what is done last: a file that
is still in validated/, or the mark of a run that is being restated (:func:`begin_restating`).
docs/commit-protocol.md shows why each point at which a run may die is safe.
"""

import json
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import partial

from lake_assets.contracts.dataset import Dataset
from lake_assets.storage.content import remember_contents
from lake_assets.storage.errors import ObjectChanged, ObjectExists, ObjectNotFound, StagedLost
from lake_assets.storage.ledger import Commit, Input, commits, find_commit, read_commit
from lake_assets.storage.objects import ObjectInfo
from lake_assets.storage.store import Store, each
from lake_assets.storage.versions import remember_versions
from lake_assets.storage.zones import (
    commit_key,
    day_of,
    generation_of,
    generation_of_output,
    reason_key,
    restating_key,
    restating_prefix,
    stale_key,
)

CLOCK_SKEW = timedelta(hours=1)
"""How far a store's clock may be behind the clock that stamped an arrival."""


class State(StrEnum):
    """How far a run has come."""

    STAGED = "staged"
    COMMITTED = "committed"
    SETTLED = "settled"


def state_of(store: Store, dataset: Dataset, record: Commit) -> State:
    """How far a run has come, of which ``record`` is, or would be, the record."""
    if not _generations(store, dataset, record, [record.generation]):
        return State.STAGED
    if record.generation > 1:
        marks = store.list(restating_prefix(dataset, record.arrival, record.ingest_run_id))
        is_open = any(generation_of(info.key)[1] <= record.generation for info in marks)
        return State.COMMITTED if is_open else State.SETTLED
    found = each(store, partial(_find, store), [item.key for item in record.inputs])
    waiting = {_mark(info) for info in found if info} & {_mark(item) for item in record.inputs}
    return State.COMMITTED if waiting else State.SETTLED


def begin_restating(store: Store, dataset: Dataset, record: Commit) -> tuple[Commit, str]:
    """Mark that a run is about to be restated.

    The mark comes before the commit point, so that a death behind that is found. Each driver has
    its own, so that none takes away another's.

    Returns:
        The record of the run's next generation, so far as it stands, and the key of the mark.
    """
    following = record.model_copy(update={"generation": record.generation + 1})
    mark = restating_key(dataset, *_run(following), uuid.uuid4().hex)
    store.put(mark, b"")
    return following, mark


def commit(store: Store, dataset: Dataset, record: Commit) -> Commit:
    """Write the commit point, or find that another driver has.

    Returns:
        The record that stands: ours, or that of the driver that was faster with the same batch.
    """
    key = commit_key(dataset, *_run(record))
    if store.put_if_absent(key, record.to_bytes()):
        return record
    winner = read_commit(store, key)
    theirs = {(staged.key, staged.upload_id) for staged in winner.outputs}
    for staged in record.outputs:
        if (staged.key, staged.upload_id) not in theirs:
            store.abort(staged)
    return winner


def publish(store: Store, dataset: Dataset, record: Commit) -> None:
    """Make a commit visible. Safe to repeat, and to run in two places at once.

    Raises:
        StagedLost: a staged write is gone that the commit names.
    """
    earlier = _generations(store, dataset, record, range(1, record.generation))
    ours = [one for one in record.outputs if generation_of_output(one.key) == record.generation]
    try:
        # Each step is complete before the next begins.
        each(store, store.publish, ours)
    except StagedLost:
        if not withdraw_if_replaced(store, dataset, record):
            raise
        _take_marks(store, dataset, record)
        return
    stood = {staged.key for one in earlier for staged in one.outputs}
    each(store, store.delete, sorted(stood - {staged.key for staged in record.outputs}))
    if not withdraw_if_replaced(store, dataset, record):
        days = {day for one in (record, *earlier) for day in one.dates}
        days |= remember_versions(store, dataset, record)
        _mark_stale(store, dataset, record, days)
    if earlier:
        _take_marks(store, dataset, record)
    else:
        hand_over_all(store, dataset, record)


def withdraw_if_replaced(store: Store, dataset: Dataset, record: Commit) -> bool:
    """Take outputs away that were published although a later generation of the run stands.

    To be called behind whatever publishes: a driver that fell asleep before may have been
    overtaken. If the later generation is committed only after this has looked, whoever publishes
    that takes them away.
    """
    later: list[Commit] = []
    while found := _generations(store, dataset, record, [record.generation + len(later) + 1]):
        later += found
    if later:
        stands = {staged.key for staged in later[-1].outputs}
        gone = sorted({staged.key for staged in record.outputs} - stands)
        each(store, store.delete, gone)
        _mark_stale(store, dataset, later[-1], {*record.dates, *later[-1].dates})
    return bool(later)


def _generations(
    store: Store, dataset: Dataset, record: Commit, numbers: Iterable[int]
) -> list[Commit]:
    run = (dataset, record.arrival, record.ingest_run_id)
    found = (find_commit(store, *run, generation=number) for number in numbers)
    return [one for one in found if one]


def _mark_stale(store: Store, dataset: Dataset, record: Commit, days: Iterable[str]) -> None:
    name = record.ingest_run_id
    mark = f"{name}-g{record.generation}" if record.generation > 1 else name
    each(store, lambda day: store.put(stale_key(dataset, day, mark), b""), sorted(days))


def _take_marks(store: Store, dataset: Dataset, record: Commit) -> None:
    """Away, for this generation and those before it: nothing of them is left to be done."""
    for info in list(store.list(restating_prefix(dataset, record.arrival, record.ingest_run_id))):
        if generation_of(info.key)[1] <= record.generation:
            store.delete(info.key)


def hand_over_all(store: Store, dataset: Dataset, record: Commit) -> None:
    """The last step of a run that was not restated: its inputs leave validated/."""
    remember_contents(store, dataset, record)
    each(store, partial(_hand_over, store, record), record.inputs)


def _hand_over(store: Store, record: Commit, item: Input) -> None:
    """Say why an input was refused, if it was, and move it out of validated/."""
    if item.outcome == "refused":
        store.put(reason_key(item.destination), refusal(item, record))
    leave_validated(store, item)


def leave_validated(store: Store, item: Input) -> None:
    """Move one input to its destination, unless that is done."""
    waiting = ObjectInfo(item.key, item.size, item.etag, item.arrived, item.arrived)
    # Gone: it is done. Changed, or another file than that of its destination: another file of
    # that name has arrived since, which is not this commit's.
    with suppress(ObjectNotFound, ObjectChanged, ObjectExists):
        store.pass_on(waiting, item.destination)


def refusal(item: Input, record: Commit) -> bytes:
    """The ``_reason.json`` of a refused file."""
    return reason_document(
        item.source_file, item.reason or "", item.detail or "", record.ingest_run_id
    )


def reason_document(source_file: str, reason: str, detail: str, run_id: str | None) -> bytes:
    """Why a file was refused: source_file, reason (a code), detail (a sentence), ingest_run_id."""
    document = {
        "source_file": source_file,
        "reason": reason,
        "detail": detail,
        "ingest_run_id": run_id,
    }
    text = json.dumps(document, indent=1, ensure_ascii=False)
    return text.encode("utf-8", "backslashreplace")  # a name on a disk need not be Unicode


def interrupted(store: Store, dataset: Dataset, pending: Sequence[ObjectInfo]) -> Iterator[Commit]:
    """Commits whose publication did not finish.

    Reads the commits made since the oldest pending file arrived, and no older ones, so that the
    work does not grow with the history of the lake.

    Args:
        store: of the lake.
        dataset: the contract.
        pending: the files in validated/, as ``Store.head`` gives them.
    """
    waiting = {_mark(info) for info in pending}
    for arrival in sorted({info.arrived.date() for info in pending}):
        since = min(info.arrived for info in pending if info.arrived.date() == arrival)
        for record in commits(store, dataset, arrival, since - CLOCK_SKEW):
            if any(_mark(item) in waiting for item in record.inputs):
                yield record


def restating(store: Store, dataset: Dataset, abandoned: datetime) -> Iterator[Commit]:
    """Commits of restated runs whose publication did not finish.

    Args:
        store: of the lake.
        dataset: the contract.
        abandoned: marks from before this time (UTC) without a commit are taken away; whoever has
            left a younger one may still be at work.
    """
    seen: set[tuple[str, int]] = set()
    for info in list(store.list(dataset.zones.restating)):
        run_id, generation = generation_of(info.key)
        arrival = date.fromisoformat(day_of(info.key) or "")
        record = find_commit(store, dataset, arrival, run_id, generation)
        if record is None and info.modified < abandoned:
            store.delete(info.key)
        elif record and (run_id, generation) not in seen:
            seen.add((run_id, generation))
            yield record


def _run(record: Commit) -> tuple[date, str, int]:
    return record.arrival, record.ingest_run_id, record.generation


def _find(store: Store, key: str) -> ObjectInfo | None:
    try:
        return store.head(key)
    except ObjectNotFound:
        return None


def _mark(file: ObjectInfo | Input) -> tuple[str, str, datetime]:
    """What tells a file in validated/ from others.

    Its arrival too: on S3 a file that is sent again has the key and the ETag of the first one.
    """
    return file.key, file.etag, file.arrived
