"""What makes a lake move by itself: arrivals, touched dates, and dates that were left behind."""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta

import dagster as dg

from lake_assets.components.names import (
    BATCH_TAG,
    COMPACT,
    DATASET_TAG,
    FILES_TAG,
    INGEST,
    LAKE_TAG,
    STEP_TAG,
    asset_key,
    run_tags,
    store_key,
)
from lake_assets.components.partitions import arrival_partitions, event_partitions
from lake_assets.components.resources import store_of
from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.lake import Lake
from lake_assets.jobs.arrivals import batch, settled, stamped
from lake_assets.storage.objects import ObjectInfo
from lake_assets.storage.store import Store
from lake_assets.storage.zones import day_of, stale_prefix

UNDER_WAY = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=1)
LEFT_BEHIND = timedelta(minutes=5)
"""A date whose gold is still stale after this long was missed by the automation."""
DATES_A_TICK = 100


def arrival_sensor(lake: Lake, dataset: Dataset, job_name: str) -> dg.SensorDefinition:
    """Requests a run of the ingest job for the files that wait.

    The listing of raw/ is the to-do list: files leave it when they are done. So there is no
    cursor to lose, and no run key, which Dagster would never request again after a failure.
    """

    @dg.sensor(
        name=f"{lake.lake}_{dataset.name}_arrivals",
        job_name=job_name,
        minimum_interval_seconds=lake.intake.interval_seconds,
        default_status=dg.DefaultSensorStatus.RUNNING,
        required_resource_keys={store_key(lake)},
        description=f"Watches `{dataset.zones.raw}` and starts a run for the files there.",
    )
    def arrivals(context: dg.SensorEvaluationContext) -> Iterator[dg.RunRequest | dg.SkipReason]:
        if _under_way(context.instance, lake, dataset, INGEST):
            yield dg.SkipReason("A run is taking files in; what arrives meanwhile comes next.")
            return
        store = store_of(context, lake)
        now = datetime.now(UTC)
        waiting = list(_waiting(store, lake, dataset, now))
        if not waiting:
            yield dg.SkipReason(f"No file waits in {store.uri}/{dataset.zones.raw}")
        for arrival, files in waiting:
            identity = fingerprint(files)
            if until := _held_back(context.instance, identity):
                yield dg.SkipReason(
                    f"The last run over these {len(files)} files failed; the next try is at "
                    f"{until:%H:%M:%S} UTC."
                )
                continue
            yield dg.RunRequest(
                partition_key=arrival.isoformat(),
                tags={
                    **run_tags(lake, dataset, INGEST),
                    BATCH_TAG: identity,
                    FILES_TAG: str(len(files)),
                },
            )

    return arrivals


def left_behind_sensor(lake: Lake, dataset: Dataset) -> dg.SensorDefinition:
    """Requests gold for dates that stayed stale: after a crash, or a run outside of Dagster."""
    keys = [asset_key(lake, zone, dataset.gold.table) for zone in ("gold", "audit")]

    @dg.sensor(
        name=f"{lake.lake}_{dataset.name}_left_behind",
        target=dg.AssetSelection.assets(*keys),
        minimum_interval_seconds=60,
        default_status=dg.DefaultSensorStatus.RUNNING,
        required_resource_keys={store_key(lake)},
        description=f"Looks for dates whose `{dataset.gold.table}` has been stale for "
        f"{LEFT_BEHIND.seconds // 60} minutes, and makes it.",
    )
    def left_behind(
        context: dg.SensorEvaluationContext,
    ) -> Iterator[dg.RunRequest | dg.SkipReason]:
        if _under_way(context.instance, lake, dataset, COMPACT):
            yield dg.SkipReason("Gold is being made.")
            return
        store = store_of(context, lake)
        days = overdue(store, dataset, datetime.now(UTC))
        if not days:
            yield dg.SkipReason("No date has been left behind.")
        for day in days[:DATES_A_TICK]:
            if until := _held_back(context.instance, day):
                yield dg.SkipReason(f"{day} failed; the next try is at {until:%H:%M:%S} UTC.")
                continue
            tags = {**run_tags(lake, dataset, COMPACT), BATCH_TAG: day}
            yield dg.RunRequest(partition_key=day, asset_selection=keys, tags=tags)

    return left_behind


def automation_sensor(lake: Lake) -> dg.AutomationConditionSensorDefinition:
    """Evaluates the conditions of a lake's assets."""
    return dg.AutomationConditionSensorDefinition(
        f"{lake.lake}_automation",
        target=dg.AssetSelection.groups(lake.lake),
        default_status=dg.DefaultSensorStatus.RUNNING,
        minimum_interval_seconds=lake.intake.interval_seconds,
        run_tags={LAKE_TAG: lake.lake, STEP_TAG: COMPACT},
        description="Makes gold for the dates whose processed rows changed.",
    )


def fingerprint(files: Sequence[ObjectInfo]) -> str:
    """The identity of a batch: what the files are, never when we looked."""
    lines = sorted(f"{info.key}\n{info.etag}\n{info.size}\n" for info in files)
    return hashlib.sha256("".join(lines).encode()).hexdigest()[:16]


def overdue(store: Store, dataset: Dataset, now: datetime) -> list[str]:
    """Event dates with a marker of staleness that is too old, and that are partitions."""
    partitions = event_partitions(dataset)
    days = {
        day
        for info in store.list(stale_prefix(dataset))
        if now - info.modified > LEFT_BEHIND and (day := day_of(info.key))
    }
    return sorted(day for day in days if partitions.has_partition_key(day))


def _waiting(
    store: Store, lake: Lake, dataset: Dataset, now: datetime
) -> Iterator[tuple[date, list[ObjectInfo]]]:
    """The next batch of each arrival date, oldest date first.

    No run is under way, so files in validated/ are those that a run has left there.
    """
    raw = settled(store, dataset.zones.raw, lake.intake, now)
    left = stamped(store, store.list(dataset.zones.validated))
    partitions = arrival_partitions(lake)
    days = {info.modified.date() for info in raw} | {info.arrived.date() for info in left}
    for day in sorted(days):
        if partitions.has_partition_key(day.isoformat()):
            files = batch(raw, lake.intake, day, "modified")
            yield day, files + batch(left, lake.intake, day, "arrived")


def _under_way(instance: dg.DagsterInstance, lake: Lake, dataset: Dataset, step: str) -> bool:
    tags = {LAKE_TAG: lake.lake, DATASET_TAG: dataset.name, STEP_TAG: step}
    return bool(instance.get_run_ids(dg.RunsFilter(tags=tags, statuses=UNDER_WAY), limit=1))


def _held_back(instance: dg.DagsterInstance, identity: str) -> datetime | None:
    """When a batch that failed may be tried again: twice as long after each failure."""
    records = instance.get_run_records(
        dg.RunsFilter(tags={BATCH_TAG: identity}, statuses=[dg.DagsterRunStatus.FAILURE]), limit=12
    )
    if not records:
        return None
    wait = min(FIRST_WAIT * 2 ** (len(records) - 1), LONGEST_WAIT)
    until = max(record.update_timestamp for record in records) + wait
    return until if until > datetime.now(UTC) else None
