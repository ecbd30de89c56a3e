"""What datasets of a lake look up in each other."""

import pickle
from collections.abc import Mapping
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from lake_assets.contracts.gold import Lookup
from lake_assets.contracts.lake import Lake
from lake_assets.contracts.lookups import followers, looked_up_columns, looked_up_first
from lake_assets_tests.jobs.club import ALL, MEMBER, TARIFF, declared, lake


def members(**change: Any) -> Mapping[str, Any]:
    return {**ALL, "lookups": [{**TARIFF, **change}]}


def test_looked_up_columns_have_the_types_of_those_that_they_come_from() -> None:
    fee, _, visits = lake().datasets[1], None, lake().dataset("visits")
    found = looked_up_columns(fee)
    assert [(column.name, column.type, column.scale) for column in found] == [
        ("tariff", "string", 2),
        ("fee", "decimal", 2),
    ]
    assert not any(column.required for column in found)
    names = [column.name for column in looked_up_columns(visits)]
    assert names == ["town", "fee"], "one of them was looked up there, too"


def test_what_is_looked_up_comes_first() -> None:
    turned = list(reversed(lake().datasets))
    assert [one.name for one in looked_up_first(turned)] == ["tariffs", "members", "visits"]
    assert looked_up_first(lake().datasets) == lake().datasets


def test_only_tables_that_carry_follow() -> None:
    club = lake()
    assert [one.name for one in followers(club.datasets, "tariffs")] == ["members"]
    assert followers(club.datasets, "members") == []


def test_a_lake_survives_the_way_to_where_its_job_runs() -> None:
    club = lake()
    for again in (
        Lake.model_validate_json(club.model_dump_json()),
        pickle.loads(pickle.dumps(club)),
    ):
        assert again == club
        assert again.dataset("members").gold.lookups[0].target == club.dataset("tariffs")


def test_a_lake_that_is_made_of_anothers_datasets_leaves_that_one_alone() -> None:
    club = lake()
    tariffs, members, visits = club.datasets
    dearer = tariffs.model_copy(update={"contract_version": "2"})
    other = Lake.model_validate({**club.model_dump(), "datasets": [dearer, members, visits]})
    assert other.dataset("members").gold.lookups[0].target is dearer
    assert club.dataset("members").gold.lookups[0].target is tariffs
    assert other.dataset("visits").gold.lookups[0].target is other.dataset("members")


def test_a_dataset_outside_a_lake_does_not_know_what_it_looks_up() -> None:
    from lake_assets.contracts.dataset import Dataset

    alone = Dataset.model_validate(declared("members", **members()))
    with pytest.raises(LookupError, match="belongs to no lake"):
        looked_up_columns(alone)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"members": members(dataset="prices")}, "there is no such dataset .* it has tariffs"),
        ({"tariffs": {"snapshots": True}}, r"give it `gold.carry: true`"),
        ({"members": members(on={"tariff_id": "title"})}, "the key there is tariff_id; with any"),
        ({"members": members(columns={"x": "price"})}, "it has no column price; it has tariff_id"),
        ({"members": members(on={"at": "tariff_id"})}, "at is timestamp and tariff_id is string"),
        ({"members": members(on={"tariff": "tariff_id"})}, "'tariff'.*, which is no column here"),
        ({"members": members(columns={"town": "title"})}, r"make the columns \['town'\] twice"),
        ({"members": members(columns={"row_hash": "title"})}, r"\['row_hash'\] twice"),
        (
            {"members": {**ALL, "lookups": [TARIFF, {**TARIFF, "columns": {"fee": "fee"}}]}},
            r"make the columns \['fee'\] twice",
        ),
        (
            {"tariffs": {**ALL, "lookups": [{**TARIFF, "columns": {"other": "title"}}]}},
            "in a ring",
        ),
        ({"members": {**ALL, "lookups": [{**TARIFF, "on": {}}]}}, "at least 1 item"),
        ({"visits": {"lookups": [{**MEMBER, "column": {}}]}}, "Extra inputs"),
    ],
)
def test_what_cannot_be_looked_up_is_refused_with_a_sentence(
    options: Mapping[str, Any], told: str
) -> None:
    with pytest.raises(ValidationError, match=told):
        lake(**options)


def test_a_bare_on_in_yaml_is_understood() -> None:
    """YAML 1.1 reads it as `true`."""
    given = yaml.safe_load("{dataset: tariffs, on: {a: b}, columns: {x: y}}")
    assert True in given
    assert Lookup.model_validate(given).on == {"a": "b"}


def test_tables_of_a_lake_may_share_a_gold_zone_but_not_a_place_in_it() -> None:
    club = lake()
    assert {one.zones.gold for one in club.datasets} == {"staging/"}
    twice = [declared("tariffs", **ALL), declared("members", **ALL, table="tariffs")]
    given = {"lake": "club", "arrivals_start": "2025-01-01", "datasets": twice}
    with pytest.raises(ValidationError, match="share a zone; give each its own"):
        Lake.model_validate(given)
    twice[1] = declared("members", **ALL)
    twice[1]["zones"]["gold"] = "raw/tariffs/"
    with pytest.raises(ValidationError, match="is the gold zone of one dataset and another zone"):
        Lake.model_validate(given)
