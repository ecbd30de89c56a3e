"""From a gold row back to the files and lines that it was made of."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import polars as pl

from lake_assets.contracts.column import Column, ColumnType
from lake_assets.contracts.dataset import Dataset
from lake_assets.jobs.compaction.compact import stale_dates
from lake_assets.jobs.compaction.processed_rows import left_out
from lake_assets.jobs.tables.current import gold_files, newest_table, table_files
from lake_assets.jobs.tracing.found_rows import OBJECT, find_rows
from lake_assets.jobs.tracing.origins import Origin, State, find_origins
from lake_assets.kernels.gold import AGE, gold_schema, processed_schema
from lake_assets.kernels.values.types import data_type
from lake_assets.storage.ledger import commits
from lake_assets.storage.objects import ObjectInfo
from lake_assets.storage.store import Store, each
from lake_assets.storage.zones import day_of, processed_prefix

TRUTH = {"true": True, "false": False}


class TraceError(Exception):
    """What was asked for cannot be looked up; the message says what can."""


@dataclass(frozen=True, slots=True)
class RowTrace:
    """A key on one event date.

    Attributes:
        date: the event date (ISO).
        gold: the columns of the gold row; None if gold does not have it yet.
        object: the key of its Parquet file.
        stale: whether the date's gold is older than its processed rows.
        origins: every processed row of the key on that date, the latest arrival first.
    """

    date: str
    gold: dict[str, Any] | None
    object: str | None
    stale: bool
    origins: list[Origin]

    @property
    def is_explained(self) -> bool:
        """Whether gold's row is one of processed; if not, somebody has changed either."""
        return self.gold is None or any(origin.state is State.GOLD for origin in self.origins)


def read_key(dataset: Dataset, texts: Mapping[str, str]) -> dict[str, Any]:
    """The values of a key as gold has them.

    Args:
        dataset: the contract.
        texts: column -> text: numbers with a decimal point, instants (UTC) and dates in ISO 8601,
            true or false.

    Raises:
        TraceError: these are not the columns of the contract's key, or a text is not of its type.
    """
    if set(texts) != set(dataset.key):
        raise TraceError(
            f"the key of {dataset.name} is {', '.join(dataset.key)}; give each of its columns "
            f"once: {' '.join(f'--row {name}=VALUE' for name in dataset.key)}"
        )
    return {name: _value(dataset.column(name), texts[name]) for name in dataset.key}


def trace_row(
    store: Store, dataset: Dataset, key: Mapping[str, Any], day: str | None = None
) -> list[RowTrace]:
    """Where the gold row of a key came from, on each date that has one.

    Args:
        store: of the lake.
        dataset: the contract.
        key: as :func:`read_key` gives it.
        day: look at this event date (ISO) only; None looks through all of gold, and through the
            processed rows of dates whose gold is older than they are. Of gold that carries rows
            on, the newest table has all keys.

    Returns:
        One trace a date, in order; none if the key is nowhere.

    Raises:
        UnreadableRowsError: a Parquet file cannot be read.
        StoreUnavailable: the store cannot be read.
    """
    wanted = pl.all_horizontal(
        pl.col(name) == pl.lit(value, data_type(dataset.column(name)))
        for name, value in key.items()
    )
    stale = set(stale_dates(store, dataset))
    files = _gold_files(store, dataset, day, stale)
    gold = find_rows(store, files, gold_schema(dataset), wanted)
    rows = {str(day_of(row[OBJECT])): row for row in gold.iter_rows(named=True)}
    found = []
    passed = {str(day_of(info.key)) for info in store.list(dataset.zones.superseded)}
    for event in sorted({day} if day else rows.keys() | stale | passed):
        row = rows.get(event)
        files = [
            *store.list(processed_prefix(dataset, event)),
            *(_carried_files(store, dataset, event, row) if row else []),
        ]
        processed = find_rows(store, files, processed_schema(dataset), wanted)
        if row is None and processed.is_empty():
            continue
        place = str(row.pop(OBJECT)) if row else None
        gone = left_out(store, dataset, event)
        origins = find_origins(store, dataset, processed.sort(AGE, descending=True), row, gone)
        found.append(RowTrace(event, row, place, event in stale, origins))
    return found


def _gold_files(
    store: Store, dataset: Dataset, day: str | None, stale: Collection[str]
) -> list[ObjectInfo]:
    """Where the gold rows are looked for: in a table that carries, the newest has all keys."""
    if day:
        return gold_files(store, dataset, day)
    if dataset.gold.carry:
        newest = newest_table(store, dataset)
        days = {*stale, *([newest.version.date] if newest and newest.version.date else [])}
        return [info for one in sorted(days) for info in gold_files(store, dataset, one)]
    return table_files(store, dataset)


def _carried_files(
    store: Store, dataset: Dataset, day: str, row: Mapping[str, Any]
) -> list[ObjectInfo]:
    """Where a row that was carried on stands in processed: the outputs of its ingest run.

    Those of the date itself are left out, as they are looked through anyway.
    """
    if not dataset.gold.carry:
        return []
    arrival, run = row["ingest_ts"].date(), row["ingest_run_id"]
    keys = [
        staged.key
        for record in commits(store, dataset, arrival)
        if record.ingest_run_id == run
        for staged in record.outputs
        if staged.key.endswith(".parquet") and day_of(staged.key) != day
    ]
    return each(store, store.head, keys)


def _value(column: Column, text: str) -> Any:
    """A text as the column's type.

    Raises:
        TraceError: it is not of that type.
    """
    try:
        match column.type:
            case ColumnType.INTEGER:
                return int(text)
            case ColumnType.DECIMAL:
                return _decimal(column, text)
            case ColumnType.BOOLEAN:
                return TRUTH[text.lower()]
            case ColumnType.TIMESTAMP:
                return _instant(text)
            case ColumnType.DATE:
                return date.fromisoformat(text)
            case _:
                return text
    except (ArithmeticError, KeyError, ValueError) as error:
        raise TraceError(
            f"{text!r} is no {column.type.value}, which {column.name} is; write numbers with a "
            "decimal point, instants such as 2025-01-31T09:05:00 (UTC), dates such as 2025-01-31, "
            "and true or false"
        ) from error


def _decimal(column: Column, text: str) -> Decimal:
    # Polars would round what has more digits, and find another row.
    exact = Decimal(text)
    value = exact.quantize(Decimal(1).scaleb(-column.scale))
    if value != exact:
        raise ValueError(text)
    return value


def _instant(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found.astimezone(UTC).replace(tzinfo=None) if found.tzinfo else found
