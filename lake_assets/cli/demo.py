"""The demo: messy files to gold in one go, in a directory that one can look at."""

import shlex
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from time import perf_counter
from typing import Any

from rich.console import Console
from rich.markup import escape

from lake_assets.cli import opening
from lake_assets.cli.cells import table
from lake_assets.cli.demo_star import star_step
from lake_assets.cli.generate import generator_of, sample_files, write_samples
from lake_assets.cli.report import show_outcomes
from lake_assets.contracts.lake import Lake
from lake_assets.jobs.pipeline import run_pipeline
from lake_assets.samples.registry import Generator
from lake_assets.storage.store import Store

MARK = ".lake_demo"
"""Says that a directory is a demo's, and may be emptied by the next one."""


def run_demo(console: Console, directory: Path, lake: Lake, *, full: bool = False) -> bool:
    """Generate, run, report.

    Args:
        console: where to.
        directory: of the lake; one that is new, empty, or an earlier demo's.
        lake: the contract.
        full: as many files as the lake is made for.

    Returns:
        Whether every row is accounted for.

    Raises:
        UsageError: the directory has something else in it, or there are no such samples.
    """
    directory = directory.absolute()
    generator = generator_of(lake)
    options = generator.full_demo if full else generator.demo
    if options is None:
        raise opening.UsageError(f"the demo of {lake.lake} has one size; leave --full out")
    _empty(directory)
    # The files are complete when the run starts: nothing to wait for.
    intake = lake.intake.model_copy(update={"settle_seconds": 0})
    lake = lake.model_copy(update={"intake": intake})
    store = opening.store(lake, str(directory))
    samples = sample_files(lake, lake.datasets, options)
    names = write_samples(directory / generator.root, samples)
    console.print(
        f"Dropped {len(names)} messy files in {directory}/{generator.root}\n",
        markup=False,
        soft_wrap=True,
    )
    started = perf_counter()
    outcomes = run_pipeline(store, lake, opening.engine())
    seconds = perf_counter() - started
    balanced = show_outcomes(console, store, outcomes)
    rows = sum(record.books.rows_read for outcome in outcomes for record in outcome.commits)
    console.print(f"\n{rows:,} rows from raw to {_end(lake)} in {seconds:.1f} s.\n")
    console.print(f"[bold]Where it is[/]: {escape(str(directory))}", soft_wrap=True)
    console.print(_places(store, lake))
    steps = list(_next_steps(directory, lake, generator))
    if lake.warehouse:
        python = _from_here(Path(sys.executable))
        steps.append(star_step(store, lake, _from_here(directory), python))
    console.print("[bold]What to try next[/]")
    for command, what in steps:
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


def _end(lake: Lake) -> str:
    """The folder that the tables of a lake are in."""
    return lake.datasets[0].zones.gold.partition("/")[0]


def _next_steps(directory: Path, lake: Lake, generator: Generator) -> Iterator[tuple[str, str]]:
    """Commands that work as they stand, with what they show."""
    here = shlex.quote(_from_here(directory))
    program = _from_here(Path(sys.argv[0]).absolute())
    is_short = program.endswith("bin/lake") and not program.startswith("/")
    lakes = shlex.quote(program) if is_short else "lake"
    name = "" if lake.lake == "retail" else f"--lake {lake.lake} "
    dataset, more = generator.late
    target = f"{lake.lake}/{dataset}"
    yield f"ls -R {here}/{_end(lake)}", "the lake is plain files"
    yield (
        f"{lakes} rejects {name}--uri {here} --reason {generator.reason}",
        "rejected rows, raw text and all",
    )
    yield (
        f"{lakes} generate {target} --out {here}/{generator.root.strip('/')} {_given(more)}",
        "more files arrive, late",
    )
    yield f"{lakes} run {target} --uri {here}", "only the dates that they touch are made again"
    yield f"{lakes} status {name}--uri {here}", "what is where, and what is stuck"
    if Path("Makefile").exists():
        yield "make dev", "the same as a living graph in Dagster"


def _given(options: Mapping[str, Any]) -> str:
    return " ".join(f"--{name} {value}" for name, value in options.items())


def _from_here(path: Path) -> str:
    """Relative to the working directory where it is below that: short, and easy to type."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def _places(store: Store, lake: Lake) -> object:
    made = table("", "zone", "files", "bytes", numbers=2)
    prefixes = [prefix for dataset in lake.datasets for prefix in dataset.zones.prefixes.values()]
    if len(lake.datasets) > 1:
        # The folders that a lake of many datasets begins with: all of their zones are too many.
        prefixes = list(dict.fromkeys(f"{prefix.partition('/')[0]}/" for prefix in prefixes))
    for prefix in prefixes:
        found = list(store.list(prefix))
        made.add_row(prefix, f"{len(found):,}", f"{sum(info.size for info in found):,}")
    return made
