"""A block of pieces of files, from bytes to good rows, rejects and books."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.format import Undecodable
from lake_assets.contracts.rule import Severity
from lake_assets.kernels.accounting import Accounting
from lake_assets.kernels.parsing.cells import GOOD, OTHER_HEADER, UNDECODABLE
from lake_assets.kernels.parsing.reading import read_rows
from lake_assets.kernels.parsing.texts import KIND, Text
from lake_assets.kernels.partition_date import partition_date
from lake_assets.kernels.recovery.recover import recover
from lake_assets.kernels.rejects import to_rejects
from lake_assets.kernels.rows import (
    Chosen,
    Context,
    chosen,
    contested,
    is_bad,
    judge,
    read_values,
    reasons,
    weigh_all,
)
from lake_assets.kernels.values.evidence import Evidence
from lake_assets.kernels.values.types import INSTANT, LINEAGE


@dataclass(frozen=True, slots=True)
class PieceResult:
    """What became of one piece.

    Attributes:
        books: every row of the piece accounted for.
        evidence: what the piece says of texts with two readings.
        readings: by column, how such texts were read; see ``rows.chosen``.
        unknown: keys of objects that name no column.
        refusal: reason and detail, if the whole file has to be refused.
    """

    books: Accounting
    evidence: Evidence = field(default_factory=Evidence)
    readings: Mapping[str, Chosen] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()
    refusal: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """What a block became, in the order of its pieces and of the lines in them.

    Attributes:
        good: the contract's columns typed, and those of ``types.LINEAGE``.
        rejects: as ``rejects.to_rejects`` gives them.
        recovered: ``piece``, ``line_number`` and ``how`` of the good rows that were damaged.
        pieces: a result for each piece.
    """

    good: pl.DataFrame
    rejects: pl.DataFrame
    recovered: pl.DataFrame
    pieces: tuple[PieceResult, ...]


def read_block(pieces: Sequence[Text], dataset: Dataset) -> Block:
    """Read pieces of files by their contract, all at once.

    Args:
        pieces: at least one.
        dataset: the contract.
    """
    texts, books, unknown = read_rows(pieces, dataset)
    context = Context.of(pieces, dataset)
    # Evidence is gathered whether a text here needs it or not: another column, another piece of
    # the file, or a row that is still to be recovered may.
    values = read_values(texts, dataset, context, survey=True)
    seen = weigh_all(values, texts["piece"], len(pieces))
    evidence = [
        found if piece.evidence is None else piece.evidence
        for piece, found in zip(pieces, seen, strict=True)
    ]
    rows = judge(texts, values, evidence, dataset, context)
    bad = is_bad(rows)
    recovered = recover(rows, bad, pieces, evidence, dataset, context)
    torn = [
        one | other
        for one, other in zip(
            contested(values, texts["piece"], len(pieces)), recovered.contested, strict=True
        )
    ]
    good = _with_lineage(_good(rows, bad, recovered.rows, recovered.at), pieces)
    rejected = _with_lineage(rows.filter(bad.scatter(recovered.at, False)), pieces)
    rejects = to_rejects(rejected, reasons(rows), dataset)
    odd = good.select("piece", "line_number", pl.col(KIND).alias("how")).filter(
        pl.col("how") != GOOD
    )
    books = _balance(books, good, odd, rejected["piece"], rejects["reject_reason"], dataset)
    refusals = _refusals(rejected, dataset)
    names = [column.name for column in dataset.columns]
    return Block(
        good.select(*names, *LINEAGE.names()),
        rejects,
        odd,
        tuple(
            PieceResult(
                books[at],
                seen[at],
                {name: chosen(dataset.column(name), evidence[at], dataset) for name in torn[at]},
                unknown[at],
                refusals.get(at),
            )
            for at in range(len(pieces))
        ),
    )


def _good(
    rows: pl.DataFrame, bad: pl.Series, recovered: pl.DataFrame, at: pl.Series
) -> pl.DataFrame:
    """The good rows, the recovered ones in their places."""
    wanted = [name for name in rows.columns if not name.startswith("!")]
    if not bad.any():
        return rows.select(wanted)
    if recovered.is_empty():
        return rows.select(wanted).filter(~bad)
    end = rows.height
    places = pl.int_range(end, dtype=pl.Int64, eager=True).scatter(
        at, pl.int_range(end, end + at.len(), dtype=pl.Int64, eager=True)
    )
    both = pl.concat([rows.select(wanted), recovered.select(wanted)])
    return both[places.filter(~bad.clone().scatter(at, False))]


def _with_lineage(rows: pl.DataFrame, pieces: Sequence[Text]) -> pl.DataFrame:
    """Add the columns of ``types.LINEAGE`` that are the same in all rows of a piece."""
    origins = [piece.provenance for piece in pieces]
    columns = {
        "source_file": pl.Series([origin.source_file for origin in origins]),
        "ingest_run_id": pl.Series([origin.ingest_run_id for origin in origins]),
        "ingest_ts": pl.Series(
            [origin.ingest_ts.replace(tzinfo=None) for origin in origins], dtype=INSTANT
        ),
        "contract_version": pl.Series([origin.contract_version for origin in origins]),
    }
    return rows.with_columns(
        (
            pl.lit(values[0], values.dtype)
            if len(pieces) == 1
            else pl.lit(values.gather(rows["piece"]))
        ).alias(name)
        for name, values in columns.items()
    )


def _balance(
    books: Sequence[Accounting],
    good: pl.DataFrame,
    recovered: pl.DataFrame,
    rejected: pl.Series,
    reason: pl.Series,
    dataset: Dataset,
) -> list[Accounting]:
    """The books of each piece with its good and rejected rows."""
    day = partition_date(dataset).alias("date")
    dates = _tally(good.select("piece", day), len(books))
    reasons_ = _tally(pl.DataFrame({"piece": rejected, "reason": reason}), len(books))
    recoveries = _tally(recovered.select("piece", "how"), len(books))
    warnings: list[dict[str, int]] = [{} for _ in books]
    for name in good.columns:
        if name.startswith("?"):
            broken = good.select("piece", pl.lit(name[1:]).alias("rule")).filter(good[name])
            for found, more in zip(warnings, _tally(broken, len(books)), strict=True):
                found |= more
    return [
        book
        + Accounting(
            good=sum(dates[at].values()),
            rejected=sum(reasons_[at].values()),
            recoveries=recoveries[at],
            reasons=reasons_[at],
            warnings=warnings[at],
            dates=dates[at],
        )
        for at, book in enumerate(books)
    ]


def _tally(rows: pl.DataFrame, pieces: int) -> list[dict[str, int]]:
    """Rows of each piece by the value of the second column."""
    found: list[dict[str, int]] = [{} for _ in range(pieces)]
    if rows.height:
        counts = rows.group_by(rows.columns).len().sort(rows.columns)
        for piece, value, count in counts.iter_rows():
            found[piece][str(value)] = count
    return found


def _refusals(rejected: pl.DataFrame, dataset: Dataset) -> dict[int, tuple[str, str]]:
    """Pieces of which one row refuses the whole file: undecodable, or a rule of severity fail."""
    found: dict[int, tuple[str, str]] = {}
    damaged = f"!STRUCTURAL:{UNDECODABLE}"
    if dataset.format.undecodable is Undecodable.REFUSE and damaged in rejected.columns:
        for piece, count, line in _first_lines(rejected.filter(damaged)):
            found[piece] = (
                "undecodable",
                f"{count:,} rows have bytes that are not in the file's encoding, the first in line "
                f"{line:,}; see format.undecodable",
            )
    other = f"!STRUCTURAL:{OTHER_HEADER}"
    if other in rejected.columns:
        for piece, _, line in _first_lines(rejected.filter(other)):
            found[piece] = (
                "error_reading_file",
                f"line {line:,} is a header with the columns in other places: two files in one; "
                "divide the file there",
            )
    for rule in dataset.rules:
        if rule.severity is not Severity.FAIL:
            continue
        broken = rejected.filter(f"!{rule.reason}:{rule.name}")
        for piece, count, line in _first_lines(broken):
            found.setdefault(
                piece,
                (
                    "rule_failed",
                    f"rule {rule.name} ({rule.expression}) must hold for the whole file; it is "
                    f"broken in {count:,} rows, the first in line {line:,}",
                ),
            )
    return found


def _first_lines(rows: pl.DataFrame) -> Iterable[tuple[int, int, int]]:
    """Piece, number of rows and first line of rows."""
    return rows.group_by("piece").agg(pl.len(), pl.col("line_number").min()).iter_rows()
