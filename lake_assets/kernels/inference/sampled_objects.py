"""A sample of NDJSON without a contract, as a table of texts."""

import re
from dataclasses import dataclass
from typing import Final

import polars as pl

from lake_assets.kernels.inference.column_types import without_nulls
from lake_assets.kernels.parsing.ndjson_head import BLANKS, LINE_END
from lake_assets.kernels.parsing.ndjson_lines import LineError, find_members, text_of
from lake_assets.kernels.parsing.ndjson_tokens import MARK, printable
from lake_assets.kernels.parsing.ndjson_values import plain_number

NULLS: Final = ("", "-", "--", "n/a", "#n/a", "null", "(null)", "\\n", "nan")
"""Strings that are taken for 'no value', in lower case. JSON has a null of its own, so that few
programs write another; and NA is a country."""
MOST_KEYS: Final = 500
"""Of objects whose keys are data there is no end."""
THREE_DECIMALS: Final = re.compile(r"-?[0-9]+\.[0-9]{3}")


@dataclass(frozen=True, slots=True)
class SampledObjects:
    """What a sample of NDJSON holds.

    Attributes:
        header: the keys, in the order in which they were met.
        cells: a String column for each of them, named by its position from 0, one row an object;
            null where there is no value. A number is its digits, an object or array its JSON.
        rows: lines seen, without blank ones.
        nulls: the strings that stand for 'no value', in lower case.
        left_out: how many keys there are beyond :data:`MOST_KEYS`.
    """

    header: tuple[str, ...]
    cells: pl.DataFrame
    rows: int
    nulls: frozenset[str]
    left_out: int = 0

    @property
    def damaged(self) -> int:
        """Lines that are no JSON object."""
        return self.rows - self.cells.height


def read_objects(text: str, *, whole: bool) -> SampledObjects:
    """Read the objects of a sample; lines that are none are counted.

    Args:
        text: the head of a file.
        whole: whether that is all of the file; if not, its last line may be cut in two.
    """
    lines = LINE_END.split(text)
    if not whole:
        del lines[-1]
    lines = [line.removeprefix(MARK) for line in lines if line.strip(BLANKS)]
    rows: list[dict[str, str | None]] = []
    keys: dict[str, None] = {}
    for line in lines:  # exact, which reading all at once is only for keys that are known
        try:
            row = _texts(line)
        except LineError:
            continue
        rows.append(row)
        keys |= dict.fromkeys(row)
    header = tuple(keys)[:MOST_KEYS]
    raw = pl.DataFrame(
        [
            pl.Series(str(at), [row.get(key) for row in rows], pl.String)
            for at, key in enumerate(header)
        ]
    )
    cells = raw.select(without_nulls(raw[name], NULLS).alias(name) for name in raw.columns)
    if not header:
        cells = pl.DataFrame(height=len(rows))
    return SampledObjects(
        tuple(map(printable, header)),
        cells,
        len(lines),
        _nulls(raw, cells),
        len(keys) - len(header),
    )


def _texts(line: str) -> dict[str, str | None]:
    """The values of an object as texts; of a key that stands twice, the first value."""
    row: dict[str, str | None] = {}
    for name, start, end in find_members(line):
        if row.get(name) is None:
            row[name] = _text(line[start:end])
    return row


def _text(token: str) -> str | None:
    if token[0] == '"':
        return text_of(token)
    if token[0] in "-0123456789":
        number = plain_number(token)
        # 1.234 in a text could be grouped; in JSON it is not.
        return f"{number}0" if THREE_DECIMALS.fullmatch(number) else number
    return None if token == "null" else token


def _nulls(raw: pl.DataFrame, cells: pl.DataFrame) -> frozenset[str]:
    found = set()
    for name in raw.columns:
        unread = raw[name].filter(cells[name].is_null()).drop_nulls()
        found.update(unread.str.strip_chars().str.to_lowercase().unique().to_list())
    return frozenset(found)
