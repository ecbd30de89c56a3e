import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.memory import Peak, descendants, peak_mb

pytestmark = pytest.mark.skipif(not Path("/proc").exists(), reason="there is no /proc here")

PARENT = """
import subprocess, sys
child = 'import os; b"1" * 200_000_000; print(os.getpid(), flush=True); input()'
subprocess.run([sys.executable, "-c", child])
"""


@pytest.fixture
def grandchild() -> Iterator[int]:
    """A child of a child, which had 200 MB and gave them back."""
    with subprocess.Popen(
        [sys.executable, "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout
        yield int(child.stdout.readline())
        child.communicate(b"\n")


def test_the_memory_of_all_descendants_counts_with_the_most_that_each_had(grandchild: int) -> None:
    peak = Peak()
    peak.look()
    own = peak.megabytes
    peak.look()

    assert grandchild in descendants(os.getpid())
    assert peak_mb(grandchild) > 200
    assert peak.megabytes > own + 200


def test_a_process_that_one_look_alone_finds_does_not_count(grandchild: int) -> None:
    # It may not yet run its own program, and then it looks as large as its parent.
    peak = Peak()
    peak.look()

    assert peak.megabytes == pytest.approx(peak_mb(), rel=0.1)


def test_a_process_that_has_ended_has_no_memory() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as child:
        pass

    assert peak_mb(child.pid) == 0
    assert child.pid not in descendants(os.getpid())
