"""Some of the rows at fault, to be shown to whoever looks after the lake."""

import json
from collections.abc import Iterator, Sequence

import polars as pl

from lake_assets.contracts.column import Column
from lake_assets.contracts.dataset import Dataset
from lake_assets.jobs.checks.finding import SAMPLE_ROWS, Row
from lake_assets.kernels.gold import text_of
from lake_assets.storage.errors import StoreError
from lake_assets.storage.ledger import Commit
from lake_assets.storage.store import Store

NOTHING = "(none)"
STARS = "***"
JOINED = " | "
LONGEST = 100
"""Characters of a value that are shown: a cell may have a megabyte."""


def shown(dataset: Dataset, name: str) -> pl.Expr:
    """A column's values as text (String, never null), masked if they say something of a person.

    Of a masked value its first letter is left, if it has more than two: enough to tell several
    apart, and to recognise one in the file.
    """
    return shown_column(dataset.column(name))


def shown_column(column: Column) -> pl.Expr:
    """The same of a column that the dataset may have looked up."""
    text = text_of(column)
    begin = pl.concat_str(text.str.slice(0, LONGEST), pl.lit("…"))
    text = pl.when(text.str.len_chars() > LONGEST).then(begin).otherwise(text)
    if column.personal:
        initial = pl.concat_str(text.str.slice(0, 1), pl.lit(STARS))
        text = (
            pl.when(text.str.len_chars() > 2)
            .then(initial)
            .when(text.is_not_null())
            .then(pl.lit(STARS))
        )
    return text.fill_null(NOTHING).alias(column.name)


def shown_together(dataset: Dataset, names: Sequence[str]) -> pl.Expr:
    """Several columns' values as one text."""
    return pl.concat_str([shown(dataset, name) for name in names], separator=JOINED)


def sampled(
    rows: pl.LazyFrame, dataset: Dataset, columns: Sequence[str], at_most: int
) -> list[Row]:
    """The first rows, each with its key, the value at fault, and where it came from.

    Args:
        rows: of gold or processed, with the key, ``columns`` and the lineage columns.
        dataset: the contract.
        columns: those at fault.
        at_most: so many rows.
    """
    return list(
        rows.head(at_most)
        .select(
            *(shown(dataset, name).name.prefix("key ") for name in dataset.key),
            pl.lit(", ".join(columns)).alias("column"),
            shown_together(dataset, columns).alias("value"),
            "source_file",
            "line_number",
        )
        .collect()
        .iter_rows(named=True)
    )


def sampled_rejects(store: Store, records: Sequence[Commit]) -> list[Row]:
    """The first rejected rows: where they stand, and why. Not their text, which may be personal."""
    found: list[Row] = []
    for key in _rejects_keys(records):
        try:
            with store.open(key) as lines:
                for line in lines:
                    if len(found) == SAMPLE_ROWS:
                        return found
                    found.append(_reject(line))
        except (StoreError, ValueError, KeyError, TypeError):
            continue  # what is lost or damaged there is for the check of conservation to tell
    return found


def _rejects_keys(records: Sequence[Commit]) -> Iterator[str]:
    for record in records:
        yield from (out.key for out in record.outputs if out.key.endswith(".json"))


def _reject(line: bytes) -> Row:
    document = json.loads(line)
    return {
        "source_file": str(document["source_file"]),
        "line_number": int(document["line_number"]),
        "reasons": ", ".join(document["reject_reasons"]),
    }
