"""What a lake may declare of a warehouse."""

from typing import Any

import pytest
from pydantic import ValidationError

from lake_assets_tests.warehouse.house import club, warehouse


def changed(part: str, number: int, **change: Any) -> dict[str, Any]:
    """The section with other values in one of its tables."""
    section = warehouse()
    section[part][number] = {**section[part][number], **change}
    return section


@pytest.mark.parametrize(
    ("section", "said"),
    [
        (changed("stages", 0, dataset="fees"), "there is no dataset 'fees'"),
        (changed("stages", 0, table="LOAD_LEDGER"), "is a table of the loader"),
        (changed("stages", 0, table="STG_VISITS"), "names two tables"),
        (changed("stages", 0, dataset="visits"), "one staging table, not two"),
        (warehouse(star_schema="STAGING"), "must be two schemas"),
        (changed("dimensions", 0, stage="STG_X"), "there is no staging table 'STG_X'"),
        (changed("dimensions", 0, key="title"), "the key is title, and that of tariffs"),
        (changed("dimensions", 0, columns=["name"]), r"gold has no column \['name'\]"),
        (changed("dimensions", 0, columns=["fee", "fee"]), "would be a column twice"),
        (changed("dimensions", 0, surrogate="title"), "there is a column title already"),
        (changed("dimensions", 0, effective="seen_on"), "there are none without `history`"),
        (changed("dimensions", 1, effective="town"), "no required timestamp of members"),
        (changed("dimensions", 1, columns=["town"]), "must stand in `columns` too"),
        (
            changed("dimensions", 1, history=["fee"], columns=["fee"]),
            "which members does not have itself",
        ),
        (
            changed("dimensions", 1, columns=["tariff_id", "fee"]),
            r"columns names \['fee'\], which members does not have itself",
        ),
        (changed("dimensions", 1, history=["member_id"], columns=[]), "which never changes"),
        (changed("facts", 0, at="town"), "at is town, which is no required timestamp"),
        (
            changed("facts", 0, dimensions=[{"table": "DIM_X", "on": "member_id"}]),
            "there is no dimension 'DIM_X'",
        ),
        (
            changed("facts", 0, dimensions=[{"table": "DIM_MEMBER", "on": "seen_on"}]),
            "they could never be equal",
        ),
        (
            changed("facts", 0, dimensions=[{"table": "DIM_MEMBER", "on": "member_id"}] * 2),
            "same column for their surrogate key",
        ),
    ],
)
def test_what_cannot_be_made_is_refused(section: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        club(section)


def test_gold_that_is_replaced_in_place_cannot_be_loaded() -> None:
    with pytest.raises(ValidationError, match="a load could read half of it"):
        club(tariffs={"carry": True})


def test_one_dimension_may_be_met_twice_under_two_names() -> None:
    links = [
        {"table": "DIM_MEMBER", "on": "member_id"},
        {"table": "DIM_MEMBER", "on": "member_id", "name": "host_sk"},
    ]
    lake = club(changed("facts", 0, dimensions=links))
    assert lake.warehouse
    assert lake.warehouse.facts[0].dimensions[1].name == "host_sk"
