"""A date's processed rows to its gold table: one row a key, the latest arrival wins."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

import polars as pl
import polars_hash

from lake_assets.contracts.column import Column, ColumnType
from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.lookups import looked_up_columns
from lake_assets.kernels.values.rules import to_polars
from lake_assets.kernels.values.types import LINEAGE, data_type

SEPARATOR = "||"

AGE = ("ingest_ts", "source_file", "line_number")
"""What decides between the rows of one key: the greatest of these is kept."""

Frame = TypeVar("Frame", pl.DataFrame, pl.LazyFrame)


def to_gold(processed: pl.DataFrame, dataset: Dataset) -> pl.DataFrame:
    """Deduplicate, hash and order one date's rows.

    Args:
        processed: the contract's columns and those of ``types.LINEAGE``, in any order of rows.
        dataset: the contract.

    Returns:
        The contract's columns, ``row_hash`` (String, md5 in hexadecimal) and the lineage columns,
        one row a key, ordered by key.
    """
    return hashed(processed[latest_rows(processed, dataset)], dataset)


def without_files(rows: pl.DataFrame, files: Sequence[tuple[str, str, datetime]]) -> pl.DataFrame:
    """The rows, in their order, that are not of one of the files.

    Args:
        rows: with the columns of ``types.LINEAGE``.
        files: source_file, ingest_run_id and ingest_ts (aware) of each.
    """
    if not files:
        return rows
    names = ("source_file", "ingest_run_id", "ingest_ts")
    schema = pl.Schema({name: LINEAGE[name] for name in names})
    left_out = pl.DataFrame(list(files), schema=names, orient="row").cast(schema)
    return rows.join(left_out, on=names, how="anti", maintain_order="left")


def latest_rows(processed: pl.DataFrame, dataset: Dataset) -> pl.Series:
    """Which rows are kept, in the order of their keys.

    Of the rows of one key the latest ``ingest_ts`` is kept; ties go to the greater
    ``source_file``, then to the greater ``line_number``.

    Returns:
        Row numbers of ``processed`` (from 0), one for each key.
    """
    # Only what decides is sorted, not the whole rows: on a large date that is half the memory.
    return (
        processed.select(*dataset.key, *AGE)
        .with_row_index("row")
        .sort(*dataset.key, *AGE)
        .unique(dataset.key, keep="last", maintain_order=True)["row"]
    )


def hashed(rows: Frame, dataset: Dataset) -> Frame:
    """Rows of the processed zone's columns as rows of the gold table's, in the same order."""
    return rows.with_columns(row_hash(dataset)).select(gold_schema(dataset).names())


def row_hash(dataset: Dataset) -> pl.Expr:
    """md5 of the contract's ``row_hash`` columns as text, joined by ``||``, null as "".

    Decimals keep their scale (``12.50``); timestamps read ``2025-01-31 09:05:00``, with a
    fraction only if there is one.
    """
    texts = [as_text(dataset, name).fill_null("") for name in dataset.gold.row_hash]
    joined = polars_hash.concat_str(texts, separator=SEPARATOR)
    return joined.nchash.md5().alias("row_hash")


def null_counts(rows: pl.DataFrame, dataset: Dataset) -> dict[str, int]:
    """Nulls in each of the contract's columns."""
    return {column.name: rows[column.name].null_count() for column in dataset.columns}


def audit_counts(rows: pl.DataFrame, dataset: Dataset) -> dict[str, int]:
    """Rows for which each expression of the contract's ``audit_counts`` is true."""
    counts = dataset.gold.audit_counts
    if not counts:
        return {}
    sums = rows.select(
        to_polars(expression, dataset.columns).fill_null(False).sum().alias(name)
        for name, expression in counts.items()
    )
    return {name: int(value) for name, value in sums.row(0, named=True).items()}


def gold_schema(dataset: Dataset) -> pl.Schema:
    """Names and types of the gold table's columns: the contract's, those looked up, and ours."""
    own = [*dataset.columns, *looked_up_columns(dataset)]
    columns = {column.name: data_type(column) for column in own}
    return pl.Schema({**columns, "row_hash": pl.String(), **LINEAGE})


def processed_schema(dataset: Dataset) -> pl.Schema:
    """Names and types of the processed zone's columns."""
    return pl.Schema({**{column.name: data_type(column) for column in dataset.columns}, **LINEAGE})


def as_text(dataset: Dataset, name: str) -> pl.Expr:
    """A column's values as text, the same on every machine."""
    return text_of(dataset.column(name))


def text_of(column: Column) -> pl.Expr:
    """The same of a column that the dataset may have looked up."""
    value = pl.col(column.name)
    match column.type:
        case ColumnType.STRING | ColumnType.JSON:
            return value
        case ColumnType.TIMESTAMP:
            return value.dt.strftime("%Y-%m-%d %H:%M:%S%.f")
        case _:
            return value.cast(pl.String)
