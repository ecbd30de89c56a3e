"""What a contract makes of the beginning of a file: a part of the document of `lake sniff`."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import polars as pl

from lake_assets.cli.reading import Head
from lake_assets.contracts.column import NUMBERS
from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.format import DETECT, NdjsonFormat
from lake_assets.jobs.preview import FileRefusedError, Preview, preview
from lake_assets.kernels.decoding.encoding import sniff_encoding
from lake_assets.kernels.inference.dialect import Dialect
from lake_assets.kernels.inference.sampled import read_table
from lake_assets.kernels.parsing.header import claim_columns, normalise
from lake_assets.kernels.parsing.layout import HEAD_BYTES, read_layout
from lake_assets.kernels.parsing.ndjson_head import looks_like_ndjson
from lake_assets.kernels.recoveries import MARK, ORDER
from lake_assets.kernels.rows import AMBIGUOUS

REJECTS_SHOWN = 10
HEADER_CHARACTERS = 1 << 18
"""Of a file that is refused, its header is looked for in so much text."""
LIKELY_PREAMBLE = 50
"""Lines above a header that are looked through to find out why a file is refused."""
MEGABYTE = 1 << 20
SETTLED = (MARK, ORDER)
NO_DIALECT = {
    "delimiter": None,
    "runner_up": None,
    "runner_up_share": None,
    "quote": None,
    "escape": None,
    "has_header": False,
    "preamble_lines": 0,
}
"""What there is to say of delimiters, quotes and headers in NDJSON."""


def by_contract(head: Head, dialect: Dialect, target: str, dataset: Dataset) -> dict[str, Any]:
    """The part of the document that is about a contract.

    Args:
        head: of the file.
        dialect: in which its text seems to be.
        target: the contract's name, ``LAKE/DATASET``.
        dataset: the contract.
    """
    seen = _preview(head, dataset)
    if isinstance(dataset.format, NdjsonFormat):
        header, refused, found = _of_objects(seen, dataset)
    elif isinstance(seen, Preview):
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


def _of_objects(
    seen: Preview | FileRefusedError, dataset: Dataset
) -> tuple[Sequence[str], dict[str, Any] | None, dict[str, Any]]:
    """Keys, refusal, and the rest of the document, of a file that has to be NDJSON."""
    found: dict[str, Any] = {"format": "ndjson", **NO_DIALECT}
    if isinstance(seen, FileRefusedError):
        refused = {"reason": seen.reason, "sentence": seen.detail, "hint": None}
        return (), refused, found | {"accounting": None}
    keys = dict.fromkeys([*seen.header, *seen.result.unknown])
    return list(keys), None, found | _rows(seen, dataset)


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
    if looks_like_ndjson(head.text[:HEADER_CHARACTERS]):
        return "each line is a JSON object; the contract may have to say `format: {type: ndjson}`"
    delimiters = [*dataset.csv.delimiters]
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
    if layout.delimiter not in dataset.csv.delimiters:
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
