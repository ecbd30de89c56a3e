"""Cells to typed rows: the good ones, and the rejects with every reason."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from lake_assets.contracts.column import Column, ColumnType
from lake_assets.contracts.dataset import DATE_IN_RANGE, Dataset
from lake_assets.contracts.rule import Severity
from lake_assets.kernels.booleans import read_boolean
from lake_assets.kernels.cells import DAMAGED
from lake_assets.kernels.evidence import Evidence, Readings, settle, weigh
from lake_assets.kernels.numbers import read_decimal, read_integer
from lake_assets.kernels.rules import broken
from lake_assets.kernels.timestamps import date_in_name, is_ambiguous, read_timestamps
from lake_assets.kernels.types import data_type

RAW = "_raw"
"""A timestamp's text stands beside its value, in a column with this ending."""
KIND, DAMAGE = "_kind", "_damage"
"""What ``cells`` found of a row; no column of a contract starts with an underscore."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where rows come from: the same four values in every row of a file."""

    source_file: str
    ingest_run_id: str
    ingest_ts: datetime
    contract_version: str

    def columns(self) -> list[pl.Expr]:
        """The columns of ``types.LINEAGE`` except ``line_number``, as literals."""
        return [
            pl.lit(self.source_file).alias("source_file"),
            pl.lit(self.ingest_run_id).alias("ingest_run_id"),
            pl.lit(self.ingest_ts.replace(tzinfo=None), pl.Datetime("us")).alias("ingest_ts"),
            pl.lit(self.contract_version).alias("contract_version"),
        ]


def type_rows(
    texts: pl.DataFrame, dataset: Dataset, provenance: Provenance, evidence: Evidence | None
) -> pl.DataFrame:
    """Read each cell as its column's type, and say what is wrong with each row.

    Args:
        texts: ``line_number``, ``raw_row``, :data:`KIND`, :data:`DAMAGE`, and a trimmed String
            column a contract column, null where there is no value.
        dataset: the contract.
        provenance: of the file.
        evidence: of the whole file on the order of day and month; None if ``texts`` is all of it.

    Returns:
        ``line_number``, ``raw_row``, :data:`KIND`, the contract's columns typed (null where
        unread), ``<timestamp>_raw`` String, and a Boolean column a reason, named ``!<reason>``, in
        the order in which reasons are reported; ``?<rule>`` for rules that only warn.
    """
    values: list[pl.Series] = []
    missing: list[pl.Series] = []
    unread: list[pl.Series] = []
    intact = texts[KIND] != DAMAGED
    for column in dataset.columns:
        text = texts[column.name]
        if column.required:
            missing.append(
                (text.is_null() & intact).alias(f"!MISSING_REQUIRED_COLUMN:{column.name}")
            )
        if column.type is ColumnType.TIMESTAMP:
            value, invalid, ambiguous = _timestamp(text, column, provenance, evidence)
            values += [text.alias(column.name + RAW), value]
            unread[:0] = [
                ambiguous.alias(f"!AMBIGUOUS_TIMESTAMP:{column.name}"),
                invalid.alias(f"!INVALID_TIMESTAMP_FORMAT:{column.name}"),
            ]
            continue
        value = _value(text, column)
        values.append(value)
        if column.type is not ColumnType.STRING:
            code = "INVALID_NUMBER" if column.type is not ColumnType.BOOLEAN else "INVALID_BOOLEAN"
            wrong = value.is_null() & text.is_not_null()
            unread.append(wrong.alias(f"!{code}:{column.name}"))
    rows = texts.select("line_number", "raw_row", KIND, DAMAGE).with_columns(values)
    structural = [
        (pl.col(DAMAGE) == what).fill_null(False).alias(f"!STRUCTURAL:{what}")
        for what in rows[DAMAGE].drop_nulls().unique(maintain_order=True)
    ]
    return (
        rows.with_columns(structural)
        .with_columns(missing + unread)
        .with_columns(_rules(dataset, provenance))
        .drop(DAMAGE)
    )


def _rules(dataset: Dataset, provenance: Provenance) -> Iterator[pl.Expr]:
    intact = pl.col(KIND) != DAMAGED
    for rule in dataset.rules:
        mark = "?" if rule.severity is Severity.WARN else "!"
        yield (broken(rule, dataset.columns) & intact).alias(f"{mark}{rule.reason}:{rule.name}")
    partition = dataset.partition
    last = provenance.ingest_ts.date() + timedelta(days=partition.max_days_ahead)
    in_range = pl.col(partition.column).dt.date().is_between(partition.start, last)
    yield (~in_range).fill_null(False).alias(f"!{DATE_IN_RANGE}")


def _timestamp(
    text: pl.Series, column: Column, provenance: Provenance, evidence: Evidence | None
) -> tuple[pl.Series, pl.Series, pl.Series]:
    readings = read_timestamps(text, column, date_in_name(provenance.source_file))
    seen = weigh(column.name, readings)[0] if evidence is None else evidence
    value, ambiguous = settle(readings, seen.reading(column.name))
    invalid = value.is_null() & text.is_not_null() & ~ambiguous
    return value.alias(column.name), invalid, ambiguous


def survey(texts: pl.DataFrame, dataset: Dataset, source_file: str) -> Evidence:
    """The evidence in one piece of a file on the order of day and month in its timestamps."""
    evidence = Evidence()
    for column in dataset.columns:
        if column.type is ColumnType.TIMESTAMP and is_ambiguous(column.formats):
            readings = read_timestamps(texts[column.name], column, date_in_name(source_file))
            evidence += weigh(column.name, readings)[0]
    return evidence


def _value(text: pl.Series, column: Column) -> pl.Series:
    match column.type:
        case ColumnType.INTEGER:
            return _settled(read_integer(text, column.decimal_mark), column)
        case ColumnType.DECIMAL:
            return _settled(read_decimal(text, column), column)
        case ColumnType.BOOLEAN:
            return read_boolean(text, column).alias(column.name)
        case _:
            return text.cast(data_type(column))


def _settled(readings: Readings, column: Column) -> pl.Series:
    chosen = weigh(column.name, readings)[0].reading(column.name)
    return settle(readings, chosen)[0].alias(column.name)
