"""What assets and sensors work with: a lake's store, and the engine that runs tasks."""

from typing import TYPE_CHECKING

import dagster as dg

from lake_assets.components.names import engine_key, store_key
from lake_assets.contracts.lake import Lake
from lake_assets.settings import connect
from lake_assets.storage.store import Store

if TYPE_CHECKING:
    from lake_assets.jobs.reading.task import Engine


class LakeStore(dg.ConfigurableResource):  # type: ignore[type-arg]
    """A lake's store; opened and checked at first use, not when definitions load."""

    uri: str
    endpoint: str | None = None

    def open(self) -> Store:
        """The store.

        Raises:
            StoreUnavailable: with a sentence that says what to do.
        """
        return connect(self.uri, self.endpoint)


class LocalEngineResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """Runs tasks in threads on the machine of the run; one a core if ``workers`` is not set."""

    workers: int | None = None

    def engine(self) -> "Engine":
        """The engine."""
        from lake_assets.engines.local import LocalEngine

        return LocalEngine(self.workers)


def store_of(context: dg.AssetExecutionContext | dg.SensorEvaluationContext, lake: Lake) -> Store:
    """A lake's store, from the resources of a run or a tick."""
    resource: LakeStore = getattr(context.resources, store_key(lake))
    return resource.open()


def engine_of(context: dg.AssetExecutionContext, lake: Lake) -> "Engine":
    """A lake's engine, from the resources of a run."""
    resource: LocalEngineResource = getattr(context.resources, engine_key(lake))
    return resource.engine()
