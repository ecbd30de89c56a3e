"""Which texts can stand in which cell of a file, by the types of its contract."""

from collections.abc import Sequence
from functools import reduce
from operator import or_

import polars as pl

from lake_assets.contracts.column import NUMBERS, Column, ColumnType
from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.rule import columns_of
from lake_assets.kernels.parsing.layout import Layout
from lake_assets.kernels.recovery.tokens import Fits
from lake_assets.kernels.rows import read_column

PLAIN = {
    ColumnType.INTEGER: r"^[1-9][0-9]{0,8}$",
    ColumnType.DECIMAL: r"^(?:0|[1-9][0-9]{0,8})(?:\.[0-9]{2})?$",
}
"""Numbers in any notation; whether one is too long for its column is seen when it is read."""
NO_NUMBER = r"[0-9][:/-][0-9]"
"""A time, a date or a part number; no notation of numbers has these signs between digits."""


def fits_contract(dataset: Dataset, layouts: Sequence[Layout | None], piece: pl.Series) -> Fits:
    """Which texts can stand where, for :func:`recovery.candidates`.

    It knows types and required values, and no rules; a timestamp of two readings passes. A column
    with several cells may be filled by any of them, so none of them is required. Each type is read
    once, whatever the number of layouts.

    Args:
        dataset: the contract.
        layouts: of the pieces; None for those that nobody will ask about.
        piece: index in ``layouts`` of each record; ``record`` is the index in it.
    """
    # Columns that read texts alike are one kind; kind 0 takes any text.
    kinds: dict[str, tuple[int, Column]] = {}
    kinds_of = {
        column.name: kinds.setdefault(_as_type(column), (len(kinds) + 1, column))[0]
        if column.type is not ColumnType.STRING
        else 0
        for column in dataset.columns
    }
    kind_of: list[int] = []
    required_of: list[bool] = []
    starts: list[int] = []
    for layout in layouts:
        starts.append(len(kind_of))
        cells = [(0, False)] * (layout.width if layout else 0)
        for column in dataset.columns if layout else ():
            places = layout.positions.get(column.name, ()) if layout else ()
            for place in places:
                cells[place] = kinds_of[column.name], column.required and len(places) == 1
        kind_of += [kind for kind, _ in cells]
        required_of += [required for _, required in cells]
    kind, required = pl.Series(kind_of, dtype=pl.Int64), pl.Series(required_of, dtype=pl.Boolean)
    start = pl.Series(starts, dtype=pl.Int64)
    nulls = sorted({"", *(token.lower() for token in dataset.format.nulls)})

    def cell(asked: pl.DataFrame) -> pl.Series:
        return start.gather(piece.gather(asked["record"])) + asked["place"]

    def judge(asked: pl.DataFrame) -> pl.Series:
        at = cell(asked)
        # Byte order marks stand before the first cell of files that were appended to one another.
        texts = asked.select(
            pl.col("text").str.strip_chars().str.strip_prefix("\ufeff"), kind=kind.gather(at)
        ).with_columns(
            row=pl.int_range(pl.len()),
            null=pl.col("text").str.to_lowercase().is_in(nulls),
            digits=pl.col("text").str.contains(r"\d"),
        )
        fine = ~(texts["null"] & required.gather(at))
        for number, column in kinds.values():
            some = texts.filter((pl.col("kind") == number) & ~pl.col("null"))
            if column.type not in (ColumnType.BOOLEAN, ColumnType.JSON):
                # Reading is dear for a few texts; of most of them one look says enough.
                fine = fine.scatter(some["row"].filter(~some["digits"]), False)
                some = some.filter("digits")
            if column.type in NUMBERS and some.height:
                plain = some["text"].str.contains(PLAIN[column.type])
                never = some["text"].str.contains(NO_NUMBER) & (not column.within_text)
                fine = fine.scatter(some["row"].filter(never), False)
                some = some.filter(~plain & ~never)
            if some.height:
                fine = fine.scatter(some["row"], _reads(some["text"], column))
        return fine

    return Fits(judge, lambda asked: kind.gather(cell(asked)) == 0)


def holds(rows: pl.DataFrame, layouts: Sequence[Layout | None], dataset: Dataset) -> pl.Series:
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
    reasons = [reason for reason in rows.columns if reason.startswith("!")]
    fits = rows.select(~pl.any_horizontal(pl.lit(False), *reasons).fill_null(True)).to_series()
    open_ = (rows["unknown"].is_not_null() & ~fits).arg_true()
    if open_.is_empty():
        return fits.alias("fits")
    some = rows[open_]
    unknown = pl.lit(_unknown_columns(some, layouts))
    holding = []
    for reason in reasons:
        columns = of_rules.get(reason, {reason.rpartition(":")[2]})
        excused = unknown.list.set_intersection(sorted(columns)).list.len() > 0
        holding.append(pl.col(reason).fill_null(True) & ~excused.fill_null(False))
    left = some.select(~pl.any_horizontal(holding)).to_series()
    return fits.scatter(open_, left).alias("fits")


def _as_type(column: Column) -> str:
    """What says how a column's texts are read."""
    return column.model_dump_json(exclude={"name", "required", "description", "aliases"})


def _unknown_columns(rows: pl.DataFrame, layouts: Sequence[Layout | None]) -> pl.Series:
    """The contract's columns that are filled from unknown cells, of each row."""
    columns = pl.DataFrame(
        [
            (piece, place, name)
            for piece in rows["piece"].unique()
            if (layout := layouts[piece])
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


def _reads(text: pl.Series, column: Column) -> pl.Series:
    """Whether a text is a value of its column in any reading."""
    readings = read_column(text, column)
    torn = [] if readings.undecidable is None else [readings.undecidable]
    ways = [way.is_not_null() for way in readings.alternatives.values()]
    return reduce(or_, [*ways, *torn], readings.value.is_not_null())
