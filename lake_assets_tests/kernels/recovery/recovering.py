"""Contracts of different strictness, and a short way to recover damaged rows by them."""

from collections.abc import Sequence
from typing import Any

import polars as pl

from lake_assets.contracts import Dataset
from lake_assets.kernels.parsing.columns import contract_columns
from lake_assets.kernels.parsing.layout import Layout, read_layout
from lake_assets.kernels.parsing.texts import DAMAGE, KIND
from lake_assets.kernels.recovery.candidates import candidates, choose
from lake_assets.kernels.recovery.fitting import fits_contract, holds
from lake_assets.kernels.recovery.shifted import shifted
from lake_assets.kernels.rows import Context, judge, read_values
from lake_assets.kernels.values.evidence import NOTHING
from lake_assets_tests.kernels.reading import provenance, small

DELIMITERS = (",", ";", "\t", "|")
AT = {"name": "at", "type": "timestamp", "required": True, "formats": ["yyyy-MM-dd"]}


def contract(*columns: dict[str, Any], rules: Sequence[str] = ()) -> Dataset:
    """Of ``columns``, one of which is :data:`AT`."""
    return small(
        columns=list(columns),
        rules=[{"name": f"rule_{at}", "expression": rule} for at, rule in enumerate(rules)],
        key=["at"],
        gold={"table": "t", "row_hash": ["at"]},
    )


def text(name: str, required: bool = False) -> dict[str, Any]:
    return {"name": name, "required": required}


def number(name: str, required: bool = False) -> dict[str, Any]:
    return {"name": name, "type": "integer", "required": required, "decimal_mark": "point"}


def money(name: str, required: bool = False) -> dict[str, Any]:
    return {"name": name, "type": "decimal", "required": required, "decimal_mark": "point"}


RULES = ["REGEXP_LIKE(id, '^[A-Z]-[0-9]+$')", "n > 0"]
COLUMNS = (text("id", True), AT, number("n", True), money("price", True), text("note"))
TYPED = contract(*COLUMNS, rules=RULES)
WORDED = contract(*COLUMNS, rules=[*RULES, "note IS NULL OR REGEXP_LIKE(note, '^[a-z]')"])
"""No number can stand in its last column."""
TEXTS = contract(AT, text("a"), text("b"), text("c"), text("d"))
"""Any text can stand behind the timestamp, which every contract has."""


def recover(
    rows: Sequence[str], dataset: Dataset = TYPED, delimiter: str = ","
) -> list[tuple[Any, ...] | None]:
    """For each row its values, after ``how``; None where it is not recovered."""
    records = pl.DataFrame(
        {"record": range(len(rows)), "raw_row": rows},
        schema={"record": pl.UInt32, "raw_row": pl.String},
    )
    width = len(dataset.columns)
    fits = fits_contract(dataset, [layout(dataset)], one_piece(len(rows)))
    return _chosen(
        candidates(records, width, delimiter, fits, delimiters=DELIMITERS), len(rows), dataset
    )


def unshift(row: Sequence[str], dataset: Dataset = TYPED) -> tuple[Any, ...] | None:
    """The same for a row of the right number of cells."""
    cells = pl.DataFrame([row], schema=[f"cell_{at}" for at in range(len(row))], orient="row")
    moved = shifted(cells.with_columns(record=pl.lit(0, pl.UInt32)))
    return _chosen(moved, 1, dataset)[0]


def typed(cells: pl.DataFrame, dataset: Dataset) -> pl.DataFrame:
    """Candidates typed by a contract whose columns stand in its own order."""
    names = [column.name for column in dataset.columns]
    columns = contract_columns(cells.with_columns(piece=0), [layout(dataset)], dataset)
    texts = cells.select(
        pl.lit(0, pl.UInt32).alias("piece"),
        pl.int_range(pl.len()).cast(pl.UInt32).alias("line_number"),
        pl.lit("").alias("raw_row"),
        pl.lit("good").alias(KIND),
        pl.lit(None, pl.String).alias(DAMAGE),
        "unknown",
    ).hstack(columns)
    context = Context([None], [provenance().ingest_ts.date()])
    values = read_values(texts, dataset, context, survey=False)
    rows = judge(texts, values, [NOTHING], dataset, context)
    fits = holds(rows, [layout(dataset)], dataset)
    names = [column.name for column in dataset.columns]
    return pl.concat([cells.select("record", "how"), rows.select(*names, fits)], how="horizontal")


def layout(dataset: Dataset) -> Layout:
    """Of a file whose columns stand in the contract's order."""
    names = [column.name for column in dataset.columns]
    return read_layout(f"{','.join(names)}\n".encode(), dataset, whole=False)


def one_piece(records: int) -> pl.Series:
    """The piece of each of ``records``."""
    return pl.repeat(0, records, dtype=pl.UInt32, eager=True)


def _chosen(cells: pl.DataFrame, rows: int, dataset: Dataset) -> list[tuple[Any, ...] | None]:
    names = [column.name for column in dataset.columns]
    chosen = choose(typed(cells, dataset), names).select("record", "how", *names)
    found = {row[0]: row[1:] for row in chosen.iter_rows()}
    return [found.get(record) for record in range(rows)]
