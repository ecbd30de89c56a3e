"""A progress bar over whatever an engine runs."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import TypeVar

from rich.progress import Progress

from lake_assets.jobs.compaction.one_date import compact_date
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
        bar = self._progress.add_task(LABELS.get(step, "Looking"), total=len(work))
        for result in self._engine.map(function, work):
            self._progress.advance(bar)
            yield result
