"""Files of no dataset: one run a batch takes them away, as for a dataset's files."""

import dagster as dg

from lake_assets.components.names import (
    BATCH_TAG,
    BYTES_TAG,
    FILES_TAG,
    INGEST,
    run_tags,
    store_key,
    unknown_job,
)
from lake_assets.components.partitions import arrival_partitions
from lake_assets.components.resources import store_of
from lake_assets.components.sensors.due import Look, fingerprint, held_back, under_way
from lake_assets.contracts.lake import Lake
from lake_assets.contracts.zones import Unknown
from lake_assets.jobs.arrivals import batch
from lake_assets.storage.store import Store


def look_for_unknown(
    instance: dg.DagsterInstance, store: Store, lake: Lake, unknown: Unknown
) -> Look:
    """The run that takes files of no dataset away, or why there is none.

    Raises:
        StoreUnavailable: the store cannot be listed.
    """
    from lake_assets.jobs.unknown import unknown_files

    if under_way(instance, lake, unknown, INGEST):
        return Look(None, "A run is taking files of no dataset away.")
    files = unknown_files(store, lake).settled
    partitions = arrival_partitions(lake)
    held = ""
    for day in sorted({info.modified.date() for info in files}):
        if not partitions.has_partition_key(day.isoformat()):
            continue
        chosen = batch(files, lake.intake, day, "modified")
        identity = fingerprint(chosen)
        newest = max(info.modified for info in chosen)
        if until := held_back(instance, lake, unknown, identity, newest):
            held = held or (
                f"The last run over {len(chosen)} files of no dataset did not take them; the next "
                f"try is at {until:%H:%M:%S} UTC."
            )
            continue
        tags = {
            **run_tags(lake, unknown, INGEST),
            BATCH_TAG: identity,
            FILES_TAG: str(len(chosen)),
            BYTES_TAG: str(sum(info.size for info in chosen)),
        }
        return Look(
            dg.RunRequest(job_name=unknown_job(lake), partition_key=day.isoformat(), tags=tags)
        )
    return Look(None, held or f"No file of no dataset waits in {store.uri}/{unknown.raw}")


def unknown_sensor(lake: Lake, unknown: Unknown, seconds: int) -> dg.SensorDefinition:
    """Looks for files of no dataset every ``seconds``."""

    @dg.sensor(
        name=f"{lake.lake}_{unknown.name}_arrivals",
        job_name=unknown_job(lake),
        minimum_interval_seconds=seconds,
        default_status=dg.DefaultSensorStatus.RUNNING,
        required_resource_keys={store_key(lake)},
        description=f"Watches `{unknown.raw}` for files of no dataset, and starts a run that takes "
        "them away.",
    )
    def unknown_files(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        found = look_for_unknown(context.instance, store_of(context, lake), lake, unknown)
        return found.request or dg.SkipReason(found.reason)

    return unknown_files
