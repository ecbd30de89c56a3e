"""One date's gold partition: made from its processed rows, and put in the place of what stood."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

import polars as pl

from lake_assets.contracts.dataset import Dataset
from lake_assets.jobs.arrivals import MEGABYTE
from lake_assets.jobs.compaction.gold_files import Counts, GoldFile, file_starts, gold_files
from lake_assets.jobs.compaction.memory import MemoryBudget
from lake_assets.jobs.compaction.merge import latest, sort_rows
from lake_assets.jobs.compaction.metrics import Metrics
from lake_assets.jobs.compaction.processed_rows import CurrentRows, left_out
from lake_assets.jobs.compaction.spill import Spill
from lake_assets.jobs.reading.task import TaskFailed
from lake_assets.kernels.key_ranges import Key, sampled
from lake_assets.storage.errors import ObjectChanged, ObjectNotFound, StoreError
from lake_assets.storage.objects import ObjectInfo
from lake_assets.storage.store import Store
from lake_assets.storage.zones import (
    gold_key,
    gold_prefix,
    metrics_key,
    processed_prefix,
    stale_prefix,
)

MEMORY = MemoryBudget(768 << 20)
EXPANSION = 8
"""What a byte of Parquet takes while it is compacted, until the date is large enough to spill."""

ROUNDS = 10
"""So often other compactions may overtake one of the same date."""

FAILURES = (StoreError, pl.exceptions.PolarsError, OSError, TaskFailed)


class Overtaken(Exception):
    """Another compaction has written the date since this one looked."""


class WriteFailed(Exception):
    """Gold could not be made of rows that had been read; the cause says why."""


@dataclass(frozen=True, slots=True)
class Made:
    """What was written of a date.

    Attributes:
        read: rows of the processed partition, without those of superseded files.
        superseded: rows of superseded files.
        counts: of the gold rows.
        outputs: keys of the gold files.
    """

    read: int
    superseded: int
    counts: Counts
    outputs: list[str]


Standing = Mapping[str, ObjectInfo]
Make = Callable[[Sequence[ObjectInfo], Standing], Made]
"""Processed files, and the gold files that stand, by key: makes gold in their place.

Raises Overtaken; WriteFailed; and what reading raises: StoreError, PolarsError, OSError.
"""


def compact_date(store: Store, dataset: Dataset, day: str) -> Metrics:
    """Make one date's gold partition in one task, and write its metrics."""
    return renew(store, dataset, day, partial(_make, store, dataset, day))


def renew(store: Store, dataset: Dataset, day: str, make: Make) -> Metrics:
    """Have one date's gold partition made, and write its metrics.

    The markers of staleness are read before the rows and deleted after gold is written, so that
    rows which arrive meanwhile leave a marker that stays. What stands in gold is looked at before
    the rows as well, and replaced only if it still stands: a compaction that was overtaken by
    another, which may have read later rows, begins again.
    """
    for _ in range(ROUNDS):
        with suppress(Overtaken):
            return _renew(store, dataset, day, make)
    prefix = gold_prefix(dataset, day)
    return Metrics(
        day,
        processed_prefix(dataset, day),
        prefix,
        status="write_failed",
        error=f"others keep writing {prefix}, or something that is no object stands there",
    )


def _renew(store: Store, dataset: Dataset, day: str, make: Make) -> Metrics:
    metrics = Metrics(day, processed_prefix(dataset, day), gold_prefix(dataset, day))
    markers = list(store.list(stale_prefix(dataset, day)))
    standing = {info.key: info for info in store.list(metrics.output_partition)}
    audit = find_object(store, metrics_key(dataset, day))
    figures: dict[str, Any]
    no_counts = dict.fromkeys(dataset.gold.audit_counts, 0)
    try:
        inputs = list(store.list(metrics.input_partition))
        made = make(inputs, standing)
    except WriteFailed as failure:
        figures = failure_figures("write_failed", failure.__cause__ or failure, no_counts)
    except FAILURES as error:
        figures = failure_figures("read_failed", error, no_counts)
    else:
        columns = [column.name for column in dataset.columns]
        figures = {
            "status": "written" if inputs else "no_input",
            "total_rows_in_source_partition": made.read + made.superseded,
            "rows_after_dedup": made.counts.rows,
            "duplicate_rows_removed": made.read - made.counts.rows,
            "superseded_rows_removed": made.superseded,
            "audit_counts": no_counts | made.counts.audit,
            "null_counts": dict.fromkeys(columns, 0) | made.counts.nulls,
            "inputs": [info.key for info in inputs],
            "outputs": made.outputs,
        }
    now = datetime.now(UTC).isoformat(timespec="seconds")
    metrics = Metrics(
        day, metrics.input_partition, metrics.output_partition, processed_at_utc=now, **figures
    )
    document = json.dumps(metrics.to_json(), indent=1, ensure_ascii=False)
    if not store.put_over(metrics_key(dataset, day), document.encode(), audit):
        raise Overtaken
    if not metrics.error:
        for marker in markers:
            store.delete(marker.key)
    return metrics


def failure_figures(status: str, error: BaseException, counts: dict[str, int]) -> dict[str, Any]:
    told = f"{type(error).__name__}: {error}"
    return {"status": status, "error": told, "audit_counts": counts}


def find_object(store: Store, key: str) -> ObjectInfo | None:
    try:
        return store.head(key)
    except ObjectNotFound:
        return None


def _make(
    store: Store, dataset: Dataset, day: str, inputs: Sequence[ObjectInfo], standing: Standing
) -> Made:
    needed = EXPANSION * sum(info.size for info in inputs)
    with MEMORY.share(needed), Spill() as spill:
        rows = CurrentRows(store, dataset, inputs, left_out(store, dataset, day))
        samples: list[pl.DataFrame] = []
        # A loop would hold each table for too long.
        found = sort_rows(map(partial(sample_of, samples, dataset), rows), dataset, spill)
        counts = Counts()
        with writing():
            starts = date_starts(samples, dataset)
            files = gold_files(found.tables, dataset, starts, spill, counts)
            outputs = replace_files(store, dataset, day, files, standing)
    return Made(found.read, rows.superseded, counts, outputs)


def sample_of(samples: list[pl.DataFrame], dataset: Dataset, table: pl.DataFrame) -> pl.DataFrame:
    samples.append(sampled(table, dataset))
    return table


def date_starts(
    samples: list[pl.DataFrame],
    dataset: Dataset,
    look_up: Callable[[pl.DataFrame], pl.DataFrame] = lambda rows: rows,
) -> list[Key]:
    """The first keys of a date's files but the first, from samples of all its rows.

    ``samples`` is used up; ``look_up`` adds the columns that come from other tables.
    """
    if sum(sample.height for sample in samples) < 2:  # no second file can begin
        return []
    sample = look_up(latest(samples, dataset))
    return file_starts(sample, dataset, dataset.gold.target_file_mb * MEGABYTE)


@contextmanager
def writing() -> Iterator[None]:
    """What fails from here on has failed after the rows were read.

    Raises:
        WriteFailed: from the error.
    """
    try:
        yield
    except FAILURES as error:
        raise WriteFailed from error


def replace_files(
    store: Store, dataset: Dataset, day: str, files: Iterable[GoldFile], standing: Standing
) -> list[str]:
    """Write the files under their fixed names, and delete what is left of before.

    Raises:
        Overtaken: of the files of before, one is not there any more, or there is a new one.
    """
    written: list[str] = []
    for number, file in enumerate(files):
        written.append(gold_key(dataset, day, number))
        if not store.put_over(written[-1], file.data, standing.get(written[-1])):
            raise Overtaken
    delete_others(store, written, standing)
    return written


def delete_others(store: Store, written: Sequence[str], standing: Standing) -> None:
    """Delete the files of before that are too many.

    Raises:
        Overtaken: one of them is another by now.
    """
    for key in sorted(standing.keys() - set(written)):
        try:
            store.delete(key, if_match=standing[key].etag)
        except ObjectChanged:
            raise Overtaken from None
