"""Finish what earlier runs have begun: every run does this first."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.lake import Lake
from lake_assets.jobs.arrivals import pending
from lake_assets.jobs.repair.repeat import InTurn, forget, ingested, repeat, waiting
from lake_assets.jobs.repair.restate import restate
from lake_assets.storage.commit import hand_over_all, interrupted, publish, restating
from lake_assets.storage.errors import StagedLost
from lake_assets.storage.ledger import Commit
from lake_assets.storage.store import Store
from lake_assets.storage.zones import generation_of_output, part_of


@dataclass(frozen=True, slots=True)
class Recovered:
    """What was left by runs that died.

    Attributes:
        commits: records whose publication was finished, by dataset name.
        aborted: staged writes that no record names, older than the grace time: forgotten.
    """

    commits: dict[str, list[Commit]] = field(default_factory=dict)
    aborted: int = 0


def recover_lake(store: Store, lake: Lake) -> Recovered:
    """Recover every dataset, then abort the staged writes that nobody will publish.

    Raises:
        RebuildError: a staged write is lost, and its input cannot be read again.
        StoreUnavailable: the store cannot be read or written.
    """
    commits = {dataset.name: recover(store, lake, dataset) for dataset in lake.datasets}
    return Recovered(commits, abort_abandoned(store, lake))


def recover(store: Store, lake: Lake, dataset: Dataset) -> list[Commit]:
    """Roll forward the commits of one dataset that are not fully published.

    Staged writes that are gone (a bucket's lifecycle rule aborts old ones) are made again from
    the inputs: byte for byte, or, if the contract has changed since, as a restated run.

    Returns:
        The records that stand for what was finished.
    """
    return [finish(store, dataset, record) for record in _unfinished(store, lake, dataset)]


def abort_abandoned(store: Store, lake: Lake) -> int:
    """Abort staged writes that are older than any run takes; how many there were.

    None as long as a commit of any dataset is not fully published, as it may name some of them.
    """
    abandoned = list(store.abandoned(_too_old(lake)))
    if not abandoned or any(any(_unfinished(store, lake, one)) for one in lake.datasets):
        return 0
    forget(store, abandoned)
    return len(abandoned)


def _too_old(lake: Lake) -> datetime:
    return datetime.now(UTC) - timedelta(hours=lake.intake.abandoned_hours)


def _unfinished(store: Store, lake: Lake, dataset: Dataset) -> Iterator[Commit]:
    yield from interrupted(store, dataset, pending(store, lake, dataset))
    yield from restating(store, dataset, _too_old(lake))


def finish(store: Store, dataset: Dataset, record: Commit) -> Commit:
    """Publish a commit, wherever that was interrupted; the record that stands then.

    Raises:
        RebuildError: a staged write is lost, and its input cannot be read again.
    """
    try:
        publish(store, dataset, record)
    except StagedLost:
        record = _make_again(store, dataset, record)
    if record.generation > 1:
        hand_over_all(store, dataset, record)  # what the first generation may have left undone
    return record


def _make_again(store: Store, dataset: Dataset, record: Commit) -> Commit:
    """Stage once more what a generation of a run has staged, and publish it."""
    written = [one for one in record.outputs if generation_of_output(one.key) == record.generation]
    tasks = {part_of(one.key) for one in written}
    found = repeat(
        store, dataset, InTurn(), record, tasks, find=waiting, generation=record.generation
    )
    again = {one.key: one.sha256 for one in found.outputs}
    if again == {one.key: one.sha256 for one in written}:
        for staged in found.outputs:
            store.publish(staged)
        publish(store, dataset, record)  # which takes them away again, if the run was replaced
        return record
    forget(store, found.outputs)
    keys = {item.key for item in ingested(record) if set(item.tasks) & tasks}
    return restate(store, dataset, InTurn(), record, keys, lost=True).record
