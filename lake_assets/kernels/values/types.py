"""What a contract's types are in Polars (and so in Arrow and Parquet)."""

import polars as pl

from lake_assets.contracts.column import Column, ColumnType

INSTANT = pl.Datetime("us")
"""A timestamp without offset, in UTC, in microseconds."""


LINEAGE = pl.Schema(
    {
        "source_file": pl.String(),
        "line_number": pl.UInt32(),
        "ingest_run_id": pl.String(),
        "ingest_ts": INSTANT,
        "contract_version": pl.String(),
    }
)
"""The columns that every processed and gold row carries besides the contract's own."""


def data_type(column: Column) -> pl.DataType:
    """The Polars type in which a column's values are kept."""
    match column.type:
        case ColumnType.STRING | ColumnType.JSON:
            return pl.String()
        case ColumnType.INTEGER:
            return pl.Int64()
        case ColumnType.DECIMAL:
            return pl.Decimal(column.precision, column.scale)
        case ColumnType.BOOLEAN:
            return pl.Boolean()
        case ColumnType.TIMESTAMP:
            return INSTANT
        case ColumnType.DATE:
            return pl.Date()
