"""All that an administrator of Snowflake runs once, as numbered files."""

from collections.abc import Sequence

from lake_assets.warehouse.access import (
    create_database,
    create_format,
    create_integration,
    create_stages,
)
from lake_assets.warehouse.masking import create_policies, set_policies
from lake_assets.warehouse.roles import create_roles, grant_files, grant_loader, grant_reader
from lake_assets.warehouse.sql import Dialect
from lake_assets.warehouse.star import Star
from lake_assets.warehouse.tables import (
    add_columns,
    create_own,
    create_schemas,
    create_staging,
    create_star,
)

TABLES = {
    "10_database.sql": "The database and its schemas",
    "20_staging_tables.sql": "One table a dataset, as its Parquet files have it",
    "21_loader_tables.sql": "What the loader keeps: its ledger, and keys it is at work on",
    "30_star_tables.sql": "Dimensions and facts",
    "35_new_columns.sql": "Columns that the contract has got since these tables were made",
    "40_roles.sql": "Who loads, and who reads",
    "50_masking.sql": "Personal columns are masked for all but the loader",
}
FILES = {
    "60_files.sql": "The way to the lake's published files. The role that runs this may create "
    "integrations: ACCOUNTADMIN, mostly",
}


def render_tables(star: Star) -> dict[str, list[str]]:
    """File -> statements, in the order in which they are run."""
    snowflake = Dialect.SNOWFLAKE
    return {
        "10_database.sql": [*create_database(star), *create_schemas(star)],
        "20_staging_tables.sql": create_staging(star, snowflake),
        "21_loader_tables.sql": create_own(star, snowflake),
        "30_star_tables.sql": create_star(star, snowflake),
        "35_new_columns.sql": add_columns(star, snowflake),
        "40_roles.sql": [*create_roles(star), *grant_loader(star), *grant_reader(star)],
        "50_masking.sql": [*create_policies(star), *set_policies(star)],
    }


def render_files(star: Star, uri: str, role_arn: str) -> dict[str, list[str]]:
    """The same for what leads to a bucket: arguments as ``create_integration`` has them."""
    return {
        "60_files.sql": [
            *create_integration(star, uri, role_arn),
            *create_format(star),
            *create_stages(star, uri),
            *grant_files(star),
        ]
    }


def as_script(star: Star, name: str, statements: Sequence[str]) -> str:
    """A file's text. Every statement may be run again."""
    told = (TABLES | FILES)[name]
    head = f"-- {told}.\n-- Rendered from the contract of the lake {star.lake.lake}.\n"
    if not statements:
        return f"{head}-- There is nothing to do here.\n"
    return head + "".join(f"\n{statement};\n" for statement in statements)
