"""Which texts can stand in which cell of a file, by the types of its contract."""

from collections.abc import Mapping, Sequence
from functools import reduce
from operator import or_

import polars as pl

from lake_assets.contracts.column import Column, ColumnType
from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.rule import columns_of
from lake_assets.kernels.layout import Layout
from lake_assets.kernels.rows import read_column
from lake_assets.kernels.tokens import Fits


def fits_contract(dataset: Dataset, positions: Mapping[str, Sequence[int]], width: int) -> Fits:
    """Which texts can stand where, for :func:`recovery.candidates`.

    It knows types and required values, and no rules; a timestamp of two readings passes. A column
    with several cells may be filled by any of them, so none of them is required.

    Args:
        dataset: the contract.
        positions: the cells of each column that the header has.
        width: cells of the header.
    """
    columns = {
        f"cell_{place}": (column, column.required and len(positions[column.name]) == 1)
        for column in dataset.columns
        for place in positions.get(column.name, ())
    }
    nulls = sorted({"", *(token.lower() for token in dataset.format.nulls)})

    def judge(texts: pl.DataFrame) -> pl.DataFrame:
        return texts.select(
            _fits(texts[name], *columns[name], nulls)
            if name in columns
            else pl.repeat(True, texts.height, eager=True).alias(name)
            for name in texts.columns
        )

    known = {name for name, (column, _) in columns.items() if column.type is not ColumnType.STRING}
    free = frozenset(place for place in range(width) if f"cell_{place}" not in known)
    return Fits(judge, free)


def holds(rows: pl.DataFrame, layouts: Sequence[Layout], dataset: Dataset) -> pl.Series:
    """Whether typed candidates fit the contract, whatever may have stood in unknown cells.

    Args:
        rows: as ``rows.judge`` gives them, with a column ``!<reason>:<column or rule>`` for
            each reason to reject a row; and ``unknown`` (List of Int64) as
            :func:`recovery.candidates` gives it.
        layouts: of the pieces; ``piece`` is the index.
        dataset: the contract.

    Returns:
        Boolean, named ``fits``: true where no reason holds but those that an unknown cell can
        take away.
    """
    of_rules = {
        f"!{rule.reason}:{rule.name}": columns_of(rule.expression) for rule in dataset.rules
    }
    unknown = _unknown_columns(rows, layouts)
    holding = [pl.lit(False)]
    for reason in rows.columns:
        if reason.startswith("!"):
            columns = of_rules.get(reason, {reason.rpartition(":")[2]})
            excused = pl.lit(unknown).list.set_intersection(sorted(columns)).list.len() > 0
            holding.append(pl.col(reason).fill_null(True) & ~excused.fill_null(False))
    return rows.select((~pl.any_horizontal(holding)).alias("fits")).to_series()


def _unknown_columns(rows: pl.DataFrame, layouts: Sequence[Layout]) -> pl.Series:
    """The contract's columns that are filled from unknown cells, of each row."""
    columns = pl.DataFrame(
        [
            (piece, place, name)
            for piece, layout in enumerate(layouts)
            for name, places in layout.positions.items()
            for place in places
        ],
        schema={"piece": pl.UInt32, "unknown": pl.Int64, "column": pl.String},
        orient="row",
    )
    return (
        rows.select("piece", "unknown")
        .with_row_index("row")
        .explode("unknown", empty_as_null=True)
        .join(columns, on=["piece", "unknown"], how="left")
        .group_by("row", maintain_order=True)
        .agg(pl.col("column").drop_nulls())
        .sort("row")["column"]
    )


def _fits(text: pl.Series, column: Column, required: bool, nulls: Sequence[str]) -> pl.Series:
    # Byte order marks stand before the first cell of files that were appended to one another.
    text = text.str.strip_chars().str.strip_prefix("\ufeff")
    is_null = text.str.to_lowercase().is_in(nulls)
    typed = _reads(text, column) & ~is_null
    return (typed if required else typed | is_null).alias(text.name)


def _reads(text: pl.Series, column: Column) -> pl.Series:
    """Whether a text is a value of its column in any reading."""
    readings = read_column(text, column)
    torn = [] if readings.undecidable is None else [readings.undecidable]
    ways = [way.is_not_null() for way in readings.alternatives.values()]
    return reduce(or_, [*ways, *torn], readings.value.is_not_null())
