"""A small contract, the retail one, and short ways to read bytes by them."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

import lake_assets
from lake_assets.contracts import Dataset, load_lake
from lake_assets.kernels.accounting import Accounting
from lake_assets.kernels.cuts import Cut
from lake_assets.kernels.evidence import Evidence
from lake_assets.kernels.layout import Layout, read_layout
from lake_assets.kernels.piece import PieceRows, read_piece, survey_piece
from lake_assets.kernels.rows import Provenance

ARRIVED = datetime(2025, 12, 31, 23, 59, 59, 123456, tzinfo=UTC)
HEADER = "id,at,n,note\n"

SMALL: Mapping[str, Any] = {
    "name": "small",
    "columns": [
        {"name": "id", "required": True},
        {
            "name": "at",
            "type": "timestamp",
            "required": True,
            "formats": [
                "yyyy-MM-dd[ HH:mm[:ss]]",
                "MM/dd/yyyy[ H:mm[:ss]]",
                "dd/MM/yyyy[ H:mm[:ss]]",
            ],
        },
        {"name": "n", "type": "integer"},
        {"name": "note"},
    ],
    "key": ["id"],
    "partition": {"column": "at", "start": "2020-01-01"},
    "gold": {"table": "t", "row_hash": ["at", "n", "note"]},
}


def small(**changes: Any) -> Dataset:
    """The columns id, at, n, note; ``changes`` replace keys of the contract."""
    return Dataset.model_validate({**SMALL, **changes})


def with_column(name: str, **attributes: Any) -> Dataset:
    """The small contract with one column more, at its end."""
    return small(columns=[*SMALL["columns"], {"name": name, **attributes}])


def with_rule(expression: str, **attributes: Any) -> Dataset:
    """The small contract with the one rule ``r``."""
    return small(rules=[{"name": "r", "expression": expression, **attributes}])


@cache
def retail() -> Dataset:
    """The contract that ships."""
    return load_lake(Path(lake_assets.__file__).parent / "defs/retail/defs.yaml").datasets[0]


def provenance(name: str = "file.csv", arrived: datetime = ARRIVED) -> Provenance:
    """Of a file of that name."""
    return Provenance(name, "run", arrived, "1")


def read(content: str | bytes, dataset: Dataset | None = None, name: str = "file.csv") -> PieceRows:
    """Read a whole file."""
    dataset = dataset or small()
    data = content.encode() if isinstance(content, str) else content
    layout = read_layout(data, dataset, whole=True)
    return read_piece(data, 1, layout, dataset, provenance(name))


def read_pieces(
    data: bytes, cuts: list[Cut], layout: Layout, dataset: Dataset, name: str = "file.csv"
) -> PieceRows:
    """Read a file in pieces, with the evidence of all of them."""
    parts = [(data[cut.start : cut.end], cut.first_line) for cut in cuts]
    seen = [survey_piece(part, line, layout, dataset, name) for part, line in parts]
    evidence = sum(seen, Evidence())
    rows = [
        read_piece(part, line, layout, dataset, provenance(name), evidence) for part, line in parts
    ]
    return PieceRows(
        pl.concat([piece.good for piece in rows]),
        pl.concat([piece.rejects for piece in rows]),
        sum((piece.books for piece in rows), Accounting()),
    )


def reasons(rows: PieceRows) -> dict[int, list[str]]:
    """Line number -> all reject reasons."""
    return dict(rows.rejects.select("line_number", "reject_reasons").iter_rows())


def lines(rows: PieceRows) -> list[int]:
    """Line numbers of the good rows."""
    return rows.good["line_number"].to_list()
