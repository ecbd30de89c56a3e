"""What assets and sensors work with: a lake's store, and the engine that runs tasks."""

from typing import TYPE_CHECKING

import dagster as dg

from lake_assets.settings import connect
from lake_assets.storage.store import Store

if TYPE_CHECKING:
    from lake_assets.jobs.task import Engine


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
