"""What each asset's table looks like, and where each of its columns comes from: raw header to gold.

Zones before processed hold files, not tables; their columns are those that a header may have.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg

from lake_assets.components.metadata import markdown
from lake_assets.components.names import zone_name
from lake_assets.contracts.column import TIMES, Column, ColumnType
from lake_assets.contracts.dataset import LINEAGE_COLUMNS, Dataset
from lake_assets.contracts.lookups import looked_up_columns

LINEAGE_NOTES = {
    "source_file": ("string", "The file that the row came in."),
    "line_number": ("int", "The line of that file on which the row starts, from 1."),
    "ingest_run_id": ("string", "The ingest run that read it; its record is in the ledger."),
    "ingest_ts": ("timestamp", "When the file arrived (UTC)."),
    "contract_version": ("string", "The contract by which it was read."),
}
PERSONAL = "Personal."
"""Said of columns whose values are masked."""


def of_files(dataset: Dataset, upstream: dg.AssetKey | None = None) -> dict[str, Any]:
    """Metadata of a zone of files: the columns of their headers, each from its namesake before.

    Args:
        dataset: the contract.
        upstream: the zone before; None for the first.
    """
    columns = [
        dg.TableColumn(
            column.name,
            "text",
            _note(column, f"Headers: {', '.join([column.name, *column.aliases])}."),
            dg.TableColumnConstraints(nullable=not column.required),
        )
        for column in dataset.columns
    ]
    found: dict[str, Any] = {"dagster/column_schema": dg.TableSchema(columns)}
    if upstream:
        found["dagster/column_lineage"] = _lineage(
            {column.name: [column.name] for column in dataset.columns}, upstream
        )
    return found


def of_rejects(dataset: Dataset, upstream: dg.AssetKey) -> dict[str, Any]:
    """Metadata of the rejected rows: their text, the values as far as they were read, the reasons.

    The columns are those of ``kernels.rejects.to_rejects``.
    """
    names = [column.name for column in dataset.columns]
    columns = [dg.TableColumn("raw_row", "string", "The row's exact text.")]
    sources = {"raw_row": names}
    for column in dataset.columns:
        for suffix, kind in _read_as(column):
            name = f"{column.name}{suffix}"
            columns.append(dg.TableColumn(name, kind, _note(column)))
            sources[name] = [column.name]
    columns += [
        dg.TableColumn("reject_reason", "string", "The first rule that the row broke."),
        dg.TableColumn("reject_reasons", "list of string", "All rules that it broke."),
        *_own_columns(),
    ]
    return _table(columns, sources, upstream)


def of_processed(dataset: Dataset, upstream: dg.AssetKey) -> dict[str, Any]:
    """Metadata of the typed rows, each column from a column of the files."""
    columns = [*map(_typed, dataset.columns), *_own_columns()]
    return _table(columns, {column.name: [column.name] for column in dataset.columns}, upstream)


def of_gold(dataset: Dataset, upstream: dg.AssetKey) -> dict[str, Any]:
    """Metadata of the table: columns from their namesakes, ``row_hash`` from those it covers."""
    note = "md5 of the row's values, to see whether they changed."
    row_hash = dg.TableColumn("row_hash", "string", note)
    looked_up = looked_up_columns(dataset)
    columns = [*map(_typed, [*dataset.columns, *looked_up]), row_hash, *_own_columns()]
    names = [column.name for column in dataset.columns] + list(LINEAGE_COLUMNS)
    sources: dict[str, Sequence[str]] = {name: [name] for name in names}
    sources["row_hash"] = dataset.gold.row_hash
    found = _table(columns, sources, upstream)
    deps = found["dagster/column_lineage"].deps_by_column
    for lookup in dataset.gold.lookups:
        zone = zone_name(lookup.target, "gold")
        gold = dg.AssetKey([upstream.path[0], zone, lookup.target.gold.table])
        deps |= {
            name: [
                dg.TableColumnDep(gold, source),
                *(dg.TableColumnDep(upstream, mine) for mine in lookup.on),
            ]
            for name, source in lookup.columns.items()
        }
    return found | {"dagster/column_lineage": dg.TableColumnLineage(deps)}


def of_contract(dataset: Dataset) -> dict[str, Any]:
    """The contract as metadata: its version, and what a row must be to get in."""
    rules = [
        {
            "rule": rule.name,
            "must hold": f"`{rule.expression}`",
            "else": f"{rule.severity}: {rule.reason}",
            "why": rule.description,
        }
        for rule in dataset.rules
    ]
    return {"contract_version": dataset.contract_version, "rules": markdown(rules)}


def _table(
    columns: Sequence[dg.TableColumn],
    sources: Mapping[str, Sequence[str]],
    upstream: dg.AssetKey,
) -> dict[str, Any]:
    return {
        "dagster/column_schema": dg.TableSchema(columns),
        "dagster/column_lineage": _lineage(sources, upstream),
    }


def _lineage(sources: Mapping[str, Sequence[str]], upstream: dg.AssetKey) -> dg.TableColumnLineage:
    return dg.TableColumnLineage(
        {
            name: [dg.TableColumnDep(upstream, source) for source in found]
            for name, found in sources.items()
        }
    )


def _typed(column: Column) -> dg.TableColumn:
    constraints = dg.TableColumnConstraints(nullable=not column.required)
    return dg.TableColumn(column.name, _type(column), _note(column), constraints)


def _read_as(column: Column) -> list[tuple[str, str]]:
    """Suffix and type of the columns in which a reject has a value."""
    if column.type in TIMES:
        return [("_raw", "string"), ("_parsed", _type(column))]
    return [("", _type(column))]


def _type(column: Column) -> str:
    if column.type is ColumnType.DECIMAL:
        return f"decimal({column.precision},{column.scale})"
    return column.type.value


def _note(column: Column, more: str = "") -> str | None:
    parts = [column.description, more, PERSONAL if column.personal else ""]
    return " ".join(part for part in parts if part) or None


def _own_columns() -> list[dg.TableColumn]:
    return [dg.TableColumn(name, kind, note) for name, (kind, note) in LINEAGE_NOTES.items()]
