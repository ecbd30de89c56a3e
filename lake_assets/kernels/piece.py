"""One piece of a file, from bytes to good rows, rejects and books."""

import re
from dataclasses import dataclass

import polars as pl

from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.rule import Severity
from lake_assets.kernels.accounting import Accounting
from lake_assets.kernels.cells import BLANK, HEADER, MARK, OTHER_DELIMITER, split_cells
from lake_assets.kernels.encoding import to_utf8
from lake_assets.kernels.evidence import Evidence
from lake_assets.kernels.layout import FileRefusedError, Layout
from lake_assets.kernels.lines import count_lines, split_lines
from lake_assets.kernels.records import join_records
from lake_assets.kernels.rejects import to_rejects
from lake_assets.kernels.rows import DAMAGE, KIND, Provenance, survey, type_rows


@dataclass(frozen=True, slots=True)
class PieceRows:
    """What a piece of a file became.

    Attributes:
        good: the contract's columns typed, and those of ``types.LINEAGE``; in file order.
        rejects: as ``rejects.to_rejects`` gives them; in file order.
        books: every row of the piece accounted for.
    """

    good: pl.DataFrame
    rejects: pl.DataFrame
    books: Accounting


def read_piece(
    data: bytes,
    first_line: int,
    layout: Layout,
    dataset: Dataset,
    provenance: Provenance,
    evidence: Evidence | None = None,
) -> PieceRows:
    """Read one piece of a file by its contract.

    Args:
        data: whole lines in the file's own encoding; the first piece starts at byte 0.
        first_line: physical number of its first line, from 1.
        layout: of the file.
        dataset: the contract.
        provenance: of the file.
        evidence: of the whole file on day and month; None if the piece is the whole file.

    Raises:
        FileRefusedError: the bytes are not in the file's encoding, or a rule of severity fail
            is broken.
    """
    texts, books = _texts(data, first_line, layout, dataset)
    rows = type_rows(texts, dataset, provenance, evidence)
    reasons = [name for name in rows.columns if name.startswith("!")]
    warnings = [name for name in rows.columns if name.startswith("?")]
    _refuse_failed(rows, dataset)
    bad = rows.select(pl.any_horizontal(reasons)).to_series()
    day = pl.col(dataset.partition.column).dt.date()
    names = [column.name for column in dataset.columns]
    kept = rows.filter(~bad) if bad.any() else rows
    good = kept.select(*names, "line_number", *provenance.columns()).select(
        *names, "source_file", "line_number", "ingest_run_id", "ingest_ts", "contract_version"
    )
    rejects = to_rejects(rows.filter(bad), reasons, dataset, provenance)
    dates = good.group_by(day.alias("day")).len().sort("day")
    first = rejects["reject_reason"].value_counts().sort("reject_reason")
    warned = {name: int(kept[name].sum()) for name in warnings}
    return PieceRows(
        good,
        rejects,
        books
        + Accounting(
            good=good.height,
            rejected=rejects.height,
            reasons=dict(first.iter_rows()),
            warnings={name[1:]: count for name, count in warned.items() if count},
            dates={str(date): count for date, count in dates.iter_rows()},
        ),
    )


def survey_piece(
    data: bytes, first_line: int, layout: Layout, dataset: Dataset, source_file: str
) -> Evidence:
    """What a piece says of the order of day and month in its file; see :func:`read_piece`."""
    return survey(_texts(data, first_line, layout, dataset)[0], dataset, source_file)


def _texts(
    data: bytes, first_line: int, layout: Layout, dataset: Dataset
) -> tuple[pl.DataFrame, Accounting]:
    """The rows to be typed as texts by contract column, and the books of all other lines."""
    if first_line == 1:
        data = data[layout.encoding.mark :]
    try:
        text = to_utf8(data, layout.encoding)
    except UnicodeDecodeError as error:
        raise FileRefusedError(
            "undecodable", f"the text is not {layout.encoding.name}: {error}"
        ) from error
    physical = count_lines(text)
    above = min(max(0, layout.header_line - first_line + 1), physical)  # up to the header
    headers = int(first_line <= layout.header_line < first_line + physical)
    start = 0
    for _ in range(above):
        start = text.find(b"\n", start) + 1 or len(text)
    text = text[start:]
    lines = split_lines(text, first_line + above)
    records = join_records(lines, layout.delimiter, dataset.format.max_record_lines)
    cells = split_cells(records, text, layout, dataset.format.delimiters)
    skipped = cells["kind"].is_in([BLANK, HEADER])
    rows = cells.filter(~skipped) if skipped.any() else cells
    continuations = int(records["span"].sum()) - records.height
    books = Accounting(
        lines=physical,
        headers=headers,
        continuations=continuations,
        skipped=int(skipped.sum()) + above - headers,
        recovered=int((rows["kind"] == OTHER_DELIMITER).sum()),
    )
    return rows.select(
        "line_number",
        "raw_row",
        pl.col("kind").alias(KIND),
        pl.col("damage").alias(DAMAGE),
        *_columns(layout, dataset),
    ), books


def _columns(layout: Layout, dataset: Dataset) -> list[pl.Expr]:
    """The contract's columns as trimmed text, null where a cell says that there is no value."""
    nulls = "|".join(re.escape(token) for token in ["", *dataset.format.nulls])
    columns = []
    for column in dataset.columns:
        position = layout.positions.get(column.name)
        if position is None:
            columns.append(pl.lit(None, pl.String).alias(column.name))
            continue
        text = pl.col(f"cell_{position}").str.strip_chars()
        if position == 0:
            text = text.str.strip_prefix(MARK)
        is_null = text.str.contains(f"^(?i:{nulls})$")
        columns.append(pl.when(~is_null).then(text).alias(column.name))
    return columns


def _refuse_failed(rows: pl.DataFrame, dataset: Dataset) -> None:
    for rule in dataset.rules:
        if rule.severity is not Severity.FAIL:
            continue
        lines = rows.filter(pl.col(f"!{rule.reason}:{rule.name}"))["line_number"]
        if not lines.is_empty():
            raise FileRefusedError(
                "rule_failed",
                f"rule {rule.name} ({rule.expression}) must hold for the whole file; it is broken "
                f"in {lines.len()} rows, the first in line {lines[0]}",
            )
