"""Tables of what a run did: every file, every reason, every date."""

from collections import Counter
from collections.abc import Sequence

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from lake_assets.cli.cells import Name, printable, table
from lake_assets.contracts.dataset import Dataset
from lake_assets.jobs.checks import conservation, gold_conservation
from lake_assets.jobs.compaction.metrics import Metrics
from lake_assets.jobs.pipeline import Outcome
from lake_assets.jobs.validate import Verdict, refused, stuck
from lake_assets.kernels.accounting import Accounting
from lake_assets.storage.ledger import Commit
from lake_assets.storage.store import Store
from lake_assets.storage.zones import gold_prefix

COLUMNS = ("read", "good", "rejected", "duplicate", "skipped", "lost")
FILES_SHOWN = 40


def show_outcomes(console: Console, store: Store, outcomes: Sequence[Outcome]) -> bool:
    """Tell what a run of the pipeline did, and whether the files prove that it adds up."""
    balanced = True
    several, gap = len(outcomes) > 1, ""
    unknown = [verdict for outcome in outcomes for verdict in outcome.unknown]
    show_refused(console, unknown, [], "Files of no dataset")
    for outcome in outcomes:
        if not (outcome.verdicts or outcome.commits or outcome.recovered or outcome.metrics):
            console.print(
                f"{outcome.dataset.name}: nothing waits in {store.uri}/",
                markup=False,
                soft_wrap=True,
            )
            continue
        if several:
            console.print(f"{gap}[bold reverse] {outcome.dataset.name} [/]\n")
            gap = "\n"
        records = [*outcome.recovered, *outcome.commits]
        show_refused(console, outcome.verdicts, records)
        if records:
            console.print(accounting_table(records))
        if any(record.books.reasons for record in records):
            console.print(reasons_table(records))
        if strange := sum((record.unknown_columns for record in records), Counter()):
            console.print(unknown_table(strange))
        if outcome.metrics:
            console.print(gold_table(outcome.dataset, outcome.metrics))
        balanced &= show_proof(console, store, outcome)
    return balanced


def accounting_table(records: Sequence[Commit]) -> Table:
    """Where every row of every file went."""
    made = table("Every row accounted for", "file", *COLUMNS, numbers=len(COLUMNS))
    items = [item for record in records for item in record.inputs if item.outcome != "refused"]
    for item in items[:FILES_SHOWN]:
        made.add_row(Name(item.source_file), *_figures(item.books))
    if len(items) > FILES_SHOWN:
        made.add_row(f"… and {len(items) - FILES_SHOWN} more files", *[""] * len(COLUMNS))
    made.add_section()
    total = sum((record.books for record in records), Accounting())
    made.add_row("[bold]all files[/]", *(f"[bold]{cell}[/]" for cell in _figures(total)))
    return made


def reasons_table(records: Sequence[Commit]) -> Table:
    """How many rows were rejected for which first reason."""
    total = sum((record.books for record in records), Accounting())
    made = table("Rejected, and why", "reason", "rows", numbers=1)
    for reason, rows in sorted(total.reasons.items(), key=lambda pair: (-pair[1], pair[0])):
        made.add_row(reason, f"{rows:,}")
    return made


def unknown_table(unknown: Counter[str]) -> Table:
    """Columns that were left out, because the contract does not know them."""
    made = table("Unknown columns, left out", "column", "files", numbers=1)
    for name, files in sorted(unknown.items()):
        made.add_row(Name(name), f"{files:,}")
    return made


def gold_table(dataset: Dataset, metrics: Sequence[Metrics]) -> Table:
    """What each date of gold was made of."""
    carries = any(day.carried_rows is not None for day in metrics)
    names = ("rows in", *(["carried"] if carries else []), "superseded", "rows out")
    made = table(gold_prefix(dataset).rstrip("/"), "date", *names, numbers=len(names))
    for day in metrics[:FILES_SHOWN]:
        made.add_row(
            day.target_date,
            f"{day.total_rows_in_source_partition:,}",
            *([f"{day.carried_rows or 0:,}"] if carries else []),
            f"{day.removed:,}",
            f"{day.rows_after_dedup:,}",
        )
    if len(metrics) > FILES_SHOWN:
        made.add_row(f"… and {len(metrics) - FILES_SHOWN} more dates", *("" for _ in names))
    return made


def show_refused(
    console: Console,
    verdicts: Sequence[Verdict],
    records: Sequence[Commit],
    title: str = "Refused as a whole",
) -> None:
    """Files that were refused as a whole, at the door or while they were read, or are stuck."""
    files = [(v.source_file, v.reason or "", v.detail or "") for v in refused(verdicts)]
    for record in records:
        for item in record.inputs:
            if item.outcome == "refused":
                files.append((item.source_file, item.reason or "", item.detail or ""))
    show_blocks(console, title, [(f, [r], _last_line(d)) for f, r, d in files], wrap=True)
    held = [(v.source_file, [v.reason or ""], v.detail or "") for v in stuck(verdicts)]
    show_blocks(console, "Stuck in raw/, and tried again by the next run", held)


def show_blocks(
    console: Console,
    title: str,
    blocks: Sequence[tuple[str, Sequence[str], str]],
    *,
    wrap: bool = False,
) -> None:
    """Print what has one long text each, which a narrow table would break in pieces.

    Args:
        console: where to.
        title: printed above, if there are any blocks.
        blocks: where it was or what is wrong, the reasons, and a text that stays on one line.
        wrap: break the texts between words on a terminal, as they are sentences.
    """
    if not blocks:
        return
    console.print(f"[bold]{title}[/]\n")
    for where, reasons, text in blocks:
        line = Text(f" {printable(where)}")
        if reasons:
            line.append("  ").append(", ".join(reasons), "yellow")
        console.print(line, soft_wrap=True)
        if wrap and console.is_terminal:
            console.print(Padding(Text(printable(text)), (0, 0, 0, 5)))
        else:
            console.print(Text(f"     {printable(text)}"), soft_wrap=True)
    console.print()


def show_proof(console: Console, store: Store, outcome: Outcome) -> bool:
    """The same checks that Dagster runs, over the objects that are there now; whether all hold."""
    records = [*outcome.recovered, *outcome.commits]
    findings = []
    if records:
        findings.append(conservation(store, records))
    if outcome.metrics:
        findings.append(gold_conservation(store, outcome.dataset, outcome.metrics))
    books = sum((record.books for record in records), Accounting())
    if books.recovered:
        hows = ", ".join(f"{how} {rows:,}" for how, rows in books.recoveries.items())
        console.print(f"[green]✓[/] {books.recovered:,} damaged rows were recovered: {hows}.")
    for finding in findings:
        # The figures are those of the checks, which count again in the objects that are there.
        sign = "[green]✓[/]" if finding.passed else "[bold red]✗[/]"
        told = finding.sentence if finding.passed else f"{finding.sentence} {finding.recover}"
        console.print(f"{sign} {told}", soft_wrap=True)
    return all(finding.passed for finding in findings)


def _last_line(detail: str) -> str:
    """Of a traceback, the error."""
    return "".join(detail.splitlines()[-1:])


def _figures(books: Accounting) -> list[str]:
    values = (
        books.rows_read,
        books.good,
        books.rejected,
        books.duplicate,
        books.skipped,
        books.unaccounted,
    )
    return [f"{value:,}" for value in values]
