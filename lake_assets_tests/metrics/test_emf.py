"""Lines of CloudWatch's embedded metric format, against what its specification asks for."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest

from lake_assets.metrics.emf import MAX_DIMENSIONS, MAX_METRICS, Metric, emf_lines

AT = datetime(2026, 3, 1, 8, 0, 0, 123_456, tzinfo=UTC)
DIMENSIONS = {"Lake": "retail", "Dataset": "sales"}
NAME = {"type": "string", "minLength": 1, "maxLength": 1024}
SPECIFICATION: dict[str, Any] = {
    "type": "object",
    "required": ["_aws"],
    "properties": {
        "_aws": {
            "type": "object",
            "required": ["CloudWatchMetrics", "Timestamp"],
            "properties": {
                "Timestamp": {"type": "integer"},
                "CloudWatchMetrics": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["Namespace", "Dimensions", "Metrics"],
                        "properties": {
                            "Namespace": NAME,
                            "Dimensions": {
                                "type": "array",
                                "minItems": 1,
                                "items": {"type": "array", "items": NAME, "maxItems": 30},
                            },
                            "Metrics": {
                                "type": "array",
                                "maxItems": 100,
                                "items": {
                                    "type": "object",
                                    "required": ["Name"],
                                    "properties": {
                                        "Name": NAME,
                                        "Unit": {"enum": ["Count", "Bytes", "Seconds", "None"]},
                                    },
                                },
                            },
                        },
                    },
                },
            },
        }
    },
}
"""Of the specification, what we can break; in our words."""


def documents(count: int, **more: Any) -> list[dict[str, Any]]:
    """The lines of so many metrics; each is checked against the specification."""
    metrics = [Metric(f"M{number}", number) for number in range(count)]
    found = [json.loads(line) for line in emf_lines(metrics, DIMENSIONS, AT, **more)]
    for document in found:
        jsonschema.validate(document, SPECIFICATION)
        (directive,) = document["_aws"]["CloudWatchMetrics"]
        for name in directive["Dimensions"][0]:
            assert isinstance(document[name], str)
        for metric in directive["Metrics"]:
            assert isinstance(document[metric["Name"]], int | float)
    return found


def test_a_line_holds_the_values_and_says_which_of_them_are_metrics() -> None:
    metrics = [Metric("RowsRead", 3), Metric("Bytes", 12.5, "Bytes")]
    (line,) = emf_lines(metrics, DIMENSIONS, AT, {"RunId": "r"})
    assert "\n" not in line
    assert json.loads(line) == {
        "_aws": {
            "Timestamp": 1772352000123,
            "LogGroupName": "lake_assets",
            "CloudWatchMetrics": [
                {
                    "Namespace": "LakeAssets",
                    "Dimensions": [["Lake", "Dataset"]],
                    "Metrics": [
                        {"Name": "RowsRead", "Unit": "Count"},
                        {"Name": "Bytes", "Unit": "Bytes"},
                    ],
                }
            ],
        },
        "Lake": "retail",
        "Dataset": "sales",
        "RunId": "r",
        "RowsRead": 3,
        "Bytes": 12.5,
    }


def test_a_time_elsewhere_is_the_same_millisecond() -> None:
    there = AT.astimezone(timezone(timedelta(hours=-7)))
    assert emf_lines([Metric("M", 1)], {}, there) == emf_lines([Metric("M", 1)], {}, AT)


def test_more_metrics_than_a_line_takes_become_more_lines() -> None:
    found = documents(2 * MAX_METRICS + 1)
    sizes = [len(one["_aws"]["CloudWatchMetrics"][0]["Metrics"]) for one in found]
    assert sizes == [MAX_METRICS, MAX_METRICS, 1]
    assert {name for one in found for name in one if name.startswith("M")} == {
        f"M{number}" for number in range(2 * MAX_METRICS + 1)
    }


def test_no_metrics_are_no_line() -> None:
    assert documents(0) == []


def test_a_long_value_of_a_dimension_is_cut_off() -> None:
    (line,) = emf_lines([Metric("M", 1)], {"Lake": "x" * 2000}, AT)
    assert json.loads(line)["Lake"] == "x" * 1024


@pytest.mark.parametrize(
    ("metrics", "dimensions", "properties", "told"),
    [
        ([Metric("M", 1), Metric("M", 2)], {}, {}, "'M' is the name of two things"),
        ([Metric("Lake", 1)], {"Lake": "l"}, {}, "'Lake' is the name of two things"),
        ([Metric("M", 1)], {"D": "l"}, {"D": "x"}, "'D' is the name of two things"),
        ([Metric("", 1)], {}, {}, "has no name"),
        ([Metric("_aws", 1)], {}, {}, "has no name"),
        ([Metric("M", 1)], {"Lake": ""}, {}, "a dimension no value"),
        ([Metric("M", float("nan"))], {}, {}, "M is no finite number"),
        ([Metric("M", float("inf"))], {}, {}, "M is no finite number"),
    ],
)
def test_what_cloudwatch_would_drop_silently_is_refused(
    metrics: list[Metric], dimensions: dict[str, str], properties: dict[str, str], told: str
) -> None:
    with pytest.raises(ValueError, match=told):
        emf_lines(metrics, dimensions, AT, properties)


def test_more_dimensions_than_it_takes_are_refused() -> None:
    many = {f"D{number}": "x" for number in range(MAX_DIMENSIONS + 1)}
    with pytest.raises(ValueError, match="31 dimensions; CloudWatch takes 30"):
        emf_lines([Metric("M", 1)], many, AT)
    many.popitem()
    assert len(emf_lines([Metric("M", 1)], many, AT)) == 1
