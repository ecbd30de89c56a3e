"""`lake sniff`: what would become of a file, as one document; ``sniff_view`` shows it to people."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from lake_assets.cli.reading import Head, read_head
from lake_assets.contracts.column import ColumnType
from lake_assets.contracts.dataset import Dataset
from lake_assets.jobs.preview import FileRefusedError, Preview, preview
from lake_assets.kernels.inference.column_types import infer_type
from lake_assets.kernels.inference.dialect import Dialect, sniff_dialect
from lake_assets.kernels.header import normalise
from lake_assets.kernels.inference.sampled import read_table

REJECTS_SHOWN = 10
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
    head = read_head(path, megabytes, dataset.format.encodings if dataset else None)
    dialect = sniff_dialect(head.text, whole=head.whole)
    document = {**_file(head), **_dialect(dialect)}
    return document | (_by_contract(head, dialect, target, dataset) if dataset else _columns(head))


def _file(head: Head) -> dict[str, Any]:
    data = head.data
    return {
        "file": head.path.name,
        "bytes": head.size,
        "bytes_read": len(data),
        "whole": head.whole,
        "lines": data.count(b"\n") + (bool(data) and not data.endswith(b"\n")),
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
        seen = infer_type(normalise(header), table.cells[str(at)])
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
    }


def _by_contract(head: Head, dialect: Dialect, target: str, dataset: Dataset) -> dict[str, Any]:
    seen = _preview(head, dataset)
    if isinstance(seen, Preview):
        header = seen.header
        found = _rows(seen, dataset) | {"delimiter": seen.layout.delimiter}
        refused = None
        if seen.layout.delimiter != dialect.delimiter:
            found |= {"runner_up": dialect.delimiter, "runner_up_share": None}
    else:
        table = read_table(head.text[: 1 << 18], whole=head.whole)
        header, found = table.header, {"accounting": None}
        refused = {"reason": seen.reason, "sentence": seen.detail, "hint": None}
        sign = dialect.delimiter
        if seen.reason == "delimiter_detection_failed" and sign not in dataset.format.delimiters:
            refused["hint"] = (
                f"the text looks divided by {sign!r}; if it is, add that to `format.delimiters`"
            )
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
    if head.compression:
        return FileRefusedError(
            "unreadable", f"the file is packed ({head.compression}); the lake takes plain text only"
        )
    try:
        return preview(head.data, head.path.name, dataset, datetime.now(UTC), whole=head.whole)
    except FileRefusedError as refusal:
        return refusal


def _mapping(header: Sequence[str], dataset: Dataset) -> list[dict[str, Any]]:
    """Each header cell with the contract column that it names, and whether by name or alias."""
    columns = {
        name: column for column in dataset.columns for name in (column.name, *column.aliases)
    }
    mapping = []
    for cell in header:
        name = normalise(cell)
        column = columns.get(name)
        mapping.append(
            {
                "cell": cell.strip(),
                "column": column.name if column else None,
                "by": ("name" if name == column.name else "alias") if column else None,
                "required": bool(column and column.required),
            }
        )
    return mapping


def _rows(seen: Preview, dataset: Dataset) -> dict[str, Any]:
    books = seen.rows.books
    return {
        "accounting": {**books.to_json(), "unaccounted": books.unaccounted},
        "rejects": _rejects(seen.rows.rejects),
        "recoveries": [asdict(found) for found in seen.recoveries],
        "ambiguous": list(_ambiguous(seen, dataset, books.reasons)),
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


def _ambiguous(seen: Preview, dataset: Dataset, reasons: Mapping[str, int]) -> list[dict[str, Any]]:
    """What tells day from month, for each column that may be written in both orders."""
    found = []
    settled = {item.column: item.rows for item in seen.recoveries if item.column}
    for column in dataset.columns:
        if column.type is not ColumnType.TIMESTAMP or column.name not in seen.layout.positions:
            continue
        evidence = seen.evidence.of(column.name)
        rejected = reasons.get(f"AMBIGUOUS_TIMESTAMP:{column.name}", 0)
        if not (evidence.column or evidence.name or rejected):
            continue
        found.append(
            {
                "column": column.name,
                "day_first": evidence.column.get("DM", 0),
                "month_first": evidence.column.get("MD", 0),
                "day_first_by_file_name": evidence.name.get("DM", 0),
                "month_first_by_file_name": evidence.name.get("MD", 0),
                "settled": settled.get(column.name, 0),
                "rejected": rejected,
            }
        )
    return found
