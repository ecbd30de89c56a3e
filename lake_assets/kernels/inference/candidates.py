"""Which columns of a sample can be a table's key and its partition."""

import re
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
OF_A_LIFE = re.compile(
    r"(?:^|_)(?:birth|born|dob|regist|signup|sign(?:ed)?_up|join|hire|valid|expir|until|renew)"
)
"""Names of times that say something of a person or a thing, and not when the row came about."""
OF_FILE = "!file"
"""Beside columns of samples: the number of the file. No column has that name."""
WIDE, SPARSE, ENOUGH = 366, 2, 50
"""Days that are so far apart, with fewer rows than that on each, are no dates to divide by; in a
sample of that many rows at least."""


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


def find_partition(columns: Sequence[Typed]) -> Typed | None:
    """The first timestamp that is always there; else the one with the fewest gaps.

    Returns:
        None if no column tells nearly every row's time, so that the arrival of its file has to.
    """
    times = [column for column in columns if column.seen.type is ColumnType.TIMESTAMP]
    likely = [column for column in times if column.field.is_everywhere and column.filled >= FILLED]
    usable = [column for column in likely if not OF_A_LIFE.search(column.name)]
    return next(
        (
            column
            for column in sorted(usable, key=lambda column: -column.filled)
            if not _is_sparse(_days(column))
        ),
        None,
    )


def why_no_partition(columns: Sequence[Typed]) -> str:
    """What speaks against each timestamp, if there is one."""
    times = [column for column in columns if column.seen.type is ColumnType.TIMESTAMP]
    if not times:
        return "no column is a timestamp"
    found = []
    for column in times:
        if not column.field.is_everywhere:
            found.append(f"{column.name} is not in all files")
        elif column.filled < FILLED:
            found.append(f"{column.name} is {column.filled:.0%} filled")
        elif OF_A_LIFE.search(column.name):
            found.append(f"{column.name} seems to be a fact about a person or thing")
        else:
            found.append(f"the dates of {column.name} are many, with hardly a row each")
    return ", ".join(found)


def _is_sparse(days: pl.Series) -> bool:
    if days.len() < ENOUGH:
        return False
    ends = days.len() // 200  # a few odd dates do not count
    span = (days[-1 - ends] - days[ends]).days
    return bool(span > WIDE and days.len() < SPARSE * days.n_unique())


def find_key(columns: Sequence[Typed], partition: Typed | None) -> list[Typed]:
    """A column, or two, that tell the rows apart; those named like an identifier first.

    Args:
        columns: of the samples.
        partition: of them; None if a row's date is that on which its file arrived. Then a key may
            stand in several files.

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
    few = [*usable[:8], *([partition] if partition else [])]
    a_file = partition is None
    for group in ([[column] for column in usable], [list(pair) for pair in combinations(few, 2)]):
        likely = [found for found in group if unlike(found, a_file=a_file) >= NEARLY]
        if likely:
            return max(likely, key=lambda found: _likelihood(found, a_file=a_file))
    raise InferenceError(
        "a contract needs a key, and in the samples neither a column nor two together tell the "
        f"rows apart ({', '.join(column.name for column in columns[:12])}). Give a larger sample, "
        "or write the contract by hand"
    )


def _likelihood(columns: Sequence[Typed], *, a_file: bool) -> float:
    """How good a key is; one that is named like an identifier may have a few repeats more."""
    filled = min(column.filled for column in columns)
    named = NAMED * bool(IDENTIFIER.search(columns[0].name))
    return unlike(columns, a_file=a_file) * filled + named


def unlike(columns: Sequence[Typed], *, a_file: bool = False) -> float:
    """How many of the rows are the only ones with their values, or, in ``a_file``, of that."""
    rows = pl.DataFrame({column.name: column.cells for column in columns})
    if a_file:
        pieces = [
            pl.repeat(at, cells.len(), dtype=pl.UInt32, eager=True)
            for at, cells in enumerate(columns[0].field.cells)
        ]
        rows = rows.with_columns(pl.concat(pieces).alias(OF_FILE))
    rows = rows.drop_nulls()
    return rows.n_unique() / max(1, rows.height)


def first_year(partition: Typed) -> date:
    """The first of January of the year in which the sample starts; a few odd dates do not count."""
    days = _days(partition)
    return date(days[days.len() // 200].year, 1, 1)


def first_arrival(files: Sequence[str], today: date) -> date:
    """The first of January of the year in the oldest file's name; without one, of this year."""
    days = [day for file in files if (day := date_in_name(file))]
    return date(min(days, default=today).year, 1, 1)


def _days(column: Typed) -> pl.Series:
    """The dates of a timestamp, in order."""
    patterns = column.seen.patterns
    formats = patterns.formats if patterns else ()
    instants = any_reading(read_timestamps(column.cells, as_column(*formats)))
    return instants.dt.date().drop_nulls().sort()
