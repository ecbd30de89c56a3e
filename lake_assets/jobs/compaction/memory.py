"""What the dates that are compacted side by side may take of memory together."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class MemoryBudget:
    """So many bytes, shared by the threads of this process.

    Engines run as many tasks at once as there are cores; without a budget the peak would grow
    with them.
    """

    def __init__(self, size: int) -> None:
        self._size = self._free = size
        self._changed = threading.Condition()

    @contextmanager
    def share(self, needed: int) -> Iterator[None]:
        """Wait until ``needed`` bytes are free, and keep them for the ``with``.

        Who needs more than there is gets all of it, and is alone.
        """
        taken = min(needed, self._size)
        with self._changed:
            self._changed.wait_for(lambda: taken <= self._free)
            self._free -= taken
        try:
            yield
        finally:
            with self._changed:
                self._free += taken
                self._changed.notify_all()
