"""Who may do what in Snowflake: a loader that writes, and readers of dimensions and facts."""

from lake_assets.warehouse.access import FORMAT, integration_name
from lake_assets.warehouse.sql import dotted, quoted
from lake_assets.warehouse.star import Star


def loader_role(star: Star) -> str:
    """The name of the role that loads."""
    return f"{star.declared.database}_LOADER"


def reader_role(star: Star) -> str:
    """The name of the role that reads dimensions and facts."""
    return f"{star.declared.database}_READER"


def create_roles(star: Star) -> list[str]:
    """Both, in the hands of SYSADMIN, who grants them to people."""
    statements = []
    for name in (loader_role(star), reader_role(star)):
        statements.append(f"CREATE ROLE IF NOT EXISTS {quoted(name)}")
        statements.append(f"GRANT ROLE {quoted(name)} TO ROLE SYSADMIN")
    return statements


def grant_loader(star: Star) -> list[str]:
    """The loader writes rows in both schemas; it makes and drops nothing."""
    to = f"TO ROLE {quoted(loader_role(star))}"
    base, schemas = _schemas(star)
    return [
        f"GRANT USAGE ON DATABASE {base} {to}",
        *(f"GRANT USAGE ON SCHEMA {schema} {to}" for schema in schemas),
        *(
            f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} {to}"
            for schema in schemas
        ),
    ]


def grant_files(star: Star) -> list[str]:
    """The loader reads the lake's files, by the stages alone."""
    to = f"TO ROLE {quoted(loader_role(star))}"
    return [
        f"GRANT USAGE ON INTEGRATION {integration_name(star)} {to}",
        *(f"GRANT USAGE ON STAGE {stage.files} {to}" for stage in star.stages),
        f"GRANT USAGE ON FILE FORMAT {star.staging(FORMAT)} {to}",
    ]


def grant_reader(star: Star) -> list[str]:
    """Readers see dimensions and facts, also those to come, and nothing of the staging schema."""
    to = f"TO ROLE {quoted(reader_role(star))}"
    base, (_, schema) = _schemas(star)
    return [
        f"GRANT USAGE ON DATABASE {base} {to}",
        f"GRANT USAGE ON SCHEMA {schema} {to}",
        f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} {to}",
        f"GRANT SELECT ON FUTURE TABLES IN SCHEMA {schema} {to}",
    ]


def _schemas(star: Star) -> tuple[str, tuple[str, str]]:
    declared = star.declared
    staging = dotted(declared.database, declared.staging_schema)
    return dotted(declared.database), (staging, dotted(declared.database, declared.star_schema))
