"""Rejected rows and files, as they stand in the rejected zone."""

import io
import json
from datetime import UTC, date, datetime, time

import polars as pl
from rich.console import Console
from rich.text import Text

from lake_assets.cli.cells import printable, table
from lake_assets.cli.report import show_blocks
from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.lake import Lake
from lake_assets.jobs.reconciling.runs import RESTORE_REJECTS
from lake_assets.storage.store import Store

RAW_SHOWN = 500
"""Characters of a raw row that are shown."""

SHOWN = pl.Schema(
    {
        "source_file": pl.String(),
        "line_number": pl.Int64(),
        "reject_reason": pl.String(),
        "reject_reasons": pl.List(pl.String()),
        "raw_row": pl.String(),
        "ingest_ts": pl.String(),
    }
)


def show_rejects(
    console: Console,
    store: Store,
    lake: Lake,
    *,
    reason: str | None,
    since: date | None,
    limit: int,
) -> bool:
    """Print rejected rows: how many for each reason, and the first of them.

    Args:
        console: where to.
        store: of the lake.
        lake: the contract.
        reason: rows with a reason that starts so, first or not; None is all.
        since: rows of files that arrived on that day or later; None is all.
        limit: rows shown.

    Returns:
        Whether all that is there could be read. What could not is told in its place.
    """
    is_whole = True
    for dataset in lake.datasets:
        rows, damaged = rejected_rows(store, dataset, reason=reason, since=since)
        counts = table(f"{dataset.name}: rejected rows", "first reason", "rows", numbers=1)
        by_reason = (
            rows.group_by("reject_reason")
            .len()
            .sort("len", "reject_reason", descending=[True, False])
        )
        for name, count in by_reason.iter_rows():
            counts.add_row(name, f"{count:,}")
        counts.add_section()
        counts.add_row("all", f"{rows.height:,}")
        console.print(counts)
        shown = [
            (
                f"{row['source_file']}:{row['line_number']}",
                row["reject_reasons"],
                shortened(row["raw_row"]),
            )
            for row in rows.head(limit).iter_rows(named=True)
        ]
        show_blocks(console, f"The first {len(shown)}, with their raw text", shown)
        for key in damaged:
            _tell_damaged(console, key, "its rows are not shown", RESTORE_REJECTS)
        is_whole &= not damaged
        if reason is None:
            place = dataset.zones.rejected_system
            is_whole &= _show_refused_files(console, store, dataset.name, place, since)
    if lake.unknown and reason is None:
        place = lake.unknown.rejected
        is_whole &= _show_refused_files(console, store, "of no dataset", place, since)
    return is_whole


def shortened(text: str, most: int = RAW_SHOWN) -> str:
    """A raw row that fits on a screen; all of it is in the rejected zone."""
    rest = len(text) - most
    return text if rest <= 0 else f"{text[:most]} ... and {rest:,} characters more"


def rejected_rows(
    store: Store, dataset: Dataset, *, reason: str | None = None, since: date | None = None
) -> tuple[pl.DataFrame, list[str]]:
    """The reject records, in the order of file and line, and the keys that hold something else.

    The columns are as in :data:`SHOWN`.
    """
    damaged: list[str] = []
    frames = [pl.DataFrame(schema=SHOWN)]
    first = datetime.combine(since, time(), UTC) if since else None
    for info in store.list(f"{dataset.zones.rejected_rows}json/"):
        if first and info.modified < first:
            continue  # written before that day, so it arrived before
        try:
            records = pl.read_ndjson(io.BytesIO(store.read(info.key)), schema=SHOWN)
        except (pl.exceptions.PolarsError, UnicodeDecodeError):
            damaged.append(info.key)
            continue
        if sum(records.null_count().row(0)):  # a record has all of these
            damaged.append(info.key)
        else:
            frames.append(records)
    rows = pl.concat(frames).sort("ingest_ts", "source_file", "line_number")
    if since:
        rows = rows.filter(pl.col("ingest_ts") >= since.isoformat())
    if reason:
        rows = rows.filter(
            pl.col("reject_reasons").list.eval(pl.element().str.starts_with(reason)).list.any()
        )
    return rows, damaged


def _show_refused_files(
    console: Console, store: Store, whose: str, prefix: str, since: date | None
) -> bool:
    refused: list[tuple[str, list[str], str]] = []
    damaged: list[str] = []
    for info in store.list(prefix):
        if not info.key.endswith("_reason.json") or (since and info.modified.date() < since):
            continue
        try:
            refused.append(_reason_in(store.read(info.key)))
        except (ValueError, KeyError, TypeError, AttributeError):
            damaged.append(info.key)
    show_blocks(console, f"{whose}: files refused as a whole", refused)
    for key in damaged:
        remedy = "drop the file beside it again, and it is refused anew"
        _tell_damaged(console, key, "it does not say why its file was refused", remedy)
    return not damaged


def _reason_in(document: bytes) -> tuple[str, list[str], str]:
    """File, reason and the last line of the detail, of a ``_reason.json``."""
    found = json.loads(document)
    return found["source_file"], [found["reason"]], (found["detail"].splitlines() or [""])[-1]


def _tell_damaged(console: Console, key: str, so: str, remedy: str) -> None:
    told = f"{printable(key)} was changed, or cut off; {so}: {remedy}"
    console.print(Text.assemble(("✗ ", "bold red"), told), soft_wrap=True)
