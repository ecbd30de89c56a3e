"""Commands for snapshots of gold."""

from typing import Annotated

import typer

from lake_assets.cli import opening
from lake_assets.cli.shell import LakeName, Uri, app, out, sentences

snapshots = typer.Typer(no_args_is_help=True, help="Snapshots of gold.")
app.add_typer(snapshots, name="snapshots")


@snapshots.command()
def expire(
    older_than: Annotated[
        str,
        typer.Option(
            "--older-than",
            metavar="DAYSd",
            help="Those that another replaced so long ago: 30d. At least 1d.",
            show_default=False,
        ),
    ],
    is_trial: Annotated[
        bool, typer.Option("--dry-run", help="Only list what would be removed.")
    ] = False,
    lake: LakeName = "retail",
    uri: Uri = None,
) -> None:
    """Remove old snapshots of gold that nobody needs.

    Kept are the current snapshot of each date, and those that a table which stays was built on:
    carried on, or looked up. May be repeated, also where it was interrupted.
    """
    from lake_assets.cli.snapshots import days_of, show_expired
    from lake_assets.cli.snapshots import expire as expire_snapshots

    with sentences():
        days = days_of(older_than)
        contract = opening.contract(lake)
        store = opening.store(contract, uri)
        expired = expire_snapshots(store, contract, days, is_trial=is_trial)
        show_expired(out, expired, days, is_trial=is_trial)
