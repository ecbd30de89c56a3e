"""What makes a lake move by itself: arrivals, touched dates, and dates that were left behind."""

from datetime import UTC, datetime, timedelta

import dagster as dg

from lake_assets.components.names import (
    BATCH_TAG,
    COMPACT,
    LAKE_TAG,
    STEP_TAG,
    asset_key,
    ingest_job,
    run_tags,
    store_key,
)
from lake_assets.components.partitions import event_partitions
from lake_assets.components.resources import store_of
from lake_assets.components.sensors.due import held_back, look, under_way
from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.lake import Lake
from lake_assets.storage.store import Store
from lake_assets.storage.zones import day_of, stale_prefix

LEFT_BEHIND = timedelta(minutes=5)
"""A date whose gold is still stale after this long was missed by the automation."""
DATES_A_TICK = 100
LONGEST_TURN = timedelta(minutes=2)
"""Files wait no longer than this for those of another dataset: its sensor may be switched off."""


def arrival_sensor(lake: Lake, dataset: Dataset, seconds: int) -> dg.SensorDefinition:
    """Requests a run of the ingest job for the files that wait.

    The listing of raw/ is the to-do list: files leave it when they are done. So there is no
    cursor to lose.

    Args:
        lake: the contract.
        dataset: of the lake.
        seconds: between two looks.
    """

    @dg.sensor(
        name=f"{lake.lake}_{dataset.name}_arrivals",
        job_name=ingest_job(lake, dataset),
        minimum_interval_seconds=seconds,
        default_status=dg.DefaultSensorStatus.RUNNING,
        required_resource_keys={store_key(lake)},
        description=f"Watches `{dataset.zones.raw}` and starts a run for the files there.",
    )
    def arrivals(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        store, now = store_of(context, lake), datetime.now(UTC)
        since = datetime.fromisoformat(context.cursor) if context.cursor else now
        has_waited = now - since > LONGEST_TURN
        found = look(context.instance, store, lake, dataset, has_waited=has_waited)
        # What the cursor has is no place in the listing: it is since when others come first.
        context.update_cursor(since.isoformat() if found.is_behind else "")
        return found.request or dg.SkipReason(found.reason)

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
    def left_behind(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        if under_way(context.instance, lake, dataset, COMPACT):
            return dg.SkipReason("Gold is being made.")
        store = store_of(context, lake)
        days = overdue(store, dataset, datetime.now(UTC))
        if not days:
            return dg.SkipReason("No date has been left behind.")
        requests, held = [], []
        for day in days[:DATES_A_TICK]:
            if until := held_back(context.instance, lake, dataset, day):
                held.append(f"{day} failed; the next try is at {until:%H:%M:%S} UTC.")
                continue
            tags = {**run_tags(lake, dataset, COMPACT), BATCH_TAG: day}
            requests.append(dg.RunRequest(partition_key=day, asset_selection=keys, tags=tags))
        # Dagster takes one reason, and none beside a request.
        return dg.SensorResult(requests) if requests else dg.SkipReason(" ".join(held))

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


def overdue(store: Store, dataset: Dataset, now: datetime) -> list[str]:
    """Event dates with a marker of staleness that is too old, and that are partitions."""
    partitions = event_partitions(dataset)
    days = {
        day
        for info in store.list(stale_prefix(dataset))
        if now - info.modified > LEFT_BEHIND and (day := day_of(info.key))
    }
    return sorted(day for day in days if partitions.has_partition_key(day))
