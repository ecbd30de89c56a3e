"""Pages of Dagster's web interface, and which dataset an asset or a step belongs to."""

from dataclasses import dataclass
from urllib.parse import quote, urlencode

import dagster as dg

from lake_assets.components.names import STANDING, asset_key
from lake_assets.contracts.lake import Lake

ARRIVAL_ZONES = ("raw", "validated", "rejected", "archive", "replayed")


@dataclass(frozen=True)
class Links:
    """Links below one base URL; empty texts if there is none.

    Attributes:
        base: without a slash at its end.
    """

    base: str = ""

    def run(self, run_id: str) -> str:
        """The page of a run."""
        return f"{self.base}/runs/{run_id}" if self.base else ""

    def asset(self, key: dg.AssetKey) -> str:
        """The page of an asset."""
        path = "/".join(quote(part, safe="") for part in key.path)
        return f"{self.base}/assets/{path}" if self.base else ""

    def check(self, key: dg.AssetKey, name: str) -> str:
        """The page of a check, as Dagster's own links lead there."""
        query = urlencode({"view": "checks", "checkDetail": name})
        return f"{self.asset(key)}?{query}" if self.base else ""


def dataset_of_asset(lake: Lake, key: dg.AssetKey) -> str:
    """The dataset of one of our asset keys; empty for any other."""
    last = key.path[-1]
    for dataset in lake.datasets:
        if dataset.name not in last and dataset.gold.table not in last:
            continue  # most are told apart without making their keys
        zones = (*ARRIVAL_ZONES, "processed", "health")
        keys = {asset_key(lake, zone, dataset.name) for zone in zones}
        if key in keys | {asset_key(lake, zone, dataset.gold.table) for zone in ("gold", "audit")}:
            return dataset.name
    if lake.unknown and key == asset_key(lake, "rejected", lake.unknown.name):
        return lake.unknown.name
    return ""


def dataset_of_step(lake: Lake, step: str) -> str:
    """The dataset of one of our steps; empty for any other."""
    for dataset in lake.datasets:
        table = f"{lake.lake}_{dataset.gold.table}"
        zones = (*ARRIVAL_ZONES, "ingested", "processed")
        # Dagster names the step of a standing check after its asset and itself.
        health = "__".join(asset_key(lake, "health", dataset.name).path)
        if step in {table, *(f"{lake.lake}_{dataset.name}_{zone}" for zone in zones)}:
            return dataset.name
        if step in {f"{health}_{check}" for check in STANDING}:
            return dataset.name
    if lake.unknown and step == f"{lake.lake}_{lake.unknown.name}_rejected":
        return lake.unknown.name
    return ""
