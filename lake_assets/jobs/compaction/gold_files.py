"""Rows in the order of their key to the Parquet files of a gold partition."""

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import polars as pl

from lake_assets.contracts.dataset import Dataset
from lake_assets.jobs.compaction.spill import BATCH_ROWS, Spill
from lake_assets.kernels.gold import audit_counts, hashed, null_counts

GROUP_ROWS = 1 << 17
"""Rows of a row group."""
SAMPLE_ROWS = 8_192
"""The first rows of a date, which say how many make a file of the target size."""


@dataclass(slots=True)
class Counts:
    """What was counted in the rows of a gold partition while they went by."""

    rows: int = 0
    nulls: dict[str, int] = field(default_factory=dict)
    audit: dict[str, int] = field(default_factory=dict)

    def add(self, table: pl.DataFrame, dataset: Dataset) -> None:
        """Count the rows of one more table."""
        self.rows += table.height
        for mine, more in (
            (self.nulls, null_counts(table, dataset)),
            (self.audit, audit_counts(table, dataset)),
        ):
            for name, count in more.items():
                mine[name] = mine.get(name, 0) + count


def gold_files(
    tables: Iterator[pl.DataFrame], dataset: Dataset, target: int, spill: Spill, counts: Counts
) -> Iterator[bytes]:
    """The Parquet files of one date, in order.

    The same rows give the same bytes, whatever tables they come in: how many rows a file has
    follows from the first rows, and every row group but a file's last has :data:`GROUP_ROWS`.
    With more than one table, no file comes out before all are on the local disk.

    Args:
        tables: rows of the processed zone's columns, without duplicates, in the order of the key.
        dataset: the contract.
        target: bytes of a file, about.
        spill: for what does not stay in memory.
        counts: what is counted on the way is added to it.
    """
    counted = _counted(tables, dataset, counts)
    waiting = _first(counted)
    waiting += islice(counted, 1)
    if not waiting:
        return
    sample = _parquet(waiting[0].head(SAMPLE_ROWS), dataset)
    rows = max(1, target * min(waiting[0].height, SAMPLE_ROWS) // len(sample))
    if len(waiting) > 1:
        for path in list(_spilled(_released(waiting, counted), dataset, rows, spill)):
            yield path.read_bytes()
            path.unlink()
    elif waiting[0].height <= min(rows, SAMPLE_ROWS):
        yield sample
    else:
        for start in range(0, waiting[0].height, rows):
            yield _parquet(waiting[0].slice(start, rows), dataset)


def _counted(
    tables: Iterator[pl.DataFrame], dataset: Dataset, counts: Counts
) -> Iterator[pl.DataFrame]:
    for table in tables:
        counts.add(table, dataset)
        yield table
        del table  # else it would stay in memory while the next one is made


def _first(tables: Iterator[pl.DataFrame]) -> list[pl.DataFrame]:
    """The first table, with so many of the following ones that the sample is in it."""
    found: list[pl.DataFrame] = []
    while sum(table.height for table in found) < SAMPLE_ROWS:
        table = next(tables, None)
        if table is None:
            break
        found.append(table)
    return [pl.concat(found).rechunk()] if found else []


def _released(
    waiting: list[pl.DataFrame], tables: Iterator[pl.DataFrame]
) -> Iterator[pl.DataFrame]:
    while waiting:
        yield waiting.pop(0)
    yield from tables


def _spilled(
    tables: Iterator[pl.DataFrame], dataset: Dataset, rows: int, spill: Spill
) -> Iterator[Path]:
    """Parquet files on the local disk, each made as soon as its rows are there."""
    waiting: list[Path] = []
    room, number = rows, 0
    for table in tables:
        while table.height:
            piece, table = table.head(room), table.slice(room)
            waiting.append(spill.path(f"sorted-{number}-{len(waiting)}"))
            piece.write_ipc(waiting[-1], record_batch_size=BATCH_ROWS)
            room -= piece.height
            if not room:
                yield _encoded(waiting, dataset, spill.path(f"part-{number}"))
                room, number = rows, number + 1
        del table, piece
    if waiting:
        yield _encoded(waiting, dataset, spill.path(f"part-{number}"))


def _encoded(waiting: list[Path], dataset: Dataset, target: Path) -> Path:
    """One Parquet file of the rows in these, which are used up."""
    _sink(pl.scan_ipc(waiting), dataset, target)
    while waiting:
        waiting.pop().unlink()
    return target


def _parquet(rows: pl.DataFrame, dataset: Dataset) -> bytes:
    buffer = io.BytesIO()
    _sink(rows.lazy(), dataset, buffer)
    return buffer.getvalue()


def _sink(rows: pl.LazyFrame, dataset: Dataset, target: Path | io.BytesIO) -> None:
    # The streaming engine hashes a few rows at a time: neither the texts nor the hashes of a
    # whole date are ever in memory. With the row groups fixed, its bytes are those of any engine.
    hashed(rows, dataset).sink_parquet(
        target,
        compression="snappy",
        statistics=True,
        row_group_size=GROUP_ROWS,
        maintain_order=True,
        engine="streaming",
    )
