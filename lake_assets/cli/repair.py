"""`lake recover`, `lake replay` and `lake rebuild`: do it, and tell what was done."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from rich.console import Console
from rich.progress import Progress
from rich.text import Text

from lake_assets.cli.cells import printable, table
from lake_assets.cli.fitted import counted
from lake_assets.cli.opening import UsageError, engine
from lake_assets.cli.progress import watched
from lake_assets.cli.report import gold_table
from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.lake import Lake
from lake_assets.jobs.compaction.compact import compact
from lake_assets.jobs.compaction.metrics import Metrics
from lake_assets.jobs.repair.rebuild import Rebuilt, rebuild_dates
from lake_assets.jobs.repair.recover import Recovered, recover
from lake_assets.jobs.repair.repeat import RebuildError, ingested, tasks_of
from lake_assets.jobs.repair.replay import Selection, replay, select
from lake_assets.jobs.repair.restate import Restated
from lake_assets.kernels.accounting import Accounting
from lake_assets.storage.ledger import Input, standing
from lake_assets.storage.store import Store

MOST_DAYS = 10_000
RUNS_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay did.

    Attributes:
        restated: the runs whose files were read again.
        metrics: of the dates of gold that were made.
        missing: a sentence about archived files that are not there, or are others; empty if none.
    """

    restated: Sequence[Restated]
    metrics: Sequence[Metrics]
    missing: str = ""


def dates_of(text: str) -> tuple[date, date]:
    """The first and the last of ``DATE`` or ``DATE..DATE``.

    Raises:
        UsageError: it is neither.
    """
    first, dots, last = text.partition("..")
    try:
        found = date.fromisoformat(first), date.fromisoformat(last if dots else first)
    except ValueError:
        raise UsageError(
            f"{text!r} is no date and no range of dates; write 2025-01-31, or "
            "2025-01-01..2025-01-31"
        ) from None
    if found[0] > found[1]:
        raise UsageError(f"{text!r} ends before it begins; write the earlier date first")
    return found


def days_between(text: str) -> list[str]:
    """Each day (ISO) of ``DATE`` or ``DATE..DATE``.

    Raises:
        UsageError: it is neither, or a range of more than :data:`MOST_DAYS`.
    """
    first, last = dates_of(text)
    count = (last - first).days + 1
    if count > MOST_DAYS:
        raise UsageError(f"{text!r} has {count:,} days; at most {MOST_DAYS:,} go in one run")
    return [(first + timedelta(days=number)).isoformat() for number in range(count)]


def selection(
    arrivals: str | None,
    files: Sequence[str],
    *,
    rejects: bool,
    reasons: Sequence[str],
    again: bool,
) -> Selection:
    """What the options of `lake replay` mean.

    Raises:
        UsageError: ``arrivals`` is no range of dates.
    """
    return Selection(
        arrivals=dates_of(arrivals) if arrivals else None,
        files=files,
        rejects=rejects,
        reasons=reasons,
        again=again,
    )


def replay_files(
    store: Store, lake: Lake, dataset: Dataset, chosen: Selection, screen: Console
) -> Replayed:
    """Replay, then bring gold up to date, also if some files are missing.

    Args:
        store: of the lake.
        lake: the contract.
        dataset: of the lake.
        chosen: which files.
        screen: shows a progress bar if it is a terminal.
    """
    with Progress(console=screen, disable=not screen.is_terminal, transient=True) as progress:
        shown = watched(engine(), progress)
        recover(store, lake, dataset)
        found: list[Restated] = []
        missing = ""
        try:
            found.extend(replay(store, dataset, shown, chosen))
        except RebuildError as error:
            missing = str(error)
        return Replayed(found, compact(store, dataset, shown, lake=lake), missing)


def rebuild_range(
    store: Store, lake: Lake, dataset: Dataset, days: Collection[str], screen: Console
) -> tuple[Rebuilt, list[Metrics]]:
    """Rebuild dates, then bring gold up to date; as :func:`replay_files`."""
    with Progress(console=screen, disable=not screen.is_terminal, transient=True) as progress:
        shown = watched(engine(), progress)
        recover(store, lake, dataset)
        rebuilt = rebuild_dates(store, dataset, shown, days)
        return rebuilt, compact(store, dataset, shown, lake=lake)


def show_recovered(console: Console, found: Recovered) -> None:
    """Print which runs were finished, and how much was forgotten."""
    for name, records in found.commits.items():
        for record in records:
            told = f"{name}: finished run {record.ingest_run_id}, {record.books.rows_read:,} rows"
            console.print(Text.assemble(("✓ ", "green"), told), soft_wrap=True)
    if found.aborted:
        console.print(f"✓ {counted(found.aborted, 'abandoned staged write')} aborted")
    if not found.aborted and not any(found.commits.values()):
        console.print("[green]✓[/] nothing was left undone")


def show_trial(console: Console, store: Store, dataset: Dataset, chosen: Selection) -> None:
    """Print how many files and rows a replay would read again."""
    meant = 0
    found: list[Input] = []
    for record in standing(store, dataset):
        keys = {item.key for item in select(record, dataset, chosen)}
        tasks = tasks_of(record, keys)
        meant += len(keys)
        found += [item for item in ingested(record) if tasks & set(item.tasks)]
    books = sum((item.books for item in found), Accounting())
    along = f" (with {counted(len(found) - meant, 'other')} of the same tasks)"
    console.print(
        f"{counted(meant, 'file')}{along if len(found) > meant else ''} would be read again under "
        f"contract version {dataset.contract_version}: {books.rows_read:,} rows, "
        f"{books.rejected:,} of them rejected so far.",
        soft_wrap=True,
    )


def show_replayed(console: Console, dataset: Dataset, chosen: Selection, found: Replayed) -> bool:
    """Print what a replay changed; whether every file could be read again."""
    restated, metrics, missing = found.restated, found.metrics, found.missing
    done = [one for one in restated if one.files]
    if not restated and not missing:
        why = "no file in the ledger is meant"
        if not chosen.again:
            why += f", or all were read under contract version {dataset.contract_version} already"
        console.print(f"Nothing to replay: {why}.", soft_wrap=True)
    if done:
        made = table("Replayed", "run", "files", "good", "now", "rejected", "now", numbers=5)
        for one in done[:RUNS_SHOWN]:
            made.add_row(one.record.ingest_run_id, *_figures(one.files, one.before, one.after))
        if len(done) > RUNS_SHOWN:
            made.add_row(f"… and {len(done) - RUNS_SHOWN} more runs", *[""] * 5)
        made.add_section()
        before = sum((one.before for one in done), Accounting())
        after = sum((one.after for one in done), Accounting())
        made.add_row("all runs", *_figures(sum(one.files for one in done), before, after))
        console.print(made)
    refused = {name: why for one in restated for name, why in one.refused.items()}
    for name, why in refused.items():
        told = f"{printable(name)} cannot be read any more, and what it gave stands: {why}"
        console.print(Text.assemble(("✗ ", "bold red"), told), soft_wrap=True)
    if refused:
        console.print(
            "  Files that were read in one task with such a one were not replayed either. Mend "
            "the contract, then replay again.",
            soft_wrap=True,
        )
    if missing:
        told = f"{printable(missing)} What such a run gave stands."
        console.print(Text.assemble(("✗ ", "bold red"), told), soft_wrap=True)
    if metrics:
        console.print(gold_table(dataset, metrics))
    return not refused and not missing


def show_rebuilt(
    console: Console,
    dataset: Dataset,
    days: Sequence[str],
    rebuilt: Rebuilt,
    metrics: Sequence[Metrics],
) -> None:
    """Print what a rebuild wrote; ``days`` are those that were asked for, in order."""
    rows = counted(sum(one.rows for one in rebuilt.outputs), "row")
    files = counted(len(rebuilt.outputs), "file")
    which = days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"
    made = {one.target_date for one in metrics}
    done = f"{rows} rebuilt in {files} of processed"
    if not rebuilt.outputs:
        done = f"nothing to rebuild: no run has good rows of {which}"
        done += "; what stood there is gone" if made & {*days} else ", and nothing stands there"
    console.print(f"[green]✓[/] {done}", soft_wrap=True)
    for record in rebuilt.restated:
        console.print(
            f"! run {record.ingest_run_id} was restated as a whole, as the contract or the code "
            "has changed since it was read",
            soft_wrap=True,
        )
    if metrics:
        console.print(gold_table(dataset, metrics))


def _figures(files: int, before: Accounting, after: Accounting) -> list[str]:
    figures = (files, before.good, after.good, before.rejected, after.rejected)
    return [f"{figure:,}" for figure in figures]
