"""`lake sniff`: what would become of a file, as one document; ``sniff_view`` shows it to people."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from lake_assets.cli.opening import UsageError
from lake_assets.cli.reading import Head, read_head
from lake_assets.contracts.column import NUMBERS
from lake_assets.contracts.dataset import DETECT, Dataset
from lake_assets.jobs.preview import FileRefusedError, Preview, preview
from lake_assets.kernels.encoding import sniff_encoding
from lake_assets.kernels.header import claim_columns, normalise
from lake_assets.kernels.inference.column_types import Cells, infer_type
from lake_assets.kernels.inference.dialect import Dialect, sniff_dialect
from lake_assets.kernels.inference.sampled import read_table
from lake_assets.kernels.layout import HEAD_BYTES, read_layout
from lake_assets.kernels.lines import count_lines
from lake_assets.kernels.recoveries import MARK, ORDER
from lake_assets.kernels.rows import AMBIGUOUS

REJECTS_SHOWN = 10
HEADER_CHARACTERS = 1 << 18
LIKELY_PREAMBLE = 50
"""Lines above a header that are looked through to find out why a file is refused."""
MEGABYTE = 1 << 20
SETTLED = (MARK, ORDER)
ENDS = {"\n": "LF", "\r\n": "CR LF", "\r": "CR"}


def sniff(path: Path, megabytes: float, target: str, dataset: Dataset | None) -> dict[str, Any]:
    """Look at the beginning of a file.

    Args:
        path: of the file.
        megabytes: to read, at most.
        target: the contract's name, ``LAKE/DATASET``; empty without a contract.
        dataset: the contract, if any.

    Returns:
        A document of plain JSON types; ``docs/reference/cli.md`` says what is in it.

    Raises:
        UsageError: the file cannot be read.
    """
    head = read_head(path, megabytes, dataset.format if dataset else None)
    if head.refusal and not dataset:
        raise UsageError(f"cannot read {path}: {head.refusal.detail}") from head.refusal
    dialect = sniff_dialect(head.text, whole=head.whole)
    document = {**_file(head), **_dialect(dialect)}
    return document | (_by_contract(head, dialect, target, dataset) if dataset else _columns(head))


def _file(head: Head) -> dict[str, Any]:
    return {
        "file": head.path.name,
        "bytes": head.size,
        "bytes_read": len(head.data),
        "whole": head.whole,
        "lines": count_lines(head.text.encode("utf-8", "surrogatepass")),
        "compression": head.compression,
        "encoding": head.encoding.name if head.encoding else None,
        "encoding_found_by": head.found_by,
    }


def _dialect(dialect: Dialect) -> dict[str, Any]:
    runner_up, score = dialect.runner_up or (None, 0.0)
    return {
        "line_end": ENDS[dialect.line_end],
        "delimiter": dialect.delimiter,
        "runner_up": runner_up,
        "runner_up_share": round(score / dialect.score, 2) if dialect.score else None,
        "quote": dialect.quote,
        "escape": dialect.escape,
        "has_header": dialect.has_header,
        "preamble_lines": dialect.preamble,
    }


def _columns(head: Head) -> dict[str, Any]:
    """Without a contract: the columns, and what type their cells are of."""
    table = read_table(head.text, whole=head.whole)
    columns = []
    for at, header in enumerate(table.header):
        seen = infer_type(normalise(header), Cells(table.cells[str(at)]))
        formats = list(seen.patterns.formats) if seen.patterns else []
        columns.append(
            {
                "header": header,
                "type": seen.type.value,
                "formats": formats,
                "nulls": seen.rows - seen.filled,
                "distinct": seen.distinct,
                "unread": seen.unread,
                "example": seen.example,
            }
        )
    return {
        "contract": None,
        "refused": None,
        "rows": table.rows,
        "columns": columns,
        "rows_of_other_width": table.rows - table.cells.height,
        "totals": int(table.total),
    }


def _by_contract(head: Head, dialect: Dialect, target: str, dataset: Dataset) -> dict[str, Any]:
    seen = _preview(head, dataset)
    if isinstance(seen, Preview):
        header, refused = seen.header, None
        found = _rows(seen, dataset) | {
            "delimiter": seen.layout.delimiter,
            "has_header": True,
            "preamble_lines": seen.layout.header_line - 1,
        }
        if seen.layout.delimiter != dialect.delimiter:
            found |= {"runner_up": dialect.delimiter, "runner_up_share": None}
    else:
        table = read_table(head.text[:HEADER_CHARACTERS], whole=head.whole)
        header, found = table.header, {"accounting": None}
        hint = _hint(seen, head, dialect, dataset)
        refused = {"reason": seen.reason, "sentence": seen.detail, "hint": hint}
    mapping = _mapping(header, dataset)
    named = {cell["column"] for cell in mapping}
    missing = [column for column in dataset.columns if column.name not in named]
    return {
        "contract": target,
        "refused": refused,
        "header": mapping,
        "missing_required": [column.name for column in missing if column.required],
        "missing_optional": [column.name for column in missing if not column.required],
        **found,
    }


def _preview(head: Head, dataset: Dataset) -> Preview | FileRefusedError:
    if head.refusal:
        return head.refusal
    if head.size > dataset.format.max_file_mb * MEGABYTE:
        allowed = f"the contract allows {dataset.format.max_file_mb:,} MB"
        return FileRefusedError("too_large", f"it has {head.size:,} bytes, {allowed}")
    try:
        return preview(head.data, head.path.name, dataset, datetime.now(UTC), whole=head.whole)
    except FileRefusedError as refusal:
        return refusal


def _hint(refusal: FileRefusedError, head: Head, dialect: Dialect, dataset: Dataset) -> str | None:
    """The key of the contract that the file seems to need, if it looks as if one would do."""
    if refusal.reason == "undecodable":
        likely = sniff_encoding(head.data[:HEAD_BYTES], [DETECT])
        if likely:
            return f"the bytes look most like {likely.name}; if so, add it to `format.encodings`"
    if refusal.reason not in {"delimiter_detection_failed", "missing_columns"}:
        return None
    delimiters = [*dataset.format.delimiters]
    if dialect.delimiter and dialect.delimiter not in delimiters:
        delimiters.append(dialect.delimiter)
    wider = dataset.format.model_copy(
        update={"delimiters": delimiters, "preamble_lines": LIKELY_PREAMBLE}
    )
    try:
        layout = read_layout(
            head.data[:HEAD_BYTES], dataset.model_copy(update={"format": wider}), whole=False
        )
    except FileRefusedError:
        return None
    if layout.delimiter not in dataset.format.delimiters:
        return (
            f"the text looks divided by {layout.delimiter!r}; if it is, add that to "
            "`format.delimiters`"
        )
    return (
        f"there is a header in line {layout.header_line:,}; if what is above it may be left out, "
        f"set `format.preamble_lines: {layout.header_line - 1}`"
    )


def _mapping(header: Sequence[str], dataset: Dataset) -> list[dict[str, Any]]:
    """Each header cell with the contract column that it names, and how."""
    columns = {column.name: column for column in dataset.columns}
    claims = claim_columns(header, dataset).positions
    named = {place: name for name, places in claims.items() for place in places}
    mapping = []
    for at, cell in enumerate(header):
        column = columns.get(named.get(at, ""))
        mapping.append(
            {
                "cell": cell.strip(),
                "column": column.name if column else None,
                "by": _by(cell, column.name, column.aliases) if column else None,
                "required": bool(column and column.required),
                "cells": len(claims[column.name]) if column else None,
            }
        )
    return mapping


def _by(cell: str, name: str, aliases: Sequence[str]) -> str:
    """How a cell names a column: a variant is its name, or an alias, in another spelling."""
    normal = normalise(cell)
    return "name" if normal == name else "alias" if normal in aliases else "variant"


def _rows(seen: Preview, dataset: Dataset) -> dict[str, Any]:
    books = seen.result.books
    return {
        "accounting": {**books.to_json(), "unaccounted": books.unaccounted},
        "totals": seen.totals,
        "rejects": _rejects(seen.rejects),
        "recoveries": [asdict(found) for found in seen.recoveries],
        "ambiguous": _ambiguous(seen, dataset),
    }


def _rejects(rejects: pl.DataFrame) -> list[dict[str, Any]]:
    """The first rows of each reason in turn, so that every reason is seen; in file order."""
    shown = (
        rejects.with_columns(pl.int_range(pl.len()).over("reject_reason").alias("turn"))
        .sort("turn", "line_number")
        .head(REJECTS_SHOWN)
        .sort("line_number")
    )
    return [
        {"line": row["line_number"], "reasons": row["reject_reasons"], "raw": row["raw_row"]}
        for row in shown.iter_rows(named=True)
    ]


def _ambiguous(seen: Preview, dataset: Dataset) -> list[dict[str, Any]]:
    """What decides texts that read both ways, for each column that has such texts."""
    evidence, chosen = seen.result.evidence, seen.result.readings
    reasons = Counter(seen.rejects["reject_reasons"].explode().to_list())
    settled = {item.column: item.rows for item in seen.recoveries if item.kind in SETTLED}
    found = []
    for column in dataset.columns:
        rejected = reasons[f"{AMBIGUOUS.get(column.type)}:{column.name}"]
        if column.name not in chosen and not rejected:
            continue
        own, shared = chosen.get(column.name, (None, None))
        found.append(
            {
                "column": column.name,
                "about": "decimal mark" if column.type in NUMBERS else "day and month",
                "two_ways": column.name in chosen,
                "clues": _of(column.name, evidence.clues),
                "hints": _of(column.name, evidence.hints),
                "reading": own or shared,
                "by_other_columns": bool(shared and not own),
                "settled": settled.get(column.name, 0),
                "rejected": rejected,
            }
        )
    return found


def _of(column: str, counts: Mapping[str, int]) -> dict[str, int]:
    """Reading -> texts that speak for it."""
    split = {tuple(key.rsplit(" ", 1)): count for key, count in counts.items()}
    return {reading: count for (name, reading), count in sorted(split.items()) if name == column}
