"""`lake sniff`: what would become of a file, as one document; ``sniff_view`` shows it to people."""

from pathlib import Path
from typing import Any

from lake_assets.cli.opening import UsageError
from lake_assets.cli.reading import Head, read_head
from lake_assets.cli.sniff_contract import NO_DIALECT, by_contract
from lake_assets.contracts.column import ColumnType
from lake_assets.contracts.dataset import Dataset
from lake_assets.kernels.decoding.lines import count_lines
from lake_assets.kernels.inference.column_types import Cells, infer_type
from lake_assets.kernels.inference.date_patterns import of_days
from lake_assets.kernels.inference.dialect import Dialect, line_end_of, sniff_dialect
from lake_assets.kernels.inference.merge import Sampled
from lake_assets.kernels.inference.sampled import read_table
from lake_assets.kernels.inference.sampled_objects import read_objects
from lake_assets.kernels.parsing.header import normalise
from lake_assets.kernels.parsing.ndjson_head import looks_like_ndjson, why_no_ndjson

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
    text = head.text
    if not dataset and looks_like_ndjson(text):
        return _file(head) | {"line_end": ENDS[line_end_of(text)]} | NO_DIALECT | _objects(head)
    if not dataset and (what := why_no_ndjson(text)):
        raise UsageError(f"{path} is no table: {what}")
    dialect = sniff_dialect(text, whole=head.whole)
    document = {**_file(head), "format": "csv", **_dialect(dialect)}
    return document | (by_contract(head, dialect, target, dataset) if dataset else _columns(head))


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
    return _table(table) | {
        "rows_of_other_width": table.rows - table.cells.height,
        "totals": int(table.total),
    }


def _objects(head: Head) -> dict[str, Any]:
    """The same of NDJSON."""
    table = read_objects(head.text, whole=head.whole)
    return {"format": "ndjson", **_table(table), "lines_damaged": table.damaged}


def _table(table: Sampled) -> dict[str, Any]:
    columns = []
    for at, header in enumerate(table.header):
        seen = infer_type(normalise(header), Cells(table.cells[str(at)]))
        formats = seen.patterns.formats if seen.patterns else ()
        days = of_days(formats, table.cells[str(at)].drop_nulls())
        columns.append(
            {
                "header": header,
                "type": (ColumnType.DATE if days else seen.type).value,
                "formats": list(days or formats),
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
    }
