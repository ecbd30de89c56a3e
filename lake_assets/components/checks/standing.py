"""Checks that stand beside the runs: nothing is left failed, and nothing is stuck.

Each run checks what it made. These look for what no run makes: they are evaluated by a schedule.

They stand on an asset of their own, ``health_<dataset>``, which is never materialized. On raw or
gold they would be a further step of every run that makes those, because a run takes all checks of
its assets along.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg

from lake_assets.components.checks import asset_checks
from lake_assets.components.code_references import reference
from lake_assets.components.names import (
    LAKE_TAG,
    NOTHING_LEFT_FAILED,
    NOTHING_STUCK,
    asset_key,
    asset_tags,
    store_key,
)
from lake_assets.components.resources import store_of
from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.lake import Lake

ENDED_BADLY = [dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
MANY = 1_000
"""More are counted than shown: the metadata of a check is kept for good."""


def standing_checks(lake: Lake) -> dg.Definitions:
    """Both checks for each dataset of a lake, one job for all of them, and its schedule."""
    health = [_health(lake, dataset) for dataset in lake.datasets]
    made = [
        each
        for dataset in lake.datasets
        for each in (_nothing_stuck(lake, dataset), _nothing_left_failed(lake, dataset))
    ]
    job = dg.define_asset_job(
        f"{lake.lake}_standing_checks",
        selection=dg.AssetSelection.checks(*(key for each in made for key in each.check_keys)),
        description="Looks for files that are stuck and for partitions that were left failed.",
        tags={LAKE_TAG: lake.lake},
        executor_def=dg.in_process_executor,
    )
    schedule = dg.ScheduleDefinition(
        name=f"{lake.lake}_standing_checks",
        job=job,
        cron_schedule=lake.intake.standing_check_cron,
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=f"Evaluates the standing checks of {lake.lake}.",
    )
    return dg.Definitions(assets=health, asset_checks=made, jobs=[job], schedules=[schedule])


def _health(lake: Lake, dataset: Dataset) -> dg.AssetSpec:
    code = reference(Path(__file__), _health.__code__.co_firstlineno, "code")
    return dg.AssetSpec(
        asset_key(lake, "health", dataset.name),
        deps=[asset_key(lake, "gold", dataset.gold.table)],
        description=f"How {dataset.name} is between its runs: whether a file is stuck or a "
        "partition left failed. Never materialized; a schedule evaluates its checks.",
        group_name=lake.lake,
        kinds={"check"},
        owners=lake.owners,
        tags=asset_tags(lake, dataset, "health"),
        metadata={
            "dagster/code_references": dg.CodeReferencesMetadataValue(code_references=[code])
        },
    )


def _nothing_stuck(lake: Lake, dataset: Dataset) -> dg.AssetChecksDefinition:
    minutes = lake.intake.stuck_minutes

    @dg.asset_check(
        asset=asset_key(lake, "health", dataset.name),
        name=NOTHING_STUCK,
        description=f"No file of {dataset.name} waits in raw/ or validated/, and no date for its "
        f"gold, for over {minutes:g} minutes; nothing staged was forgotten.",
        required_resource_keys={store_key(lake)},
    )
    def nothing_stuck(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
        from lake_assets.jobs import checks as jobs

        store = store_of(context.op_execution_context, lake)
        finding = jobs.nothing_stuck(store, lake, dataset, datetime.now(UTC))
        return dg.AssetCheckResult(**asset_checks.shown(finding))

    return nothing_stuck


def _nothing_left_failed(lake: Lake, dataset: Dataset) -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset=asset_key(lake, "health", dataset.name),
        name=NOTHING_LEFT_FAILED,
        description=f"No partition of {dataset.name}'s assets was left failed or cancelled, and "
        "none with rows that do not balance.",
    )
    def nothing_left_failed(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
        from lake_assets.jobs.checks import Finding

        found = left_failed(context.op_execution_context.instance, lake, dataset)
        sentence = f"{len(found):,} partitions were left failed." if found else "None is failed."
        finding = Finding(
            not found,
            sentence,
            {"failed": len(found)},
            [*found[:MANY]],
            recover="Open the run, mend what its error says, and materialize the partition again "
            "(select the failed ones under Materialize). For an arrival date drop the files again "
            "or wait for the sensor: what it took is in the next run.",
        )
        return dg.AssetCheckResult(**asset_checks.shown(finding))

    return nothing_left_failed


def left_failed(
    instance: dg.DagsterInstance, lake: Lake, dataset: Dataset
) -> list[dict[str, str | int | float]]:
    """Partitions whose latest run failed or was cancelled, or whose books do not balance.

    A row each: asset, partition, what, run. A later success takes a partition from the list, and
    so does a run that is under way. The work grows with the failures, not with the partitions.
    """
    keys = [
        asset_key(lake, zone, dataset.name)
        for zone in ("raw", "validated", "rejected", "archive", "replayed", "processed")
    ]
    keys += [asset_key(lake, zone, dataset.gold.table) for zone in ("gold", "audit")]
    found = [*_failed(instance, keys), *_unbalanced(instance, keys)]
    rows = {(key.path[-1], partition): (what, run) for key, partition, what, run in found}
    return [
        {"asset": asset, "partition": partition, "what": what, "run": run}
        for (asset, partition), (what, run) in sorted(rows.items())
    ]


Left = tuple[dg.AssetKey, str, str, str]


def _failed(instance: dg.DagsterInstance, keys: list[dg.AssetKey]) -> Iterator[Left]:
    """Planned, never materialized since, and the run has ended."""
    storage = instance.event_log_storage
    for key in keys:
        attempts = (
            storage.get_latest_asset_partition_materialization_attempts_without_materializations(
                key
            )
        )
        runs = {run for run, _ in attempts.values()}
        ended = {
            run.run_id: run.status
            for run in instance.get_runs(dg.RunsFilter(run_ids=[*runs], statuses=ENDED_BADLY))
        } if runs else {}  # fmt: skip
        for partition, (run, _) in attempts.items():
            if run in ended:
                yield key, partition, ended[run].value.lower(), run


def _unbalanced(instance: dg.DagsterInstance, keys: list[dg.AssetKey]) -> Iterator[Left]:
    """Materialized, but the last look at its books found a fault: gold was held back."""
    blocking = [dg.AssetCheckKey(key, "conservation") for key in keys]
    for info in instance.event_log_storage.get_asset_check_partition_info(blocking):
        if info.partition_key and info.latest_execution_status.value == "FAILED":
            key = info.check_key.asset_key
            yield key, info.partition_key, "conservation failed", info.latest_planned_run_id
