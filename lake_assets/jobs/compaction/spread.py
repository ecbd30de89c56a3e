"""One date by many tasks: for a date too large for one, on an engine that can bring rows together.

Twice over its processed files: first each task looks which keys are in the sample, which says
where the gold files begin; then each sends its rows to the files where they belong, and each file
is a task. What is written is, byte for byte, what one task would have written.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol, TypeVar, runtime_checkable

import polars as pl

from lake_assets.contracts.dataset import Dataset
from lake_assets.jobs.compaction.gold_files import Counts, gold_files, parts
from lake_assets.jobs.compaction.merge import latest, sort_rows
from lake_assets.jobs.compaction.metrics import Metrics
from lake_assets.jobs.compaction.one_date import (
    Made,
    Overtaken,
    Standing,
    date_starts,
    delete_others,
    renew,
    writing,
)
from lake_assets.jobs.compaction.processed_rows import CurrentRows, LeftOut, groups, left_out
from lake_assets.jobs.compaction.spill import Spill
from lake_assets.jobs.reading.task import Engine
from lake_assets.kernels.gold import processed_schema
from lake_assets.kernels.key_ranges import Key, sampled
from lake_assets.storage.errors import ObjectNotFound
from lake_assets.storage.objects import ObjectInfo
from lake_assets.storage.store import Store
from lake_assets.storage.zones import gold_key, gold_prefix

Work = TypeVar("Work")
Result = TypeVar("Result")
Piece = tuple[ObjectInfo, ...]


@runtime_checkable
class Exchange(Engine, Protocol):
    """An engine that can bring rows of many tasks together."""

    def exchange(
        self,
        send: Callable[[Work], Iterable[tuple[int, pl.DataFrame]]],
        items: Iterable[Work],
        receive: Callable[[int, Iterator[pl.DataFrame]], Result],
        groups: int,
    ) -> Iterator[Result]:
        """Have each item send tables to groups (from 0), and each group receive its tables.

        Results in the order of the groups; nothing for a group without tables.
        """
        ...


@dataclass(frozen=True, slots=True)
class Seen:
    """What a task saw in its piece of a date: counts, and the rows of sampled keys."""

    read: int
    superseded: int
    sample: pl.DataFrame


@dataclass(frozen=True, slots=True)
class Written:
    """A gold file; not ``in_place`` if another stood there than should have."""

    key: str
    counts: Counts
    in_place: bool


def spread_date(store: Store, dataset: Dataset, engine: Exchange, day: str) -> Metrics:
    """Make one date's gold partition by many tasks, and write its metrics."""
    return renew(store, dataset, day, partial(_make, store, dataset, engine, day))


def _make(
    store: Store,
    dataset: Dataset,
    engine: Exchange,
    day: str,
    inputs: Sequence[ObjectInfo],
    standing: Standing,
) -> Made:
    gone = left_out(store, dataset, day)
    pieces: list[Piece] = [tuple(group) for group in groups(inputs)]
    seen = list(engine.map(partial(_look, store, dataset, gone), pieces))
    starts = date_starts([one.sample for one in seen], dataset)
    send = partial(_send, store, dataset, gone, starts)
    receive = partial(_write, store, dataset, day, standing)
    counts = Counts()
    with writing():
        written = list(engine.exchange(send, pieces, receive, len(starts) + 1))
        if not all(one.in_place for one in written):
            raise Overtaken
        outputs = [one.key for one in written]
        delete_others(store, outputs, standing)
        # Files are written in no order: another compaction may have added some beyond ours.
        if {info.key for info in store.list(gold_prefix(dataset, day))} != set(outputs):
            raise Overtaken
    for one in written:
        counts += one.counts
    return Made(sum(one.read for one in seen), sum(one.superseded for one in seen), counts, outputs)


def _look(store: Store, dataset: Dataset, gone: Sequence[LeftOut], piece: Piece) -> Seen:
    rows = CurrentRows(store, dataset, piece, gone)
    read = 0
    samples = [pl.DataFrame(schema=processed_schema(dataset))]
    for table in rows:
        read += table.height
        samples.append(sampled(table, dataset))
    return Seen(read, rows.superseded, latest(samples, dataset))


def _send(
    store: Store,
    dataset: Dataset,
    gone: Sequence[LeftOut],
    starts: Sequence[Key],
    piece: Piece,
) -> Iterator[tuple[int, pl.DataFrame]]:
    """What a piece has for each file. Rows that others of the piece supersede stay here."""
    for table in CurrentRows(store, dataset, piece, gone):
        yield from parts(latest([table], dataset), starts, dataset)


def _write(
    store: Store,
    dataset: Dataset,
    day: str,
    standing: Standing,
    number: int,
    tables: Iterator[pl.DataFrame],
) -> Written:
    key = gold_key(dataset, day, number)
    counts = Counts()
    with Spill() as spill:
        found = sort_rows(tables, dataset, spill)
        (file,) = gold_files(found.tables, dataset, [], spill, counts)
    # Spark may run a task twice: what stands there then is what the other attempt has written.
    in_place = store.put_over(key, file.data, standing.get(key)) or _has(store, key, file.data)
    return Written(key, counts, in_place)


def _has(store: Store, key: str, data: bytes) -> bool:
    try:
        return store.read(key) == data
    except ObjectNotFound:
        return False
