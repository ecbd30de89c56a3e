"""Tasks in a pool of threads on this machine: Polars releases the interpreter lock."""

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Work = TypeVar("Work")
Result = TypeVar("Result")


class LocalEngine:
    """Runs ``workers`` tasks at once; one a core if not told otherwise."""

    def __init__(self, workers: int | None = None) -> None:
        self.workers = workers or os.cpu_count() or 1

    def map(self, function: Callable[[Work], Result], items: Iterable[Work]) -> Iterator[Result]:
        """Run ``function`` on each item; results in the order of the items."""
        with ThreadPoolExecutor(self.workers, thread_name_prefix="task") as pool:
            yield from pool.map(function, items)
