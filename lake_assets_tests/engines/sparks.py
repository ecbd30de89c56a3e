"""What tasks do in the tests of the Spark engine: Spark's workers import them from here."""

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from zipimport import zipimporter

import polars as pl

from lake_assets.storage.errors import ObjectNotFound

LONG = 600
"""Seconds: a task that waits so long has to be ended from outside."""


class CannotBeRead(Exception):
    """An exception that pickles, but does not come back."""

    def __init__(self, one: str, two: str) -> None:
        super().__init__(one + two)


def twice(number: int) -> int:
    return 2 * number


def process(number: int) -> int:
    return os.getpid()


def zips_on_the_path(number: int) -> int:
    """How many importers of ZIP files this process would have to ask."""
    return sum(isinstance(each, zipimporter) for each in sys.path_importer_cache.values())


def fail_at_two(number: int) -> int:
    if number == 2:
        raise ObjectNotFound("There is no object at file:///nowhere.")
    return number


def fail_unreadably(number: int) -> int:
    raise CannotBeRead("one", "two")


def die_once(folder: Path, number: int) -> int:
    """At 3, the worker's process is killed within the task, the first time."""
    if number == 3 and _first(folder):
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def lose_executor_once(folder: Path, number: int) -> int:
    """At 3, the JVM of the executor is killed within the task, the first time."""
    if number == 3 and _first(folder):
        daemon = os.getppid()
        executor = int(Path(f"/proc/{daemon}/stat").read_text().rpartition(")")[2].split()[1])
        os.kill(executor, signal.SIGKILL)
        threading.Event().wait(LONG)
    return number


def _first(folder: Path) -> bool:
    try:
        (folder / "done").touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


def wait_for_ever(folder: Path, number: int) -> int:
    (folder / f"began-{number}").touch()
    time.sleep(LONG)
    return number


def deal(number: int) -> Iterator[tuple[int, pl.DataFrame]]:
    """Rows number*100 .. number*100+99, each to the group of its last digit; none to group 7."""
    rows = pl.DataFrame({"n": range(number * 100, number * 100 + 100)})
    for group in range(10):
        if group != 7:
            yield group, rows.filter(pl.col("n") % 10 == group)


def deal_but_two(number: int) -> Iterator[tuple[int, pl.DataFrame]]:
    if number == 2:
        raise ObjectNotFound("There is no item 2.")
    yield from deal(number)


def note(folder: Path, number: int, tables: Iterator[pl.DataFrame]) -> int:
    (folder / str(number)).touch()
    return sum(table.height for table in tables)


def die_once_at_three(folder: Path, number: int, tables: Iterator[pl.DataFrame]) -> int:
    rows = sum(table.height for table in tables)
    if number == 3 and _first(folder):
        os.kill(os.getpid(), signal.SIGKILL)
    return rows


def gather(number: int, tables: Iterator[pl.DataFrame]) -> tuple[int, int, int, int]:
    """The group, its rows, their sum, and the process that saw them."""
    rows = pl.concat(tables)
    assert (rows["n"] % 10 == number).all()
    return number, rows.height, int(rows["n"].sum()), os.getpid()
