"""What Dagster calls the assets of a lake."""

from typing import Any

import dagster as dg
import pytest

from lake_assets.components.alerts.links import dataset_of_asset
from lake_assets.components.names import asset_key, zone_name
from lake_assets.contracts import Lake
from lake_assets_tests.components.conftest import contract, definitions


def lake(**prefixes: str) -> Lake:
    """Retail's, with zones at other places."""
    found = contract()
    dataset = found.datasets[0]
    zones = dataset.zones.model_copy(update=prefixes)
    return found.model_copy(update={"datasets": [dataset.model_copy(update={"zones": zones})]})


def keys(of: Lake) -> set[dg.AssetKey]:
    return set(definitions(of).resolve_asset_graph().get_all_asset_keys())


def test_processed_and_gold_are_called_as_their_folders_are() -> None:
    found = keys(lake(processed="clean/sales/", gold="staging/"))
    assert dg.AssetKey(["retail", "clean", "clean_sales"]) in found
    assert dg.AssetKey(["retail", "staging", "fact_sales"]) in found
    assert dg.AssetKey(["retail", "audit", "audit_fact_sales"]) in found
    assert not {key for key in found if {"processed", "gold"} & set(key.path)}


def test_by_default_they_are_processed_and_gold() -> None:
    found = keys(lake())
    assert dg.AssetKey(["retail", "processed", "processed_sales"]) in found
    assert dg.AssetKey(["retail", "gold", "fact_sales"]) in found


@pytest.mark.parametrize(
    ("prefixes", "names"),
    [
        ({"processed": "all/clean/", "gold": "all/gold/"}, ("processed", "gold")),
        ({"processed": "archive/clean/"}, ("processed", "gold")),
        ({"raw": "in/", "processed": "raw/"}, ("processed", "gold")),
        ({"processed": "gold-ish/x/", "gold": "health/"}, ("gold_ish", "gold")),
    ],
)
def test_a_folder_that_tells_nothing_names_no_zone(
    prefixes: dict[str, Any], names: tuple[str, str]
) -> None:
    dataset = lake(**prefixes).datasets[0]
    assert (zone_name(dataset, "processed"), zone_name(dataset, "gold")) == names
    found = keys(lake(**prefixes))
    assert len(found) == len(keys(lake()))


def test_every_asset_of_a_dataset_is_known_as_its_own_whatever_it_is_called() -> None:
    for of in (lake(), lake(processed="clean/sales/", gold="staging/")):
        assert {dataset_of_asset(of, key) for key in keys(of)} == {"sales"}
    assert dataset_of_asset(lake(), dg.AssetKey(["retail", "clean", "clean_sales"])) == ""
    assert dataset_of_asset(lake(), dg.AssetKey(["other"])) == ""


def test_a_key_needs_a_dataset_that_there_is() -> None:
    assert asset_key(lake(), "archive", "sales").path[-1] == "archive_sales"
    with pytest.raises(KeyError):
        asset_key(lake(), "processed", "nothing")
