"""Metrics of what an asset did, sent when it is done: see ``LAKE_METRICS``."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import dagster as dg

from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.lake import Lake
from lake_assets.metrics.emf import Metric, emf_lines
from lake_assets.metrics.outlet import MetricsLost, write_lines
from lake_assets.settings import load_settings

if TYPE_CHECKING:
    from lake_assets.jobs.compaction.metrics import Metrics
    from lake_assets.storage.ledger import Commit


def ingest_metrics(records: "Sequence[Commit]") -> list[Metric]:
    """What ingest runs read, and how long the oldest file has waited; none if there was no run."""
    if not records:
        return []
    inputs = [(record, item) for record in records for item in record.inputs]
    books = [record.books for record in records]
    return [
        Metric("Files", len(inputs)),
        Metric("Bytes", sum(item.size for _, item in inputs), "Bytes"),
        Metric("RefusedFiles", sum(item.outcome == "refused" for _, item in inputs)),
        Metric("RowsRead", sum(each.rows_read for each in books)),
        Metric("Good", sum(each.good for each in books)),
        Metric("Rejected", sum(each.rejected for each in books)),
        Metric("Duplicate", sum(each.duplicate for each in books)),
        Metric("Skipped", sum(each.skipped for each in books)),
        Metric(
            "SecondsFromArrival",
            max(
                ((record.committed_at - item.arrived).total_seconds() for record, item in inputs),
                default=0.0,
            ),
            "Seconds",
        ),
    ]


def gold_metrics(days: "Sequence[Metrics]") -> list[Metric]:
    """What compactions made of processed rows; none if there was no date."""
    if not days:
        return []
    return [
        Metric("Dates", len(days)),
        Metric("ProcessedRows", sum(day.total_rows_in_source_partition for day in days)),
        Metric("GoldRows", sum(day.rows_after_dedup for day in days)),
        Metric("Superseded", sum(day.removed for day in days)),
    ]


def send(
    context: dg.AssetExecutionContext, lake: Lake, dataset: Dataset, metrics: list[Metric]
) -> None:
    """Send metrics of a dataset, with the run's id beside them; losing them fails nothing."""
    to = load_settings().metrics
    if to == "off" or not metrics:
        return
    metrics = [*metrics, Metric("FailedChecks", _failed_checks(context))]
    dimensions = {"Lake": lake.lake, "Dataset": dataset.name}
    properties = {"RunId": context.run.run_id}
    try:
        write_lines(emf_lines(metrics, dimensions, datetime.now(UTC), properties), to)
    except (MetricsLost, ValueError) as error:
        context.log.warning(str(error))


def _failed_checks(context: dg.AssetExecutionContext) -> int:
    """Checks of this step that did not pass; what it has yielded is in the log already."""
    kind = dg.DagsterEventType.ASSET_CHECK_EVALUATION
    records = context.instance.get_records_for_run(context.run.run_id, of_type=kind).records
    events = [record.event_log_entry.dagster_event for record in records]
    step = context.op_execution_context.get_step_execution_context().step.key
    found = [
        event.asset_check_evaluation_data for event in events if event and event.step_key == step
    ]
    passed = {check.asset_check_key: check.passed for check in found}  # of an attempt, the last
    return list(passed.values()).count(False)
