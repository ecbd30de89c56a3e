"""The two-phase commit of an ingest run, on plain objects.

1. **Stage**: tasks write outputs where no reader sees them.
2. **Commit**: :func:`commit` puts one record if it is absent. That one write is the commit point.
3. **Publish**: :func:`publish` makes the outputs visible, marks the event dates, notes the bytes
   of the inputs, and moves them out of validated/, in that order. Every step can be repeated.
4. **Recover**: a file that is still in validated/ although a commit names it shows a publication
   that was interrupted; :func:`interrupted` finds those, and publishing again finishes them.

Inputs leave validated/ last, so "no input left" means "published".
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial

from lake_assets.contracts.dataset import Dataset
from lake_assets.storage.content import remember_contents
from lake_assets.storage.errors import ObjectChanged, ObjectExists, ObjectNotFound
from lake_assets.storage.ledger import Commit, Input, commits
from lake_assets.storage.objects import ObjectInfo
from lake_assets.storage.store import Store, each
from lake_assets.storage.zones import commit_key, reason_key, stale_key

CLOCK_SKEW = timedelta(hours=1)
"""How far a store's clock may be behind the clock that stamped an arrival."""


def commit(store: Store, dataset: Dataset, record: Commit) -> Commit:
    """Write the commit point, or find that another driver has.

    Returns:
        The record that stands: ours, or that of the driver that was faster with the same batch.
    """
    key = commit_key(dataset, record.arrival, record.ingest_run_id)
    if store.put_if_absent(key, record.to_bytes()):
        return record
    winner = Commit.from_bytes(store.read(key))
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
    # Each step is complete before the next begins.
    each(store, store.publish, record.outputs)
    stale = (stale_key(dataset, day, record.ingest_run_id) for day in record.dates)
    each(store, lambda key: store.put(key, b""), stale)
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


def _mark(file: ObjectInfo | Input) -> tuple[str, str, datetime]:
    """What tells a file in validated/ from others.

    Its arrival too: on S3 a file that is sent again has the key and the ETag of the first one.
    """
    return file.key, file.etag, file.arrived
