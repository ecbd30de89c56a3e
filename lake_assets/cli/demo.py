"""The demo: messy files to gold in one go, in a directory that one can look at."""

import shutil
from datetime import date
from pathlib import Path
from time import perf_counter

from rich.console import Console

from lake_assets.cli import opening
from lake_assets.cli.report import show_outcomes, table
from lake_assets.contracts.lake import Lake
from lake_assets.jobs.pipeline import run_pipeline
from lake_assets.storage.store import Store

MARK = ".lake_demo"
"""Says that a directory is a demo's, and may be emptied by the next one."""


def run_demo(console: Console, directory: Path, lake: Lake) -> None:
    """Generate, run, report.

    Raises:
        UsageError: the directory has something else in it.
    """
    directory = directory.absolute()
    _empty(directory)
    # The files are complete when the run starts: nothing to wait for.
    intake = lake.intake.model_copy(update={"settle_seconds": 0})
    lake = lake.model_copy(update={"intake": intake})
    store = opening.store(lake, str(directory))
    names = drop_samples(
        store, lake, seed=0, files=6, rows=1500, days=4, start=date(2025, 1, 30), refused=4
    )
    console.print(f"Dropped {len(names)} messy files in {directory}/{lake.datasets[0].zones.raw}\n")
    started = perf_counter()
    outcomes = run_pipeline(store, lake, opening.engine())
    seconds = perf_counter() - started
    show_outcomes(console, store, outcomes)
    rows = sum(record.books.rows_read for outcome in outcomes for record in outcome.commits)
    console.print(f"\n{rows:,} rows from raw to gold in {seconds:.1f} s.\n")
    console.print(_places(store, lake, directory))
    here = directory if " " not in str(directory) else f"'{directory}'"
    console.print("[bold]What to try next[/]")
    for command, what in (
        (f"ls -R {here}/gold", "the lake is plain files"),
        (
            f"lake rejects --uri {here} --reason INVALID_NUMBER",
            "see rejected rows, raw text and all",
        ),
        (
            f"lake samples --uri {here} --seed 7 --start 2025-01-31 --days 1",
            "more files arrive, late",
        ),
        (f"lake run --uri {here}", "only the dates that they touch are made again"),
        (f"lake status --uri {here}", "what is where, and what is stuck"),
        ("make dev", "the same as a living graph in Dagster"),
    ):
        console.print(f"  [cyan]{command}[/]\n      {what}", soft_wrap=True)


def drop_samples(
    store: Store,
    lake: Lake,
    *,
    seed: int,
    files: int,
    rows: int,
    days: int,
    start: date,
    refused: int,
) -> list[str]:
    """Put generated files into raw/; those whose names wait there already are left alone.

    Returns:
        The names of the files put.

    Raises:
        UsageError: no samples are made for that lake.
    """
    from lake_assets.samples import retail_files

    if lake.lake != "retail":
        raise opening.UsageError(f"there is no sample generator for the lake {lake.lake!r} yet")
    made = retail_files(
        seed=seed, files=files, rows=rows, days=days, start=start, refused=refused, truth=False
    )
    raw = lake.datasets[0].zones.raw
    return [file.name for file in made if store.put_if_absent(raw + file.name, file.content)]


def _empty(directory: Path) -> None:
    """Make the directory, or empty an earlier demo's; anything else is left alone."""
    if directory.exists():
        if not directory.is_dir():
            raise opening.UsageError(f"{directory} is a file; name a directory with --dir")
        if any(directory.iterdir()) and not (directory / MARK).exists():
            raise opening.UsageError(
                f"{directory} is not empty and not from an earlier demo; name another with --dir"
            )
        shutil.rmtree(directory)
    try:
        directory.mkdir(parents=True)
        (directory / MARK).touch()
    except OSError as error:
        raise opening.UsageError(f"cannot write in {directory}: {error.strerror}") from error


def _places(store: Store, lake: Lake, directory: Path) -> object:
    made = table(f"Where it is: {directory}", "zone", "files", "bytes", numbers=2)
    for prefix in dict(lake.datasets[0].zones).values():
        found = list(store.list(prefix))
        made.add_row(prefix, f"{len(found):,}", f"{sum(info.size for info in found):,}")
    return made
