"""A lake's YAML as Dagster definitions."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg
from dagster_shared.yaml_utils.source_position import SourcePosition
from pydantic import BaseModel

from lake_assets.components.alerts.sensor import alert_sensors
from lake_assets.components.assets.arrivals import arrival_assets
from lake_assets.components.assets.dates import date_assets
from lake_assets.components.assets.replay import replay_asset
from lake_assets.components.assets.unknown import refusing_job, unknown_asset
from lake_assets.components.assets.warehouse import warehouse_assets, warehouse_resources
from lake_assets.components.checks.standing import standing_checks
from lake_assets.components.code_references import reference, with_code
from lake_assets.components.engines import engines
from lake_assets.components.names import (
    INGEST,
    asset_key,
    engines_key,
    ingest_job,
    run_tags,
    store_key,
)
from lake_assets.components.resources import LakeStore
from lake_assets.components.sensors.listing import (
    arrival_sensor,
    automation_sensor,
    left_behind_sensor,
)
from lake_assets.components.sensors.queue import queue_sensor
from lake_assets.components.sensors.unknown import unknown_sensor
from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.lake import Lake
from lake_assets.contracts.zones import Unknown
from lake_assets.settings import load_settings

if TYPE_CHECKING:
    from dagster._core.definitions.unresolved_asset_job_definition import (
        UnresolvedAssetJobDefinition,
    )

ARRIVAL_ZONES = ("raw", "validated", "rejected", "archive")


@dataclass
class LakeComponent(dg.Component):
    """A data lake: zones, datasets and their contracts, rules, checks and arrivals.

    The attributes are those of ``lake_assets.contracts.Lake``; nothing but the YAML is needed.
    """

    lake: Lake

    @classmethod
    def get_model_cls(cls) -> type[BaseModel]:
        """The model that validates ``attributes``, here and on the command line."""
        return Lake

    @classmethod
    def load(
        cls,
        attributes: BaseModel | None,
        context: dg.ComponentLoadContext,  # noqa: ARG003 - Dagster's signature
    ) -> "LakeComponent":
        """Called by Dagster with the validated attributes."""
        assert isinstance(attributes, Lake)
        return cls(attributes)

    @classmethod
    def get_code_references_for_yaml(
        cls,
        yaml_path: Path,
        source_position: SourcePosition,
        context: dg.ComponentLoadContext,  # noqa: ARG003 - Dagster's signature
    ) -> list[dg.LocalFileCodeReference | dg.UrlCodeReference]:
        """Dagster adds these to all assets of the lake."""
        return [reference(yaml_path, source_position.start.line, "contract")]

    def build_defs(self, context: dg.ComponentLoadContext) -> dg.Definitions:
        """Assets, checks, jobs, sensors and resources of the lake."""
        lake, settings = self.lake, load_settings()
        jobs = [_ingest_job(lake, dataset) for dataset in lake.datasets]
        queue = settings.queue_of(lake)
        pause = lake.intake.reconcile_seconds if queue else lake.intake.interval_seconds
        parts = [
            _dataset_defs(lake, dataset, job, pause)
            for dataset, job in zip(lake.datasets, jobs, strict=True)
        ]
        if lake.unknown:
            jobs.append(refusing_job(lake, lake.unknown))
            parts.append(_unknown_defs(lake, lake.unknown, jobs[-1], pause))
        if queue:
            parts.append(dg.Definitions(sensors=[queue_sensor(lake, jobs, queue)]))
        shared = dg.Definitions(
            assets=warehouse_assets(lake),
            sensors=[automation_sensor(lake), *alert_sensors(lake)],
            resources=self.resources(),
        )
        return dg.Definitions.merge(*parts, standing_checks(lake), shared)

    def resources(self) -> dict[str, Any]:
        """What assets and sensors work with; a subclass may put others under the same keys."""
        settings = load_settings()
        store = LakeStore(uri=settings.uri_of(self.lake), endpoint=settings.s3_endpoint)
        shared = {store_key(self.lake): store, engines_key(self.lake): engines()}
        return shared | warehouse_resources(self.lake)


def _ingest_job(lake: Lake, dataset: Dataset) -> "UnresolvedAssetJobDefinition":
    keys = [asset_key(lake, zone, dataset.name) for zone in ARRIVAL_ZONES]
    return dg.define_asset_job(
        ingest_job(lake, dataset),
        selection=dg.AssetSelection.assets(*keys),
        description=f"Takes in the files of {dataset.name} that wait: validate, ingest, archive.",
        tags=run_tags(lake, dataset, INGEST),
        executor_def=dg.in_process_executor,
    )


def _dataset_defs(
    lake: Lake, dataset: Dataset, job: "UnresolvedAssetJobDefinition", pause: int
) -> dg.Definitions:
    assets = [
        *arrival_assets(lake, dataset),
        replay_asset(lake, dataset),
        *date_assets(lake, dataset),
    ]
    return dg.Definitions(
        assets=[with_code(each) for each in assets],
        jobs=[job],
        sensors=[arrival_sensor(lake, dataset, pause), left_behind_sensor(lake, dataset)],
    )


def _unknown_defs(
    lake: Lake, unknown: Unknown, job: "UnresolvedAssetJobDefinition", pause: int
) -> dg.Definitions:
    return dg.Definitions(
        assets=[with_code(unknown_asset(lake, unknown))],
        jobs=[job],
        sensors=[unknown_sensor(lake, unknown, pause)],
    )
