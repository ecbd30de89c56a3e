"""What would become of a file: the reader's own verdict on a sample, without any lake."""

from dataclasses import dataclass
from datetime import datetime

import polars as pl

from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.format import CsvFormat
from lake_assets.kernels.block import PieceResult, read_block
from lake_assets.kernels.decoding.cuts import refuse_long_lines
from lake_assets.kernels.decoding.encoding import Encoding
from lake_assets.kernels.decoding.transcoding import to_utf8_stream
from lake_assets.kernels.parsing.layout import HEAD_BYTES, Layout, read_layout
from lake_assets.kernels.parsing.reading import read_rows
from lake_assets.kernels.parsing.texts import Provenance, Text, read_texts
from lake_assets.kernels.recoveries import Recoveries, find_recoveries
from lake_assets.kernels.refusal import FileRefusedError

__all__ = ["FileRefusedError", "Preview", "preview"]

KILOBYTE = 1 << 10


@dataclass(frozen=True, slots=True)
class Preview:
    """What was made of a sample.

    Attributes:
        layout: how the file is read.
        header: its header cells.
        good, rejects: as ``block.read_block`` gives them.
        result: its books, and what it says of texts with two readings.
        totals: rows that were skipped because the contract's ``totals`` matches them.
        recoveries: which good rows were not plain.
    """

    layout: Layout
    header: tuple[str, ...]
    good: pl.DataFrame
    rejects: pl.DataFrame
    result: PieceResult
    totals: int
    recoveries: list[Recoveries]


def preview(data: bytes, name: str, dataset: Dataset, arrived: datetime, *, whole: bool) -> Preview:
    """Read a sample as ``lake run`` would read the file.

    Args:
        data: the first bytes of the file, expanded; whole lines in its own encoding.
        name: of the file; a date in it may tell day from month.
        dataset: the contract.
        arrived: when the file is taken to arrive; rows of later days are rejected.
        whole: whether ``data`` is all of the file.

    Raises:
        FileRefusedError: the file as a whole would be refused.
    """
    layout = read_layout(data[:HEAD_BYTES], dataset, whole=whole and len(data) <= HEAD_BYTES)
    encoding = layout.encoding
    if not encoding.keeps_newlines:
        data, encoding = b"".join(to_utf8_stream([data], encoding)), Encoding("utf-8")
    refuse_long_lines(data, dataset.format.max_line_kb * KILOBYTE)
    provenance = Provenance(name, "preview", arrived, dataset.contract_version)
    text = Text(data, 1, layout, provenance, last=whole, encoding=encoding)
    block = read_block([text], dataset)
    (result,) = block.pieces
    if result.refusal:
        raise FileRefusedError(*result.refusal)
    texts, (books,), _ = read_rows([text], dataset)
    is_csv = isinstance(dataset.format, CsvFormat)
    return Preview(
        layout,
        layout.cells,
        block.good,
        block.rejects,
        result,
        books.skipped - _skipped_but_totals(text, dataset) if is_csv and dataset.csv.totals else 0,
        find_recoveries(block.good, block.recovered, texts, dataset),
    )


def _skipped_but_totals(text: Text, dataset: Dataset) -> int:
    without = dataset.format.model_copy(update={"totals": None})
    _, (books,) = read_texts([text], dataset.model_copy(update={"format": without}))
    return books.skipped
