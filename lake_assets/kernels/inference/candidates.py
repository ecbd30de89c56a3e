"""Which columns of a sample can be a table's key and its partition."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations

import polars as pl

from lake_assets.contracts.column import ColumnType, DecimalMark
from lake_assets.kernels.inference.column_types import IDENTIFIER, Cells, Evidenced, infer_type
from lake_assets.kernels.inference.date_patterns import any_reading, as_column
from lake_assets.kernels.inference.merge import Field, InferenceError
from lake_assets.kernels.values.timestamps import date_in_name, read_timestamps

NEARLY = 0.9
"""A key is different in this share of the rows, at least: samples hold repeated rows, too."""
NAMED = 0.05
"""What the name of an identifier is worth, in shares of rows that are different."""
FILLED = 0.95
"""A key or partition column is filled in this share of the rows, at least."""


@dataclass(frozen=True, slots=True)
class Typed:
    """A column of all samples, and the type that its cells show."""

    field: Field
    cells: pl.Series
    seen: Evidenced

    @property
    def name(self) -> str:
        """The normalised header."""
        return self.field.name

    @property
    def filled(self) -> float:
        """The share of the rows that have a value."""
        return self.seen.filled / max(1, self.seen.rows)


def type_columns(fields: Sequence[Field], files: Sequence[str]) -> list[Typed]:
    """Look at the cells of each column.

    A decimal mark that a column leaves open is that of the others, as it is for the reader.

    Args:
        fields: of the samples.
        files: the names of the files that the cells are from.
    """
    days = [date_in_name(file) for file in files]
    cells = [Cells.of_files(found.cells, days) for found in fields]
    seen = [infer_type(of.name, mine) for of, mine in zip(fields, cells, strict=True)]
    clues = {one.numbers.clue for one in seen} - {DecimalMark.AUTO}
    if len(clues) == 1:
        (mark,) = clues
        seen = [
            infer_type(of.name, mine, mark) if one.numbers.leaning else one
            for of, mine, one in zip(fields, cells, seen, strict=True)
        ]
    return [Typed(of, mine.texts, one) for of, mine, one in zip(fields, cells, seen, strict=True)]


def find_partition(columns: Sequence[Typed]) -> Typed:
    """The first timestamp that is always there; else the one with the fewest gaps.

    Raises:
        InferenceError: there is none that nearly every row has.
    """
    times = [column for column in columns if column.seen.type is ColumnType.TIMESTAMP]
    full = [column for column in times if column.filled == 1 and column.field.is_everywhere]
    if full:
        return full[0]
    nearly = [column for column in times if column.filled >= FILLED and column.field.is_everywhere]
    if not nearly:
        found = ", ".join(f"{column.name} is {column.seen.type}" for column in columns[:12])
        gaps = ", ".join(f"{column.name} ({column.filled:.0%} filled)" for column in times)
        raise InferenceError(
            "a contract needs a timestamp that every row has, and the samples show none "
            f"({f'the timestamps have gaps: {gaps}' if times else found}). If one of the columns "
            "is a time in a form of its own, write the contract by hand, with `type: timestamp`, "
            "its `formats` and `required: true`; if the rows have no time at all, with "
            "`partition: {by: arrival}`"
        )
    return max(nearly, key=lambda column: column.filled)


def find_key(columns: Sequence[Typed], partition: Typed) -> list[Typed]:
    """A column, or two, that tell the rows apart; those named like an identifier first.

    Raises:
        InferenceError: there are none.
    """
    usable = [
        column
        for column in columns
        if column.field.is_everywhere
        and column.filled >= FILLED
        and column.seen.type in {ColumnType.STRING, ColumnType.INTEGER, ColumnType.TIMESTAMP}
        and column is not partition
    ]
    usable.sort(key=lambda column: IDENTIFIER.search(column.name) is None)
    few = [*usable[:8], partition]
    for group in ([[column] for column in usable], [list(pair) for pair in combinations(few, 2)]):
        likely = [found for found in group if unlike(found) >= NEARLY]
        if likely:
            return max(likely, key=_likelihood)
    raise InferenceError(
        "a contract needs a key, and in the samples neither a column nor two together tell the "
        f"rows apart ({', '.join(column.name for column in columns[:12])}). Give a larger sample, "
        "or write the contract by hand"
    )


def _likelihood(columns: Sequence[Typed]) -> float:
    """How good a key is; one that is named like an identifier may have a few repeats more."""
    filled = min(column.filled for column in columns)
    return unlike(columns) * filled + NAMED * bool(IDENTIFIER.search(columns[0].name))


def unlike(columns: Sequence[Typed]) -> float:
    """How many of the rows are the only ones with their values."""
    rows = pl.DataFrame({column.name: column.cells for column in columns}).drop_nulls()
    return rows.n_unique() / max(1, rows.height)


def first_year(partition: Typed) -> date:
    """The first of January of the year in which the sample starts; a few odd dates do not count."""
    patterns = partition.seen.patterns
    formats = patterns.formats if patterns else ()
    instants = any_reading(read_timestamps(partition.cells, as_column(*formats)))
    instants = instants.drop_nulls().sort()
    first = instants[instants.len() // 200]
    return date(first.year, 1, 1)
