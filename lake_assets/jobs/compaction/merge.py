"""The rows of a date without duplicates, in the order of their key, in bounded memory.

An external merge sort. Rows are collected until they have :data:`RUN_BYTES`; each such run is
deduplicated, sorted and written to the local disk. Then the keys are cut into ranges of about
equal numbers of rows, and range by range what all runs have of it is deduplicated and sorted
again. One run alone never leaves the memory.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from lake_assets.contracts.dataset import Dataset
from lake_assets.jobs.compaction.spill import BATCH_ROWS, Spill
from lake_assets.kernels.gold import latest_rows
from lake_assets.kernels.key_ranges import Key, places

MEMORY_BYTES = 256 << 20
"""Rows that never leave the memory: about 900,000 of retail's."""
RUN_BYTES = 128 << 20
"""Rows of a run, once there are more than that."""
RANGE_BYTES = 64 << 20
"""Rows that are merged in memory, about."""
SAMPLE_ROWS = 512
"""Of a sorted run, one key in so many is looked at to cut the ranges."""
COLUMNS = 4
"""Columns that are put in order at once, each by a thread."""
FEW_ROWS = 1 << 14
"""Up to so many rows all columns are put in order at once: to begin takes longer than to do it."""


@dataclass(frozen=True, slots=True)
class SortedRows:
    """``tables`` follow each other in the order of the key; ``read`` counts what they came from."""

    read: int
    tables: Iterator[pl.DataFrame]


@dataclass(frozen=True, slots=True)
class Run:
    """A sorted table on the disk; ``sample`` has the key columns of some of its rows."""

    path: Path
    rows: int
    sample: pl.DataFrame


def sort_rows(tables: Iterable[pl.DataFrame], dataset: Dataset, spill: Spill) -> SortedRows:
    """Read all tables; the latest row of each key comes out, in the order of the keys.

    What comes out does not depend on the order of the tables, nor on how rows share them.

    Args:
        tables: of the processed zone's columns.
        dataset: the contract.
        spill: to be kept open until the result is read.

    Raises:
        OSError, PolarsError: the temporary files cannot be written.
        Exception: whatever reading ``tables`` raises, before anything comes out.
    """
    waiting: list[pl.DataFrame] = []
    runs: list[Run] = []
    read = size = 0
    for table in tables:
        more = row_bytes(table) * table.height
        if waiting and size + more > (RUN_BYTES if runs else MEMORY_BYTES):
            runs.append(_run(waiting, dataset, spill.path(f"run-{len(runs)}")))
            size = 0
        waiting.append(table)
        read += table.height
        size += more
        del table  # else it would stay in memory while the next one is read
    if not runs:
        return SortedRows(read, _only(waiting, dataset))
    runs.append(_run(waiting, dataset, spill.path(f"run-{len(runs)}")))
    return SortedRows(read, _merged(runs, dataset))


def row_bytes(table: pl.DataFrame) -> int:
    """What a row takes in memory, about: 16 bytes a text, and its letters where they are many."""
    texts = [name for name, kind in table.schema.items() if kind == pl.String]
    letters = (
        table.select(pl.col(texts).str.len_bytes().mean().fill_null(0)).row(0) if texts else ()
    )
    long = sum(int(mean) for mean in letters if mean > 12)  # shorter ones are within the 16
    return long + 16 * len(table.columns)


def _only(waiting: list[pl.DataFrame], dataset: Dataset) -> Iterator[pl.DataFrame]:
    if waiting:
        yield latest(waiting, dataset)


def latest(waiting: list[pl.DataFrame], dataset: Dataset) -> pl.DataFrame:
    """One row a key, in order; ``waiting`` is used up, so that rows are not in memory twice."""
    rows = pl.concat(waiting)
    waiting.clear()
    kept = latest_rows(rows, dataset)
    if rows.height <= FEW_ROWS:
        return rows[kept]
    # A few columns at a time, and they are let go of once their copies are made.
    taken: list[pl.DataFrame] = []
    for first in range(0, len(names := rows.columns), COLUMNS):
        some = names[first : first + COLUMNS]
        taken.append(rows.select(pl.col(some).gather(kept)))
        rows = rows.drop(some)
    return pl.concat(taken, how="horizontal")


def _run(waiting: list[pl.DataFrame], dataset: Dataset, path: Path) -> Run:
    rows = latest(waiting, dataset)
    rows.write_ipc(path, record_batch_size=BATCH_ROWS)
    sample = rows.select(pl.col(dataset.key).gather_every(SAMPLE_ROWS))
    # Made anew: texts that are taken from a column keep all letters of that column in memory.
    return Run(path, rows.height, pl.DataFrame(sample.rows(), sample.schema, orient="row"))


def _merged(runs: Sequence[Run], dataset: Dataset) -> Iterator[pl.DataFrame]:
    bounds = _bounds(runs, dataset)
    ends = [places(_keys(run, dataset), bounds, dataset) for run in runs]
    stops = list(zip(*ends, strict=True))
    starts = [(0,) * len(runs), *stops]
    # While one range is written, the next is merged.
    with ThreadPoolExecutor(1, thread_name_prefix="merge") as pool:
        ahead: deque[Future[pl.DataFrame]] = deque()
        for start, stop in zip(starts, stops, strict=False):
            ahead.append(pool.submit(_range, runs, start, stop, dataset))
            if len(ahead) > 1:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()


def _range(
    runs: Sequence[Run], starts: Sequence[int], stops: Sequence[int], dataset: Dataset
) -> pl.DataFrame:
    """What the runs have between these rows, merged."""
    slices = [
        pl.scan_ipc(run.path).slice(start, stop - start)
        for run, start, stop in zip(runs, starts, stops, strict=True)
    ]
    return latest([pl.concat(slices).collect()], dataset)


def _bounds(runs: Sequence[Run], dataset: Dataset) -> list[Key]:
    """Keys, ascending, between which there are about :data:`RANGE_BYTES` of rows."""
    keys = pl.concat(run.sample for run in runs).sort(dataset.key)
    width = max(row_bytes(pl.scan_ipc(run.path).head(BATCH_ROWS).collect()) for run in runs)
    step = max(1, RANGE_BYTES // (width * SAMPLE_ROWS))
    cut = keys.gather_every(step, offset=step)
    return cut.unique(maintain_order=True).rows()


def _keys(run: Run, dataset: Dataset) -> pl.DataFrame:
    return pl.scan_ipc(run.path).select(dataset.key).collect()
