"""Lines of NDJSON to the values of the contract's columns, each as it stands in its line."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import polars as pl

from lake_assets.contracts.dataset import Dataset
from lake_assets.kernels.parsing.header import claim_columns
from lake_assets.kernels.parsing.ndjson_lines import NO_OBJECT as NO_OBJECT
from lake_assets.kernels.parsing.ndjson_lines import TOO_DEEP as TOO_DEEP
from lake_assets.kernels.parsing.ndjson_lines import LineError, find_members, text_of
from lake_assets.kernels.parsing.ndjson_shapes import divide, learn_shapes

MARK: Final = "\ufeff"
"""Where files were appended to one another, a byte order mark may stand before a line."""
DIFFERING: Final = "keys that claim one column and differ"
FEW: Final = 256
"""Lines of a block that are not worth a shape."""
MOST_UNKNOWN: Final = 100
"""Names of unknown keys that are kept: the first in the alphabet, however a file is cut."""


class ColumnOfKey(dict[str, str | None]):
    """Key of an object -> the contract's column that it names, found as header cells are."""

    def __init__(self, dataset: Dataset) -> None:
        super().__init__()
        self._dataset = dataset

    def __missing__(self, key: str) -> str | None:
        column = next(iter(claim_columns([key], self._dataset).positions), None)
        if len(self) < 100_000:  # of objects whose keys are data there is no end
            self[key] = column
        return column


@dataclass(frozen=True, slots=True)
class Tokens:
    """What stands in lines; one row a line in both frames.

    Attributes:
        values: a String column a contract column: JSON, null where the key is not there.
        damage: String; one of the constants here and in ``ndjson_lines``, null of a sound line.
        unknown: of each piece, the keys that name no column.
    """

    values: pl.DataFrame
    damage: pl.Series
    unknown: list[set[str]] = field(default_factory=list)


def find_tokens(lines: pl.Series, piece: pl.Series, pieces: int, dataset: Dataset) -> Tokens:
    """Take lines apart, those that are written alike at once, the rest one by one.

    Args:
        lines: String, not null, not blank.
        piece: UInt32, of each line.
        pieces: how many there are.
        dataset: the contract.
    """
    columns = ColumnOfKey(dataset)
    names = [column.name for column in dataset.columns]
    unknown: list[set[str]] = [set() for _ in range(pieces)]
    parts: list[pl.DataFrame] = []
    left = pl.int_range(lines.len(), dtype=pl.UInt32, eager=True)

    def is_plain(keys: Sequence[str]) -> bool:
        claimed = [column for key in keys if (column := columns[key])]
        return len(set(keys)) == len(keys) and len(set(claimed)) == len(claimed)

    for shape in learn_shapes(lines, is_plain) if lines.len() > FEW else ():
        some = lines if left.len() == lines.len() else lines.gather(left)
        places = {column: at for at, key in enumerate(shape.names) if (column := columns[key])}
        fits, found = divide(some, shape, list(places.values()))
        if not fits.any():
            continue
        at = left.filter(fits)
        parts.append(at.to_frame("_at").hstack(_placed(found, places, names, at.len())))
        if extra := {printable(key) for key in shape.names if columns[key] is None}:
            for number in piece.gather(at).unique():
                unknown[number] |= extra
        left = left.filter(~fits)
        if left.is_empty():
            break
    damage = pl.Series("damage", [None], dtype=pl.String).new_from_index(0, lines.len())
    if not left.is_empty():
        frame, damaged = _one_by_one(
            lines.gather(left), piece.gather(left), columns, unknown, dataset
        )
        parts.append(left.to_frame("_at").hstack(frame))
        damage = damage.scatter(left, damaged)
    return Tokens(_in_order(parts, names), damage, unknown)


def first_names(names: Iterable[str]) -> tuple[str, ...]:
    """At most :data:`MOST_UNKNOWN` names, in the order of the alphabet."""
    return tuple(sorted(set(names))[:MOST_UNKNOWN])


def printable(key: str) -> str:
    """A key, halves of surrogate pairs in it as they are escaped: they are no text."""
    return key.encode(errors="backslashreplace").decode()


def _placed(
    found: pl.DataFrame, places: Mapping[str, int], names: Sequence[str], rows: int
) -> pl.DataFrame:
    """A column a contract column, of members by their places."""
    nothing = pl.Series([None], dtype=pl.String).new_from_index(0, rows)
    return pl.DataFrame(
        [
            found[str(places[name])].alias(name) if name in places else nothing.alias(name)
            for name in names
        ]
    )


def _one_by_one(
    lines: pl.Series,
    piece: pl.Series,
    columns: ColumnOfKey,
    unknown: list[set[str]],
    dataset: Dataset,
) -> tuple[pl.DataFrame, pl.Series]:
    """The same of lines that are no match for a shape.

    A loop over rows, on purpose: these lines are few, and what is odd about each is another thing
    (broken JSON, keys in an order of their own or twice, deep objects, halves of characters).
    Python's JSON parser does the work, and keeps the text of each value.
    """
    names = [column.name for column in dataset.columns]
    values: dict[str, list[str | None]] = {name: [] for name in names}
    damage: list[str | None] = []
    for line, number in zip(lines, piece, strict=True):
        row: dict[str, str] = {}
        found: str | None = None
        bare = line.removeprefix(MARK)
        try:
            for key, start, end in find_members(bare):
                column = columns[key]
                if column is None:
                    unknown[number].add(printable(key))
                    continue
                token = bare[start:end]
                text = _text(token)
                if column not in row or _means_nothing(row[column], dataset):
                    row[column] = token
                elif text != _text(row[column]) and not _means_nothing(token, dataset):
                    found = DIFFERING
        except LineError as error:
            found = error.what
        if len(unknown[number]) > 2 * MOST_UNKNOWN:
            unknown[number] = set(first_names(unknown[number]))
        damage.append(found)
        for name in names:
            values[name].append(None if found else row.get(name))
    return pl.DataFrame(values, _texts(names)), pl.Series(damage, dtype=pl.String)


def _text(token: str) -> str:
    """A string's text with its quote, so that "1" is not 1; of all else what stands there."""
    if token[0] != '"':
        return token
    if "\\" not in token:
        return f'"{token[1:-1].strip()}'
    return '"' + text_of(token).strip()


def _means_nothing(token: str, dataset: Dataset) -> bool:
    if token[0] != '"':
        return token == "null"
    return text_of(token).strip().lower() in {"", *map(str.lower, dataset.format.nulls)}


def _in_order(parts: Sequence[pl.DataFrame], names: Sequence[str]) -> pl.DataFrame:
    if not parts:
        return pl.DataFrame(schema=_texts(names))
    if len(parts) == 1:
        return parts[0].select(names)
    both = pl.concat(parts)
    order = pl.int_range(both.height, dtype=pl.UInt32, eager=True)
    return both.select(names)[order.clone().scatter(both["_at"], order)]


def _texts(names: Sequence[str]) -> pl.Schema:
    return pl.Schema(dict.fromkeys(names, pl.String()))
