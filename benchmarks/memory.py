"""The memory of a process and of all that it starts: Java, and Python workers of Java's."""

import os
import resource
import sys
import threading
from collections import defaultdict
from pathlib import Path
from types import TracebackType
from typing import Final, Self

_SECONDS: Final = 0.5
"""Between two looks."""


class Peak:
    """While it is entered, looks at this process and its descendants every half second.

    Each counts with the most that it has had resident so far, so that nothing between two looks
    is missed; the sum may be a little more than all had at one time. Memory that a worker shares
    with the process it was forked from counts in both.
    """

    def __init__(self) -> None:
        self.megabytes = 0.0
        """The largest sum of any look, in 10**6 bytes."""
        self._before: set[int] = set()
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="memory", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end.set()
        self._thread.join()
        self.look()

    def _watch(self) -> None:
        while not self._end.wait(_SECONDS):
            self.look()

    def look(self) -> None:
        """Sum up once; a process counts from the second look on that finds it."""
        found = set(descendants(os.getpid()))
        # Until it starts its own program, a new process is its parent once more, as large as Java.
        settled = found & self._before
        self._before = found
        total = peak_mb() + sum(peak_mb(process) for process in settled)
        self.megabytes = max(self.megabytes, total)


def descendants(process: int) -> list[int]:
    """The processes that this one has started, and those that these have; none without /proc."""
    children: dict[int, list[int]] = defaultdict(list)
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            # pid (name) state parent ...; the name may have blanks and brackets
            parent = int(status.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue  # it has ended
        children[parent].append(int(status.parent.name))
    found: list[int] = []
    waiting = [process]
    while waiting:
        new = children[waiting.pop()]
        found += new
        waiting += new
    return found


def peak_mb(process: int | str = "self") -> float:
    """The most memory that a process had resident so far, in 10**6 bytes; 0 if it has ended."""
    try:
        # getrusage also counts what the parent had before the exec: VmHWM is our own.
        status = Path(f"/proc/{process}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024 / 1e6
    except (OSError, StopIteration):
        if process != "self":
            return 0.0
        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6
