"""`lake reconcile`: whether a lake holds what its ledger says, for people and as JSON."""

from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.text import Text

from lake_assets.cli.cells import printable, table
from lake_assets.cli.fitted import counted
from lake_assets.cli.report import show_blocks
from lake_assets.jobs.reconciling.faults import DatasetReport, Report, Totals

ROWS = ("read", "good", "rejected", "duplicate", "skipped")
FAULTS_SHOWN = 100


def show_report(console: Console, report: Report) -> None:
    """Print the figures of each dataset, what waits, and each fault in a sentence."""
    made = table("Every row accounted for", "dataset", "files", *ROWS, numbers=1 + len(ROWS))
    for dataset in report.datasets:
        sums = dataset.totals
        figures = (sums.rows, sums.good, sums.rejected, sums.duplicate, sums.skipped)
        made.add_row(dataset.name, f"{sums.files:,}", *(f"{figure:,}" for figure in figures))
    console.print(made)
    more = ("carried",) if any(one.totals.carried for one in report.datasets) else ()
    names = ("processed", *more, "superseded", "in gold")
    made = table("Gold", "dataset", *names, numbers=len(names))
    for dataset in report.datasets:
        sums = dataset.totals
        carried = [f"{sums.carried:,}"] if more else []
        made.add_row(
            dataset.name, f"{sums.good:,}", *carried, f"{sums.superseded:,}", f"{sums.gold:,}"
        )
    console.print(made)
    for dataset in report.datasets:
        _show_notes(console, dataset)
    faults = report.faults
    shown = faults[:FAULTS_SHOWN]
    blocks = [(fault.key, [fault.kind.value], f"{fault.detail}.") for fault in shown]
    show_blocks(console, "Faults", blocks)
    if len(faults) > len(shown):
        console.print(f"… and {len(faults) - len(shown):,} more; `--json` has all.\n")
    _show_verdict(console, report)


def _show_notes(console: Console, dataset: DatasetReport) -> None:
    """What is no fault, and worth knowing."""
    if refused := dataset.totals.refused:
        told = f"{dataset.name}: {counted(refused, 'file')} refused as a whole, see `lake rejects`."
        console.print(told, soft_wrap=True)
    if dataset.waiting:
        told = (
            f"{dataset.name}: {counted(len(dataset.waiting), 'file')} waiting to be ingested, "
            f"first {printable(dataset.waiting[0])}."
        )
        console.print(Text.assemble(("! ", "yellow"), told), soft_wrap=True)
    if dataset.stale:
        told = (
            f"{dataset.name}: gold is older than its processed rows on "
            f"{counted(len(dataset.stale), 'date')}, first {dataset.stale[0]}; `lake run` brings "
            "it up to date."
        )
        console.print(Text.assemble(("! ", "yellow"), told), soft_wrap=True)


def _show_verdict(console: Console, report: Report) -> None:
    objects = sum(dataset.totals.objects for dataset in report.datasets)
    what = "of the size" if report.quick else "with the bytes"
    if report.faults:
        console.print(f"[bold red]✗[/] {counted(len(report.faults), 'fault')} found.")
    else:
        console.print(
            f"[green]✓[/] {counted(objects, 'object')} in their places, {what} committed, and "
            "nothing else; all books balance.",
            soft_wrap=True,
        )


def report_document(uri: str, report: Report) -> dict[str, Any]:
    """The report as plain JSON types; docs/reference/cli.md shows its form."""
    return {
        "lake": report.lake,
        "uri": uri,
        "quick": report.quick,
        "balanced": not report.faults,
        "datasets": [
            {
                "dataset": dataset.name,
                **_figures(dataset.totals),
                "waiting": list(dataset.waiting),
                "stale": list(dataset.stale),
            }
            for dataset in report.datasets
        ],
        "faults": [
            {"kind": fault.kind.value, "key": fault.key, "detail": fault.detail}
            for fault in report.faults
        ],
    }


def _figures(totals: Totals) -> dict[str, int]:
    """``carried`` is told of where rows are carried on."""
    found = asdict(totals)
    return found if totals.carried else {k: v for k, v in found.items() if k != "carried"}
