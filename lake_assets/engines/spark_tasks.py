"""The workers' half of the Spark engine: what runs inside ``mapInArrow``; it needs no pyspark.

pyarrow and Polars are imported in the functions, not at the top: Spark forks its workers from a
process that has imported this module, and Polars does not survive a fork.
"""

import pickle
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache, partial
from io import BytesIO
from itertools import chain
from typing import TYPE_CHECKING, Any
from zipimport import zipimporter

from lake_assets.jobs.reading.task import TaskFailed

if TYPE_CHECKING:
    import polars as pl
    import pyarrow as pa

    Partition = Iterator[pa.RecordBatch]
    InArrow = Callable[[Partition], Partition]


@lru_cache(maxsize=4)
def _unpickled(content: bytes) -> Any:
    """Once a worker, not once a task."""
    return pickle.loads(content)


def mapper(content: bytes) -> "InArrow":
    """Runs items: (number: long) in, (number: long, result: binary) out.

    Args:
        content: pickled, the function and all items; a partition has their numbers.
    """

    def run(batches: "Partition") -> "Partition":
        for number in _numbers(batches):
            yield _result(number, partial(_call, content, number))

    return _without_zips(run)


def _call(content: bytes, number: int) -> Any:
    function, work = _unpickled(content)
    return function(work[number])


def sender(content: bytes, homes: Mapping[int, int]) -> "InArrow":
    """Sends tables of items: (number: long) in, (home: long, number: long, content: binary) out.

    Args:
        content: pickled, the function that makes an item's tables, and all items.
        homes: group -> the number by which Spark's repartition places it.
    """

    def run(batches: "Partition") -> "Partition":
        import pyarrow as pa

        for number in _numbers(batches):
            send, work = _unpickled(content)
            for group, table in send(work[number]):
                buffer = BytesIO()
                table.write_ipc(buffer, compression="lz4")
                yield pa.RecordBatch.from_pydict(
                    {"home": [homes[group]], "number": [group], "content": [buffer.getvalue()]},
                    pa.schema(
                        [("home", pa.int64()), ("number", pa.int64()), ("content", pa.binary())]
                    ),
                )

    return _without_zips(run)


def receiver(content: bytes) -> "InArrow":
    """Takes a group's tables: what `sender` gives in, (number: long, result: binary) out.

    Args:
        content: pickled, the function that takes the group's number and its tables.
    """

    def run(batches: "Partition") -> "Partition":
        first = next(batches, None)
        while first is not None and not first.num_rows:
            first = next(batches, None)
        if first is not None:
            number = int(first.column(1)[0].as_py())
            tables = _tables(number, chain([first], batches))
            yield _result(number, lambda: _unpickled(content)(number, tables))

    return _without_zips(run)


def _tables(number: int, batches: "Iterable[pa.RecordBatch]") -> "Iterator[pl.DataFrame]":
    import polars as pl

    for batch in batches:
        if set(batch.column(1).to_pylist()) - {number}:
            raise TaskFailed("Spark has sent two groups to one task; its hash has changed.")
        yield from (pl.read_ipc(cell.as_py()) for cell in batch.column(2))


def _without_zips(run: "InArrow") -> "InArrow":
    """Before each task Spark makes a worker read all ZIPs on its path again: 0.1 s, to Python 3.11.

    Importers that are not cached are not asked to; an import that needs one makes it anew.
    """

    def run_and_forget(batches: "Partition") -> "Partition":
        yield from run(batches)
        for path, finder in list(sys.path_importer_cache.items()):
            if isinstance(finder, zipimporter):
                del sys.path_importer_cache[path]

    return run_and_forget


def _numbers(batches: "Partition") -> Iterator[int]:
    for batch in batches:
        yield from batch.column(0).to_pylist()


def _result(number: int, call: Callable[[], Any]) -> "pa.RecordBatch":
    """A row with what a task returned, or what it raised."""
    import pyarrow as pa

    try:
        outcome = pickle.dumps((False, call()))
    except Exception as error:
        outcome = _failure(error)
    schema = pa.schema([("number", pa.int64()), ("result", pa.binary())])
    return pa.RecordBatch.from_pydict({"number": [number], "result": [outcome]}, schema)


def _failure(error: Exception) -> bytes:
    trace = "".join(traceback.format_exception(error))
    try:
        error.add_note(f"In a task on Spark:\n{trace}")
        content = pickle.dumps((True, error))
        pickle.loads(content)  # some exceptions can be written, but not read
    except Exception:
        return pickle.dumps((True, TaskFailed(trace)))
    return content
