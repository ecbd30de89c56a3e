"""The demo: messy files to gold in one go, in a directory that one can look at."""

import shlex
import shutil
import sys
from datetime import date
from pathlib import Path
from time import perf_counter

from rich.console import Console
from rich.markup import escape

from lake_assets.cli import opening
from lake_assets.cli.generate import sample_files, write_samples
from lake_assets.cli.report import show_outcomes, table
from lake_assets.contracts.lake import Lake
from lake_assets.jobs.pipeline import run_pipeline
from lake_assets.storage.store import Store

MARK = ".lake_demo"
"""Says that a directory is a demo's, and may be emptied by the next one."""


def run_demo(console: Console, directory: Path, lake: Lake) -> bool:
    """Generate, run, report.

    Returns:
        Whether every row is accounted for.

    Raises:
        UsageError: the directory has something else in it.
    """
    directory = directory.absolute()
    _empty(directory)
    # The files are complete when the run starts: nothing to wait for.
    intake = lake.intake.model_copy(update={"settle_seconds": 0})
    lake = lake.model_copy(update={"intake": intake})
    store = opening.store(lake, str(directory))
    (dataset, *_) = lake.datasets
    samples = sample_files(
        lake, dataset, seed=0, files=6, rows=1500, days=4, start=date(2025, 1, 30), refused=4
    )
    names = write_samples(directory / dataset.zones.raw, samples)
    console.print(
        f"Dropped {len(names)} messy files in {directory}/{dataset.zones.raw}\n",
        markup=False,
        soft_wrap=True,
    )
    started = perf_counter()
    outcomes = run_pipeline(store, lake, opening.engine())
    seconds = perf_counter() - started
    balanced = show_outcomes(console, store, outcomes)
    rows = sum(record.books.rows_read for outcome in outcomes for record in outcome.commits)
    console.print(f"\n{rows:,} rows from raw to gold in {seconds:.1f} s.\n")
    console.print(f"[bold]Where it is[/]: {escape(str(directory))}", soft_wrap=True)
    console.print(_places(store, lake))
    console.print("[bold]What to try next[/]")
    for command, what in _next_steps(directory):
        console.print(f"  [cyan]{escape(command)}[/]\n      {what}", soft_wrap=True)
    return balanced


def _empty(directory: Path) -> None:
    """Make the directory, or empty an earlier demo's; anything else is left alone."""
    try:
        if directory.exists():
            if not directory.is_dir():
                raise opening.UsageError(f"{directory} is a file; name a directory with --dir")
            if any(directory.iterdir()) and not (directory / MARK).exists():
                raise opening.UsageError(
                    f"{directory} is not empty and not from an earlier demo; name another with "
                    "--dir"
                )
            shutil.rmtree(directory)
        directory.mkdir(parents=True)
        (directory / MARK).touch()
    except OSError as error:
        raise opening.UsageError(
            f"cannot write in {directory}: {error.strerror or error}"
        ) from error


def _next_steps(directory: Path) -> list[tuple[str, str]]:
    """Commands that work as they stand, with what they show."""
    here = shlex.quote(_from_here(directory))
    lake = _from_here(Path(sys.argv[0]).absolute())
    lake = shlex.quote(lake) if lake.endswith("bin/lake") and not lake.startswith("/") else "lake"
    steps = [
        (f"ls -R {here}/gold", "the lake is plain files"),
        (f"{lake} rejects --uri {here} --reason INVALID_NUMBER", "rejected rows, raw text and all"),
        (
            f"{lake} generate retail/sales --out {here}/raw --files 2 --seed 7 --start 2025-01-31",
            "more files arrive, late",
        ),
        (f"{lake} run retail/sales --uri {here}", "only the dates that they touch are made again"),
        (f"{lake} status --uri {here}", "what is where, and what is stuck"),
    ]
    if Path("Makefile").exists():
        steps.append(("make dev", "the same as a living graph in Dagster"))
    return steps


def _from_here(path: Path) -> str:
    """Relative to the working directory where it is below that: short, and easy to type."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def _places(store: Store, lake: Lake) -> object:
    made = table("", "zone", "files", "bytes", numbers=2)
    for prefix in lake.datasets[0].zones.prefixes.values():
        found = list(store.list(prefix))
        made.add_row(prefix, f"{len(found):,}", f"{sum(info.size for info in found):,}")
    return made
