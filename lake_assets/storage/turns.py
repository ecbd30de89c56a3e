"""Whose turn it is: the runs of one arrival date are made one behind another.

The id of a run is its place in the row: run n of an arrival date has the same id, and so the same
commit record, whatever files a driver has in its batch. Of all drivers that prepare run n, one
writes that record. None prepares run n + 1 before it has seen that run n is settled, so that the
files of all runs before the last have left validated/ for good.

A driver reads the ledger, sees to the last run, and lists validated/ behind that, in this order. A
file that it finds there is in no record of the ledger as it read it; and if its own commit wins,
no record was written since. So no file is in two records: docs/commit-protocol.md has the proof.
"""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from lake_assets.contracts.dataset import Dataset
from lake_assets.storage.ledger import Commit, find_commit
from lake_assets.storage.objects import ObjectInfo
from lake_assets.storage.store import Store
from lake_assets.storage.zones import generation_of, ledger_prefix


@dataclass(frozen=True, slots=True)
class Turn:
    """The next run of an arrival date, and the record that stands for the one before it."""

    ingest_run_id: str
    last: Commit | None


def run_id(lake: str, dataset: Dataset, arrival: date, number: int) -> str:
    """The id of the n-th run (from 1) of an arrival date.

    Sixteen hexadecimal digits: the date, four that tell datasets apart, and the number. The more
    than 65,535th run of a date has more digits.
    """
    return f"{_row(lake, dataset, arrival)}{number:04x}"


def next_turn(store: Store, lake: str, dataset: Dataset, arrival: date) -> Turn:
    """The run that comes behind those of this arrival date that the ledger has.

    Two store calls, or one if the date has no run yet.
    """
    row = _row(lake, dataset, arrival)
    latest = (0, 0)
    for info in store.list(ledger_prefix(dataset, arrival)):
        identity, generation = generation_of(info.key)
        if identity.startswith(row):  # else the record of another way to name runs
            latest = max(latest, (int(identity.removeprefix(row), 16), generation))
    number, generation = latest
    last = None
    if number:
        last = find_commit(
            store, dataset, arrival, run_id(lake, dataset, arrival, number), generation
        )
    return Turn(run_id(lake, dataset, arrival, number + 1), last)


def is_settled(last: Commit, known: Sequence[ObjectInfo], there: Collection[ObjectInfo]) -> bool:
    """Whether all inputs of a run have left validated/.

    Args:
        last: the run's record.
        known: files that waited some time before, as ``Store.head`` gives them. A file that was
            sent again has the key and the ETag of the first one on S3, and another arrival.
        there: a listing of validated/.
    """
    inputs = {(item.key, item.etag, item.arrived) for item in last.inputs}
    others = {(i.key, i.etag) for i in known if (i.key, i.etag, i.arrived) not in inputs}
    waiting = {(info.key, info.etag) for info in there} - others
    return waiting.isdisjoint((item.key, item.etag) for item in last.inputs)


def still_there(files: Sequence[ObjectInfo], there: Collection[ObjectInfo]) -> list[ObjectInfo]:
    """Those files that a later listing shows as well."""
    marks = {(info.key, info.etag, info.modified) for info in there}
    return [info for info in files if (info.key, info.etag, info.modified) in marks]


def _row(lake: str, dataset: Dataset, arrival: date) -> str:
    digest = hashlib.sha256(f"{lake}/{dataset.name}".encode()).hexdigest()
    return f"{arrival:%Y%m%d}{digest[:4]}"
