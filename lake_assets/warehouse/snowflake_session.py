"""Snowflake as a warehouse: COPY from the external stages that an administrator has made."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from lake_assets.jobs.tables.manifest import ManifestFile
from lake_assets.storage.store import Store
from lake_assets.warehouse.options import SnowflakeOptions
from lake_assets.warehouse.roles import loader_role
from lake_assets.warehouse.session import Rows, WarehouseError
from lake_assets.warehouse.sql import Dialect
from lake_assets.warehouse.staging import copy_files
from lake_assets.warehouse.star import StageTable, Star

if TYPE_CHECKING:
    from snowflake.connector import SnowflakeConnection


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
def open_snowflake(options: SnowflakeOptions, star: Star) -> Iterator[SnowflakeSession]:
    """A session; the tables are there already: ``lake warehouse ddl``.

    Raises:
        WarehouseError: the connector is not installed, or Snowflake refuses.
    """
    try:
        import snowflake.connector
        from snowflake.connector.errors import Error
    except ImportError as error:
        raise WarehouseError(
            "Snowflake's connector is not installed. Install it: pip install "
            "'lake-assets[snowflake]'"
        ) from error
    try:
        connection = snowflake.connector.connect(**arguments(options, star))
    except (Error, OSError, ValueError) as error:
        # Their words may repeat what they were given.
        raise WarehouseError(
            f"Cannot connect to the Snowflake account {options.account} as {options.user}: "
            f"{type(error).__name__} {getattr(error, 'errno', '') or ''}".rstrip()
            + ". Look at LAKE_SNOWFLAKE__...: account, user, password or key, role."
        ) from None
    try:
        yield SnowflakeSession(connection)
    finally:
        connection.close()


def arguments(options: SnowflakeOptions, star: Star) -> dict[str, Any]:
    """Of ``snowflake.connector.connect``. They hold secrets: nothing shows them."""
    given: dict[str, Any] = {
        "account": options.account,
        "user": options.user,
        "role": options.role or loader_role(star),
        "warehouse": options.warehouse,
        "database": star.declared.database,
        "schema": star.declared.staging_schema,
        "application": "lake_assets",
        # Times in the lake are UTC, and have no offset.
        "session_parameters": {"TIMEZONE": "UTC", "TIMESTAMP_TYPE_MAPPING": "TIMESTAMP_NTZ"},
    }
    if options.password:
        given["password"] = options.password.get_secret_value()
    if options.private_key_path:
        given["private_key_file"] = str(options.private_key_path)
    return {name: value for name, value in given.items() if value is not None}
