"""Rows in the order of their key to the Parquet files of a gold partition."""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Self

import polars as pl

from lake_assets.contracts.dataset import Dataset
from lake_assets.jobs.compaction.spill import BATCH_ROWS, Spill
from lake_assets.kernels.gold import audit_counts, hashed, null_counts
from lake_assets.kernels.key_ranges import Key, places, starts

GROUP_ROWS = 1 << 17
"""Rows of a row group."""


@dataclass(slots=True)
class Counts:
    """What was counted in the rows of a gold partition while they went by."""

    rows: int = 0
    nulls: dict[str, int] = field(default_factory=dict)
    audit: dict[str, int] = field(default_factory=dict)

    def add(self, table: pl.DataFrame, dataset: Dataset) -> None:
        """Count the rows of one more table."""
        self += Counts(table.height, null_counts(table, dataset), audit_counts(table, dataset))

    def __iadd__(self, other: "Counts") -> Self:
        self.rows += other.rows
        for mine, more in ((self.nulls, other.nulls), (self.audit, other.audit)):
            for name, count in more.items():
                mine[name] = mine.get(name, 0) + count
        return self


@dataclass(frozen=True, slots=True)
class GoldFile:
    """A Parquet file of a gold partition, and how many rows it has."""

    data: bytes
    rows: int


def file_starts(sample: pl.DataFrame, dataset: Dataset, target: int) -> list[Key]:
    """The first keys of a date's files but the first.

    Args:
        sample: one row a sampled key, ordered by key; see ``key_ranges.sampled``.
        dataset: the contract.
        target: bytes of a file, about.
    """
    if sample.is_empty():
        return []
    width = len(_parquet(sample, dataset)) / sample.height
    return starts(sample, dataset, round(target / width))


def gold_files(
    tables: Iterator[pl.DataFrame],
    dataset: Dataset,
    starts: Sequence[Key],
    spill: Spill,
    counts: Counts,
) -> Iterator[GoldFile]:
    """The Parquet files of one date, in order.

    The same rows give the same bytes, whatever tables they come in: a file begins where the keys
    say, and every row group but a file's last has :data:`GROUP_ROWS`. With more than one table,
    no file comes out before all are on the local disk.

    Args:
        tables: rows of the processed zone's columns, without duplicates, in the order of the key.
        dataset: the contract.
        starts: of :func:`file_starts`.
        spill: for what does not stay in memory.
        counts: what is counted on the way is added to it.
    """
    counted = _counted(tables, dataset, counts)
    waiting = list(islice(counted, 2))
    if len(waiting) > 1:
        for path, height in list(_spilled(_released(waiting, counted), dataset, starts, spill)):
            yield GoldFile(path.read_bytes(), height)
            path.unlink()
    else:
        for table in waiting:
            for _, rows in parts(table, starts, dataset):
                yield GoldFile(_parquet(rows, dataset), rows.height)


def parts(
    table: pl.DataFrame, starts: Sequence[Key], dataset: Dataset
) -> Iterator[tuple[int, pl.DataFrame]]:
    """Ordered rows as those of each file, with the number of the file; none without rows."""
    start = 0
    for number, end in enumerate(places(table, starts, dataset)):
        if end > start:
            yield number, table.slice(start, end - start)
        start = end


def _counted(
    tables: Iterator[pl.DataFrame], dataset: Dataset, counts: Counts
) -> Iterator[pl.DataFrame]:
    for table in tables:
        counts.add(table, dataset)
        yield table
        del table  # else it would stay in memory while the next one is made


def _released(
    waiting: list[pl.DataFrame], tables: Iterator[pl.DataFrame]
) -> Iterator[pl.DataFrame]:
    while waiting:
        yield waiting.pop(0)
    yield from tables


def _spilled(
    tables: Iterator[pl.DataFrame], dataset: Dataset, starts: Sequence[Key], spill: Spill
) -> Iterator[tuple[Path, int]]:
    """Parquet files on the local disk and their rows, each made as soon as its rows are there."""
    waiting: list[Path] = []
    current = height = 0
    for table in tables:
        for number, rows in parts(table, starts, dataset):
            if number != current and waiting:
                yield _encoded(waiting, dataset, spill.path(f"part-{current}")), height
                height = 0
            current = number
            height += rows.height
            waiting.append(spill.path(f"sorted-{number}-{len(waiting)}"))
            rows.write_ipc(waiting[-1], record_batch_size=BATCH_ROWS)
        del table, rows  # else they would stay in memory while the next table is made
    if waiting:
        yield _encoded(waiting, dataset, spill.path(f"part-{current}")), height


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
