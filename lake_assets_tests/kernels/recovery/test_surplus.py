"""Records of too many cells."""

import polars as pl
import pytest

from lake_assets.kernels.recovery.surplus import DOUBLED, TRAILING, UNQUOTED, take_out
from lake_assets.kernels.recovery.tokens import Fits


def ways(
    tokens: list[str], width: int, most: int = 50, fits: Fits | None = None
) -> list[tuple[str | None, ...]]:
    records = pl.DataFrame(
        {"record": [7], "tokens": [tokens]}, schema_overrides={"record": pl.UInt32}
    )
    found, lost = take_out(records, width, ",", most, fits)
    assert set(lost) == (set() if lost.is_empty() else {7})
    assert found.is_empty() or lost.is_empty()
    return [(how, *out) for how, out in found.select("how", "tokens").rows()]


def sure(found: list[tuple[str | None, ...]]) -> list[tuple[str | None, ...]]:
    return [way for way in found if way[0]]


@pytest.mark.parametrize(
    ("tokens", "expected"),
    [
        (["a", "b", "c"], {(UNQUOTED, "a,b", "c"), (UNQUOTED, "a", "b,c")}),
        (["a", "", "b"], {(DOUBLED, "a", "b")}),
        (["", "a", "b"], {(DOUBLED, "a", "b"), (UNQUOTED, "", "a,b")}),
        (["a", "b", ""], {(TRAILING, "a", "b"), (UNQUOTED, "a,b", "")}),
        (["a", "", ""], {(TRAILING, "a", "")}),
        (["a", '"b"', "c"], set()),
        (["a", '""', ""], {(TRAILING, "a", '""')}),
        (["a", "", "", "b"], {(DOUBLED, "a", "b")}),
        (["a", "b", "", ""], {(TRAILING, "a", "b"), (f"{UNQUOTED} and {TRAILING}", "a,b", "")}),
    ],
)
def test_text_is_joined_and_empty_cells_are_dropped(
    tokens: list[str], expected: set[tuple[str, ...]]
) -> None:
    found = sure(ways(tokens, 2))
    assert set(found) == expected
    assert len(found) == len(expected)


def test_a_gap_within_text_is_a_doubt() -> None:
    assert (None, "x,,y") in ways(["x", "", "y"], 1)


@pytest.mark.parametrize(
    ("tokens", "expected"),
    [
        (["a", "b", "c"], [("a", "b"), ("b", "c")]),
        (["a", '"b"', "c", "d"], [("a", '"b"'), ("c", "d")]),
        (["a", "b", "", "x"], [("a", "b"), ("", "x")]),
        (["a", "b", ""], [("b", "")]),
        (["", "a", "b"], [("", "a")]),
        (["", "", ""], []),
        (["a", "b", "c", "d", "e", "f"], []),
    ],
)
def test_surplus_cells_may_be_fields_that_nobody_asked_for(
    tokens: list[str], expected: list[tuple[str, ...]]
) -> None:
    doubts = [way[1:] for way in ways(tokens, 2) if way[0] is None]
    assert [way for way in doubts if set(way) <= set(tokens)] == expected


@pytest.mark.parametrize("count", [2, 6, 9])
def test_records_of_another_number_of_cells_are_left_alone(count: int) -> None:
    assert ways(["a"] * count, 2) == []


def test_a_record_of_too_many_ways_is_given_up() -> None:
    assert len(sure(ways(["a"] * 12, 10, most=28))) == 55  # two of eleven delimiters
    assert ways(["a"] * 12, 10, most=27) == []


def test_only_ways_that_can_fit_are_followed() -> None:
    numeric = pl.col("text").str.contains("^[0-9]+$")
    fine = pl.when(place=1).then(numeric).otherwise(pl.col("text") != "x")
    fits = Fits(lambda asked: asked.select(fine).to_series(), lambda asked: asked["place"] < 0)
    # Whether joined text fits is left to the types of the contract.
    assert set(ways(["a", "b", "1", "c"], 3, fits=fits)) == {
        (None, "b", "1", "c"),
        (UNQUOTED, "a,b", "1", "c"),
        (UNQUOTED, "a", "b,1", "c"),
    }
