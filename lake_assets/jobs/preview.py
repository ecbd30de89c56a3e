"""What would become of a file: the reader's own verdict on a sample, without any lake.

All calls of ``lake sniff`` into the reading of rows are here.
"""

import csv
from dataclasses import dataclass
from datetime import datetime

from lake_assets.contracts.dataset import Dataset
from lake_assets.kernels.encoding import to_utf8
from lake_assets.kernels.layout import HEAD_BYTES, FileRefusedError, Layout, read_layout
from lake_assets.kernels.lines import split_lines
from lake_assets.kernels.piece import PieceRows, read_piece, survey_piece
from lake_assets.kernels.recoveries import Recoveries, find_recoveries
from lake_assets.kernels.rows import Provenance
from lake_assets.kernels.timestamps import Evidence

__all__ = ["FileRefusedError", "Preview", "preview"]


@dataclass(frozen=True, slots=True)
class Preview:
    """What was made of a sample.

    Attributes:
        layout: how the file is read.
        header: its header cells.
        rows: good rows, rejects and books of the sample.
        evidence: on the order of day and month; see ``Evidence.of``.
        recoveries: which good rows were not plain.
    """

    layout: Layout
    header: tuple[str, ...]
    rows: PieceRows
    evidence: Evidence
    recoveries: list[Recoveries]


def preview(data: bytes, name: str, dataset: Dataset, arrived: datetime, *, whole: bool) -> Preview:
    """Read a sample as ``lake run`` would read the file.

    Args:
        data: the first bytes of the file, whole lines in its own encoding.
        name: of the file; a date in it may tell day from month.
        dataset: the contract.
        arrived: when the file is taken to arrive; rows of later days are rejected.
        whole: whether ``data`` is all of the file.

    Raises:
        FileRefusedError: the file as a whole would be refused.
    """
    layout = read_layout(data[:HEAD_BYTES], dataset, whole=whole and len(data) <= HEAD_BYTES)
    provenance = Provenance(name, "preview", arrived, dataset.contract_version)
    rows = read_piece(data, 1, layout, dataset, provenance)
    text = to_utf8(data[layout.encoding.mark :], layout.encoding)
    lines = split_lines(text, 1)
    raw = dict(lines.select("line_number", "raw_row").iter_rows())
    return Preview(
        layout,
        tuple(next(csv.reader([layout.header], delimiter=layout.delimiter))),
        rows,
        survey_piece(data, 1, layout, dataset, name),
        find_recoveries(rows.good, raw, layout.delimiter, layout.positions, dataset, name),
    )
