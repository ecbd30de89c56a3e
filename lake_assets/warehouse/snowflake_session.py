"""Snowflake as a warehouse: COPY from the external stages that an administrator has made."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from lake_assets.jobs.tables.manifest import ManifestFile
from lake_assets.storage.store import Store
from lake_assets.warehouse.options import SnowflakeOptions
from lake_assets.warehouse.roles import loader_role
from lake_assets.warehouse.session import Rows, WarehouseError
from lake_assets.warehouse.sql import Dialect
from lake_assets.warehouse.staging import copy_files
from lake_assets.warehouse.star import StageTable, Star

if TYPE_CHECKING:
    from dagster_snowflake import SnowflakeResource
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


def snowflake_resource(options: SnowflakeOptions, star: Star) -> "SnowflakeResource":
    """Dagster's resource for the account of the settings, with the role of the lake's loader.

    It holds the names of variables, not what they say: no secret is in its repr, in the config of
    a run, or on a page. The values are read when a run begins.

    Raises:
        WarehouseError: dagster-snowflake is not installed, or a setting has no variable.
    """
    try:
        # It takes seconds, so that nobody pays for it who has no Snowflake.
        from dagster import EnvVar
        from dagster_snowflake import SnowflakeResource
    except ImportError as error:
        raise WarehouseError(
            "dagster-snowflake is not installed. Install it: pip install 'lake-assets[snowflake]'"
        ) from error
    try:
        named = {field: EnvVar(name) for field, name in options.variables().items()}
    except ValueError as error:
        raise WarehouseError(str(error)) from error
    return SnowflakeResource(
        **{"role": loader_role(star), **named},
        database=star.declared.database,
        schema=star.declared.staging_schema,
        # Times in the lake are UTC, and have no offset.
        additional_snowflake_connection_args={
            "session_parameters": {"TIMEZONE": "UTC", "TIMESTAMP_TYPE_MAPPING": "TIMESTAMP_NTZ"}
        },
    )


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
