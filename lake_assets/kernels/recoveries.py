"""Which good rows were not plain, and what was made of them: for people who look at a sample."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import or_

import polars as pl

from lake_assets.contracts.column import NUMBERS, TIMES, Column
from lake_assets.contracts.dataset import Dataset
from lake_assets.kernels.rows import read_column
from lake_assets.kernels.values.evidence import Readings

NUMBER = "number in another notation"
MARK = "decimal mark settled"
ORDER = "day and month settled"

PLAIN_NUMBER = r"^-?\d+(?:\.\d+)?$"


@dataclass(frozen=True, slots=True)
class Recoveries:
    """Rows of one kind that were recovered.

    Attributes:
        kind: one of the constants above, or how the reader says that a damaged row was recovered.
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
    recovered: pl.DataFrame,
    texts: pl.DataFrame,
    dataset: Dataset,
    examples: int = 3,
) -> list[Recoveries]:
    """Which rows of one file were recovered, the whole rows first.

    What the reader says of damaged rows is taken from it. For numbers and timestamps the values
    are compared with their texts.

    Args:
        good, recovered: of the file, as ``block.read_block`` gives them.
        texts: of the same file, as ``texts.read_texts`` gives them.
        dataset: the contract.
        examples: to keep of each kind.
    """
    rows = good.join(
        texts.select("line_number", "raw_row"), on="line_number", maintain_order="left"
    )
    found = []
    for how, lines in _by_kind(recovered).items():
        some = rows.filter(pl.col("line_number").is_in(lines)).head(examples)
        names = [column.name for column in dataset.columns]
        values = some.select(_as_text(some[name]).fill_null("") for name in names)
        told = values.select(pl.concat_str(pl.all(), separator=" | ")).to_series().to_list()
        shown = tuple(zip(some["line_number"], some["raw_row"], told, strict=True))
        found.append(Recoveries(how, "", len(lines), shown))
    for column in dataset.columns:
        values = good.select("line_number", _as_text(good[column.name]).alias("value"))
        # Of a row that was damaged, ``texts`` has no cells.
        cells = texts.select("line_number", pl.col(column.name).alias("text")).join(
            values.drop_nulls(), on="line_number", maintain_order="left"
        )
        for kind, mask in _odd(cells["text"], column):
            odd = cells.filter(mask)
            if odd.height:
                first = odd.select("line_number", "text", "value").head(examples)
                found.append(Recoveries(kind, column.name, odd.height, tuple(first.iter_rows())))
    return found


def _by_kind(recovered: pl.DataFrame) -> Mapping[str, list[int]]:
    lines = recovered.group_by("how", maintain_order=True).agg("line_number").sort("how")
    return dict(lines.iter_rows())


def _odd(texts: pl.Series, column: Column) -> Iterator[tuple[str, pl.Series]]:
    """The kind of recovery, and for which texts it was needed."""
    if column.type in NUMBERS:
        contested = _contested(read_column(texts, column))
        is_plain = texts.str.contains(PLAIN_NUMBER).fill_null(True)
        yield NUMBER, ~(is_plain | contested)
        yield MARK, contested
    elif column.type in TIMES:
        yield ORDER, _contested(read_column(texts, column))


def _contested(readings: Readings) -> pl.Series:
    nothing = pl.repeat(False, readings.value.len(), eager=True)
    ways = (way.is_not_null() for way in readings.alternatives.values())
    return reduce(or_, ways, nothing)


def _as_text(values: pl.Series) -> pl.Series:
    is_instant = values.dtype == pl.Datetime
    return values.dt.strftime("%Y-%m-%d %H:%M:%S") if is_instant else values.cast(pl.String)
