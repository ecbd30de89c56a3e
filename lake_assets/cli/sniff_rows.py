"""What `lake sniff` found in the rows of a file, on a terminal."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from lake_assets.cli.fitted import counted, cut, fitted_table, room_beside, shown

BOOKS = ("read", "good", "rejected", "skipped", "lost")
READINGS = {"DM": "day first", "MD": "month first", ".": "a decimal point", ",": "a decimal comma"}
HINTS = {"day and month": "by the date in the file's name", "decimal mark": "by type or currency"}


def show_rows(console: Console, found: Mapping[str, Any]) -> None:
    """Print what became of the rows, and why."""
    books = found["accounting"]
    made = fitted_table("Rows", *BOOKS, figures=BOOKS)
    made.add_row(
        *(f"{books[key]:,}" for key in ("rows_read", "good", "rejected", "skipped", "unaccounted"))
    )
    console.print(made)
    if told := _skipped(found):
        console.print(Text(f" skipped: {told}", "dim"), soft_wrap=True)
    if found["ambiguous"]:
        console.print()
    for item in found["ambiguous"]:
        _show_ambiguous(console, item)
    if found["recoveries"]:
        _show_recoveries(console, found["recoveries"])
    if found["rejects"]:
        _show_rejects(console, books["reasons"], found["rejects"])


def _show_recoveries(console: Console, recoveries: Sequence[Mapping[str, Any]]) -> None:
    of_columns = [item for item in recoveries if item["column"]]
    names = ["what", "column", "rows"] if of_columns else ["what", "rows"]
    made = fitted_table("Recovered", *names, figures=["rows"])
    for item in recoveries:
        made.add_row(*([item["kind"], item["column"]][: len(names) - 1]), f"{item['rows']:,}")
    console.print(made)
    if rows := _examples(of_columns):
        made = fitted_table("Texts", "line", "as it stands", "read as", figures=["line"])
        room = room_beside(
            console, ["line", *(f"{row[0]:,}" for row in rows)], [row[2] for row in rows]
        )
        for line, text, value in rows:
            made.add_row(f"{line:,}", cut(text, room), shown(value))
        console.print(made)
    if rows := _examples([item for item in recoveries if not item["column"]]):
        made = fitted_table(
            "Damaged rows", "line", "as it stands, and as it was read", figures=["line"]
        )
        room = room_beside(console, ["line", *(f"{row[0]:,}" for row in rows)])
        for line, text, value in rows:
            read = Text.assemble("\n", ("→ ", "dim"), cut(value, room - 2))
            made.add_row(f"{line:,}", cut(text, room) + read)
        console.print(made)


def _examples(recoveries: Sequence[Mapping[str, Any]]) -> list[tuple[int, str, str]]:
    """Two of each kind: line, text, and what it was read as."""
    return [row for item in recoveries for row in item["examples"][:2]]


def _skipped(found: Mapping[str, Any]) -> str:
    """What was skipped besides blank rows and repeated headers."""
    above, totals = found["preamble_lines"], found["totals"]
    told = [
        *([f"{counted(above, 'line')} above the header"] if above else []),
        *([f"{counted(totals, 'total')} at the end"] if totals else []),
    ]
    return " and ".join(told)


def _show_ambiguous(console: Console, item: Mapping[str, Any]) -> None:
    """What in the file decides texts that read both ways."""
    about = "day from month" if item["about"] == "day and month" else "the decimal mark"
    if not item["two_ways"]:
        told = "the clocks showed some of its times twice (see `fold`)"
    elif item["clues"]:
        told = f"{_said(item['clues'])}, by texts that read in one way only"
    elif item["hints"]:
        told = f"{_said(item['hints'])}, {HINTS[item['about']]}"
    elif item["by_other_columns"]:
        told = f"other columns say {READINGS[item['reading']]}"
    else:
        told = f"nothing in the file tells {about}"
    made = Text.assemble(("! ", "yellow"), (item["column"], "bold"), f": {told}")
    if item["settled"]:
        made.append(f"; {counted(item['settled'], 'text')} settled")
    if item["rejected"]:
        made.append(f"; {counted(item['rejected'], 'row')} rejected", "yellow")
    console.print(made)


def _said(counts: Mapping[str, int]) -> str:
    """``3 say month first, 1 says day first``."""
    told = sorted(counts.items(), key=lambda pair: -pair[1])
    return ", ".join(
        f"{count:,} {'says' if count == 1 else 'say'} {READINGS[reading]}"
        for reading, count in told
    )


def _show_rejects(
    console: Console, reasons: Mapping[str, int], rejects: Iterable[Mapping[str, Any]]
) -> None:
    counts = fitted_table("Rejected, and why", "first reason", "rows", figures=["rows"])
    for reason, rows in sorted(reasons.items(), key=lambda pair: (-pair[1], pair[0])):
        counts.add_row(Text(reason), f"{rows:,}")
    console.print(counts)
    rejects = list(rejects)
    title = f"{len(rejects):,} of {counted(sum(reasons.values()), 'rejected row')}"
    made = fitted_table(title, "line", "reasons", "row", figures=["line"])
    numbers = ["line", *(f"{row['line']:,}" for row in rejects)]
    broken = [reason for row in rejects for reason in row["reasons"]]
    room = room_beside(console, numbers, broken)
    for row in rejects:
        made.add_row(
            f"{row['line']:,}", Text("\n".join(row["reasons"]), "yellow"), cut(row["raw"], room)
        )
    console.print(made)
