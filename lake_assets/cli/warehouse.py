"""`lake warehouse`: tables for a warehouse, and loading them from published snapshots."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lake_assets.cli import opening
from lake_assets.cli.shell import Uri, app, out, sentences
from lake_assets.settings import load_settings

if TYPE_CHECKING:
    from lake_assets.warehouse.load import Loaded
    from lake_assets.warehouse.star import Star

commands = typer.Typer(no_args_is_help=True, help="A warehouse that reads published snapshots.")
app.add_typer(commands, name="warehouse")

Name = Annotated[
    str, typer.Argument(metavar="LAKE", help="A lake with a `warehouse`.", show_default=False)
]


@commands.command()
def ddl(
    lake: Name,
    directory: Annotated[Path, typer.Option("--out", help="Where the files go.")],
    role_arn: Annotated[
        str | None,
        typer.Option(
            metavar="ARN",
            help="The AWS role by which Snowflake reads the lake's gold. Without it, the file "
            "that leads to the bucket is not written.",
        ),
    ] = None,
    uri: Uri = None,
) -> None:
    """Write what an administrator of Snowflake runs once: numbered files of SQL.

    Each may be run again. Tables that are there stay as they are.
    """
    from lake_assets.warehouse.render import as_script, render_files, render_tables

    with sentences():
        star = _star(lake)
        files = render_tables(star)
        if role_arn:
            files |= render_files(star, _bucket(uri or load_settings().uri_of(star.lake)), role_arn)
        directory.mkdir(parents=True, exist_ok=True)
        for name, statements in files.items():
            (directory / name).write_text(as_script(star, name, statements), "utf-8")
            out.print(str(directory / name), markup=False, soft_wrap=True)
        if not role_arn:
            out.print(
                "The integration and the stages are left out: they need --role-arn.", markup=False
            )


@commands.command()
def load(
    lake: Name,
    to: Annotated[
        str | None,
        typer.Option(
            metavar="WAREHOUSE",
            help="duckdb:PATH or snowflake. Without it, LAKE_WAREHOUSE or LAKE_SNOWFLAKE__... "
            "decide.",
        ),
    ] = None,
    again: Annotated[
        bool,
        typer.Option(
            "--remake",
            help="Also make dimensions and facts anew from all staged rows: for a table of "
            "Snowflake that got a column whose values were staged before.",
        ),
    ] = False,
    uri: Uri = None,
) -> None:
    """Load the snapshots that are published and not yet loaded.

    Each is loaded exactly once: a load that was interrupted is finished by the next one.
    """
    from lake_assets.warehouse.choice import DUCKDB, chosen, duckdb_path, why_none
    from lake_assets.warehouse.load import load as load_all
    from lake_assets.warehouse.load import remake
    from lake_assets.warehouse.target import open_warehouse

    with sentences():
        star = _star(lake)
        settings = load_settings()
        name = to or chosen(settings.warehouse, settings.snowflake)
        if name is None:
            raise opening.UsageError(f"{why_none(lake)} Or say it here: --to duckdb:PATH")
        store = opening.store(star.lake, uri)
        with open_warehouse(name, star, settings.snowflake) as session:
            done = load_all(star, store, session)
            if again:
                remake(star, session)
        _show(done)
        if name.startswith(DUCKDB):
            out.print(f"Look at it: duckdb {duckdb_path(name, lake)}", markup=False, soft_wrap=True)


def _show(done: "list[Loaded]") -> None:
    for each in done:
        dates = f"{len(each.dates)} dates, " if each.dates else ""
        told = f"{dates}{each.files} files, {each.rows:,} rows" if dates else "nothing new"
        out.print(f"{each.table:<20}  {told}", markup=False, soft_wrap=True)


def _star(lake: str) -> "Star":
    from lake_assets.warehouse.star import NoWarehouse, star_of

    try:
        return star_of(opening.contract(lake))
    except NoWarehouse as error:
        raise opening.UsageError(str(error)) from error


def _bucket(uri: str) -> str:
    if not uri.startswith("s3://"):
        raise opening.UsageError(
            f"Snowflake reads a lake in a bucket, and this one is at {uri}; give --uri s3://..."
        )
    return uri
