"""Snowflake's way to the files: an integration that sees published snapshots, and no other zone."""

from lake_assets.storage.zones import gold_prefix
from lake_assets.warehouse.sql import dotted, literal, quoted
from lake_assets.warehouse.star import Star

FORMAT = "LAKE_PARQUET"


def integration_name(star: Star) -> str:
    """Of the storage integration, which belongs to the account."""
    return quoted(f"{star.declared.database}_LAKE")


def create_integration(star: Star, uri: str, role_arn: str) -> list[str]:
    """The storage integration: an AWS role that may read the gold of the stages' datasets.

    Args:
        star: the tables.
        uri: of the lake, ``s3://bucket[/prefix]``.
        role_arn: of the role that Snowflake takes on.
    """
    places = ", ".join(literal(f"{_base(uri)}{gold_prefix(one.dataset)}") for one in star.stages)
    return [
        f"CREATE STORAGE INTEGRATION IF NOT EXISTS {integration_name(star)}\n"
        "  TYPE = EXTERNAL_STAGE STORAGE_PROVIDER = 'S3' ENABLED = TRUE\n"
        f"  STORAGE_AWS_ROLE_ARN = {literal(role_arn)}\n"
        f"  STORAGE_ALLOWED_LOCATIONS = ({places})"
    ]


def create_format(star: Star) -> list[str]:
    """The form of the files, for those who look into a stage."""
    name = star.staging(FORMAT)
    return [f"CREATE FILE FORMAT IF NOT EXISTS {name} TYPE = PARQUET USE_LOGICAL_TYPE = TRUE"]


def create_stages(star: Star, uri: str, *, through_integration: bool = True) -> list[str]:
    """An external stage for each staging table: the folder of its dataset's gold."""
    plain = f"{star.declared.database}.{star.declared.staging_schema}.{FORMAT}"
    options = (
        f"\n  STORAGE_INTEGRATION = {integration_name(star)}"
        f"\n  FILE_FORMAT = (FORMAT_NAME = {literal(plain)})"
    )
    return [
        f"CREATE STAGE IF NOT EXISTS {stage.files}\n"
        f"  URL = {literal(_base(uri) + gold_prefix(stage.dataset))}"
        + (options if through_integration else "")
        for stage in star.stages
    ]


def create_database(star: Star) -> list[str]:
    """The database."""
    return [f"CREATE DATABASE IF NOT EXISTS {dotted(star.declared.database)}"]


def _base(uri: str) -> str:
    return f"{uri.rstrip('/')}/"
