"""`lake trace --file`: which dates and gold rows a file feeds, for people and as JSON."""

from typing import Any

from rich.console import Console
from rich.text import Text

from lake_assets.cli.cells import printable, table
from lake_assets.cli.fitted import counted
from lake_assets.cli.trace import plain
from lake_assets.jobs.tracing.file_history import DateUse, FileTrace, FileVersion

FIGURES = ("good", "in gold", "superseded", "waiting", "missing")
DATES_SHOWN = 40


def show_file(console: Console, name: str, trace: FileTrace) -> None:
    """Print what became of each version of a file."""
    if not (trace.versions or trace.waiting):
        told = (
            f"No run knows {printable(name)}: neither a name, nor a SHA-256, nor a key in archive/."
        )
        console.print(Text(told), soft_wrap=True)
    for version in trace.versions:
        _show_version(console, version)
    for key in trace.waiting:
        console.print(
            Text.assemble(("! ", "yellow"), f"{printable(key)} waits to be ingested."),
            soft_wrap=True,
        )


def _show_version(console: Console, version: FileVersion) -> None:
    console.print(
        Text.assemble((printable(version.source_file), "bold"), f"  {version.outcome}"),
        soft_wrap=True,
    )
    lines = []
    if version.ingest_run_id:
        lines.append(f"run {version.ingest_run_id}, contract {version.contract_version}")
    if version.arrived:
        lines.append(f"arrived {version.arrived:%Y-%m-%d %H:%M:%S} UTC")
    lines += [version.key, f"SHA-256 {version.sha256}" if version.sha256 else ""]
    lines.append(f"{version.reason}: {_last(version.detail)}" if version.reason else "")
    for line in filter(None, lines):
        console.print(Text(f"     {printable(line)}", "dim"), soft_wrap=True)
    console.print()
    books = version.books
    if version.outcome == "refused":
        return
    told = (
        f" {books.rows_read:,} rows read = {books.good:,} good + {books.rejected:,} rejected "
        f"+ {books.duplicate:,} duplicate + {books.skipped:,} skipped"
    )
    console.print(told, soft_wrap=True)
    console.print()
    if version.dates:
        _show_dates(console, version.dates)
    if books.reasons:
        made = table("Rejected, and why", "reason", "rows", numbers=1)
        for reason, rows in sorted(books.reasons.items(), key=lambda pair: (-pair[1], pair[0])):
            made.add_row(Text(reason), f"{rows:,}")
        console.print(made)


def _show_dates(console: Console, dates: tuple[DateUse, ...]) -> None:
    made = table("Its good rows", "date", *FIGURES, numbers=len(FIGURES))
    for use in dates[:DATES_SHOWN]:
        figures = (use.good, use.gold, sum(use.superseded.values()), use.waiting, use.missing)
        made.add_row(use.date, *(f"{figure:,}" for figure in figures))
    if len(dates) > DATES_SHOWN:
        made.add_row(f"… and {len(dates) - DATES_SHOWN} more dates", *[""] * len(FIGURES))
    console.print(made)
    for use in dates[:DATES_SHOWN]:
        for other, rows in use.superseded.items():
            told = f" {use.date}: {counted(rows, 'row')} superseded by {printable(other)}"
            console.print(Text(told), soft_wrap=True)
    if any(use.superseded for use in dates):
        console.print()


def _last(detail: str | None) -> str:
    """Of a traceback, the error."""
    return "".join((detail or "").splitlines()[-1:])


def file_document(target: str, name: str, trace: FileTrace) -> dict[str, Any]:
    """The trace as plain JSON types; docs/reference/cli.md shows its form."""
    return {
        "target": target,
        "file": name,
        "versions": [_version(version) for version in trace.versions],
        "waiting": list(trace.waiting),
    }


def _version(version: FileVersion) -> dict[str, Any]:
    books = version.books
    return {
        "source_file": version.source_file,
        "outcome": version.outcome,
        "reason": version.reason,
        "detail": version.detail,
        "key": version.key,
        "sha256": version.sha256,
        "ingest_run_id": version.ingest_run_id,
        "arrived": plain(version.arrived),
        "contract_version": version.contract_version,
        "rows_read": books.rows_read,
        "rows_good": books.good,
        "rows_rejected": books.rejected,
        "rows_duplicate": books.duplicate,
        "rows_skipped": books.skipped,
        "rejects": dict(books.reasons),
        "dates": [
            {
                "date": use.date,
                "good": use.good,
                "gold": use.gold,
                "superseded": dict(use.superseded),
                "waiting": use.waiting,
                "missing": use.missing,
            }
            for use in version.dates
        ],
    }
