"""Snowflake as a warehouse: COPY from the external stages that an administrator has made."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from lake_assets.jobs.tables.manifest import ManifestFile
from lake_assets.storage.store import Store
from lake_assets.warehouse.errors import WarehouseError
from lake_assets.warehouse.session import Rows
from lake_assets.warehouse.sql import Dialect
from lake_assets.warehouse.staging import copy_files
from lake_assets.warehouse.star import StageTable

if TYPE_CHECKING:
    from snowflake.connector import SnowflakeConnection


class Connecting(Protocol):
    """What Dagster hands to a run in place of a ``SnowflakeResource``, or that resource."""

    def get_connection(self) -> AbstractContextManager[Any]:
        """A connection of Snowflake's connector."""
        ...


class SnowflakeSession:
    """The `Session` protocol on a connection."""

    dialect = Dialect.SNOWFLAKE

    def __init__(self, connection: "SnowflakeConnection") -> None:
        self._connection = connection

    def execute(self, sql: str) -> Rows:
        from snowflake.connector.errors import Error

        try:
            with self._connection.cursor() as cursor:
                cursor.execute(sql)
                return [tuple(row) for row in cursor.fetchall()]
        except Error as error:
            raise WarehouseError(f"Snowflake says: {error}") from error

    def copy(
        self,
        store: Store,  # noqa: ARG002 - Snowflake reads the files itself
        stage: StageTable,
        files: Sequence[ManifestFile],
        lake_date: str | None,
    ) -> None:
        self.execute(copy_files(stage, [file.key for file in files], lake_date))


@contextmanager
def open_snowflake(resource: Connecting) -> Iterator[SnowflakeSession]:
    """A session; the tables are there already: ``lake warehouse ddl``.

    Args:
        resource: a ``SnowflakeResource`` as Dagster hands it to a run.

    Raises:
        WarehouseError: Snowflake refuses.
    """
    from snowflake.connector.errors import Error

    with ExitStack() as stack:
        try:
            connection = stack.enter_context(resource.get_connection())
        except (Error, OSError, ValueError) as error:
            # Their words may repeat what they were given.
            raise WarehouseError(
                f"Cannot connect to Snowflake: {type(error).__name__} "
                f"{getattr(error, 'errno', '') or ''}".rstrip()
                + ". Look at LAKE_SNOWFLAKE__...: account, user, password or key, role."
            ) from None
        try:
            yield SnowflakeSession(connection)
        except BaseException:
            connection.close()  # the resource does so only if all went well
            raise
