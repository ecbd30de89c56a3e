"""Which texts can stand in which cell of a file, by the types of its contract."""

from collections.abc import Mapping, Sequence

import polars as pl

from lake_assets.contracts.column import Column, ColumnType
from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.rule import columns_of
from lake_assets.kernels.numbers import parse_decimal, parse_integer
from lake_assets.kernels.timestamps import parse_timestamps
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


def holds(
    rows: pl.DataFrame,
    unknown: pl.Series,
    dataset: Dataset,
    positions: Mapping[str, Sequence[int]],
) -> pl.Series:
    """Whether typed candidates fit the contract, whatever may have stood in unknown cells.

    Args:
        rows: as ``rows.type_rows`` gives them, with a column ``!<reason>:<column or rule>`` for
            each reason to reject a row.
        unknown: List of Int64, as :func:`recovery.candidates` gives it.
        dataset: the contract.
        positions: the cells of each column that the header has.

    Returns:
        Boolean, one value a row: true where no reason holds but those that an unknown cell can
        take away.
    """
    of_rules = {
        f"!{rule.reason}:{rule.name}": columns_of(rule.expression) for rule in dataset.rules
    }
    holding = []
    for reason in rows.columns:
        if not reason.startswith("!"):
            continue
        columns = of_rules.get(reason, {reason.rpartition(":")[2]})
        places = [place for column in columns for place in positions.get(column, ())]
        excused = pl.any_horizontal(
            pl.lit(False),
            *(pl.lit(unknown).list.contains(place).fill_null(False) for place in places),
        )
        holding.append(pl.col(reason).fill_null(True) & ~excused)
    return rows.select((~pl.any_horizontal(pl.lit(False), *holding)).alias("fits")).to_series()


def _fits(text: pl.Series, column: Column, required: bool, nulls: Sequence[str]) -> pl.Series:
    # Byte order marks stand before the first cell of files that were appended to one another.
    text = text.str.strip_chars().str.strip_prefix("\ufeff")
    is_null = text.str.to_lowercase().is_in(nulls)
    typed = _reads(text, column) & ~is_null
    return (typed if required else typed | is_null).alias(text.name)


def _reads(text: pl.Series, column: Column) -> pl.Series:
    match column.type:
        case ColumnType.INTEGER:
            return parse_integer(text).is_not_null()
        case ColumnType.DECIMAL:
            return parse_decimal(text, column.precision, column.scale).is_not_null()
        case ColumnType.BOOLEAN:
            return text.str.contains(r"^[A-Za-z01]{1,5}$")
        case ColumnType.TIMESTAMP:
            readings = parse_timestamps(text, column.formats, None)[0]
            return readings.select(
                pl.any_horizontal(pl.col("instant", "DM", "MD").is_not_null())
            ).to_series()
        case _:
            return pl.repeat(True, text.len(), eager=True)
