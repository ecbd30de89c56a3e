"""Room on the local disk for a date that is too large for memory."""

import tempfile
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

BATCH_ROWS = 1 << 14
"""Rows that are read from a file in it at once, at least: more of them cost memory."""


class Spill:
    """A temporary directory, made when it is first asked for and gone after the ``with``.

    It is where ``TMPDIR`` says. A date needs about ten times there what it has in Parquet.
    """

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._folder: Path | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()
        self._folder = None

    def path(self, name: str) -> Path:
        """Where a file of this name goes.

        Raises:
            OSError: no directory for temporary files can be written.
        """
        if self._folder is None:
            made = tempfile.TemporaryDirectory(prefix="lake-compaction-")
            self._folder = Path(self._stack.enter_context(made))
        return self._folder / name
