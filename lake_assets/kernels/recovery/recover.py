"""Damaged records that the contract's types leave one reading of."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import polars as pl

from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.format import CsvFormat
from lake_assets.kernels.parsing.cells import DIFFERING, GOOD, MISQUOTED, TOO_FEW, TOO_MANY
from lake_assets.kernels.parsing.columns import contract_columns, differing
from lake_assets.kernels.parsing.layout import Layout
from lake_assets.kernels.parsing.texts import DAMAGE, KIND, Text
from lake_assets.kernels.recovery.candidates import LONGEST, WIDEST, candidates, choose, weight
from lake_assets.kernels.recovery.fitting import fits_contract, holds
from lake_assets.kernels.recovery.shifted import moved
from lake_assets.kernels.recovery.tokens import Fits
from lake_assets.kernels.rows import Context, contested, judge, read_values
from lake_assets.kernels.values.evidence import Evidence

RECOVERABLE = (MISQUOTED, TOO_FEW, TOO_MANY)
AT_ONCE = 256 * 1024 * 1024
"""The ``candidates.weight`` of the records of which all readings are held at the same time."""
UNREAD = ("!MISSING_REQUIRED_COLUMN:", "!INVALID_")


@dataclass(frozen=True, slots=True)
class Recovered:
    """Records of a block that were damaged and are good.

    Attributes:
        rows: as ``rows.judge`` gives them; ``texts.KIND`` says how.
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
    if not bad.any() or not isinstance(dataset.format, CsvFormat):
        return none  # JSON is so strict that of a broken line no one reading is left
    damaged = _records(rows, rows[DAMAGE].is_in(RECOVERABLE), pieces)
    unread = _records(rows, _unread(rows, pieces), pieces)
    both = pl.concat(
        [damaged.with_columns(damaged=pl.lit(True)), unread.with_columns(damaged=pl.lit(False))]
    )
    part = weight(pl.col("raw_row"), pl.col("width")).cum_sum() // AT_ONCE
    found = [none]
    for some in both.with_columns(part=part).partition_by(
        "part", include_key=False, maintain_order=True
    ):
        tried = _tried(some, rows["piece"], pieces, dataset)
        if not tried.is_empty():
            found.append(_settled(tried, wanted, pieces, evidence, dataset, context))
    if len(found) == 1:
        return none
    return Recovered(
        pl.concat([one.rows for one in found[1:]]),
        pl.concat([one.at for one in found[1:]]),
        [
            frozenset().union(*names)
            for names in zip(*(one.contested for one in found), strict=True)
        ],
    )


def _tried(
    records: pl.DataFrame, of_record: pl.Series, pieces: Sequence[Text], dataset: Dataset
) -> pl.DataFrame:
    """The texts of the contract's columns in each way to read some records."""
    read = partial(candidates, delimiters=dataset.csv.delimiters)
    damaged, unread = records.filter("damaged"), records.filter(~pl.col("damaged"))
    return pl.concat(
        [
            *_readings(damaged, read, of_record, pieces, dataset),
            *_readings(unread, moved, of_record, pieces, dataset),
        ]
        or [pl.DataFrame()]
    )


def _settled(
    tried: pl.DataFrame,
    wanted: Sequence[str],
    pieces: Sequence[Text],
    evidence: Sequence[Evidence],
    dataset: Dataset,
    context: Context,
) -> Recovered:
    """The records of which all ways that fit the contract say the same."""
    values = read_values(tried, dataset, context, survey=False)
    judged = judge(tried, values, evidence, dataset, context)
    layouts = [piece.layout for piece in pieces]
    fits = holds(judged, layouts, dataset)
    names = [column.name for column in dataset.columns]
    chosen = choose(judged.with_columns(fits, pl.col(KIND).alias("how")), names)
    return Recovered(
        chosen.select(wanted), chosen["record"], contested(values, tried["piece"], len(pieces))
    )


def _records(rows: pl.DataFrame, mask: pl.Series, pieces: Sequence[Text]) -> pl.DataFrame:
    """The records for which ``mask`` is true, which may be null, but for long and wide ones."""
    record = mask.arg_true()
    some = rows.select("piece", "line_number", "raw_row")[record]
    width = pl.Series([piece.layout.width for piece in pieces], dtype=pl.Int64)
    return some.with_columns(
        record.cast(pl.UInt32).alias("record"), width.gather(some["piece"]).alias("width")
    ).filter(pl.col("raw_row").str.len_bytes() <= LONGEST, pl.col("width") <= WIDEST)


def _unread(rows: pl.DataFrame, pieces: Sequence[Text]) -> pl.Series:
    """Rows of the right number of cells that may have moved, or stand in single quotes.

    Their values are missing or cannot be read, and they start or end with a delimiter.
    """
    reasons = [name for name in rows.columns if name.startswith(UNREAD)]
    delimiters = sorted({piece.layout.delimiter for piece in pieces})
    raw = pl.col("raw_row")
    ends = pl.any_horizontal(
        raw.str.starts_with(delimiter) | raw.str.ends_with(delimiter) for delimiter in delimiters
    )
    single = raw.str.starts_with("'") & raw.str.ends_with("'")
    bad = (pl.col(KIND) == GOOD) & pl.any_horizontal(pl.lit(False), *reasons)
    some = rows.select(bad.arg_true()).to_series()
    mask = pl.repeat(False, rows.height, eager=True)
    if some.is_empty():
        return mask
    return mask.scatter(some, rows.select("raw_row")[some].select(ends | single).to_series())


def _readings(
    records: pl.DataFrame,
    read: Callable[[pl.DataFrame, int, str, Fits], pl.DataFrame],
    of_record: pl.Series,
    pieces: Sequence[Text],
    dataset: Dataset,
) -> list[pl.DataFrame]:
    """The texts of the contract's columns in each way to read each record."""
    if records.is_empty():
        return []
    found = records["piece"].unique(maintain_order=True).to_list()
    layouts: list[Layout | None] = [None] * len(pieces)
    shapes: dict[tuple[str, int], set[int]] = {}
    for at in found:
        layout = layouts[at] = pieces[at].layout
        shapes.setdefault((layout.delimiter, layout.width), set()).add(at)
    fits = fits_contract(dataset, layouts, of_record)
    frames = []
    for (delimiter, width), members in shapes.items():
        some = records.filter(pl.col("piece").is_in(members)) if len(shapes) > 1 else records
        texts = some.select("record", "raw_row")
        ways = read(texts, width, delimiter, fits)
        known = [layouts[at] if at in members else None for at in range(len(pieces))]
        frames.append(_columns(ways, some, known, dataset))
    return frames


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
    differ = differing(rows, layouts, dataset)
    if differ is not None:
        origin = origin.with_columns(pl.when(differ).then(pl.lit(DIFFERING)).alias(DAMAGE))
    return origin.with_columns(contract_columns(rows, layouts, dataset))
