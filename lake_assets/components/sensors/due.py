"""Which run the files that wait are due: one decision, whoever asks for it.

The listing sensor and the queue's sensor both ask here. So they agree on what a batch is, on
whether a run is under way, and on how long a batch that failed is left alone: they can run side by
side, and either one can stop.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import dagster as dg

from lake_assets.components.names import (
    APART_TAG,
    BATCH_TAG,
    BYTES_TAG,
    DATASET_TAG,
    FILES_TAG,
    INGEST,
    LAKE_TAG,
    STEP_TAG,
    Named,
    ingest_job,
    run_tags,
)
from lake_assets.components.partitions import arrival_partitions
from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.lake import Lake
from lake_assets.jobs.arrivals import batch, look_at, stamped
from lake_assets.storage.objects import ObjectInfo
from lake_assets.storage.store import Store

UNDER_WAY = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]
LATELY = 10
"""Ended runs that are looked at for one whose process died."""
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Look:
    """What a look at a dataset's files came to: a run to request, or why there is none."""

    request: dg.RunRequest | None
    reason: str = ""
    is_behind: bool = False
    """Whether there would be a run, did it not wait for another dataset's."""


def look(
    instance: dg.DagsterInstance,
    store: Store,
    lake: Lake,
    dataset: Dataset,
    *,
    has_waited: bool = False,
) -> Look:
    """The run that the files of a dataset are due now.

    At most one: while a run is queued or under way, what arrives gathers for the next. So
    thousands of files are a few runs, one after the other. A batch whose runs failed is left alone
    for a while; the files behind it are not. Files of datasets that this one looks up come first.

    Args:
        instance: knows the runs.
        store, lake, dataset: whose files.
        has_waited: these have waited long enough for those that come first.

    Raises:
        StoreUnavailable: the store cannot be listed.
    """
    if under_way(instance, lake, dataset, INGEST):
        return Look(None, "A run is taking files in; what arrives meanwhile comes next.")
    now = datetime.now(UTC)
    raw = look_at(store, dataset.zones.raw, lake.intake, now)
    held = ""
    for arrival, files in _batches(store, lake, dataset, raw.settled):
        identity = fingerprint(files)
        newest = max(info.modified for info in files)
        if until := held_back(instance, lake, dataset, identity, newest):
            held = held or (
                f"The last run over these {len(files)} files did not take them; the next try is at "
                f"{until:%H:%M:%S} UTC."
            )
            continue
        name = None if has_waited else _to_come_first(instance, store, lake, dataset)
        if name:
            reason = f"Files of {name} wait, too, and come first: they are looked up."
            return Look(None, reason, is_behind=True)
        apart = {APART_TAG: "true"} if has_died(instance, lake, dataset) else {}
        return Look(_request(lake, dataset, arrival, files, identity, apart))
    reason = held or f"No file waits in {store.uri}/{dataset.zones.raw}"
    if raw.growing:
        reason += (
            f" ({len(raw.growing)} changed within {lake.intake.settle_seconds:g} seconds and may "
            "still grow)"
        )
    return Look(None, reason)


def _to_come_first(
    instance: dg.DagsterInstance, store: Store, lake: Lake, dataset: Dataset
) -> str | None:
    """A dataset that is looked up, and whose files that wait have no run yet.

    Once it is requested, nothing more is to be waited for: the runs of a lake take turns, in the
    order of their requests.
    """
    targets = (lookup.target for lookup in dataset.gold.lookups)
    for target in targets:
        found = look(instance, store, lake, target)
        if found.request or found.is_behind:
            return target.name
    return None


def fingerprint(files: Sequence[ObjectInfo]) -> str:
    """The identity of a batch: what the files are, never when we looked."""
    lines = sorted(f"{info.key}\n{info.etag}\n{info.size}\n" for info in files)
    return hashlib.sha256("".join(lines).encode()).hexdigest()[:16]


def under_way(instance: dg.DagsterInstance, lake: Lake, dataset: Named, step: str) -> bool:
    """Whether a run of this step of a dataset is queued or has not ended."""
    tags = {LAKE_TAG: lake.lake, DATASET_TAG: dataset.name, STEP_TAG: step}
    return bool(instance.get_run_ids(dg.RunsFilter(tags=tags, statuses=UNDER_WAY), limit=1))


def held_back(
    instance: dg.DagsterInstance,
    lake: Lake,
    dataset: Named,
    identity: str,
    newest: datetime | None = None,
) -> datetime | None:
    """When a batch may be tried again that its runs did not take: each time after twice as long.

    Args:
        instance: knows the runs.
        lake, dataset, identity: of the batch.
        newest: when its last file arrived. A run that succeeded after that, and left the files
            where they are, counts like one that failed; None counts only those.
    """
    tags = {LAKE_TAG: lake.lake, DATASET_TAG: dataset.name, BATCH_TAG: identity}
    ended = [dg.DagsterRunStatus.FAILURE, *([dg.DagsterRunStatus.SUCCESS] if newest else [])]
    records = [
        record
        for record in instance.get_run_records(dg.RunsFilter(tags=tags, statuses=ended), limit=12)
        if record.dagster_run.is_failure or (newest and record.create_timestamp > newest)
    ]
    if not records:
        return None
    wait = min(FIRST_WAIT * 2 ** (len(records) - 1), LONGEST_WAIT)
    until = max(record.update_timestamp for record in records) + wait
    return until if until > datetime.now(UTC) else None


def has_died(instance: dg.DagsterInstance, lake: Lake, dataset: Dataset) -> bool:
    """Whether the process of one of the latest ingest runs died, instead of failing in a step.

    A file may have killed it, one that takes more memory than there is. Which one, nobody has
    told: see ``jobs.ingest_apart``.
    """
    tags = {LAKE_TAG: lake.lake, DATASET_TAG: dataset.name, STEP_TAG: INGEST}
    ended = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE]
    runs = instance.get_runs(dg.RunsFilter(tags=tags, statuses=ended), limit=LATELY)
    failed = dg.DagsterEventType.STEP_FAILURE
    return any(
        run.is_failure and not instance.get_records_for_run(run.run_id, of_type=failed).records
        for run in runs
    )


def _request(
    lake: Lake,
    dataset: Dataset,
    arrival: date,
    files: Sequence[ObjectInfo],
    identity: str,
    tags: Mapping[str, str],
) -> dg.RunRequest:
    """Without a run key: Dagster would never request it again after a failure."""
    return dg.RunRequest(
        job_name=ingest_job(lake, dataset),
        partition_key=arrival.isoformat(),
        tags={
            **run_tags(lake, dataset, INGEST),
            BATCH_TAG: identity,
            FILES_TAG: str(len(files)),
            BYTES_TAG: str(sum(info.size for info in files)),
            **tags,
        },
    )


def _batches(
    store: Store, lake: Lake, dataset: Dataset, raw: Sequence[ObjectInfo]
) -> Iterator[tuple[date, list[ObjectInfo]]]:
    """One batch after the other, those of the oldest arrival date first.

    No run is under way, so files in validated/ are those that a run has left there.
    """
    left = stamped(store, store.list(dataset.zones.validated))
    partitions = arrival_partitions(lake)
    days = {info.modified.date() for info in raw} | {info.arrived.date() for info in left}
    for day in sorted(days):
        if not partitions.has_partition_key(day.isoformat()):
            continue
        dropped = [info for info in raw if info.modified.date() == day]
        stranded = [info for info in left if info.arrived.date() == day]
        while dropped or stranded:
            first = batch(dropped, lake.intake, day, "modified")
            second = batch(stranded, lake.intake, day, "arrived")
            yield day, first + second
            dropped, stranded = dropped[len(first) :], stranded[len(second) :]
