"""What a finished run tells: its checks, its steps, and the ingest runs that it committed."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import dagster as dg

from lake_assets.alerts.incident import Identity, Seen
from lake_assets.alerts.state import Ingest
from lake_assets.components.alerts.links import (
    ARRIVAL_ZONES,
    Links,
    dataset_of_asset,
    dataset_of_step,
)
from lake_assets.components.alerts.runs import assets_of, partitions_of
from lake_assets.components.names import DATASET_TAG, FOLDERS_KNOWN, asset_key
from lake_assets.contracts.alerts import AlertKind, AlertSeverity
from lake_assets.contracts.lake import Lake

TOLD = {
    dg.DagsterEventType.ASSET_CHECK_EVALUATION,
    dg.DagsterEventType.ASSET_MATERIALIZATION,
    dg.DagsterEventType.STEP_FAILURE,
    dg.DagsterEventType.STEP_SUCCESS,
}
WILL_RETRY_TAG = "dagster/will_retry"
COUNTED = frozenset(
    {
        "rows", "files", "dates", "keys", "columns", "rate", "share", "good", "rejected", "refused",
        "duplicate", "superseded", "skipped", "unaccounted",
    }
)  # fmt: skip
"""One of these words is in the name of a figure that counts rows or compares counts. Others, such
as a least or a mean value, may be what a row says, and are not told."""

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")
BLOCKED = "DagsterAssetCheckFailedError"
"""How a step ends whose blocking check failed."""

COVERED_BY_FILES = frozenset({"header_contract", FOLDERS_KNOWN})
"""Checks that fail for refused files: each of those is told by its name."""


def told_by(
    instance: dg.DagsterInstance, lake: Lake, run: dg.DagsterRun, ended: datetime, links: Links
) -> tuple[list[Seen], list[Ingest]]:
    """What a run tells.

    A step that failed because a blocking check did is told as that check alone. A failure that
    Dagster runs again is not told before the last.

    Returns:
        What was seen of checks and steps, and the ingest runs that were committed.
    """
    seen: list[Seen] = []
    ingests: list[Ingest] = []
    steps: list[Seen] = []
    is_told = False
    is_final = run.tags.get(WILL_RETRY_TAG) != "true"
    for record in instance.get_records_for_run(run.run_id, of_type=TOLD).records:
        event = record.event_log_entry.dagster_event
        at = datetime.fromtimestamp(record.timestamp, UTC)
        if event is None:
            continue
        match event.event_type:
            case dg.DagsterEventType.ASSET_CHECK_EVALUATION:
                seen += _checked(lake, run, event.asset_check_evaluation_data, at, links)
            case dg.DagsterEventType.ASSET_MATERIALIZATION:
                ingests += _ingested(lake, run, event, at, links)
                steps += _gold_at_once(lake, event, at)
            case dg.DagsterEventType.STEP_SUCCESS:
                steps += _stepped(lake, run, event.step_key or "", at, ok=True)
            case dg.DagsterEventType.STEP_FAILURE if is_final:
                error = _class_of(event.step_failure_data.error)
                if error == BLOCKED:
                    is_told = True
                    continue
                steps += [
                    one.model_copy(update={"detail": error, "link": links.run(run.run_id)})
                    for one in _stepped(lake, run, event.step_key or "", at, ok=False)
                ]
    if is_final and not is_told:
        steps += _whole(lake, run, steps, ended, links)
    return seen + steps, ingests


def _whole(
    lake: Lake, run: dg.DagsterRun, steps: Sequence[Seen], ended: datetime, links: Links
) -> list[Seen]:
    """A run that failed without a failed step, such as one whose process died, and its recovery."""
    name = run.job_name
    if name.startswith("__"):  # Dagster's own job of all assets
        names = sorted(key.path[-1] for key in assets_of(run))
        name = ", ".join(names[:3]) or name
    datasets = sorted(filter(None, (dataset_of_asset(lake, key) for key in assets_of(run))))
    found = [
        Seen(
            identity=Identity(
                kind=AlertKind.FAILED_RUN,
                dataset=datasets[0] if datasets else run.tags.get(DATASET_TAG, ""),
                subject=f"run of {name}",
                partition=partition,
            ),
            at=ended,
            link=links.run(run.run_id),
        )
        for partition in partitions_of(run)
    ]
    if run.status is dg.DagsterRunStatus.SUCCESS:
        return [one.model_copy(update={"ok": True}) for one in found]
    if run.status is not dg.DagsterRunStatus.FAILURE:
        return []
    return found if all(one.ok for one in steps) else []


def _checked(
    lake: Lake, run: dg.DagsterRun, evaluation: Any, at: datetime, links: Links
) -> Iterator[Seen]:
    key: dg.AssetKey = evaluation.asset_key
    name: str = evaluation.check_name
    if key.path[0] != lake.lake or name in COVERED_BY_FILES:
        return
    partitions = [evaluation.partition] if evaluation.partition else partitions_of(run)
    detail = figures(evaluation.metadata)
    if key.path[1:2] and key.path[1] in ARRIVAL_ZONES:
        # A day of arrivals is not repeated: that its feed is right again shows on a later one.
        arrived = f"arrived {_range(partitions)}" if partitions[0] else ""
        detail = ", ".join(filter(None, (arrived, detail)))
        partitions = [""]
    error = evaluation.severity is dg.AssetCheckSeverity.ERROR
    for partition in partitions:
        yield Seen(
            identity=Identity(
                kind=AlertKind.FAILED_CHECK,
                dataset=dataset_of_asset(lake, key),
                subject=f"{key.path[-1]}: {name}",
                partition=partition,
            ),
            at=at,
            ok=evaluation.passed,
            severity=AlertSeverity.ERROR if error else AlertSeverity.WARN,
            detail=detail,
            link=links.check(key, name),
        )


def _stepped(
    lake: Lake, run: dg.DagsterRun, step: str, at: datetime, *, ok: bool
) -> Iterator[Seen]:
    dataset = dataset_of_step(lake, step)
    if not dataset and any(key.path[0] != lake.lake for key in assets_of(run)):
        return  # a step of another lake, in a run over several
    for partition in partitions_of(run):
        yield Seen(
            identity=Identity(
                kind=AlertKind.FAILED_RUN,
                dataset=dataset,
                subject=step,
                partition=partition,
            ),
            at=at,
            ok=ok,
        )


def _ingested(
    lake: Lake, run: dg.DagsterRun, event: dg.DagsterEvent, at: datetime, links: Links
) -> Iterator[Ingest]:
    """The ingest runs in a materialization of archive."""
    done = event.step_materialization_data.materialization
    path = done.asset_key.path
    if len(path) != 3 or path[0] != lake.lake or path[1] != "archive" or not done.partition:
        return
    runs = done.metadata.get("ingest_runs")
    for ingest_run_id in filter(None, str(runs.value if runs else "").split(", ")):
        yield Ingest(
            dataset=dataset_of_asset(lake, done.asset_key),
            arrival=date.fromisoformat(done.partition),
            ingest_run_id=ingest_run_id,
            at=at,
            link=links.run(run.run_id),
        )


def _gold_at_once(lake: Lake, event: dg.DagsterEvent, at: datetime) -> Iterator[Seen]:
    """Gold that an ingest run has made: a run of gold that failed on this date is mended."""
    done = event.step_materialization_data.materialization
    for dataset in lake.datasets:
        step = f"{lake.lake}_{dataset.gold.table}"
        is_gold = done.asset_key == asset_key(lake, "gold", dataset.gold.table)
        if is_gold and done.partition and event.step_key != step:
            yield Seen(
                identity=Identity(
                    kind=AlertKind.FAILED_RUN,
                    dataset=dataset.name,
                    subject=step,
                    partition=done.partition,
                ),
                at=at,
                ok=True,
            )


def figures(metadata: Mapping[str, Any]) -> str:
    """The numbers of a check that count rows or compare counts: ``reject_rate 0.25``."""
    numbers = {
        name: value.value
        for name, value in metadata.items()
        if isinstance(value, dg.IntMetadataValue | dg.FloatMetadataValue)
        and COUNTED.intersection(name.split("_"))
        and value.value is not None
    }
    return ", ".join(
        f"{name} {value:,.6g}" if isinstance(value, float) else f"{name} {value:,}"
        for name, value in numbers.items()
    )


def _range(partitions: Sequence[str]) -> str:
    return partitions[0] if len(partitions) == 1 else f"{partitions[0]}...{partitions[-1]}"


def _class_of(error: Any) -> str:
    """The class of the error at the root, and nothing of its text."""
    while error is not None and error.cause is not None:
        error = error.cause
    name = (error.cls_name if error else None) or ""
    return name if NAME.fullmatch(name) else "an error"
