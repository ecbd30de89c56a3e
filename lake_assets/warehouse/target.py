"""Which warehouse is meant: ``duckdb:PATH``, or the Snowflake of the settings."""

from contextlib import AbstractContextManager
from pathlib import Path

from lake_assets.warehouse.duckdb_session import open_duckdb
from lake_assets.warehouse.options import SnowflakeOptions
from lake_assets.warehouse.session import Session, WarehouseError
from lake_assets.warehouse.snowflake_session import open_snowflake
from lake_assets.warehouse.star import Star

DUCKDB = "duckdb:"
SNOWFLAKE = "snowflake"


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
        return open_duckdb(duckdb_path(to), star)
    if to != SNOWFLAKE:
        raise WarehouseError(f"{to!r} is no warehouse; say duckdb:PATH or snowflake")
    if snowflake is None:
        raise WarehouseError(
            "Snowflake is not set up: set LAKE_SNOWFLAKE__ACCOUNT, LAKE_SNOWFLAKE__USER, and "
            "LAKE_SNOWFLAKE__PASSWORD or LAKE_SNOWFLAKE__PRIVATE_KEY_PATH"
        )
    return open_snowflake(snowflake, star)


def duckdb_path(to: str) -> Path:
    """The file in ``duckdb:PATH``."""
    return Path(to.removeprefix(DUCKDB)).expanduser()


def chosen(environment: str | None, snowflake: SnowflakeOptions | None) -> str | None:
    """The warehouse that the settings choose; None if they choose none."""
    return environment or (SNOWFLAKE if snowflake else None)


def why_none(lake: str) -> str:
    """A sentence on a lake whose contract has a warehouse that the environment does not choose."""
    return (
        f"The warehouse of {lake} is not loaded here: set LAKE_WAREHOUSE=duckdb:PATH, or "
        "LAKE_SNOWFLAKE__ACCOUNT and the settings that go with it."
    )
