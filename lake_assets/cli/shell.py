"""What all commands share: the console, options, and errors as sentences."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
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
contracts = typer.Typer(no_args_is_help=True, help="Contracts: what a dataset must look like.")
app.add_typer(contracts, name="contract")
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


Target = Annotated[
    str,
    typer.Argument(metavar="LAKE/DATASET", help="For example retail/sales.", show_default=False),
]


class EngineName(StrEnum):
    """Where tasks may run."""

    LOCAL = "local"
    SPARK = "spark"


NOTHING_RUN = {"ingest_run_ids": [], "files": [], "partitions": [], "balanced": False}
"""What `lake run --json` reports when it came to nothing."""


@contextmanager
def sentences(
    *, as_json: bool = False, nothing: Mapping[str, object] = NOTHING_RUN
) -> Iterator[None]:
    """What a user can mend is told in a sentence, without a traceback.

    Exit code 2 for wrong usage, 1 for what went wrong on the way. With ``as_json``, the sentence
    is the ``error`` of an object that holds ``nothing`` else.
    """
    from lake_assets.jobs.compaction.compact import CompactionError
    from lake_assets.jobs.reading.task import TaskFailed
    from lake_assets.jobs.repair.rebuild import RebuildError
    from lake_assets.jobs.tracing.found_rows import UnreadableRowsError
    from lake_assets.kernels.inference.merge import InferenceError
    from lake_assets.warehouse.errors import WarehouseError

    ours = (
        StoreError, ContractError, SettingsError, CompactionError, RebuildError, InferenceError,
        TaskFailed, UnreadableRowsError, WarehouseError, opening.CommandFailed,
    )  # fmt: skip
    try:
        yield
    except (*ours, opening.UsageError) as error:
        err.print(f"[bold red]lake:[/] {escape(str(error))}", soft_wrap=True)
        if as_json:
            typer.echo(json.dumps({**nothing, "error": str(error)}))
        raise typer.Exit(2 if isinstance(error, opening.UsageError) else 1) from None


def echo_json(document: Mapping[str, object]) -> None:
    """Print one object in one line."""
    text = json.dumps(document, ensure_ascii=False)
    # A name on a disk need not be Unicode; escaped, what is left of it is JSON still.
    typer.echo(text.encode("utf-8", "backslashreplace").decode())
