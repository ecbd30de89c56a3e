"""A lake whose tables are built on each other: tariffs, members who have one, visits of members."""

import io
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.lake import Lake
from lake_assets.contracts.zones import PREFIXES
from lake_assets.engines.local import LocalEngine
from lake_assets.jobs.compaction.metrics import Metrics
from lake_assets.jobs.pipeline import Outcome, run_pipeline
from lake_assets.jobs.tables.current import gold_files
from lake_assets.storage import Store
from lake_assets_tests.jobs.lakes import keys

ENGINE = LocalEngine(2)
ARRIVED = datetime(2025, 6, 10, 8, tzinfo=UTC)
DAY = timedelta(days=1)
DAYS = ["2025-06-01", "2025-06-02", "2025-06-03", "2025-06-04"]
ALL = {"snapshots": True, "carry": True}
TARIFF = {
    "dataset": "tariffs",
    "on": {"tariff_id": "tariff_id"},
    "columns": {"tariff": "title", "fee": "fee"},
}
MEMBER = {
    "dataset": "members",
    "on": {"member_id": "member_id"},
    "columns": {"town": "town", "fee": "fee"},
}
COLUMNS: Mapping[str, list[dict[str, Any]]] = {
    "tariffs": [
        {"name": "tariff_id", "required": True},
        {"name": "at", "type": "timestamp", "required": True, "formats": ["yyyy-MM-dd"]},
        {"name": "title"},
        {"name": "fee", "type": "decimal"},
    ],
    "members": [
        {"name": "member_id", "required": True, "personal": True},
        {"name": "at", "type": "timestamp", "required": True, "formats": ["yyyy-MM-dd"]},
        {"name": "tariff_id"},
        {"name": "town"},
    ],
    "visits": [
        {"name": "visit_id", "required": True},
        {"name": "at", "type": "timestamp", "required": True, "formats": ["yyyy-MM-dd"]},
        {"name": "member_id", "personal": True},
    ],
}
OPTIONS: Mapping[str, dict[str, Any]] = {
    "tariffs": ALL,
    "members": {**ALL, "lookups": [TARIFF]},
    "visits": {"snapshots": True, "lookups": [MEMBER]},
}


def declared(name: str, **gold: Any) -> dict[str, Any]:
    """A dataset as YAML gives it; ``gold`` are its options."""
    key = COLUMNS[name][0]["name"]
    zones = {zone: f"{zone}/{name}/" for zone in PREFIXES}
    return {
        "name": name,
        "zones": {**zones, "gold": "staging/"},
        "columns": COLUMNS[name],
        "key": [key],
        "partition": {"column": "at", "start": "2025-01-01"},
        "quality": {"volume": None},
        "gold": {"table": name, "row_hash": [key], **gold},
    }


def lake(**options: Mapping[str, Any]) -> Lake:
    """The lake; ``options`` are those of gold, by dataset, in place of :data:`OPTIONS`."""
    chosen = {**OPTIONS, **options}
    return Lake.model_validate(
        {
            "lake": "club",
            "arrivals_start": "2025-01-01",
            "intake": {"settle_seconds": 0},
            "datasets": [declared(name, **chosen[name]) for name in COLUMNS],
        }
    )


def members_only(**gold: Any) -> Lake:
    """A lake of members alone."""
    return Lake.model_validate(
        {
            "lake": "club",
            "arrivals_start": "2025-01-01",
            "intake": {"settle_seconds": 0},
            "datasets": [declared("members", **gold)],
        }
    )


def arrive(store: Store, dataset: Dataset, name: str, *rows: str, arrived: datetime) -> None:
    """Put a file of these rows into validated/, with a stamp of our choice."""
    header = ",".join(column.name for column in dataset.columns)
    store.put(dataset.zones.raw + name, "\n".join([header, *rows, ""]).encode())
    source = store.head(dataset.zones.raw + name)
    store.move(source, dataset.zones.validated + name, arrived=arrived)


def run(store: Store, of: Lake) -> dict[str, Outcome]:
    """Everything that waits, to gold; by dataset."""
    return {one.dataset.name: one for one in run_pipeline(store, of, ENGINE)}


def audit(store: Store, dataset: Dataset, day: str) -> Metrics:
    """What the audit zone says of a date."""
    key = f"{dataset.zones.gold_audit}date={day}/metrics.json"
    return Metrics.from_json(json.loads(store.read(key)))


def rows_of(store: Store, dataset: Dataset, day: str) -> pl.DataFrame:
    """The gold rows of a date that count."""
    files = gold_files(store, dataset, day)
    return pl.concat(pl.read_parquet(io.BytesIO(store.read(info.key))) for info in files)


def pairs(store: Store, dataset: Dataset, day: str, *columns: str) -> dict[str, Any]:
    """Key -> the other column, or columns, of a date's gold."""
    rows = rows_of(store, dataset, day).select(dataset.key[0], *columns).rows()
    return {row[0]: row[1] if len(columns) == 1 else row[1:] for row in rows}


def snapshots(store: Store, dataset: Dataset, day: str) -> list[str]:
    """The folders of a date's snapshots."""
    prefix = f"staging/{dataset.gold.table}/date={day}/"
    return sorted({key.removeprefix(prefix).split("/")[0] for key in keys(store, prefix)})
