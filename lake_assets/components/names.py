"""Asset keys, run tags and resource keys: one place that makes names for Dagster."""

import re
from typing import Protocol

import dagster as dg

from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.lake import Lake

LAKE_TAG = "lake_assets/lake"
DATASET_TAG = "lake_assets/dataset"
ZONE_TAG = "lake_assets/zone"
STEP_TAG = "lake_assets/step"
BATCH_TAG = "lake_assets/batch"
FILES_TAG = "lake_assets/files"
BYTES_TAG = "lake_assets/bytes"
ENGINE_TAG = "lake_assets/engine"
APART_TAG = "lake_assets/apart"
"""On an ingest run that reads files in groups, because a process has died over some."""
GOLD_TAG = "lake_assets/gold"
"""On an ingest run that has made gold of every date that it touched: the dataset's name.

Gold of other datasets that follows is told of as touched by the same run, and is still to be made.
"""

FOLDERS_KNOWN = "folders_known"
"""The check that fails when a file came that is of no dataset."""

NOTHING_STUCK = "nothing_stuck"
NOTHING_LEFT_FAILED = "nothing_left_failed"
STANDING = (NOTHING_STUCK, NOTHING_LEFT_FAILED)
"""The checks that a schedule evaluates, whatever runs or does not."""

INGEST = "ingest"
COMPACT = "compact"


OTHERS = frozenset(
    {"raw", "validated", "rejected", "archive", "replayed", "audit", "health", "processed", "gold"}
)
"""Zones by which assets are named, whatever the folders are."""


def asset_key(lake: Lake, zone: str, name: str) -> dg.AssetKey:
    """``[lake, zone, <zone>_<name>]``, and in gold the table's name alone.

    Dagster's graph shows the last part only, so that has to tell the zone. Processed and gold are
    called as their folders are: see :func:`zone_name`.

    Args:
        lake: the contract.
        zone: ``processed`` or ``gold``, wherever they are; or one of :data:`OTHERS`.
        name: the dataset's; in gold and audit the table's.
    """
    if zone == "gold":
        dataset = next(one for one in lake.datasets if one.gold.table == name)
        return dg.AssetKey([lake.lake, zone_name(dataset, zone), name])
    called = zone_name(lake.dataset(name), zone) if zone == "processed" else zone
    return dg.AssetKey([lake.lake, called, f"{called}_{name}"])


def zone_name(dataset: Dataset, zone: str) -> str:
    """What ``processed`` or ``gold`` is called: its first folder, ``clean`` of ``clean/x/``.

    Where that folder holds other zones of the dataset as well it tells nothing, and where it is
    called as another zone is it tells something wrong: then ``processed`` and ``gold``.
    """
    first = {name: prefix.split("/")[0] for name, prefix in dataset.zones.prefixes.items()}
    folder = re.sub(r"[^A-Za-z0-9_]", "_", first[zone])  # what Dagster takes
    is_shared = list(first.values()).count(first[zone]) > 1
    return zone if is_shared or folder in OTHERS else folder


class Named(Protocol):
    """Whose files or runs something is about: a dataset's, or those of no dataset."""

    @property
    def name(self) -> str:
        """A dataset's name, or :data:`~lake_assets.contracts.zones.UNKNOWN`."""
        ...


def asset_tags(lake: Lake, dataset: Named, zone: str) -> dict[str, str]:
    """Tags by which assets can be searched for: `tag:lake_assets/zone=gold`."""
    return {LAKE_TAG: lake.lake, DATASET_TAG: dataset.name, ZONE_TAG: zone}


def store_key(lake: Lake) -> str:
    """The resource that holds a lake's store."""
    return f"{lake.lake}_store"


def snowflake_key(lake: Lake) -> str:
    """The resource that connects a lake's warehouse to Snowflake."""
    return f"{lake.lake}_snowflake"


def engines_key(lake: Lake) -> str:
    """The resource that runs a lake's jobs."""
    return f"{lake.lake}_engines"


def run_tags(lake: Lake, dataset: Named, step: str) -> dict[str, str]:
    """Tags of every run that a sensor starts."""
    return {LAKE_TAG: lake.lake, DATASET_TAG: dataset.name, STEP_TAG: step}


def ingest_job(lake: Lake, dataset: Dataset) -> str:
    """The job that takes in the files of a dataset."""
    return f"{lake.lake}_{dataset.name}_ingest"


def unknown_job(lake: Lake) -> str:
    """The job that takes away the files of no dataset."""
    return f"{lake.lake}_unknown_files"
