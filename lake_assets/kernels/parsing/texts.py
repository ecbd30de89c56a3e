"""A block of pieces to the texts of the contract's columns, and the books of all other lines."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from lake_assets.contracts.dataset import Dataset
from lake_assets.kernels.accounting import Accounting
from lake_assets.kernels.decoding.encoding import Encoding
from lake_assets.kernels.decoding.lines import LINE_END, count_lines, split_lines
from lake_assets.kernels.decoding.transcoding import to_utf8
from lake_assets.kernels.parsing.cells import BLANK, DAMAGED, DIFFERING, HEADER, split_cells
from lake_assets.kernels.parsing.columns import contract_columns, differing
from lake_assets.kernels.parsing.layout import Layout
from lake_assets.kernels.parsing.records import join_records
from lake_assets.kernels.parsing.repeated import mark_headers
from lake_assets.kernels.values.evidence import Evidence

KIND, DAMAGE = "_kind", "_damage"
"""What was found of a row; no column of a contract starts with an underscore."""
TOTAL = "total"

NARROW = 64
"""Cells of a header; files of up to so many are read together, whatever their headers."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where rows come from: the same four values in every row of a file."""

    source_file: str
    ingest_run_id: str
    ingest_ts: datetime
    contract_version: str


@dataclass(frozen=True, slots=True)
class Text:
    """A part of a file, or all of it.

    Attributes:
        data: whole lines in the file's own encoding, or in ``encoding``; the first piece starts
            at byte 0.
        first_line: physical number of its first line, from 1.
        layout: of the file.
        provenance: of the file.
        last: whether the file ends with this piece.
        evidence: of the whole file on texts with two readings; None if the piece is the whole
            file, or nobody knows yet.
        encoding: of the data, where that is no more the file's own.
    """

    data: bytes
    first_line: int
    layout: Layout
    provenance: Provenance
    last: bool = True
    evidence: Evidence | None = None
    encoding: Encoding | None = None


def read_texts(pieces: Sequence[Text], dataset: Dataset) -> tuple[pl.DataFrame, list[Accounting]]:
    """Read pieces of files as text.

    Pieces of the same delimiter are read together: a thousand small files cost little more than
    one large one. A wide file is only read together with those whose columns stand where its own
    do, for all rows that are read together are as wide as the widest.

    Args:
        pieces: of one dataset.
        dataset: the contract.

    Returns:
        ``piece`` (UInt32, index in ``pieces``), ``line_number`` (UInt32), ``raw_row``,
        :data:`KIND`, :data:`DAMAGE`, and a trimmed String column a contract column, null where
        there is no value: one row a record that has to be good or rejected, in the order of the
        pieces and lines. And the books of each piece without those rows.
    """
    frames: list[pl.DataFrame] = []
    books: dict[int, Accounting] = {}
    alike: dict[Hashable, list[int]] = {}
    for at, piece in enumerate(pieces):
        alike.setdefault(_shape(piece.layout), []).append(at)
    for members in alike.values():
        frame, found = _read_alike([pieces[at] for at in members], dataset)
        if len(members) < len(pieces):
            index = pl.Series("piece", members, dtype=pl.UInt32)
            frame = frame.with_columns(index.gather(frame["piece"]))
        frames.append(frame)
        books |= zip(members, found, strict=True)
    texts = frames[0] if len(frames) == 1 else pl.concat(frames).sort("piece", "line_number")
    return texts, [books[at] for at in range(len(pieces))]


def _shape(layout: Layout) -> Hashable:
    """The same for files that are read together."""
    if layout.width <= NARROW:
        return layout.delimiter
    return layout.delimiter, layout.width, tuple(sorted(layout.positions.items()))


def _read_alike(pieces: Sequence[Text], dataset: Dataset) -> tuple[pl.DataFrame, list[Accounting]]:
    """The same for pieces of one shape."""
    layouts = [piece.layout for piece in pieces]
    bodies = [body_of(piece) for piece in pieces]
    text = bodies[0].text if len(bodies) == 1 else b"".join(map(ended, bodies))
    records = join_records(
        lines_of(text, bodies), layouts[0].delimiter, dataset.csv.max_record_lines
    )
    cells = split_cells(
        records,
        text,
        layouts,
        dataset.csv.delimiters,
        dataset.format.max_field_kb * 1024,
    )
    cells = mark_headers(cells, layouts, dataset)
    if dataset.csv.totals:
        cells = _mark_totals(cells, pieces, dataset.csv.totals)
    skipped = cells["kind"].is_in([BLANK, HEADER, TOTAL])
    rows = cells.filter(~skipped) if skipped.any() else cells
    counts = _counts(cells, skipped, len(pieces))
    books = [
        body.books + Accounting(continuations=continuations, skipped=skips)
        for body, (continuations, skips) in zip(bodies, counts, strict=True)
    ]
    origin = rows.select(
        "piece",
        "line_number",
        "raw_row",
        pl.col("kind").alias(KIND),
        pl.col("damage").alias(DAMAGE),
    )
    differ = differing(rows, layouts, dataset)
    if differ is not None:
        origin = origin.with_columns(
            pl.when(differ).then(pl.lit(DAMAGED)).otherwise(KIND).alias(KIND),
            pl.when(differ).then(pl.lit(DIFFERING)).otherwise(DAMAGE).alias(DAMAGE),
        )
    return origin.with_columns(contract_columns(rows, layouts, dataset)), books


@dataclass(frozen=True, slots=True)
class Body:
    """A piece below its header, as UTF-8."""

    text: bytes
    damaged: Sequence[int]
    first_line: int
    lines: int
    books: Accounting


def body_of(piece: Text) -> Body:
    layout = piece.layout
    encoding = piece.encoding or layout.encoding
    data = piece.data[encoding.mark :] if piece.first_line == 1 else piece.data
    text, damaged = to_utf8(data, encoding)
    lines = count_lines(text)
    top = layout.header_line + layout.header_lines  # the first line below the header
    above = min(max(0, top - piece.first_line), lines)
    has_header = piece.first_line <= layout.header_line < piece.first_line + lines
    at = 0
    for _ in range(above):
        end = LINE_END.search(text, at)
        at = end.end() if end else len(text)
    continued = layout.header_lines - 1 if has_header else 0
    return Body(
        text[at:],
        [line - above for line in damaged if line >= above],
        piece.first_line + above,
        lines - above,
        Accounting(
            lines=lines,
            headers=int(has_header),
            continuations=continued,
            skipped=above - has_header - continued,
        ),
    )


def ended(body: Body) -> bytes:
    """With a line feed at the end, so that the next body starts a line of its own."""
    return body.text if not body.text or body.text.endswith(b"\n") else body.text + b"\n"


def lines_of(text: bytes, bodies: Sequence[Body]) -> pl.DataFrame:
    """The physical lines of several bodies, with the piece and the number of each."""
    lines = split_lines(text)
    row = pl.int_range(pl.len(), dtype=pl.UInt32)
    if len(bodies) == 1:
        piece = pl.lit(0, pl.UInt32)
        number = row + bodies[0].first_line
    else:
        counts = pl.Series([body.lines for body in bodies], dtype=pl.UInt32)
        index = pl.int_range(len(bodies), dtype=pl.UInt32, eager=True)
        of_row = index.repeat_by(counts).explode(empty_as_null=False)
        first = pl.Series([body.first_line for body in bodies], dtype=pl.Int64)
        shift = first - (counts.cast(pl.Int64).cum_sum() - counts)
        piece = pl.lit(of_row)
        number = row + pl.lit(shift.gather(of_row))
    lines = lines.with_columns(piece.alias("piece"), number.cast(pl.UInt32).alias("line_number"))
    if any(body.damaged for body in bodies):
        start, damaged = 0, []
        for body in bodies:
            damaged += [start + line for line in body.damaged]
            start += body.lines
        lines = lines.with_columns(lines["undecodable"].scatter(damaged, True))
    return lines


def _mark_totals(cells: pl.DataFrame, pieces: Sequence[Text], totals: str) -> pl.DataFrame:
    """Records at the end of a file that the contract's pattern matches are totals."""
    is_total = cells["raw_row"].str.contains(totals)
    if not is_total.any():
        return cells
    last = pl.Series([piece.last for piece in pieces])
    trailing = (
        (is_total | (cells["kind"] == BLANK))
        .cast(pl.UInt8)
        .to_frame("total")
        .select(pl.col("total").reverse().cum_min().over(cells["piece"].reverse()).reverse())
        .to_series()
        .cast(pl.Boolean)
    )
    found = is_total & trailing & last.gather(cells["piece"])
    return cells.with_columns(pl.when(found).then(pl.lit(TOTAL)).otherwise("kind").alias("kind"))


def _counts(cells: pl.DataFrame, skipped: pl.Series, pieces: int) -> list[tuple[int, int]]:
    """Continuation lines and rows skipped of each piece."""
    if pieces == 1:
        return [(int(cells["span"].sum()) - cells.height, int(skipped.sum()))]
    sums = (
        cells.select("piece", (pl.col("span") - 1).alias("continued"), skipped.alias("skipped"))
        .group_by("piece")
        .sum()
    )
    found = {piece: (continued, skips) for piece, continued, skips in sums.iter_rows()}
    return [found.get(piece, (0, 0)) for piece in range(pieces)]
