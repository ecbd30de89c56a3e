"""What makes a materialization worth reading in the UI: figures, tables, places."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import dagster as dg

if TYPE_CHECKING:
    from lake_assets.kernels.accounting import Accounting
    from lake_assets.storage.ledger import Commit
    from lake_assets.storage.objects import ObjectInfo
    from lake_assets.storage.store import Store

Metadata = dict[str, Any]
TABLE_ROWS = 50
"""Rows of a table shown in the UI; the ledger has all of them."""


def markdown(
    rows: Sequence[Mapping[str, Any]], limit: int = TABLE_ROWS
) -> dg.MarkdownMetadataValue:
    """A table of the first rows; the columns are those of the first row."""
    if not rows:
        return dg.MetadataValue.md("*none*")
    columns = list(rows[0])
    lines = [
        "| " + " | ".join(columns) + " |",
        "|" + "|".join(_alignment(rows[0][column]) for column in columns) + "|",
        *("| " + " | ".join(_cell(row.get(c, "")) for c in columns) + " |" for row in rows[:limit]),
    ]
    if len(rows) > limit:
        lines.append(f"\n… and {len(rows) - limit} more")
    return dg.MetadataValue.md("\n".join(lines))


def place(store: "Store", key: str) -> Metadata:
    """Where objects are: the URI, and a link to AWS's console for a bucket there."""
    uri = _uri(store, key)
    name = "console" if uri.startswith("s3://") else "path"
    return {"dagster/uri": uri, name: where(store, key)}


def where(store: "Store", key: str) -> dg.MetadataValue[Any]:
    """An object or a prefix as a link to AWS's console, or as a path on this machine."""
    uri = _uri(store, key)
    if not uri.startswith("s3://"):
        return dg.MetadataValue.path(uri.removeprefix("file://"))
    bucket, _, prefix = uri.removeprefix("s3://").partition("/")
    return dg.MetadataValue.url(
        f"https://s3.console.aws.amazon.com/s3/buckets/{bucket}?prefix={prefix}"
    )


def _uri(store: "Store", key: str) -> str:
    return f"{store.uri.rstrip('/')}/{key}"


def files(objects: Iterable["ObjectInfo"]) -> dg.MarkdownMetadataValue:
    """A table of files: name, bytes, arrival."""
    return markdown(
        [
            {"file": o.key, "bytes": o.size, "arrived (UTC)": f"{o.modified:%Y-%m-%d %H:%M:%S}"}
            for o in objects
        ]
    )


def books(records: Sequence["Commit"]) -> Metadata:
    """The accounting of all files together, and of each.

    Two tables: Dagster shows a short one at once, and a long one behind a link.
    """
    from lake_assets.kernels.accounting import Accounting

    items = [item for record in records for item in record.inputs]
    total = sum((record.books for record in records), Accounting())
    return {
        "accounting": markdown([{"files": len(items), **_figures(total)}]),
        "accounting_by_file": markdown(
            [
                {"file": item.source_file, "outcome": item.outcome, **_figures(item.books)}
                for item in items
            ]
        ),
    }


def unknown_columns(records: Sequence["Commit"]) -> dg.MarkdownMetadataValue:
    """A table of header cells that the contract does not know: column, files."""
    unknown = sum((record.unknown_columns for record in records), Counter[str]())
    return markdown([{"column": name, "files": n} for name, n in sorted(unknown.items())])


def _figures(accounting: "Accounting") -> dict[str, int]:
    return {
        "read": accounting.rows_read,
        "good": accounting.good,
        "rejected": accounting.rejected,
        "duplicate": accounting.duplicate,
        "skipped": accounting.skipped,
        "recovered": accounting.recovered,
        "unaccounted": accounting.unaccounted,
    }


def _alignment(value: Any) -> str:
    return "---:" if isinstance(value, int | float) else "---"


def _cell(value: Any) -> str:
    if isinstance(value, bool | str):
        return str(value).replace("|", "\\|").replace("\n", " ")
    return f"{value:,}" if isinstance(value, int) else str(value)
