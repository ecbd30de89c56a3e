"""The account of the settings as Dagster's resource for Snowflake."""

from typing import TYPE_CHECKING

from lake_assets.warehouse.errors import WarehouseError
from lake_assets.warehouse.options import SnowflakeOptions
from lake_assets.warehouse.roles import loader_role
from lake_assets.warehouse.star import Star

if TYPE_CHECKING:
    from dagster_snowflake import SnowflakeResource


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
