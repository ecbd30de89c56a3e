"""Header cells to contract columns: normalise, then aliases."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from lake_assets.contracts.dataset import Dataset


def normalise(cell: str) -> str:
    """``" Unit-Price (EUR)"`` -> ``unit_price_eur``: lower case, ``_``, no other sign."""
    cell = re.sub(r"[\s\-]+", "_", cell.strip().lower())
    return re.sub(r"[^a-z0-9_]", "", cell).strip("_")


def map_header(cells: Sequence[str], dataset: Dataset) -> tuple[dict[str, int], list[str]]:
    """Find the contract's columns in a header.

    Returns:
        The position of each column found, and the header cells that no column claims.

    Raises:
        ValueError: two cells claim one column; the message names both.
    """
    names = {
        name: column.name for column in dataset.columns for name in (column.name, *column.aliases)
    }
    positions: dict[str, int] = {}
    extra: list[str] = []
    for position, cell in enumerate(cells):
        column = names.get(normalise(cell))
        if column is None:
            extra.append(cell.strip())
        elif column in positions:
            raise ValueError(f"{cells[positions[column]]!r} and {cell!r} both name {column}")
        else:
            positions[column] = position
    return positions, extra


@dataclass(frozen=True, slots=True)
class Claims:
    positions: dict[str, tuple[int, ...]]
    extra: tuple[str, ...]


def claim_columns(cells: Sequence[str], dataset: Dataset) -> Claims:
    names = {
        name: column.name for column in dataset.columns for name in (column.name, *column.aliases)
    }
    positions: dict[str, tuple[int, ...]] = {}
    extra: list[str] = []
    for position, cell in enumerate(cells):
        column = names.get(normalise(cell))
        if column is None:
            extra.append(cell.strip())
        else:
            positions[column] = (*positions.get(column, ()), position)
    return Claims(positions, tuple(extra))
