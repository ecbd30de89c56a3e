"""Columns of several sample files brought together, although their headers differ."""

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import reduce
from typing import Protocol

import polars as pl

from lake_assets.contracts.column import ColumnType
from lake_assets.kernels.inference.column_types import Cells, infer_type
from lake_assets.kernels.inference.shapes import shape
from lake_assets.kernels.parsing.header import STROKED, normalise

SHARED = 0.3
"""Two columns of which this share of all values stands in both may be one column."""
LEAST_VALUES = 8
"""Columns of fewer values (yes, no) have them in common by chance."""
ALIKE = 0.6
"""Two headers whose letters agree so far (``difflib``) may mean one column."""


CAMEL = re.compile(r"(?<=[a-z]{2})(?=[A-Z])")
"""Where a word ends in ``eventId``. In ``kWh`` none does."""


class Sampled(Protocol):
    """A sample as a table of texts: that of a file of delimited text, or of JSON objects."""

    @property
    def header(self) -> tuple[str, ...]:
        """The names of the columns as they stand in the file."""

    @property
    def cells(self) -> pl.DataFrame:
        """A String column for each of them, named by its position from 0; null without a value."""

    @property
    def rows(self) -> int:
        """Rows seen, without blank ones."""

    @property
    def nulls(self) -> frozenset[str]:
        """Texts that stand for 'no value', in lower case."""


class InferenceError(Exception):
    """A contract cannot be drafted; the message is a sentence that says what to do."""


@dataclass(slots=True)
class Field:
    """One column as the files have it.

    Attributes:
        name: of its first header, normalised.
        spelling: that header as it stands.
        aliases: what other files call it, normalised.
        cells: of each file; nulls where a file does not have it.
        is_everywhere: whether each file has it.
    """

    name: str
    spelling: str
    aliases: list[str] = field(default_factory=list)
    cells: list[pl.Series] = field(default_factory=list)
    is_everywhere: bool = True

    def texts(self) -> pl.Series:
        """The cells of all files, one after another."""
        return pl.concat(self.cells)


def merge_columns(tables: Mapping[str, Sampled]) -> tuple[list[Field], list[str]]:
    """The columns of some files in the order of the first one, and headers that cannot be names.

    Files are matched by normalised header. A header that only a later file has may be another
    name for one that this file lacks: if the letters or the values are alike, or if it is the
    only one of its type among them. It becomes an alias then.

    Two headers of one file that read alike are one column: that of the first which has a value.

    Args:
        tables: file name -> its sample.
    """
    fields: list[Field] = []
    nameless: list[str] = []
    heights: list[int] = []
    for at, table in enumerate(tables.values()):
        here = _headers(table, nameless)
        missing = [known for known in fields if not _names(known) & here.keys()]
        extra = [name for name in here if not any(name in _names(known) for known in fields)]
        for known, name in _pairs(missing, extra, {name: here[name][1] for name in extra}):
            known.aliases.append(name)
        for name, (spelling, _) in here.items():
            if not any(name in _names(known) for known in fields):
                above = [_nothing(height) for height in heights]
                fields.append(Field(name, spelling, cells=above, is_everywhere=at == 0))
        for known in fields:
            cells = [here[name][1] for name in here if name in _names(known)]
            known.is_everywhere &= bool(cells)
            known.cells.append(reduce(_filled_by, cells or [_nothing(table.cells.height)]))
        heights.append(table.cells.height)
    return fields, nameless


def plain_name(spelling: str) -> str:
    """A column's name for a header, by which the reader knows it, too.

    ``Área`` is area, and ``eventId`` is event_id.
    """
    spelling = CAMEL.sub("_", spelling)
    folded = unicodedata.normalize("NFKD", spelling.casefold().translate(STROKED))
    return normalise("".join(sign for sign in folded if not unicodedata.combining(sign)))


def _headers(table: Sampled, nameless: list[str]) -> dict[str, tuple[str, pl.Series]]:
    """Normalised header -> the header as it stands, and its cells."""
    here: dict[str, tuple[str, pl.Series]] = {}
    for at, spelling in enumerate(table.header):
        name = plain_name(spelling)
        if not name or not name[0].isalpha() or len(name) > 63:
            if spelling not in nameless:
                nameless.append(spelling)
        elif name in here:
            first, cells = here[name]
            here[name] = first, _filled_by(cells, table.cells[str(at)])
        else:
            here[name] = spelling, table.cells[str(at)].alias(name)
    return here


def _filled_by(cells: pl.Series, others: pl.Series) -> pl.Series:
    """Cells, and others where there is no value."""
    return cells.zip_with(cells.is_not_null(), others)


def _names(known: Field) -> set[str]:
    return {known.name, *known.aliases}


def _nothing(height: int) -> pl.Series:
    return pl.Series([None], dtype=pl.String).new_from_index(0, height)


def _pairs(
    missing: Sequence[Field], extra: Sequence[str], cells: Mapping[str, pl.Series]
) -> Iterator[tuple[Field, str]]:
    """Which missing column each extra header may be; each is taken once."""
    if not missing or not extra:
        return
    types = {name: infer_type(name, Cells(cells[name])).type for name in extra}
    wanted = {known.name: infer_type(known.name, Cells(known.texts())).type for known in missing}
    # A text has to look alike, too: customer_id reads much like item_id.
    alike = sorted(
        (
            (-_likeness(known.name, name), at, name)
            for at, known in enumerate(missing)
            for name in extra
            if wanted[known.name] == types[name]
            and (types[name] is not ColumnType.STRING or _are_alike(known.texts(), cells[name], 2))
        ),
    )
    left, open_ = list(missing), list(extra)
    for score, at, name in alike:
        if -score >= ALIKE and missing[at] in left and name in open_:
            left.remove(missing[at])
            open_.remove(name)
            yield missing[at], name
    for known in list(left):
        same = [name for name in open_ if _are_alike(known.texts(), cells[name])]
        if len(same) == 1:
            left.remove(known)
            open_.remove(same[0])
            yield known, same[0]
    for kind in ColumnType:
        columns = [known for known in left if wanted[known.name] == kind]
        names = [name for name in open_ if types[name] == kind]
        if len(columns) == len(names) == 1 and kind is not ColumnType.STRING:
            yield columns[0], names[0]


def _likeness(one: str, other: str) -> float:
    one, other = one.replace("_", ""), other.replace("_", "")
    if min(len(one), len(other)) >= 3 and (one in other or other in one):
        return 1
    return SequenceMatcher(None, one, other).ratio()


def _are_alike(one: pl.Series, other: pl.Series, least: int = LEAST_VALUES) -> bool:
    """Whether two columns have values in common, or codes of one form (``T1007``)."""
    here, there = set(one.drop_nulls().unique()), set(other.drop_nulls().unique())
    if min(len(here), len(there)) < least:
        return False
    if len(here & there) >= SHARED * len(here | there):
        return True
    form = _form(here)
    return form == _form(there) and "9" in form


def _form(values: Collection[str]) -> str:
    """The letters that all values begin with, and their usual shape; of some, always the same."""
    some = sorted(values)[:200]
    letters = {re.sub(r"[\W\d_].*", "", value, flags=re.DOTALL) for value in some}
    usual = Counter(map(shape, some)).most_common(1)[0][0]
    return f"{letters.pop() if len(letters) == 1 else ''} {usual}"
