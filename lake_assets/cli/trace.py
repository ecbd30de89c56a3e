"""`lake trace`: where a gold row came from, for people and as JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from typing import Any

from rich.console import Console
from rich.text import Text

from lake_assets.cli.cells import printable
from lake_assets.cli.fitted import counted
from lake_assets.cli.opening import UsageError
from lake_assets.cli.rejects import shortened
from lake_assets.jobs.tracing.origins import Origin, State
from lake_assets.jobs.tracing.trace import RowTrace
from lake_assets.kernels.values.types import LINEAGE

SIGNS = {State.GOLD: ("✓", "green"), State.SUPERSEDED: ("·", "dim"), State.WAITING: ("!", "yellow")}
TOLD = {
    State.GOLD: "in gold",
    State.SUPERSEDED: "superseded",
    State.WAITING: "not in gold yet",
}


def key_texts(pairs: Sequence[str]) -> dict[str, str]:
    """``COLUMN=VALUE`` pairs by their columns.

    Raises:
        UsageError: one is no such pair, or a column is named twice.
    """
    found: dict[str, str] = {}
    for pair in pairs:
        name, sign, text = pair.partition("=")
        if not sign or name in found:
            raise UsageError(
                f"--row {pair!r} names a column twice or has no '='; write --row COLUMN=VALUE once "
                "for each column of the key"
            )
        found[name] = text
    return found


def show_rows(console: Console, key: Mapping[str, str], traces: Sequence[RowTrace]) -> None:
    """Print each trace: the gold row, and every row that it was chosen from."""
    told = ", ".join(f"{name}={text}" for name, text in key.items())
    if not traces:
        console.print(
            Text(
                f"No gold row has {told}, and no processed row waits to become one. It may have "
                "been rejected: see `lake rejects`."
            ),
            soft_wrap=True,
        )
    for trace in traces:
        _show_trace(console, told, trace)


def _show_trace(console: Console, told: str, trace: RowTrace) -> None:
    title = f"{printable(told)} on {trace.date}"
    console.print(Text(title, "bold"), soft_wrap=True)
    if trace.gold:
        console.print(Text(f" {trace.object}", "dim"), soft_wrap=True)
        console.print()
        values = {name: value for name, value in trace.gold.items() if name not in LINEAGE}
        width = max(map(len, values))
        for name, value in values.items():
            text = "" if value is None else printable(str(value))
            console.print(Text(f" {name:<{width}}  {text}"), soft_wrap=True)
    console.print()
    count = counted(len(trace.origins), "processed row")
    console.print(Text(f"From {count} of this key, the latest arrival first", "bold"))
    console.print()
    for origin in trace.origins:
        _show_origin(console, origin)
    if not trace.is_explained:
        console.print(
            "[bold red]✗[/] None of them is the row in gold: run `lake reconcile`.", soft_wrap=True
        )
    elif trace.stale:
        console.print(
            "[yellow]![/] Gold of this date is older than its processed rows: `lake run` brings it "
            "up to date.",
            soft_wrap=True,
        )


def _show_origin(console: Console, origin: Origin) -> None:
    sign, style = SIGNS[origin.state]
    where = printable(f"{origin.source_file}:{origin.line_number}")
    line = Text.assemble(f" {where}  ", (f"{sign} {TOLD[origin.state]}", style))
    console.print(line, soft_wrap=True)
    if origin.raw is not None:
        console.print(Text(f"     {printable(shortened(origin.raw))}"), soft_wrap=True)
    details = [
        f"run {origin.ingest_run_id}, contract {origin.contract_version}, "
        f"arrived {origin.arrived:%Y-%m-%d %H:%M:%S} UTC",
        origin.archive,
        origin.object,
    ]
    for detail in details:
        if detail:
            console.print(Text(f"     {printable(detail)}", "dim"), soft_wrap=True)
    if origin.fault:
        console.print(Text(f"     {printable(origin.fault)}", "red"), soft_wrap=True)
    console.print()


def rows_document(
    target: str, key: Mapping[str, str], traces: Sequence[RowTrace]
) -> dict[str, Any]:
    """The traces as plain JSON types; docs/reference/cli.md shows their form."""
    return {
        "target": target,
        "key": dict(key),
        "rows": [
            {
                "date": trace.date,
                "gold": {name: plain(value) for name, value in trace.gold.items()}
                if trace.gold
                else None,
                "object": trace.object,
                "stale": trace.stale,
                "explained": trace.is_explained,
                "origins": [
                    {name: plain(value) for name, value in asdict(origin).items()}
                    for origin in trace.origins
                ],
            }
            for trace in traces
        ],
    }


def plain(value: Any) -> Any:
    """A value as JSON has it: decimals as text, instants in ISO 8601 (UTC), as in the rejects."""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%dT%H:%M:%S.%f}Z"
    return str(value) if isinstance(value, Decimal) else value
