"""A connection to a warehouse, as the loader sees it."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol

from lake_assets.jobs.tables.manifest import ManifestFile
from lake_assets.storage.store import Store
from lake_assets.warehouse.sql import Dialect
from lake_assets.warehouse.star import StageTable

Rows = list[tuple[Any, ...]]


class Session(Protocol):
    """A connection to a warehouse; one thread uses it."""

    dialect: Dialect

    def execute(self, sql: str) -> Rows:
        """Run one statement; its rows, if it has any.

        Raises:
            WarehouseError: with the warehouse's own words.
        """
        ...

    def copy(
        self, store: Store, stage: StageTable, files: Sequence[ManifestFile], lake_date: str | None
    ) -> None:
        """Add the rows of at most ``MAX_FILES`` Parquet files to a staging table.

        Args:
            store: of the lake.
            stage: the table.
            files: as a manifest names them.
            lake_date: of all rows (ISO); None takes each row's own.

        Raises:
            WarehouseError: a file is another than the manifest says, or has other columns.
        """
        ...


@contextmanager
def transaction(session: Session) -> Iterator[None]:
    """All that is executed within counts together, or not at all."""
    session.execute("BEGIN")
    try:
        yield
    except BaseException:
        session.execute("ROLLBACK")
        raise
    session.execute("COMMIT")


Opened = AbstractContextManager[Session]
"""What opens a session, and closes it."""
