"""What a contract says of its checks."""

from datetime import date, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from lake_assets.contracts import Lake
from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.quality import Freshness, Limit, Quality, Range, Volume
from lake_assets.contracts.zones import PREFIXES
from lake_assets_tests.kernels.reading import SMALL, small, with_column


def other(**changes: Any) -> dict[str, Any]:
    """A second dataset of the same columns, in zones of its own."""
    zones = {name: f"other/{name}/" for name in PREFIXES}
    return {**SMALL, "name": "other", "zones": zones, **changes}


def lake(quality: dict[str, Any]) -> Lake:
    return Lake.model_validate(
        {
            "lake": "tiny",
            "arrivals_start": "2025-01-01",
            "datasets": [{**SMALL, "quality": quality}, other()],
        }
    )


class TestLimits:
    def test_a_bare_number_fails_for_rejects_and_warns_for_the_rest(self) -> None:
        quality = Quality.model_validate(
            {"max_reject_rate": 0.1, "max_duplicate_rate": 0.2, "max_null_rate": {"n": 0}}
        )
        assert quality.max_reject_rate == Limit(fail=0.1)
        assert quality.max_duplicate_rate == Limit(warn=0.2)
        assert quality.max_null_rate == {"n": Limit(warn=0)}

    def test_two_levels_are_written_out(self) -> None:
        quality = Quality.model_validate({"max_reject_rate": {"warn": 0.02, "fail": 0.05}})
        assert quality.max_reject_rate == Limit(warn=0.02, fail=0.05)
        assert Quality.model_validate_json(quality.model_dump_json()) == quality

    @pytest.mark.parametrize(
        ("stated", "message"),
        [
            ({}, "needs `warn`, `fail`, or both"),
            ({"warn": 0.5, "fail": 0.1}, "warn 0.5 is above fail 0.1"),
            ({"fail": 1.5}, "less than or equal to 1"),
            (-0.1, "greater than or equal to 0"),
            (True, "valid dictionary"),
            ({"error": 0.5}, "Extra inputs"),
        ],
    )
    def test_levels_make_sense(self, stated: object, message: str) -> None:
        with pytest.raises(ValidationError, match=message):
            Quality.model_validate({"max_reject_rate": stated})


class TestExpectations:
    @pytest.mark.parametrize(
        ("quality", "message"),
        [
            ({"accepted": {"x": {"values": ["a"]}}}, r"quality.accepted names \['x'\]"),
            ({"ranges": {"x": {"minimum": 1}}}, r"quality.ranges names \['x'\]"),
            ({"unique": [{"columns": ["x"]}]}, r"quality.unique names \['x'\]"),
            ({"accepted": {"n": {"values": ["1"]}}}, "'1' is no value of a column of type integer"),
            ({"accepted": {"note": {"values": [1]}}}, "1 is no value of a column of type string"),
            ({"accepted": {"n": {"values": [1.5]}}}, "1.5 is no value"),
            ({"accepted": {"n": {"values": []}}}, "at least 1 item"),
            ({"accepted": {"at": {"values": ["2025-01-01"]}}}, "takes no list; use a range"),
            ({"ranges": {"note": {"minimum": 1}}}, "not string"),
            ({"ranges": {"n": {"minimum": "2025-01-01"}}}, "is no value of a column of type int"),
            ({"ranges": {"at": {"minimum": 5}}}, "5 is no value of a column of type timestamp"),
            ({"ranges": {"n": {}}}, "needs `minimum`, `maximum`, or both"),
            ({"ranges": {"n": {"minimum": 2, "maximum": 1}}}, "minimum 2 is above maximum 1"),
            ({"ranges": {"n": {"minimum": 2**63}}}, "is no value"),
            (
                {"ranges": {"n": {"minimum": 2, "maximum": "2025-01-01"}}},
                "are a date and a number",
            ),
        ],
    )
    def test_fit_their_columns(self, quality: dict[str, Any], message: str) -> None:
        with pytest.raises(ValidationError, match=message):
            small(quality=quality)

    @pytest.mark.parametrize("value", [1.005, 10**16, float("nan"), float("inf")])
    def test_a_decimal_has_no_value_beyond_its_digits(self, value: float) -> None:
        decimal = with_column("x", type="decimal").model_dump()
        Dataset.model_validate(decimal | {"quality": {"ranges": {"x": {"maximum": 9.99}}}})
        with pytest.raises(ValidationError, match=r"no value of a column of type decimal\(18,2\)"):
            Dataset.model_validate(decimal | {"quality": {"accepted": {"x": {"values": [value]}}}})

    def test_a_bound_in_time_is_utc_unless_it_says_otherwise(self) -> None:
        stated = {"minimum": "2025-01-01", "maximum": "2025-01-02T01:00:00+02:00"}
        bounds = Range.model_validate(stated)
        assert bounds.minimum == datetime(2025, 1, 1)
        assert bounds.maximum == datetime(2025, 1, 1, 23)

    def test_come_back_from_json_as_they_were(self) -> None:
        quality = {
            "accepted": {"note": {"values": ["a"], "max_share": {"fail": 0.5}}},
            "ranges": {
                "n": {"minimum": 1, "maximum": 2},
                "at": {"minimum": "2025-01-01", "maximum": date(2025, 2, 1)},
            },
            "unique": [{"columns": ["n"]}],
            "volume": None,
            "freshness": {"fail_hours": 9},
        }
        dataset = small(quality=quality)
        again = Dataset.model_validate_json(dataset.model_dump_json())
        assert again == dataset
        assert again.quality.ranges["at"].maximum == datetime(2025, 2, 1)

    def test_a_truth_takes_no_list(self) -> None:
        truth = with_column("x", type="boolean").model_dump()
        with pytest.raises(ValidationError, match="takes no list"):
            Dataset.model_validate(truth | {"quality": {"accepted": {"x": {"values": [1]}}}})


class TestReferences:
    def reference(self, *columns: str, to: str = "other", into: list[str]) -> dict[str, Any]:
        return {"references": [{"columns": [*columns], "to": {"dataset": to, "columns": into}}]}

    def test_lead_to_columns_of_another_dataset(self) -> None:
        found = lake(self.reference("n", "note", into=["n", "id"]))
        assert found.datasets[0].quality.references[0].to.dataset == "other"

    @pytest.mark.parametrize(
        ("columns", "to", "into", "message"),
        [
            (["n"], "nowhere", ["n"], "there is no dataset 'nowhere' in this lake; it has small"),
            (["n"], "other", ["x"], "other has no column x"),
            (["x"], "other", ["n"], r"quality.references names \['x'\]"),
            (["n"], "other", ["id"], "n is integer and other.id is string"),
            (["n", "id"], "other", ["n"], "2 columns refer to 1"),
        ],
    )
    def test_lead_somewhere(
        self, columns: list[str], to: str, into: list[str], message: str
    ) -> None:
        with pytest.raises(ValidationError, match=message):
            lake(self.reference(*columns, to=to, into=into))


class TestVolumeAndFreshness:
    @pytest.mark.parametrize(
        ("stated", "message"),
        [
            ({"weeks": 2, "least": 3}, "3 dates cannot be found in 2 weeks"),
            ({"warn": 0.5, "fail": 0.2}, "warn 0.5 is above fail 0.2"),
        ],
    )
    def test_a_volume_can_be_judged(self, stated: dict[str, Any], message: str) -> None:
        with pytest.raises(ValidationError, match=message):
            Volume.model_validate(stated)

    def test_a_warning_comes_before_a_failure(self) -> None:
        assert Freshness(warn_hours=26, fail_hours=50).fail_hours == 50
        with pytest.raises(ValidationError, match="has to be below fail_hours"):
            Freshness(warn_hours=50, fail_hours=50)
