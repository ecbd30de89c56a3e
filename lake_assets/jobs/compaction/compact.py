"""Step 3, processed/ -> gold/ + audit/: the dates whose rows changed, each one table again."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime
from functools import partial
from typing import Any, Literal

import polars as pl

from lake_assets.contracts.dataset import Dataset
from lake_assets.jobs.arrivals import MEGABYTE
from lake_assets.jobs.compaction.gold_files import Counts, gold_files
from lake_assets.jobs.compaction.memory import MemoryBudget
from lake_assets.jobs.compaction.merge import sort_rows
from lake_assets.jobs.compaction.processed_rows import CurrentRows
from lake_assets.jobs.compaction.spill import Spill
from lake_assets.jobs.reading.task import Engine
from lake_assets.storage.errors import ObjectChanged, ObjectNotFound, StoreError
from lake_assets.storage.objects import ObjectInfo
from lake_assets.storage.store import Store
from lake_assets.storage.zones import (
    day_of,
    gold_key,
    gold_prefix,
    metrics_key,
    processed_prefix,
    stale_prefix,
    summary_key,
)

JOB_NAME = "gold_compaction"

MEMORY = MemoryBudget(768 << 20)
EXPANSION = 8
"""What a byte of Parquet takes while it is compacted, until the date is large enough to spill."""


ROUNDS = 10
"""So often other compactions may overtake one of the same date."""


class CompactionError(Exception):
    """Some dates could not be compacted; the message names them, the audit says why."""


@dataclass(frozen=True, slots=True)
class Metrics:
    """``audit/gold_compaction/date=.../metrics.json``.

    Attributes:
        target_date: the event date (ISO).
        input_partition, output_partition: prefixes.
        total_rows_in_source_partition: rows of the processed partition, from the Parquet footers.
        rows_after_dedup: rows of the gold partition.
        duplicate_rows_removed: rows superseded by a later arrival of their key.
        superseded_rows_removed: rows of files that a later file of their name supersedes.
        audit_counts: figures that the contract declares; written beside the others.
        null_counts: column -> nulls in gold.
        inputs: the Parquet files read.
        outputs: the Parquet files written.
        processed_at_utc: ISO 8601.
        status: ``written``; ``no_input`` if the processed partition is empty; ``read_failed`` or
            ``write_failed``, and then ``error`` says why.
    """

    target_date: str
    input_partition: str
    output_partition: str
    total_rows_in_source_partition: int = 0
    rows_after_dedup: int = 0
    duplicate_rows_removed: int = 0
    superseded_rows_removed: int = 0
    audit_counts: dict[str, int] = field(default_factory=dict)
    null_counts: dict[str, int] = field(default_factory=dict)
    inputs: list[str] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)
    processed_at_utc: str = ""
    status: Literal["written", "no_input", "read_failed", "write_failed"] = "written"
    error: str | None = None

    @property
    def removed(self) -> int:
        """Rows of the processed partition that are not in gold."""
        return self.duplicate_rows_removed + self.superseded_rows_removed

    def to_json(self) -> dict[str, Any]:
        """As it is stored: the contract's own figures stand beside ours."""
        document = asdict(self)
        counts = document.pop("audit_counts")
        at = list(document).index("null_counts")
        items = list(document.items())
        return dict([*items[:at], *counts.items(), *items[at:]])

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Metrics":
        """Read what :meth:`to_json` has written: what is no field of ours is the contract's."""
        names = {one.name for one in fields(cls)}
        own = {name: value for name, value in document.items() if name in names}
        counts = {name: value for name, value in document.items() if name not in names}
        return cls(**own, audit_counts=counts)


def stale_dates(store: Store, dataset: Dataset) -> list[str]:
    """Event dates (ISO) whose processed rows changed since their gold was made."""
    return sorted(_days(info.key for info in store.list(stale_prefix(dataset))))


def all_dates(store: Store, dataset: Dataset) -> list[str]:
    """Event dates (ISO) that have processed rows."""
    return sorted(_days(info.key for info in store.list(dataset.zones.processed)))


def compact(
    store: Store,
    dataset: Dataset,
    engine: Engine,
    *,
    force_dates: Collection[str] = (),
    max_partitions: int | None = None,
    reprocess: bool = False,
) -> list[Metrics]:
    """Bring gold up to date.

    Args:
        store: of the lake.
        dataset: the contract.
        engine: runs one task a date.
        force_dates: compact exactly these dates (ISO), whether they changed or not.
        max_partitions: compact at most so many dates, the oldest first.
        reprocess: compact every date that has rows, or had some.

    Returns:
        The metrics of each date, in order; they are also in audit/, with a summary of the run.

    Raises:
        CompactionError: a date failed. The others are done; the failed one stays marked as stale.
    """
    days = set(force_dates)
    if not days:
        days = set(stale_dates(store, dataset))
        days |= set(all_dates(store, dataset)) if reprocess else set()
    order = sorted(days)[:max_partitions]
    results = list(engine.map(partial(compact_date, store, dataset), order))
    if order:
        store.put(summary_key(dataset), _summary(results))
    if failed := [result for result in results if result.error]:
        raise CompactionError(
            "; ".join(f"{r.target_date}: {r.status}: {r.error}" for r in failed)
            + f" (see {dataset.zones.gold_audit}; the dates stay stale, and the next run retries)"
        )
    return results


def compact_date(store: Store, dataset: Dataset, day: str) -> Metrics:
    """Make one date's gold partition from its processed rows, and write its metrics.

    The markers of staleness are read before the rows and deleted after gold is written, so that
    rows which arrive meanwhile leave a marker that stays. What stands in gold is looked at before
    the rows as well, and replaced only if it still stands: a compaction that was overtaken by
    another, which may have read later rows, begins again.
    """
    for _ in range(ROUNDS):
        with suppress(_Overtaken):
            return _compact_date(store, dataset, day)
    prefix = gold_prefix(dataset, day)
    return Metrics(
        day,
        processed_prefix(dataset, day),
        prefix,
        status="write_failed",
        error=f"others keep writing {prefix}, or something that is no object stands there",
    )


class _Overtaken(Exception):
    """Another compaction has written the date since this one looked."""


def _compact_date(store: Store, dataset: Dataset, day: str) -> Metrics:
    metrics = Metrics(day, processed_prefix(dataset, day), gold_prefix(dataset, day))
    markers = list(store.list(stale_prefix(dataset, day)))
    standing = {info.key: info for info in store.list(metrics.output_partition)}
    audit = _find(store, metrics_key(dataset, day))
    status: Literal["read_failed", "write_failed"] = "read_failed"
    counts = Counts()
    try:
        inputs = list(store.list(metrics.input_partition))
        needed = EXPANSION * sum(info.size for info in inputs)
        with MEMORY.share(needed), Spill() as spill:
            rows = CurrentRows(store, dataset, day, inputs)
            found = sort_rows(rows, dataset, spill)
            status = "write_failed"
            target = dataset.gold.target_file_mb * MEGABYTE
            files = gold_files(found.tables, dataset, target, spill, counts)
            outputs = _replace(store, dataset, day, files, standing)
    except (StoreError, pl.exceptions.PolarsError, OSError) as error:
        figures: dict[str, Any] = {
            "status": status,
            "error": f"{type(error).__name__}: {error}",
            "audit_counts": dict.fromkeys(dataset.gold.audit_counts, 0),
        }
    else:
        columns = [column.name for column in dataset.columns]
        figures = {
            "status": "written" if inputs else "no_input",
            "total_rows_in_source_partition": found.read + rows.superseded,
            "rows_after_dedup": counts.rows,
            "duplicate_rows_removed": found.read - counts.rows,
            "superseded_rows_removed": rows.superseded,
            "audit_counts": dict.fromkeys(dataset.gold.audit_counts, 0) | counts.audit,
            "null_counts": dict.fromkeys(columns, 0) | counts.nulls,
            "inputs": [info.key for info in inputs],
            "outputs": outputs,
        }
    now = datetime.now(UTC).isoformat(timespec="seconds")
    metrics = Metrics(
        day, metrics.input_partition, metrics.output_partition, processed_at_utc=now, **figures
    )
    document = json.dumps(metrics.to_json(), indent=1, ensure_ascii=False)
    if not store.put_over(metrics_key(dataset, day), document.encode(), audit):
        raise _Overtaken
    if not metrics.error:
        for marker in markers:
            store.delete(marker.key)
    return metrics


def _find(store: Store, key: str) -> ObjectInfo | None:
    try:
        return store.head(key)
    except ObjectNotFound:
        return None


def _replace(
    store: Store,
    dataset: Dataset,
    day: str,
    files: Iterable[bytes],
    standing: Mapping[str, ObjectInfo],
) -> list[str]:
    """Write the files under their fixed names; delete those of before that are too many.

    Raises:
        _Overtaken: of the files of before, one is not there any more, or there is a new one.
    """
    written: list[str] = []
    for number, data in enumerate(files):
        written.append(gold_key(dataset, day, number))
        if not store.put_over(written[-1], data, standing.get(written[-1])):
            raise _Overtaken
    for key in sorted(standing.keys() - set(written)):
        try:
            store.delete(key, if_match=standing[key].etag)
        except ObjectChanged:
            raise _Overtaken from None
    return written


def _summary(results: Sequence[Metrics]) -> bytes:
    document = {
        "job_name": JOB_NAME,
        "run_ts_utc": datetime.now(UTC).isoformat(timespec="seconds"),
        "processed_partitions_count": sum(result.status == "written" for result in results),
        "results": [result.to_json() for result in results],
    }
    return json.dumps(document, indent=1, ensure_ascii=False).encode()


def _days(keys: Iterable[str]) -> set[str]:
    return {day for key in keys if (day := day_of(key))}
