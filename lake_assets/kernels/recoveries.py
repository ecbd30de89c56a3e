"""Which good rows were not plain, and what was made of them: for people who look at a sample."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from lake_assets.contracts.column import Column, ColumnType
from lake_assets.contracts.dataset import Dataset
from lake_assets.kernels.timestamps import date_in_name, is_ambiguous, parse_timestamps

OTHER_DELIMITER = "another delimiter"
NUMBER = "number in another notation"
ORDER = "day and month settled by evidence"

PLAIN_NUMBER = r"^-?\d+(?:\.\d+)?$"


@dataclass(frozen=True, slots=True)
class Recoveries:
    """Rows of one kind that were recovered.

    Attributes:
        kind: one of the constants above.
        column: of the contract; empty where it is about the whole row.
        rows: how many.
        examples: line number, text as it stands, and what it was read as.
    """

    kind: str
    column: str
    rows: int
    examples: tuple[tuple[int, str, str], ...]


def find_recoveries(
    good: pl.DataFrame,
    raw: Mapping[int, str],
    delimiter: str,
    positions: Mapping[str, int],
    dataset: Dataset,
    source_file: str,
    examples: int = 3,
) -> list[Recoveries]:
    """Compare good rows with their texts.

    Args:
        good: the contract's columns typed, and ``line_number``.
        raw: line number -> the row's first physical line.
        delimiter, positions: of the file, as in its layout.
        dataset: the contract.
        source_file: its name may tell day from month.
        examples: to keep of each kind.
    """
    lines = [line for line in good["line_number"].to_list() if line in raw]
    texts, odd = _cells([raw[line] for line in lines], delimiter, positions, dataset)
    table = pl.DataFrame({"line": lines}, schema={"line": pl.Int64}).hstack(texts)
    values = good.filter(pl.col("line_number").is_in(lines))
    found = []
    if odd:
        shown = tuple((lines[at], raw[lines[at]], f"divided at {sign!r}") for at, sign in odd)
        found.append(Recoveries(OTHER_DELIMITER, "", len(odd), shown[:examples]))
    for column in dataset.columns:
        if column.name not in positions:
            continue
        for kind, mask in _odd_texts(texts[column.name], column, source_file):
            rows = table.with_columns(_as_text(values[column.name]).alias("value")).filter(
                mask & values[column.name].is_not_null()
            )
            if rows.height:
                shown = tuple(rows.head(examples).select("line", column.name, "value").iter_rows())
                found.append(Recoveries(kind, column.name, rows.height, shown))
    return found


def _as_text(values: pl.Series) -> pl.Series:
    is_instant = values.dtype == pl.Datetime
    return values.dt.strftime("%Y-%m-%d %H:%M:%S") if is_instant else values.cast(pl.String)


def _odd_texts(
    texts: pl.Series, column: Column, source_file: str
) -> Iterator[tuple[str, pl.Series]]:
    """The kind of recovery, and for which texts it was needed."""
    if column.type in {ColumnType.INTEGER, ColumnType.DECIMAL}:
        yield NUMBER, ~texts.str.contains(PLAIN_NUMBER).fill_null(True)
    elif column.type is ColumnType.TIMESTAMP and is_ambiguous(column.formats):
        readings, _ = parse_timestamps(texts, column.formats, date_in_name(source_file))
        yield ORDER, readings["DM"].is_not_null()


def _cells(
    raw: Sequence[str], delimiter: str, positions: Mapping[str, int], dataset: Dataset
) -> tuple[pl.DataFrame, list[tuple[int, str]]]:
    """The contract's cells as text, and the rows (by index) that another delimiter divides."""
    width = max(positions.values()) + 1
    rows = list(csv.reader(raw, delimiter=delimiter)) if _is_flat(raw) else []
    if len(rows) != len(raw):
        rows = [next(csv.reader([text], delimiter=delimiter), []) for text in raw]
    odd: list[tuple[int, str]] = []
    for at in [at for at, row in enumerate(rows) if len(row) == 1 < width]:
        for other in dataset.format.delimiters:
            cells = next(csv.reader([raw[at]], delimiter=other), [])
            if len(cells) >= width:
                rows[at] = cells
                odd.append((at, other))
                break
    columns = {
        name: [row[at].strip() or None if at < len(row) else None for row in rows]
        for name, at in positions.items()
    }
    return pl.DataFrame(columns, schema=dict.fromkeys(positions, pl.String)), odd


def _is_flat(raw: Sequence[str]) -> bool:
    """Whether every row is closed on its line, so that they can be parsed in one go."""
    return not any(text.count('"') % 2 for text in raw)
