"""Texts to typed rows, with every reason for which one is not good."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from lake_assets.contracts.column import TIMES, Column, ColumnType, DecimalMark
from lake_assets.contracts.dataset import DATE_IN_RANGE, Dataset
from lake_assets.contracts.partitioning import PartitionBy
from lake_assets.contracts.rule import Severity
from lake_assets.kernels.parsing.cells import DAMAGED
from lake_assets.kernels.parsing.texts import DAMAGE, KIND, Text
from lake_assets.kernels.partition_date import partition_date
from lake_assets.kernels.values.booleans import read_boolean
from lake_assets.kernels.values.evidence import NOTHING, Evidence, Readings, by_row, settle, weigh
from lake_assets.kernels.values.json_texts import read_json
from lake_assets.kernels.values.numbers import read_decimal, read_integer
from lake_assets.kernels.values.rules import broken
from lake_assets.kernels.values.timestamps import date_in_name, read_dates, read_timestamps

RAW = "_raw"
"""The text of a timestamp or a date stands beside its value, in a column with this ending."""

NUMBERS = (ColumnType.INTEGER, ColumnType.DECIMAL)

INVALID = {
    ColumnType.INTEGER: "INVALID_NUMBER",
    ColumnType.DECIMAL: "INVALID_NUMBER",
    ColumnType.BOOLEAN: "INVALID_BOOLEAN",
    ColumnType.TIMESTAMP: "INVALID_TIMESTAMP_FORMAT",
    ColumnType.JSON: "INVALID_JSON",
    ColumnType.DATE: "INVALID_DATE",
}
AMBIGUOUS = {
    ColumnType.INTEGER: "AMBIGUOUS_NUMBER",
    ColumnType.DECIMAL: "AMBIGUOUS_NUMBER",
    ColumnType.TIMESTAMP: "AMBIGUOUS_TIMESTAMP",
    ColumnType.DATE: "AMBIGUOUS_DATE",
}


@dataclass(frozen=True, slots=True)
class Context:
    """What the pieces of a block say of their rows; each sequence has an item a piece.

    ``names`` are the dates in the files' names, ``last_dates`` the latest event dates that are
    accepted (:class:`~lake_assets.contracts.partitioning.Partitioning`).
    """

    names: Sequence[date | None]
    last_dates: Sequence[date]

    @classmethod
    def of(cls, pieces: Sequence[Text], dataset: Dataset) -> "Context":
        """From where the pieces come from."""
        ahead = timedelta(days=dataset.partition.max_days_ahead)
        origins = [piece.provenance for piece in pieces]
        return cls(
            [date_in_name(origin.source_file) for origin in origins],
            [origin.ingest_ts.date() + ahead for origin in origins],
        )


def read_values(
    texts: pl.DataFrame, dataset: Dataset, context: Context, *, survey: bool
) -> dict[str, Readings]:
    """Read each text as its column's type.

    Args:
        texts: as ``texts.read_texts`` gives them.
        dataset: the contract.
        context: of the block.
        survey: look for evidence also where no text needs it.
    """
    named: date | pl.Series | None = context.names[0]
    if len(set(context.names)) > 1:
        named = pl.Series(context.names, dtype=pl.Date).gather(texts["piece"])
    return {
        column.name: read_column(texts[column.name], column, named, survey=survey)
        for column in dataset.columns
    }


def weigh_all(values: Mapping[str, Readings], piece: pl.Series, pieces: int) -> list[Evidence]:
    """The evidence in each piece on texts with two readings; ``piece`` is the index by row."""
    found = [NOTHING] * pieces
    for name, readings in values.items():
        seen = weigh(name, readings, piece if pieces > 1 else None, pieces)
        if any(one is not NOTHING for one in seen):
            found = [one + other for one, other in zip(found, seen, strict=True)]
    return found


def contested(
    values: Mapping[str, Readings], piece: pl.Series, pieces: int
) -> list[frozenset[str]]:
    """The columns of each piece that have texts with two readings."""
    found: list[set[str]] = [set() for _ in range(pieces)]
    for name, readings in values.items():
        for values_ in readings.alternatives.values():
            for at in piece.filter(values_.is_not_null()).unique():
                found[at].add(name)
    return [frozenset(names) for names in found]


def judge(
    texts: pl.DataFrame,
    values: Mapping[str, Readings],
    evidence: Sequence[Evidence],
    dataset: Dataset,
    context: Context,
) -> pl.DataFrame:
    """Settle what has two readings, and say what is wrong with each row.

    Args:
        texts: as ``texts.read_texts`` gives them; further columns are kept.
        values: of these texts.
        evidence: of each piece's file.
        dataset: the contract.
        context: of the block.

    Returns:
        ``texts`` with the contract's columns typed (null where unread) in place of their texts,
        ``<name>_raw`` String for a timestamp or a date, and a Boolean column a reason, named
        ``!<reason>``, in the order in which reasons are reported; ``?<rule>`` for rules that only
        warn.
    """
    piece = texts["piece"]
    typed: list[pl.Series] = []
    missing: list[pl.Series] = []
    ambiguous: list[pl.Series] = []
    invalid: list[pl.Series] = []
    intact = texts[KIND] != DAMAGED
    for column in dataset.columns:
        text, readings = texts[column.name], values[column.name]
        if column.required:
            missing.append(
                (text.is_null() & intact).alias(f"!MISSING_REQUIRED_COLUMN:{column.name}")
            )
        if column.type in TIMES:
            typed.append(text.alias(column.name + RAW))
        value, two_ways = _settle(column, readings, evidence, piece, dataset)
        typed.append(value.alias(column.name))
        if column.type is ColumnType.STRING:
            continue
        unread = value.is_null() & text.is_not_null()
        if readings.alternatives or readings.undecidable is not None:
            unread &= ~two_ways
            ambiguous.append(two_ways.alias(f"!{AMBIGUOUS[column.type]}:{column.name}"))
        invalid.append(unread.alias(f"!{INVALID[column.type]}:{column.name}"))
    rows = texts.drop(column.name for column in dataset.columns).with_columns(typed)
    structural = [
        (pl.col(DAMAGE) == what).fill_null(False).alias(f"!STRUCTURAL:{what}")
        for what in rows[DAMAGE].drop_nulls().unique(maintain_order=True)
    ]
    return rows.with_columns(*structural, *missing, *ambiguous, *invalid).with_columns(
        _rules(dataset, context, piece)
    )


Chosen = tuple[str | None, str | None]


def chosen(column: Column, evidence: Evidence, dataset: Dataset) -> Chosen:
    """The reading of a column's contested texts, and that of those which it leaves open.

    The latter is only there for the decimal mark: it is the one of the file's other columns.
    """
    mark = DecimalMark.AUTO
    if column.type not in NUMBERS or column.decimal_mark is not mark:
        return evidence.reading(column.name), None
    others = {
        other.name
        for other in dataset.columns
        if other.type in NUMBERS and other.decimal_mark is mark
    }
    return evidence.reading(column.name), evidence.shared(others)


def _settle(
    column: Column,
    readings: Readings,
    evidence: Sequence[Evidence],
    piece: pl.Series,
    dataset: Dataset,
) -> tuple[pl.Series, pl.Series]:
    """The values of a column, and which of its texts are ambiguous."""
    if not readings.alternatives:
        return settle(readings, None)
    found = [chosen(column, one, dataset) for one in evidence]
    value, ambiguous = settle(readings, by_row([own for own, _ in found], piece))
    if column.type in NUMBERS and ambiguous.any():
        shared, open_ = settle(readings, by_row([shared for _, shared in found], piece))
        value, ambiguous = shared.zip_with(ambiguous, value), ambiguous & open_
    return value, ambiguous


def is_bad(rows: pl.DataFrame) -> pl.Series:
    """Boolean: rows for which :func:`judge` found a reason."""
    return rows.select(pl.any_horizontal(reasons(rows))).to_series()


def reasons(rows: pl.DataFrame) -> list[str]:
    """The names of the reason columns, in order."""
    return [name for name in rows.columns if name.startswith("!")]


def _rules(dataset: Dataset, context: Context, piece: pl.Series) -> Iterator[pl.Expr]:
    intact = pl.col(KIND) != DAMAGED
    for rule in dataset.rules:
        mark = "?" if rule.severity is Severity.WARN else "!"
        yield (broken(rule, dataset.columns) & intact).alias(f"{mark}{rule.reason}:{rule.name}")
    if dataset.partition.by is not PartitionBy.EVENT:
        return  # whatever day a file arrives on is one
    last: pl.Expr = pl.lit(context.last_dates[0])
    if len(set(context.last_dates)) > 1:
        last = pl.lit(pl.Series(context.last_dates).gather(piece))
    in_range = partition_date(dataset).is_between(dataset.partition.start, last)
    yield (~in_range).fill_null(False).alias(f"!{DATE_IN_RANGE}")


def read_column(
    text: pl.Series,
    column: Column,
    named: date | pl.Series | None = None,
    *,
    survey: bool = False,
) -> Readings:
    """Read trimmed texts as a column's type; see :func:`read_values`."""
    match column.type:
        case ColumnType.INTEGER:
            return read_integer(text, column.decimal_mark, survey=survey)
        case ColumnType.DECIMAL:
            return read_decimal(text, column, survey=survey)
        case ColumnType.TIMESTAMP:
            return read_timestamps(text, column, named)
        case ColumnType.DATE:
            return read_dates(text, column, named)
        case ColumnType.BOOLEAN:
            return Readings(read_boolean(text, column))
        case ColumnType.JSON:
            return Readings(read_json(text))
        case _:
            return Readings(text)
