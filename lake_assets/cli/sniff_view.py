"""What `lake sniff` found, on a terminal of any width."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from lake_assets.cli.report import printable

SIGNS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar", " ": "space"}
BOOKS = ("read", "good", "rejected", "skipped", "lost")
BY = {"name": "", "alias": "by its alias", "variant": "in another spelling"}
READINGS = {"DM": "day first", "MD": "month first", ".": "a decimal point", ",": "a decimal comma"}
HINTS = {"day and month": "by the date in the file's name", "decimal mark": "by type or currency"}
EXAMPLE = 40
"""Characters of an example that are shown."""
GAP = 3
"""Between two columns of a table."""
ROW = 20
"""Characters of a raw row that are shown, at least."""


def show(console: Console, found: Mapping[str, Any]) -> None:
    """Print a document of :func:`lake_assets.cli.sniff.sniff`."""
    _show_file(console, found)
    if found["bytes_read"]:
        _show_dialect(console, found)
    if found["contract"] is None:
        _show_columns(console, found)
        return
    if found["header"] and found["bytes_read"]:
        console.print(_header_table(found))
        _show_missing(console, found)
    if found["refused"]:
        _show_refusal(console, found["refused"])
        return
    _show_rows(console, found)


def _show_refusal(console: Console, refused: Mapping[str, str | None]) -> None:
    line = Text.assemble(
        ("\n✗ refused as a whole: ", "bold red"), (str(refused["reason"]), "yellow")
    )
    console.print(line, soft_wrap=True)
    for sentence in (refused["sentence"], refused["hint"]):
        if sentence:
            console.print(Text(f"  {printable(sentence.splitlines()[-1])}"), soft_wrap=True)


def _show_file(console: Console, found: Mapping[str, Any]) -> None:
    facts = [_count(found["bytes"], "byte")]
    if packed := found["compression"]:
        facts.append(packed)
    if found["bytes_read"] or found["whole"]:
        read, within = f"{found['bytes_read']:,}", " of the text within" if packed else ""
        whole = f"expands to {read}" if packed else "all of it read"
        facts += [whole if found["whole"] else f"the first {read}{within} read"]
        facts += [_count(found["lines"], "line")]
    line = Text.assemble((printable(found["file"]), "bold"), f"  {', '.join(facts)}")
    console.print(line, soft_wrap=True)
    if found["bytes_read"] and not found["whole"]:
        console.print("  [yellow]what is below is about that part alone[/]; --mb reads more")


def _show_dialect(console: Console, found: Mapping[str, Any]) -> None:
    facts = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2))
    facts.add_row(
        "  encoding", f"{found['encoding'] or 'unknown'}", _dim(found["encoding_found_by"])
    )
    facts.add_row("  line ends", found["line_end"], "")
    facts.add_row("  delimiter", sign(found["delimiter"]), _dim(_runner_up(found)))
    facts.add_row("  quotes", *_quotes(found))
    lines = found["preamble_lines"]
    above = f"{_count(lines, 'line')} above it" if lines else ""
    header = f"line {lines + 1:,}" if found["has_header"] else "none"
    facts.add_row("  header", header, _dim(above))
    console.print(facts)


def sign(delimiter: str | None) -> str:
    """A delimiter as it can be seen: ``; semicolon``."""
    if delimiter is None:
        return "none: one column"
    seen = delimiter if delimiter.isprintable() and delimiter != " " else ""
    name = SIGNS.get(delimiter, "" if seen else repr(delimiter))
    return f"{seen} {name}".strip()


def _runner_up(found: Mapping[str, Any]) -> str:
    if found["runner_up"] is None:
        return "no other sign would do" if found["delimiter"] else ""
    share = found["runner_up_share"]
    if share is None:
        return f"by the contract; the text alone looks more like {sign(found['runner_up'])}"
    return f"next best {sign(found['runner_up'])}, {share:.0%} as likely"


def _quotes(found: Mapping[str, Any]) -> tuple[str, Text]:
    escapes = {"doubled": "a quote within is doubled", "backslash": "a quote within has a \\"}
    return found["quote"] or "none", _dim(escapes.get(found["escape"], ""))


def _header_table(found: Mapping[str, Any]) -> Table:
    made = _table("Header", "cell", "column", "")
    for cell in found["header"]:
        if cell["column"] is None:
            made.add_row(_cell(cell["cell"]), _dim("unknown, left out"), "")
            continue
        notes = [
            *([BY[cell["by"]]] if BY[cell["by"]] else []),
            *([f"one of {cell['cells']} cells"] if cell["cells"] > 1 else []),
            *(["required"] if cell["required"] else []),
        ]
        made.add_row(_cell(cell["cell"]), cell["column"], _dim(", ".join(notes)))
    for name in found["missing_required"]:
        made.add_row(Text("missing", "bold red"), Text(name, "bold red"), Text("required", "red"))
    return made


def _show_missing(console: Console, found: Mapping[str, Any]) -> None:
    if found["missing_optional"]:
        names = ", ".join(found["missing_optional"])
        console.print(Text(f"Not in the file, and not required: {names}", "dim"), soft_wrap=True)


def _show_rows(console: Console, found: Mapping[str, Any]) -> None:
    books = found["accounting"]
    made = _table("Rows", *BOOKS, figures=BOOKS)
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
    made = _table("Recovered", *names, figures=["rows"])
    for item in recoveries:
        made.add_row(*([item["kind"], item["column"]][: len(names) - 1]), f"{item['rows']:,}")
    console.print(made)
    if rows := _examples(of_columns):
        made = _table("Texts", "line", "as it stands", "read as", figures=["line"])
        room = _room(console, ["line", *(f"{row[0]:,}" for row in rows)], [row[2] for row in rows])
        for line, text, value in rows:
            made.add_row(f"{line:,}", _cut(text, room), _cell(value))
        console.print(made)
    if rows := _examples([item for item in recoveries if not item["column"]]):
        made = _table("Damaged rows", "line", "as it stands, and as it was read", figures=["line"])
        room = _room(console, ["line", *(f"{row[0]:,}" for row in rows)])
        for line, text, value in rows:
            read = Text.assemble("\n", ("→ ", "dim"), _cut(value, room - 2))
            made.add_row(f"{line:,}", _cut(text, room) + read)
        console.print(made)


def _examples(recoveries: Sequence[Mapping[str, Any]]) -> list[tuple[int, str, str]]:
    """Two of each kind: line, text, and what it was read as."""
    return [row for item in recoveries for row in item["examples"][:2]]


def _skipped(found: Mapping[str, Any]) -> str:
    """What was skipped besides blank rows and repeated headers."""
    above, totals = found["preamble_lines"], found["totals"]
    told = [
        *([f"{_count(above, 'line')} above the header"] if above else []),
        *([f"{_count(totals, 'total')} at the end"] if totals else []),
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
        made.append(f"; {_count(item['settled'], 'text')} settled")
    if item["rejected"]:
        made.append(f"; {_count(item['rejected'], 'row')} rejected", "yellow")
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
    counts = _table("Rejected, and why", "first reason", "rows", figures=["rows"])
    for reason, rows in sorted(reasons.items(), key=lambda pair: (-pair[1], pair[0])):
        counts.add_row(Text(reason), f"{rows:,}")
    console.print(counts)
    rejects = list(rejects)
    title = f"{len(rejects):,} of {_count(sum(reasons.values()), 'rejected row')}"
    made = _table(title, "line", "reasons", "row", figures=["line"])
    numbers = ["line", *(f"{row['line']:,}" for row in rejects)]
    broken = [reason for row in rejects for reason in row["reasons"]]
    room = _room(console, numbers, broken)
    for row in rejects:
        made.add_row(
            f"{row['line']:,}", Text("\n".join(row["reasons"]), "yellow"), _cut(row["raw"], room)
        )
    console.print(made)


def _show_columns(console: Console, found: Mapping[str, Any]) -> None:
    if not found["columns"]:
        console.print("\nThere is nothing in it.")
        return
    title = f"Columns of {_count(found['rows'], 'row')}"
    made = _table(title, "column", "type", "nulls", "example", figures=["nulls"])
    for column in found["columns"]:
        kind = Text(column["type"])
        if column["unread"]:
            kind.append(f" ({column['unread']:,} are none)", "yellow")
        cell = _cut(column["example"], EXAMPLE)
        if formats := list(
            dict.fromkeys(pattern.partition("[")[0] for pattern in column["formats"])
        ):
            more = f" and {len(formats) - 1} more" if len(formats) > 1 else ""
            cell.append(f"  {formats[0]}{more}", "dim")
        made.add_row(_cell(column["header"]), kind, f"{column['nulls']:,}", cell)
    console.print(made)
    told = []
    if found["rows_of_other_width"]:
        told += [f"{_count(found['rows_of_other_width'], 'row')} of another width than the header"]
    if found["totals"]:
        told += ["the last row looks like a total; it is not counted"]
    for at, sentence in enumerate(told):
        console.print(f"{'' if at else chr(10)}[yellow]![/] {sentence}")


def _table(title: str, *names: str, figures: Sequence[str] = ()) -> Table:
    """A table below a blank line.

    Args:
        title: above it.
        names: of its columns.
        figures: those of them that hold figures.
    """
    made = Table(
        title=f"\n{title}",
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        show_edge=False,
        padding=(0, 1),
    )
    for name in names:
        is_figure = name in figures
        made.add_column(
            name, justify="right" if is_figure else "left", overflow="fold", no_wrap=is_figure
        )
    return made


def _room(console: Console, *columns: Iterable[str]) -> int:
    """Characters left for a column beside these, in a table as wide as the terminal."""
    taken = sum(GAP + max(map(len, column), default=0) for column in columns)
    return max(ROW, console.width - taken - 2)


def _cut(text: str, room: int) -> Text:
    """Printable text of at most so many characters."""
    text = printable(text)
    return Text(text if len(text) <= room else f"{text[: room - 1]}…")


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _cell(text: str) -> Text:
    return Text(printable(text))


def _dim(text: str) -> Text:
    return Text(text, "dim")
