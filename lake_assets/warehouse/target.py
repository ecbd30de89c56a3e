"""A session on the warehouse that is meant."""

from contextlib import AbstractContextManager

from lake_assets.warehouse.choice import DUCKDB, SNOWFLAKE, duckdb_path
from lake_assets.warehouse.duckdb_session import open_duckdb
from lake_assets.warehouse.errors import WarehouseError
from lake_assets.warehouse.options import SnowflakeOptions
from lake_assets.warehouse.session import Session
from lake_assets.warehouse.snowflake_resource import snowflake_resource
from lake_assets.warehouse.snowflake_session import open_snowflake
from lake_assets.warehouse.star import Star


def open_warehouse(
    to: str, star: Star, snowflake: SnowflakeOptions | None
) -> AbstractContextManager[Session]:
    """A session on a warehouse.

    Args:
        to: ``snowflake`` or ``duckdb:PATH``.
        star: the tables.
        snowflake: the settings of the environment.

    Raises:
        WarehouseError: it has another form, or a setting is missing, or it cannot be opened.
    """
    if to.startswith(DUCKDB) and to != DUCKDB:
        return open_duckdb(duckdb_path(to, star.lake.lake), star)
    if to != SNOWFLAKE:
        raise WarehouseError(f"{to!r} is no warehouse; say duckdb:PATH or snowflake")
    if snowflake is None:
        raise WarehouseError(
            "Snowflake is not set up: set LAKE_SNOWFLAKE__ACCOUNT, LAKE_SNOWFLAKE__USER, and "
            "LAKE_SNOWFLAKE__PASSWORD or LAKE_SNOWFLAKE__PRIVATE_KEY_PATH"
        )
    return open_snowflake(snowflake_resource(snowflake, star).process_config_and_initialize())
