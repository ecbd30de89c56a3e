"""CloudWatch's embedded metric format: metrics as lines of JSON, which it finds in a log.

Limits and form are those of the specification:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import json
import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, NamedTuple

NAMESPACE = "LakeAssets"
LOG_GROUP = "lake_assets"
"""Where CloudWatch's agent puts the lines; what reads a log of its own, as on ECS, ignores it."""

MAX_METRICS = 100
"""In a line."""

MAX_DIMENSIONS = 30
MAX_CHARACTERS = 1024
"""Of a dimension's value."""

Unit = Literal["Count", "Bytes", "Seconds", "Percent", "None"]


class Metric(NamedTuple):
    """A figure: its name, value and unit."""

    name: str
    value: float
    unit: Unit = "Count"


def emf_lines(
    metrics: list[Metric],
    dimensions: Mapping[str, str],
    at: datetime,
    properties: Mapping[str, str] | None = None,
) -> list[str]:
    """Metrics as lines of JSON, without line ends; none if there are no metrics.

    Args:
        metrics: of one moment, each name once. More than a line takes become several lines.
        dimensions: name -> value; the metrics are kept for all of them together.
        at: when (aware).
        properties: name -> text that is in the log beside the metrics, to search by.

    Raises:
        ValueError: more than 30 dimensions, an empty name or value, two things of one name, or a
            figure that is no finite number.
    """
    properties = properties or {}
    names = [*dimensions, *properties, *(metric.name for metric in metrics)]
    if len(dimensions) > MAX_DIMENSIONS:
        raise ValueError(f"{len(dimensions)} dimensions; CloudWatch takes {MAX_DIMENSIONS}")
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"{twice[0]!r} is the name of two things in one line")
    if "" in names or "_aws" in names or not all(dimensions.values()):
        raise ValueError("a metric, dimension or property has no name, or a dimension no value")
    if strange := [metric.name for metric in metrics if not math.isfinite(metric.value)]:
        raise ValueError(f"{strange[0]} is no finite number")
    shared = {name: value[:MAX_CHARACTERS] for name, value in dimensions.items()}
    parts = [metrics[n : n + MAX_METRICS] for n in range(0, len(metrics), MAX_METRICS)]
    return [json.dumps(_document(part, shared, at, properties)) for part in parts]


def _document(
    metrics: list[Metric],
    dimensions: Mapping[str, str],
    at: datetime,
    properties: Mapping[str, str],
) -> dict[str, Any]:
    directive = {
        "Namespace": NAMESPACE,
        "Dimensions": [list(dimensions)],
        "Metrics": [{"Name": metric.name, "Unit": metric.unit} for metric in metrics],
    }
    return {
        "_aws": {
            "Timestamp": round(at.timestamp() * 1000),
            "LogGroupName": LOG_GROUP,
            "CloudWatchMetrics": [directive],
        },
        **dimensions,
        **properties,
        **{metric.name: metric.value for metric in metrics},
    }
