"""A progress bar over whatever an engine runs."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import TypeVar

import polars as pl
from rich.progress import Progress

from lake_assets.jobs.compaction.one_date import compact_date
from lake_assets.jobs.compaction.spread import Exchange
from lake_assets.jobs.reading.task import Engine, run_task

Work = TypeVar("Work")
Result = TypeVar("Result")

LABELS: dict[object, str] = {run_task: "Reading files", compact_date: "Making gold"}


class WatchedEngine:
    """Runs tasks on another engine, and moves a bar for each that is done."""

    def __init__(self, engine: Engine, progress: Progress) -> None:
        self._engine = engine
        self._progress = progress

    def map(self, function: Callable[[Work], Result], items: Iterable[Work]) -> Iterator[Result]:
        """As the engine's own."""
        work = list(items)
        step = function.func if isinstance(function, partial) else function
        return self._watched(
            LABELS.get(step, "Looking"), len(work), self._engine.map(function, work)
        )

    def _watched(self, label: str, total: int, results: Iterator[Result]) -> Iterator[Result]:
        bar = self._progress.add_task(label, total=total)
        for result in results:
            self._progress.advance(bar)
            yield result


class WatchedExchange(WatchedEngine):
    """The same on an engine that can bring rows together."""

    def __init__(self, engine: Exchange, progress: Progress) -> None:
        super().__init__(engine, progress)
        self._exchange = engine

    def exchange(
        self,
        send: Callable[[Work], Iterable[tuple[int, pl.DataFrame]]],
        items: Iterable[Work],
        receive: Callable[[int, Iterator[pl.DataFrame]], Result],
        groups: int,
    ) -> Iterator[Result]:
        """As the engine's own."""
        results = self._exchange.exchange(send, items, receive, groups)
        return self._watched("Making gold of a large date", groups, results)


def watched(engine: Engine, progress: Progress) -> Engine:
    """An engine with a bar that can do what it can."""
    if isinstance(engine, Exchange):
        return WatchedExchange(engine, progress)
    return WatchedEngine(engine, progress)
