"""What `lake sniff` found, on a terminal."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from lake_assets.cli.cells import printable
from lake_assets.cli.fitted import counted, cut, dim, fitted_table, shown
from lake_assets.cli.sniff_rows import show_rows

SIGNS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar", " ": "space"}
BY = {"name": "", "alias": "by its alias", "variant": "in another spelling"}
EXAMPLE = 40
"""Characters of an example that are shown."""


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
    show_rows(console, found)


def _show_refusal(console: Console, refused: Mapping[str, str | None]) -> None:
    line = Text.assemble(
        ("\n✗ refused as a whole: ", "bold red"), (str(refused["reason"]), "yellow")
    )
    console.print(line, soft_wrap=True)
    for sentence in (refused["sentence"], refused["hint"]):
        if sentence:
            console.print(Text(f"  {printable(sentence.splitlines()[-1])}"), soft_wrap=True)


def _show_file(console: Console, found: Mapping[str, Any]) -> None:
    facts = [counted(found["bytes"], "byte")]
    if packed := found["compression"]:
        facts.append(packed)
    if found["bytes_read"] or found["whole"]:
        read, within = f"{found['bytes_read']:,}", " of the text within" if packed else ""
        whole = f"expands to {read}" if packed else "all of it read"
        facts += [whole if found["whole"] else f"the first {read}{within} read"]
        facts += [counted(found["lines"], "line")]
    line = Text.assemble((printable(found["file"]), "bold"), f"  {', '.join(facts)}")
    console.print(line, soft_wrap=True)
    if found["bytes_read"] and not found["whole"]:
        console.print("  [yellow]what is below is about that part alone[/]; --mb reads more")


def _show_dialect(console: Console, found: Mapping[str, Any]) -> None:
    facts = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2))
    facts.add_row(
        "  encoding", f"{found['encoding'] or 'unknown'}", dim(found["encoding_found_by"])
    )
    facts.add_row("  line ends", found["line_end"], "")
    if found["format"] == "ndjson":
        by = "by the contract: " if found["contract"] else ""
        facts.add_row("  format", "NDJSON", dim(f"{by}one JSON object a line"))
        console.print(facts)
        return
    facts.add_row("  delimiter", sign(found["delimiter"]), dim(_runner_up(found)))
    facts.add_row("  quotes", *_quotes(found))
    lines = found["preamble_lines"]
    above = f"{counted(lines, 'line')} above it" if lines else ""
    header = f"line {lines + 1:,}" if found["has_header"] else "none"
    facts.add_row("  header", header, dim(above))
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
    return found["quote"] or "none", dim(escapes.get(found["escape"], ""))


def _header_table(found: Mapping[str, Any]) -> Table:
    names = ("Keys", "key") if found["format"] == "ndjson" else ("Header", "cell")
    made = fitted_table(*names, "column", "")
    for cell in found["header"]:
        if cell["column"] is None:
            made.add_row(shown(cell["cell"]), dim("unknown, left out"), "")
            continue
        notes = [
            *([BY[cell["by"]]] if BY[cell["by"]] else []),
            *([f"one of {cell['cells']} cells"] if cell["cells"] > 1 else []),
            *(["required"] if cell["required"] else []),
        ]
        made.add_row(shown(cell["cell"]), cell["column"], dim(", ".join(notes)))
    for name in found["missing_required"]:
        made.add_row(Text("missing", "bold red"), Text(name, "bold red"), Text("required", "red"))
    return made


def _show_missing(console: Console, found: Mapping[str, Any]) -> None:
    if found["missing_optional"]:
        names = ", ".join(found["missing_optional"])
        console.print(Text(f"Not in the file, and not required: {names}", "dim"), soft_wrap=True)


def _show_columns(console: Console, found: Mapping[str, Any]) -> None:
    if not found["columns"]:
        console.print("\nThere is nothing in it.")
        return
    title = f"Columns of {counted(found['rows'], 'row')}"
    made = fitted_table(title, "column", "type", "nulls", "example", figures=["nulls"])
    for column in found["columns"]:
        kind = Text(column["type"])
        if column["unread"]:
            kind.append(f" ({column['unread']:,} are none)", "yellow")
        cell = cut(column["example"], EXAMPLE)
        if formats := list(
            dict.fromkeys(pattern.partition("[")[0] for pattern in column["formats"])
        ):
            more = f" and {len(formats) - 1} more" if len(formats) > 1 else ""
            cell.append(f"  {formats[0]}{more}", "dim")
        made.add_row(shown(column["header"]), kind, f"{column['nulls']:,}", cell)
    console.print(made)
    told = []
    if damaged := found.get("lines_damaged"):
        none = "is no JSON object" if damaged == 1 else "are no JSON objects"
        told += [f"{counted(damaged, 'line')} {none}"]
    if found.get("rows_of_other_width"):
        told += [f"{counted(found['rows_of_other_width'], 'row')} of another width than the header"]
    if found.get("totals"):
        told += ["the last row looks like a total; it is not counted"]
    for at, sentence in enumerate(told):
        console.print(f"{'' if at else chr(10)}[yellow]![/] {sentence}")
