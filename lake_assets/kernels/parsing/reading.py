"""Pieces of files to texts, however the files of their dataset are written."""

from collections.abc import Sequence

import polars as pl

from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.format import NdjsonFormat
from lake_assets.kernels.accounting import Accounting
from lake_assets.kernels.parsing.ndjson import read_objects
from lake_assets.kernels.parsing.texts import Text, read_texts


def read_rows(
    pieces: Sequence[Text], dataset: Dataset
) -> tuple[pl.DataFrame, list[Accounting], list[tuple[str, ...]]]:
    """The rows and books of ``texts.read_texts``, and the unknown keys of each piece.

    Of CSV there are none: its header shows at once what the contract does not know.
    """
    if isinstance(dataset.format, NdjsonFormat):
        return read_objects(pieces, dataset)
    texts, books = read_texts(pieces, dataset)
    return texts, books, [()] * len(pieces)
