"""What a refusal tells of a file's own text: nothing that may be somebody's name."""

import re
from typing import Final

from lake_assets.contracts.dataset import Dataset
from lake_assets.kernels.parsing.header import claim_columns

NOT_SHOWN: Final = "not shown here, as the contract has personal columns"
_BETWEEN_CELLS: Final = re.compile(r"[^\w\s-]+")
_LINE_END: Final = re.compile(r"[\r\n]")


def told_line(text: str, dataset: Dataset, at_most: int) -> str:
    """``'id;at;n'``, or that the text is not shown, where columns are personal.

    Refusals are read in Dagster and in logs, by more people than the lake's files.

    Args:
        text: from the file.
        dataset: the contract.
        at_most: characters that are shown.
    """
    if any(column.personal for column in dataset.columns):
        return f"({NOT_SHOWN})"
    return repr(text[:at_most])


def told_header(text: str, dataset: Dataset, at_most: int) -> str:
    """The same of the first line of a header, which is shown if most of its cells name columns.

    Where they do not, a file may have no header, and that be its first row.
    """
    text = _LINE_END.split(text, maxsplit=1)[0]
    cells = [cell for cell in _BETWEEN_CELLS.split(text) if cell.strip()]
    claims = claim_columns(cells, dataset).positions.values()
    if 2 * sum(map(len, claims)) > len(cells):
        return repr(text[:at_most])
    return told_line(text, dataset, at_most)
