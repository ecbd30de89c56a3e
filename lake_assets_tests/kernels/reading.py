"""A small contract, the retail one, and short ways to read bytes by them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

import lake_assets
from lake_assets.contracts import Dataset, load_lake
from lake_assets.kernels.accounting import Accounting
from lake_assets.kernels.block import Block, read_block
from lake_assets.kernels.decoding.cuts import Cut
from lake_assets.kernels.parsing.layout import Layout, read_layout
from lake_assets.kernels.parsing.texts import Provenance, Text
from lake_assets.kernels.refusal import FileRefusedError
from lake_assets.kernels.values.evidence import Evidence

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


def with_columns(*columns: Mapping[str, Any]) -> Dataset:
    """The small contract with some columns more, at its end."""
    return small(columns=[*SMALL["columns"], *columns])


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


@dataclass(frozen=True, slots=True)
class Reading:
    """What was made of a file."""

    good: pl.DataFrame
    rejects: pl.DataFrame
    books: Accounting
    blocks: tuple[Block, ...] = ()


def read(content: str | bytes, dataset: Dataset | None = None, name: str = "file.csv") -> Reading:
    """Read a whole file; raises what refuses it."""
    (reading,) = read_files({name: content}, dataset)
    return reading


def read_files(files: Mapping[str, str | bytes], dataset: Dataset | None = None) -> list[Reading]:
    """Read whole files in one block, and take what came of each out of it."""
    dataset = dataset or small()
    pieces = []
    for name, content in files.items():
        data = content.encode() if isinstance(content, str) else content
        layout = read_layout(data, dataset, whole=True)
        pieces.append(Text(data, 1, layout, provenance(name)))
    block = read_block(pieces, dataset)
    for result in block.pieces:
        if result.refusal:
            raise FileRefusedError(*result.refusal)
    return [
        Reading(
            block.good.filter(pl.col("source_file") == name),
            block.rejects.filter(pl.col("source_file") == name),
            result.books,
            (block,),
        )
        for name, result in zip(files, block.pieces, strict=True)
    ]


def read_pieces(
    data: bytes, cuts: list[Cut], layout: Layout, dataset: Dataset, name: str = "file.csv"
) -> Reading:
    """Read a file in pieces, with the evidence of all of them."""
    pieces = [
        Text(
            data[cut.start : cut.end],
            cut.first_line,
            layout,
            provenance(name),
            last=cut.end == len(data),
        )
        for cut in cuts
    ]
    seen = [read_block([piece], dataset).pieces[0].evidence for piece in pieces]
    evidence = sum(seen, Evidence())
    blocks = [read_block([replace(piece, evidence=evidence)], dataset) for piece in pieces]
    return Reading(
        pl.concat([block.good for block in blocks]),
        pl.concat([block.rejects for block in blocks]),
        sum((block.pieces[0].books for block in blocks), Accounting()),
        tuple(blocks),
    )


def reasons(rows: Reading) -> dict[int, list[str]]:
    """Line number -> all reject reasons."""
    return dict(rows.rejects.select("line_number", "reject_reasons").iter_rows())


def lines(rows: Reading) -> list[int]:
    """Line numbers of the good rows."""
    return rows.good["line_number"].to_list()
