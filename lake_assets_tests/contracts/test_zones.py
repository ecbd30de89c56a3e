"""Where things stand in a lake, as a contract says it."""

from typing import Any

import pytest
from pydantic import ValidationError

from lake_assets.contracts import Lake
from lake_assets.contracts.changes import Effect
from lake_assets.contracts.evolution import compare_datasets
from lake_assets.contracts.zones import PREFIXES, Zones
from lake_assets_tests.kernels.reading import SMALL, small

UNKNOWN = {"raw": "raw/", "rejected": "rejected/_unknown/"}


def zones(name: str, **changes: str) -> dict[str, str]:
    return {zone: f"{zone}/{name}/" for zone in PREFIXES} | changes


def lake(unknown: dict[str, str] | None = None, **datasets: dict[str, Any]) -> Lake:
    return Lake.model_validate(
        {
            "lake": "tiny",
            "arrivals_start": "2025-01-01",
            "unknown": unknown,
            "datasets": [
                {**SMALL, "name": name, "zones": found} for name, found in datasets.items()
            ],
        }
    )


def test_a_zone_of_one_dataset_does_not_stand_within_that_of_another() -> None:
    assert len(lake(a=zones("a"), b=zones("b")).datasets) == 2
    with pytest.raises(ValidationError, match=r"'raw/a/b/', raw of b, stands within 'raw/a/'"):
        lake(a=zones("a"), b=zones("b", raw="raw/a/b/"))
    with pytest.raises(ValidationError, match=r"gold of b, stands within .* archive of a"):
        lake(a=zones("a"), b=zones("b", gold="archive/a/gold/"))


def test_what_is_below_unknown_raw_is_a_raw_zone_or_of_no_dataset() -> None:
    found = lake(UNKNOWN, a=zones("a"), b=zones("b", raw="in/b/"))
    assert found.unknown
    assert found.unknown.name == "unknown"
    with pytest.raises(ValidationError, match=r"validated of b, meets 'raw/', `unknown.raw`"):
        lake(UNKNOWN, a=zones("a"), b=zones("b", validated="raw/b-validated/"))
    with pytest.raises(ValidationError, match=r"takes every file below `unknown.raw`"):
        lake(UNKNOWN, a=zones("a", raw="raw/"))
    with pytest.raises(ValidationError, match=r"takes every file below `unknown.raw`"):
        lake({**UNKNOWN, "raw": "raw/a/b/"}, a=zones("a"))


@pytest.mark.parametrize("rejected", ["archive/a/unknown/", "raw/a/", "gold/", "raw/a/x/"])
def test_files_of_no_dataset_are_kept_in_no_zone(rejected: str) -> None:
    with pytest.raises(ValidationError, match=r"Keep them apart|keep them apart"):
        lake({"raw": "in/", "rejected": rejected}, a=zones("a"))


@pytest.mark.parametrize("rejected", ["raw/", "raw/_unknown/"])
def test_files_of_no_dataset_leave_the_place_where_they_are_looked_for(rejected: str) -> None:
    with pytest.raises(ValidationError, match="meet; keep them apart"):
        lake({"raw": "raw/", "rejected": rejected}, a=zones("a"))


def test_the_prefixes_of_unknown_can_begin_a_key() -> None:
    with pytest.raises(ValidationError, match="must be a relative prefix"):
        lake({**UNKNOWN, "raw": "/raw/"}, a=zones("a"))
    with pytest.raises(ValidationError, match="must be a relative prefix"):
        lake({**UNKNOWN, "rejected": "rejected/_unknown"}, a=zones("a"))


def test_no_dataset_has_the_name_of_the_files_of_none() -> None:
    with pytest.raises(ValidationError, match="a dataset is called 'unknown'"):
        Lake.model_validate(
            {
                "lake": "tiny",
                "arrivals_start": "2025-01-01",
                "unknown": UNKNOWN,
                "datasets": [{**SMALL, "name": "unknown", "zones": zones("u")}],
            }
        )


def test_a_route_of_alerts_may_be_for_files_of_no_dataset() -> None:
    route = {"to": "file", "path": "x", "datasets": ["unknown"]}
    document = {
        "lake": "tiny",
        "arrivals_start": "2025-01-01",
        "alerts": {"routes": [route]},
        "datasets": [{**SMALL, "zones": zones("a")}],
    }
    assert Lake.model_validate({**document, "unknown": UNKNOWN}).alerts.routes
    with pytest.raises(ValidationError, match="which is no dataset here"):
        Lake.model_validate(document)


def test_prefixes_are_all_of_the_zones_but_how_their_folders_are_made() -> None:
    assert set(Zones().prefixes) == set(Zones.model_fields) - {"dated"}


def test_dated_folders_move_nothing_that_is_there() -> None:
    (change,) = compare_datasets(small(), small(zones={"dated": True}))
    assert (change.where, change.effect, change.rows) == (
        "zones.dated",
        Effect.COMPATIBLE,
        False,
    )
