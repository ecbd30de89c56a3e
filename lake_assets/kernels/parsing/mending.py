"""Damaged headers: the one way to read a header that fits both its contract and the rows below.

A header is one line for all rows, so damage to it costs the file. Its cells are names that are
known, and the rows say how many there are: that tells what was meant. A header that names what the
contract requires, above rows of as many cells, is never touched.
"""

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from lake_assets.contracts.dataset import Dataset
from lake_assets.kernels.parsing.header import Claims, claim_columns, normalise

SAMPLE_RECORDS = 20
"""Rows from which the number of cells is taken."""
FEWEST = 2
"""One row alone could be damaged as well as the header."""

SLACK = 16
"""Signs that a cell of two names may have besides them: spaces, brackets, quotes."""


@dataclass(frozen=True, slots=True)
class Mended:
    """What a damaged header says.

    ``delimiter`` divides the rows, ``width`` is the number of their cells; ``cells`` is how the
    header then reads.
    """

    delimiter: str
    width: int
    claims: Claims
    cells: tuple[str, ...] = field(compare=False)


def cells_of(record: str, delimiter: str) -> list[str]:
    """The cells of a record, leniently; none if it cannot be divided."""
    try:
        return next(csv.reader([record], delimiter=delimiter), [])
    except csv.Error:
        return []


def mend(header: str, delimiter: str, rows: Sequence[str], dataset: Dataset) -> Mended | None:
    """Read a header that does not fit the rows below it, or lacks what the contract requires.

    Considered are: another delimiter of the contract in the header than in the rows, or at some of
    its places; delimiters too many, which leave cells without a name; a stray quote; and a
    delimiter that is missing between two names.

    Args:
        header: the record, without its line end.
        delimiter: by which it names most columns.
        rows: the first records below it.
        dataset: the contract.

    Returns:
        None if the header is in order, or nothing else is certain: more than half of the rows, and
        no fewer than :data:`FEWEST`, must have as many cells as the header then has, and no two
        readings may fit.
    """
    required = {column.name for column in dataset.columns if column.required}
    plain = cells_of(header, delimiter)
    is_whole = claim_columns(plain, dataset).positions.keys() >= required
    if is_whole and any(len(cells_of(row, delimiter)) == len(plain) for row in rows):
        return None
    found: list[Mended] = []
    for divider in dataset.csv.delimiters:
        width = _usual_width(rows, divider)
        for cells in _readings(header, dataset, is_whole=is_whole):
            if len(cells) == width:
                claims = claim_columns(cells, dataset)
                mended = Mended(divider, width, claims, tuple(cells))
                if claims.positions.keys() >= required and mended not in found:
                    found.append(mended)
    return found[0] if len(found) == 1 else None


def _usual_width(rows: Sequence[str], delimiter: str) -> int | None:
    """The number of cells that most rows have."""
    widths = Counter(len(cells_of(row, delimiter)) for row in rows)
    [(width, count)] = widths.most_common(1) or [(0, 0)]
    return width if count >= FEWEST and 2 * count > len(rows) and width > 1 else None


def _readings(header: str, dataset: Dataset, *, is_whole: bool) -> Iterator[list[str]]:
    """The cells that a header may have."""
    delimiters = dataset.csv.delimiters
    bare = header.replace('"', "")
    for delimiter in delimiters:
        cells = cells_of(header, delimiter)
        yield cells
        yield [cell for cell in cells if cell.strip()]
        if not is_whole:
            yield bare.split(delimiter)
            yield from _divided(cells, dataset)
    if not is_whole:
        one = delimiters[0]
        for delimiter in delimiters[1:]:
            bare = bare.replace(delimiter, one)
            yield bare.split(one)


def _divided(cells: Sequence[str], dataset: Dataset) -> Iterator[list[str]]:
    """One cell taken as two, where it reads as the names of two columns."""
    names = {name for column in dataset.columns for name in (column.name, *column.aliases)}
    longest = 2 * max(map(len, names)) + SLACK  # to try a cell's every cut takes its length squared
    for place, cell in enumerate(cells):
        if len(cell) > longest:
            continue
        for cut in range(1, len(cell)):
            left, right = cell[:cut], cell[cut:]
            if right[0].isalnum() and normalise(left) in names and normalise(right) in names:
                yield [*cells[:place], left, right, *cells[place + 1 :]]


def single_quoted(header: str, delimiter: str, rows: Sequence[str]) -> str | None:
    """A header cell in single quotes above cells that open with one.

    Texts could then be divided within quotes, or keep them as a part.
    """
    for place, cell in enumerate(cells_of(header, delimiter)):
        name = cell.strip()
        if len(name) > 2 and name[0] == name[-1] == "'":
            below = (cells_of(row, delimiter)[place : place + 1] for row in rows)
            if any(cells and cells[0].strip().startswith("'") for cells in below):
                return name
    return None
