"""Runs that have ended, in the order of their ending, and what they were started for.

Dagster's events of asset checks could be followed by themselves, but
``DagsterInstance.get_event_records`` goes away with 2.0, and its SQLite storage, which `make dev`
uses, has no order of them across runs. It has one of the runs' endings.
"""

import math
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import takewhile

import dagster as dg

from lake_assets.components.names import LAKE_TAG
from lake_assets.contracts.lake import Lake

RUNS_A_TICK = 50
"""Of each way to end."""

SETTLED = timedelta(seconds=5)
"""Dagster decides shortly after a failure whether it runs the same again, and writes events of
several processes in an order that is certain only a moment later."""

ENDINGS = (
    dg.DagsterEventType.RUN_SUCCESS,
    dg.DagsterEventType.RUN_FAILURE,
    dg.DagsterEventType.RUN_CANCELED,
)
PARTITION_TAG = "dagster/partition"
RANGE_TAGS = ("dagster/asset_partition_range_start", "dagster/asset_partition_range_end")

DAYS = 31
"""A range of more dates is told as a range."""


def finished(
    instance: dg.DagsterInstance, cursors: Mapping[str, str], since: datetime, now: datetime
) -> tuple[list[tuple[dg.DagsterRun, datetime]], dict[str, str]]:
    """Runs that have ended since the last look, with the time, in the order of their ending.

    Args:
        instance: with the history.
        cursors: of the last look, by the type of event.
        since: runs that ended before are left out.
        now: what ended within :data:`SETTLED` of it is left for the next look.

    Returns:
        The runs, and the cursors for the next look.
    """

    def changes(kind: dg.DagsterEventType, limit: int) -> dg.EventRecordsResult:
        wanted = dg.RunStatusChangeRecordsFilter(
            kind,  # type: ignore[arg-type]
            after_timestamp=since.timestamp(),
        )
        return instance.fetch_run_status_changes(
            wanted, limit=limit, cursor=cursors.get(kind.value), ascending=True
        )

    found = {kind: changes(kind, RUNS_A_TICK) for kind in ENDINGS}
    # Where there are more than we read, the other ways to end wait, too: order matters.
    ends = [one.records[-1].timestamp for one in found.values() if one.has_more and one.records]
    horizon = min([*ends, (now - SETTLED).timestamp()], default=math.inf)
    ended: dict[str, float] = {}
    moved = dict(cursors)
    for kind, result in found.items():
        records = list(takewhile(lambda one: one.timestamp <= horizon, result.records))
        if not records:
            continue
        ended |= {one.run_id: one.timestamp for one in records}
        whole = len(records) == len(result.records)
        moved[kind.value] = (result if whole else changes(kind, len(records))).cursor
    if not ended:
        return [], moved
    runs = instance.get_runs(dg.RunsFilter(run_ids=list(ended)))
    times = {run_id: datetime.fromtimestamp(at, UTC) for run_id, at in ended.items()}
    return sorted(
        ((run, times[run.run_id]) for run in runs), key=lambda pair: (pair[1], pair[0].run_id)
    ), moved


def is_of_lake(lake: Lake, run: dg.DagsterRun) -> bool:
    """Whether a run is about a lake: by its tag, or by the assets it was started for."""
    return run.tags.get(LAKE_TAG) == lake.lake or any(
        key.path[0] == lake.lake for key in assets_of(run)
    )


def assets_of(run: dg.DagsterRun) -> set[dg.AssetKey]:
    """The assets that a run was started for, or whose checks it was started for."""
    checked = {check.asset_key for check in run.asset_check_selection or ()}
    return {*(run.asset_selection or ()), *checked}


def partitions_of(run: dg.DagsterRun) -> list[str]:
    """The partition of a run; each date of a short range; a long range as one; else nothing."""
    first, last = (run.tags.get(tag, "") for tag in RANGE_TAGS)
    if not first or not last:
        return [run.tags.get(PARTITION_TAG, "")]
    try:
        begin = date.fromisoformat(first)
        days = (date.fromisoformat(last) - begin).days
    except ValueError:
        return [f"{first}...{last}"]
    if days >= DAYS:
        return [f"{first}...{last}"]
    return [(begin + timedelta(days=number)).isoformat() for number in range(days + 1)]
