"""Which warehouse is meant: ``duckdb:PATH``, or the Snowflake of the settings."""

from pathlib import Path

from lake_assets.warehouse.options import SnowflakeOptions

DUCKDB = "duckdb:"
SNOWFLAKE = "snowflake"
LAKE = "{lake}"
"""Stands for a lake's name in a path, so that each has a file of its own."""


def duckdb_path(to: str, lake: str) -> Path:
    """The file in ``duckdb:PATH`` for a lake."""
    return Path(to.removeprefix(DUCKDB).replace(LAKE, lake)).expanduser()


def chosen(environment: str | None, snowflake: SnowflakeOptions | None) -> str | None:
    """The warehouse that the settings choose; None if they choose none, or one that lacks them."""
    if environment == SNOWFLAKE and snowflake is None:
        return None
    return environment or (SNOWFLAKE if snowflake else None)


def why_none(lake: str) -> str:
    """A sentence on a lake whose contract has a warehouse that the environment does not choose."""
    return (
        f"The warehouse of {lake} is not loaded here: set LAKE_WAREHOUSE=duckdb:PATH, or "
        "LAKE_SNOWFLAKE__ACCOUNT and the settings that go with it."
    )
