"""What a message tells of a lake: files in raw zones, and what is not for it."""

import json
from collections import Counter
from typing import Any

import pytest

from lake_assets.contracts.lake import Lake
from lake_assets.contracts.zones import Unknown
from lake_assets.jobs.hints import Hint, dataset_at, hint_of, prefix_in
from lake_assets_tests.jobs.lakes import contract
from lake_assets_tests.storage.test_s3_events import TEST_EVENT, bridged, forwarded, notification

LAKE = contract()
URI = "s3://lake"


def hint(document: object, lake: Lake = LAKE, uri: str = URI) -> Hint:
    body = document if isinstance(document, str) else json.dumps(document)
    return hint_of(lake, uri, body)


@pytest.mark.parametrize(
    "document",
    [
        notification("raw/a+b.csv"),
        forwarded(notification("raw/a+b.csv")),
        bridged("raw/a b.csv"),
        forwarded(bridged("raw/a b.csv")),
    ],
    ids=["direct", "SNS", "EventBridge", "EventBridge through SNS"],
)
def test_a_file_in_raw_is_told_of_whatever_the_message_came_through(document: Any) -> None:
    assert hint(document) == Hint({"sales": {"raw/a b.csv"}})


def test_keys_are_those_in_the_lake_where_it_is_below_a_prefix() -> None:
    found = hint(notification("deep/retail/raw/a.csv"), uri="s3://lake/deep/retail/")
    assert found == Hint({"sales": {"raw/a.csv"}})


@pytest.mark.parametrize(
    ("document", "why"),
    [
        (TEST_EVENT, "S3's test"),
        (notification("raw/a.csv", event="ObjectRemoved:Delete"), "not about a new object"),
        (bridged("raw/a.csv", kind="Object Deleted"), "not about a new object"),
        (notification("raw/", size=0), "about an empty folder"),
        (notification("gold/a.csv"), "about an object outside of every raw zone"),
        ({"Records": []}, "without an event"),
    ],
)
def test_what_is_not_for_us_is_counted_by_why(document: Any, why: str) -> None:
    assert hint(document) == Hint({}, ignored=Counter({why: 1}))


@pytest.mark.parametrize("uri", ["s3://other", "s3://lake/retail", "file:///lake"])
def test_another_place_than_the_lake_is_ignored(uri: str) -> None:
    found = hint(notification("raw/a.csv"), uri=uri)
    assert found == Hint({}, ignored=Counter({"about another place than the lake": 1}))


@pytest.mark.parametrize("body", ["", "no JSON " * 100, "[1]", '{"Records": [{"a": 1}]}'])
def test_what_is_no_event_of_s3_is_unknown_and_shown_in_part(body: str) -> None:
    found = hint(body)
    assert not found.keys
    assert not found.ignored
    assert found.unknown
    assert len(found.unknown) < 300


def test_what_stands_before_something_unknown_still_counts() -> None:
    document = {"Records": [*notification("raw/a.csv")["Records"], {"eventSource": "aws:dms"}]}
    found = hint(document)
    assert found.keys == {"sales": {"raw/a.csv"}}
    assert "aws:dms" in str(found.unknown)


def test_one_message_may_tell_of_several_files() -> None:
    records = [notification(f"raw/{name}")["Records"][0] for name in ("a.csv", "b.csv", "a.csv")]
    assert hint({"Records": records}).keys == {"sales": {"raw/a.csv", "raw/b.csv"}}


def test_a_key_belongs_to_the_dataset_with_the_innermost_raw_zone() -> None:
    (sales,) = LAKE.datasets
    zones = sales.zones.model_copy(update={"raw": "raw/returns/"})
    returns = sales.model_copy(update={"name": "returns", "zones": zones})
    both = LAKE.model_copy(update={"datasets": [sales, returns]})
    assert dataset_at(both, "raw/returns/a.csv") is returns
    assert dataset_at(both, "raw/a.csv") is sales
    assert dataset_at(both, "validated/a.csv") is None


@pytest.mark.parametrize(
    ("uri", "prefix"),
    [
        ("s3://b", ""),
        ("s3://b/", ""),
        ("S3://b/p", "p/"),
        ("s3://b/p/q/", "p/q/"),
        ("s3://bb/p", None),
        ("file:///b", None),
        ("/b", None),
    ],
)
def test_the_prefix_of_a_lake_in_a_bucket(uri: str, prefix: str | None) -> None:
    assert prefix_in("b", uri) == prefix


def test_a_file_of_no_dataset_is_told_of_where_the_lake_looks_for_such() -> None:
    zones = LAKE.datasets[0].zones.model_copy(update={"raw": "raw/sales/"})
    sales = LAKE.datasets[0].model_copy(update={"zones": zones})
    unknown = Unknown(raw="raw/", rejected="rejected/_unknown/")
    lake = LAKE.model_copy(update={"datasets": [sales], "unknown": unknown})
    assert hint(notification("raw/a.csv"), lake) == Hint({"unknown": {"raw/a.csv"}})
    assert hint(notification("raw/sales/a.csv"), lake) == Hint({"sales": {"raw/sales/a.csv"}})
    assert not hint(notification("gold/a.csv"), lake).keys
