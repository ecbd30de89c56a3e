"""Commands, their options, and errors as sentences."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from lake_assets.cli import opening
from lake_assets.contracts.errors import ContractError
from lake_assets.settings import SettingsError
from lake_assets.storage.errors import StoreError

app = typer.Typer(
    name="lake",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    help="Drop files in a bucket, get a governed, queryable lake.",
    pretty_exceptions_show_locals=False,
)
out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

LakeName = Annotated[str, typer.Option("--lake", help="Which lake's contract to use.")]
Uri = Annotated[
    str | None,
    typer.Option(
        "--uri",
        # No brackets: Rich would read [/prefix] as markup, and --help would end in a traceback.
        help="Where the lake is: a directory, file:///dir, s3://bucket or s3://bucket/prefix. "
        "Without it, LAKE_<NAME>_URI or LAKE_URI decide.",
    ),
]


@contextmanager
def sentences() -> Iterator[None]:
    """What a user can mend is told in a sentence, without a traceback; exit code 1."""
    from lake_assets.jobs.compact import CompactionError
    from lake_assets.jobs.rebuild import RebuildError

    ours = (StoreError, ContractError, SettingsError, CompactionError, RebuildError)
    try:
        yield
    except (*ours, opening.UsageError) as error:
        err.print(f"[bold red]lake:[/] {escape(str(error))}", soft_wrap=True)
        raise typer.Exit(1) from None


@app.command()
def demo(
    directory: Annotated[Path, typer.Option("--dir", help="Where the demo's lake goes.")] = Path(
        "lake-demo"
    ),
    lake: LakeName = "retail",
) -> None:
    """Make messy sample files, run them to gold, and account for every row."""
    from lake_assets.cli.demo import run_demo

    with sentences():
        if not run_demo(out, directory, opening.contract(lake)):
            raise typer.Exit(1)


@app.command()
def samples(
    lake: LakeName = "retail",
    uri: Uri = None,
    files: Annotated[int, typer.Option(min=1, help="How many files.")] = 5,
    rows: Annotated[int, typer.Option(min=1, help="Rows a file.")] = 1500,
    days: Annotated[int, typer.Option(min=1, help="Over how many event dates.")] = 5,
    start: Annotated[
        datetime, typer.Option(formats=["%Y-%m-%d"], help="The first of these dates.")
    ] = datetime(2025, 1, 1),  # noqa: DTZ001
    refused: Annotated[int, typer.Option(min=0, help="Files that break the contract.")] = 1,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 0,
) -> None:
    """Drop generated files in raw/, as messy as real ones."""
    from lake_assets.cli.demo import drop_samples

    with sentences():
        contract = opening.contract(lake)
        store = opening.store(contract, uri, create=True)
        names = drop_samples(
            store,
            contract,
            seed=seed,
            files=files,
            rows=rows,
            days=days,
            start=start.date(),
            refused=refused,
        )
        out.print(
            f"{len(names)} files dropped in {store.uri}/{contract.datasets[0].zones.raw}",
            markup=False,
            soft_wrap=True,
        )


@app.command()
def put(
    paths: Annotated[list[Path], typer.Argument(help="Files to drop in raw/.")],
    lake: LakeName = "retail",
    uri: Uri = None,
    dataset: Annotated[str | None, typer.Option(help="If the lake has several.")] = None,
) -> None:
    """Copy files into raw/; a name that is taken there is refused, never overwritten."""
    with sentences():
        contract = opening.contract(lake)
        chosen = opening.dataset(contract, dataset)
        store = opening.store(contract, uri)
        for path in paths:
            key = opening.put_file(store, chosen, path)
            out.print(f"{path} -> {store.uri}/{key}", markup=False, soft_wrap=True)


@app.command()
def run(lake: LakeName = "retail", uri: Uri = None) -> None:
    """Take everything that waits from raw/ to gold, without Dagster.

    Ends with exit code 1 if the rows in the lake are not those that were read.
    """
    from lake_assets.cli.report import show_outcomes
    from lake_assets.jobs.pipeline import run_pipeline

    with sentences():
        contract = opening.contract(lake)
        store = opening.store(contract, uri)
        opening.let_settle(store, contract)
        if not show_outcomes(out, store, run_pipeline(store, contract, opening.engine())):
            raise typer.Exit(1)


@app.command()
def status(lake: LakeName = "retail", uri: Uri = None) -> None:
    """What is in which zone, the last runs, and anything stuck."""
    from lake_assets.cli.status import show_status

    with sentences():
        contract = opening.contract(lake)
        show_status(out, opening.store(contract, uri), contract)


@app.command()
def rejects(
    lake: LakeName = "retail",
    uri: Uri = None,
    reason: Annotated[
        str | None, typer.Option(help="A reason, or how it starts: INVALID_NUMBER.")
    ] = None,
    since: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Arrived on this day (UTC) or later."),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="Rows to show.")] = 20,
) -> None:
    """Rejected rows and files, with every reason, line number and raw text."""
    from lake_assets.cli.rejects import show_rejects

    day: date | None = since.date() if since else None
    with sentences():
        contract = opening.contract(lake)
        store = opening.store(contract, uri)
        show_rejects(out, store, contract, reason=reason, since=day, limit=limit)
