"""What assets and sensors work with: a lake's store."""

import dagster as dg

from lake_assets.components.names import store_key
from lake_assets.contracts.lake import Lake
from lake_assets.settings import connect
from lake_assets.storage.store import Store


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


def store_of(
    context: dg.AssetExecutionContext | dg.SensorEvaluationContext | dg.OpExecutionContext,
    lake: Lake,
) -> Store:
    """A lake's store, from the resources of a run or a tick."""
    resource: LakeStore = getattr(context.resources, store_key(lake))
    return resource.open()
