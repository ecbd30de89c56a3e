"""Damaged records that the contract's types leave one reading of."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from lake_assets.contracts.dataset import Dataset
from lake_assets.kernels.cells import MISQUOTED, TOO_FEW, TOO_MANY
from lake_assets.kernels.columns import contract_columns
from lake_assets.kernels.evidence import Evidence
from lake_assets.kernels.fitting import fits_contract, holds
from lake_assets.kernels.layout import Layout
from lake_assets.kernels.recovery import candidates, choose
from lake_assets.kernels.rows import Context, contested, judge, read_values
from lake_assets.kernels.texts import DAMAGE, KIND, Text

RECOVERABLE = (MISQUOTED, TOO_FEW, TOO_MANY)


@dataclass(frozen=True, slots=True)
class Recovered:
    """Records of a block that were damaged and are good.

    Attributes:
        rows: as ``rows.judge`` gives them; :data:`~lake_assets.kernels.texts.KIND` says how.
        at: index of each in the block's rows.
        contested: of each piece, the columns with texts of two readings in what was tried.
    """

    rows: pl.DataFrame
    at: pl.Series
    contested: Sequence[frozenset[str]]


def recover(
    rows: pl.DataFrame,
    bad: pl.Series,
    pieces: Sequence[Text],
    evidence: Sequence[Evidence],
    dataset: Dataset,
    context: Context,
) -> Recovered:
    """Try other ways to read the damaged records of a block.

    Args:
        rows: as ``rows.judge`` gives them.
        bad: which of them are not good.
        pieces, evidence: of the block.
        dataset: the contract.
        context: of the block.
    """
    wanted = [name for name in rows.columns if not name.startswith("!")]
    none = Recovered(
        rows.select(wanted).clear(),
        pl.Series("record", [], dtype=pl.UInt32),
        [frozenset() for _ in pieces],
    )
    if not bad.any():
        return none
    damaged = rows.select("piece", "line_number", "raw_row", DAMAGE).with_row_index("record")
    damaged = damaged.filter(pl.col(DAMAGE).is_in(RECOVERABLE))
    if damaged.is_empty():
        return none
    tried = _candidates(damaged, rows["piece"], pieces, dataset)
    if tried.is_empty():
        return none
    values = read_values(tried, dataset, context, survey=False)
    judged = judge(tried, values, evidence, dataset, context)
    layouts = [piece.layout for piece in pieces]
    fits = holds(judged, layouts, dataset)
    names = [column.name for column in dataset.columns]
    chosen = choose(judged.with_columns(fits, pl.col(KIND).alias("how")), names)
    return Recovered(
        chosen.select(wanted), chosen["record"], contested(values, tried["piece"], len(pieces))
    )


def _candidates(
    damaged: pl.DataFrame, of_record: pl.Series, pieces: Sequence[Text], dataset: Dataset
) -> pl.DataFrame:
    """The texts of the contract's columns in each way to read each damaged record."""
    found = pl.DataFrame({"piece": damaged["piece"].unique(maintain_order=True)})["piece"].to_list()
    layouts = [piece.layout if at in set(found) else None for at, piece in enumerate(pieces)]
    shapes: dict[tuple[str, int], list[int]] = {}
    for at in found:
        layout = pieces[at].layout
        shapes.setdefault((layout.delimiter, layout.width), []).append(at)
    fits = fits_contract(dataset, layouts, of_record)
    frames = []
    for (delimiter, width), members in shapes.items():
        records = damaged
        if len(shapes) > 1:
            records = damaged.filter(pl.col("piece").is_in(members))
        texts = candidates(
            records.select("record", "raw_row"), width, delimiter, dataset.format.delimiters, fits
        )
        frames.append(_columns(texts, damaged, layouts, dataset))
    return pl.concat(frames)


def _columns(
    found: pl.DataFrame,
    records: pl.DataFrame,
    layouts: Sequence[Layout | None],
    dataset: Dataset,
) -> pl.DataFrame:
    """The texts of the contract's columns in readings of ``records``."""
    rows = found.join(
        records.select("record", "piece", "line_number", "raw_row"),
        on="record",
        how="left",
        maintain_order="left",
    )
    origin = rows.select(
        "piece",
        "line_number",
        "raw_row",
        pl.col("how").alias(KIND),
        pl.lit(None, pl.String).alias(DAMAGE),
        "record",
        "unknown",
    )
    return origin.with_columns(contract_columns(rows, layouts, dataset))
