"""A small retail lake in Dagster: a temporary directory, an ephemeral instance, no daemon."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

import dagster as dg
import pytest

import lake_assets
from lake_assets.components.lake import LakeComponent
from lake_assets.contracts import Lake, load_lake
from lake_assets.settings import connect
from lake_assets.storage import Store

HEADER = "transaction_id,store_id,timestamp,item_id,quantity,unit_price,revenue"


def sale(transaction: str, day: str, quantity: int = 1) -> str:
    """One good row, at a unit price of 2.50."""
    return f"{transaction},S1,{day} 10:00:00,I1,{quantity},2.50,{quantity * 2.5:.2f}"


@dataclass
class World:
    """The lake's contract, store and definitions, and the instance that keeps its history."""

    lake: Lake
    store: Store
    root: Path
    defs: dg.Definitions
    instance: dg.DagsterInstance

    @property
    def today(self) -> str:
        return datetime.now(UTC).date().isoformat()

    def drop(self, name: str, *rows: str, header: str = HEADER) -> None:
        """Put a file into raw/."""
        self.store.put(f"raw/{name}", "\n".join([header, *rows, ""]).encode())

    def ingest(self, *, raises: bool = True) -> dg.ExecuteInProcessResult:
        """What the arrival sensor's run does."""
        job = self.defs.resolve_job_def("retail_sales_ingest")
        return job.execute_in_process(
            instance=self.instance, partition_key=self.today, raise_on_error=raises
        )

    def gold(self, days: Sequence[str], *, raises: bool = True) -> dg.ExecuteInProcessResult:
        """What the automation's run over contiguous dates does."""
        job = self.defs.resolve_implicit_global_asset_job_def()
        keys = [
            dg.AssetKey(["retail", "gold", "fact_sales"]),
            dg.AssetKey(["retail", "audit", "audit_fact_sales"]),
        ]
        tags = {
            "dagster/asset_partition_range_start": days[0],
            "dagster/asset_partition_range_end": days[-1],
        }
        return job.execute_in_process(
            instance=self.instance, asset_selection=keys, tags=tags, raise_on_error=raises
        )

    def files(self, prefix: str) -> list[str]:
        """Keys below a prefix."""
        return [info.key for info in self.store.list(prefix)]


def contract() -> Lake:
    """The retail contract, without waiting for files to settle; gold is left to the automation."""
    lake = _retail()
    intake = lake.intake.model_copy(update={"settle_seconds": 0})
    lake = lake.model_copy(update={"intake": intake, "arrivals_start": date(2025, 1, 1)})
    return at_once(lake, 0)


@cache
def _retail() -> Lake:
    return load_lake(Path(lake_assets.__file__).parent / "defs" / "retail" / "defs.yaml")


def at_once(lake: Lake, megabytes: int) -> Lake:
    """The same contract, with gold of so much made in the ingest run."""
    datasets = [
        each.model_copy(update={"gold": each.gold.model_copy(update={"at_once_mb": megabytes})})
        for each in lake.datasets
    ]
    return lake.model_copy(update={"datasets": datasets})


def definitions(lake: Lake) -> dg.Definitions:
    """What Dagster would load for this contract."""
    context = dg.ComponentTree.for_test().load_context
    return LakeComponent(lake).build_defs(context)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A lake with nothing in it."""
    root = tmp_path / "lake"
    root.mkdir()
    monkeypatch.setenv("LAKE_RETAIL_URI", str(root))
    lake = contract()
    with dg.DagsterInstance.ephemeral() as instance:
        yield World(lake, connect(str(root)), root, definitions(lake), instance)


@pytest.fixture
def s3_world(
    tmp_path: Path, s3_uri: str, s3_endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[World]:
    """The same in a bucket."""
    monkeypatch.setenv("LAKE_RETAIL_URI", s3_uri)
    monkeypatch.setenv("LAKE_S3_ENDPOINT", s3_endpoint)
    lake = contract()
    with dg.DagsterInstance.ephemeral() as instance:
        store = connect(s3_uri, s3_endpoint)
        yield World(lake, store, tmp_path, definitions(lake), instance)
