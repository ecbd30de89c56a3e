"""What a change of gold's options means."""

from typing import Any

import pytest

from lake_assets.contracts.changes import Effect
from lake_assets.contracts.gold import Gold, Lookup
from lake_assets.contracts.gold_evolution import option_changes

COMPATIBLE, REPLAY, BREAKING = Effect
LOOKUP: dict[str, Any] = {"dataset": "d", "on": {"a": "k"}, "columns": {"x": "y"}}
OTHERS: dict[str, Any] = {
    "dataset": "e",
    "on": {"b": "k"},
    "columns": {"x": "z"},
    "max_missing": {"fail": 0.5},
}


def gold(**options: Any) -> Gold:
    return Gold.model_validate({"table": "t", "row_hash": ["a"], **options})


def changes(old: Gold, new: Gold) -> dict[str, Effect]:
    return {change.where: change.effect for change in option_changes(old, new)}


@pytest.mark.parametrize("option", ["snapshots", "carry"])
def test_another_place_or_meaning_of_a_table_breaks_both_ways(option: str) -> None:
    on = gold(**{option: True})
    assert changes(gold(), on) == changes(on, gold()) == {f"gold.{option}": BREAKING}


def test_a_new_lookup_needs_gold_to_be_made_again_and_one_that_goes_breaks() -> None:
    one = gold(lookups=[LOOKUP])
    assert changes(gold(), one) == {"gold.lookups.x": REPLAY}
    assert changes(one, gold()) == {"gold.lookups.x": BREAKING}


def test_a_looked_up_column_of_another_origin_says_which() -> None:
    other = gold(lookups=[{**LOOKUP, "columns": {"x": "z"}}])
    (change,) = option_changes(gold(lookups=[LOOKUP]), other)
    assert (change.where, change.effect) == ("gold.lookups.x", REPLAY)
    assert change.sentence == "comes from d.z by a, came from d.y by a"


def test_a_limit_changes_no_row() -> None:
    other = gold(lookups=[{**LOOKUP, "max_missing": 0.5}])
    (change,) = option_changes(gold(lookups=[LOOKUP]), other)
    assert (change.effect, change.rows) == (COMPATIBLE, False)


def test_no_field_of_a_lookup_can_change_unseen() -> None:
    assert set(OTHERS) == set(Lookup.model_fields)
    for field, value in OTHERS.items():
        assert changes(gold(lookups=[LOOKUP]), gold(lookups=[{**LOOKUP, field: value}])), field
