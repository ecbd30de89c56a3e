"""A disk that is full, or read-only: the run says so, and the next one completes what it began."""

import errno
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lake_assets.jobs.compaction.compact import CompactionError
from lake_assets.storage import StoreUnavailable
from lake_assets_tests.jobs.lakes import (
    assert_accounted,
    contents,
    keys,
    ledger,
    sales,
    stale_dates_of,
)
from lake_assets_tests.jobs.test_kill_points import LAKE, ZONES, filled, step

NEEDS_SPACE = frozenset({"open", "os.rename", "os.link", "os.mkdir", "fsync"})
WRITES = NEEDS_SPACE | {"os.remove", "os.utime", "os.rmdir"}
STRIDE = 6
"""Of the calls of a run, one in so many is where the disk begins to fail, for each ``begin``."""
SENTENCES = {errno.ENOSPC: "full", errno.EDQUOT: "full", errno.EROFS: "read-only"}


@dataclass
class Disk:
    """What the system calls below a directory are answered; counts those that change something.

    Attributes:
        root: of the lake.
        calls: the audit events of calls that can fail.
        number: of the error; from the ``first`` call on (from 0), all fail.
    """

    root: str
    calls: frozenset[str]
    number: int = 0
    first: int | None = None
    seen: int = 0

    def meets(self, call: str, arguments: tuple[Any, ...]) -> None:
        path = next((str(one) for one in arguments if isinstance(one, str | os.PathLike)), "")
        if call not in self.calls or not path.startswith(self.root):
            return
        if call == "open" and not arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            return
        self.seen += 1
        if self.first is not None and self.seen > self.first:
            raise OSError(self.number, os.strerror(self.number), path)


DISKS: list[Disk] = []
LOCK = threading.Lock()


def _watch(call: str, arguments: tuple[Any, ...]) -> None:
    # An audit hook stays for the life of the process: it looks at nothing while there is no disk.
    if DISKS and call in WRITES:
        with LOCK:
            DISKS[0].meets(call, arguments)


@pytest.fixture(scope="module", autouse=True)
def watched() -> None:
    """System calls of this process are seen from now on."""
    sys.addaudithook(_watch)


@contextmanager
def on(disk: Disk) -> Iterator[Disk]:
    """System calls meet this disk."""
    fsync = os.fsync

    def sync(number: int) -> None:
        disk.meets("fsync", (os.readlink(f"/proc/self/fd/{number}"),))
        fsync(number)

    with pytest.MonkeyPatch.context() as patch:
        if Path("/proc/self/fd").is_dir():
            patch.setattr("os.fsync", sync)
        DISKS.append(disk)
        try:
            yield disk
        finally:
            DISKS.clear()


@pytest.fixture
def undisturbed(tmp_path: Path) -> dict[str, bytes]:
    """What a run leaves on a disk with space."""
    store = filled(tmp_path / "undisturbed")
    step(store, LAKE)
    return contents(store, *ZONES)


@pytest.mark.parametrize("begin", range(2))
@pytest.mark.parametrize(
    ("number", "calls"),
    [(errno.ENOSPC, NEEDS_SPACE), (errno.EROFS, WRITES)],
    ids=["full", "read-only"],
)
def test_a_disk_that_fails_from_any_call_on_is_told_and_the_next_run_completes(
    tmp_path: Path, undisturbed: dict[str, bytes], number: int, calls: frozenset[str], begin: int
):
    with on(Disk(str(tmp_path / "count"), calls)) as counting:
        store = filled(tmp_path / "count")
        counting.seen = 0
        step(store, LAKE)
    points = counting.seen
    assert points > 60
    for first in range(begin, points, STRIDE):
        root = tmp_path / f"{first}"
        store = filled(root)
        with (
            on(Disk(str(root), calls, number, first)),
            pytest.raises((StoreUnavailable, CompactionError)) as told,
        ):
            step(store, LAKE)
        assert SENTENCES[number] in str(told.value), first
        assert store.uri in str(told.value), first
        if not ledger(store):
            assert keys(store, "processed/") == keys(store, "rejected/") == [], first
            assert len(keys(store, "validated/")) == 3
        assert_whole(contents(store, "processed/", "gold/"))
        step(store, LAKE)
        assert contents(store, *ZONES) == undisturbed, first
        assert sales(store, "gold/") == ["T1", "T2", "T3"]
        assert stale_dates_of(store) == []
        assert_accounted(store)


def assert_whole(files: dict[str, bytes]) -> None:
    """What is visible is a Parquet file to its end."""
    for key, data in files.items():
        assert data[:4] == data[-4:] == b"PAR1", key


def test_a_disk_that_is_really_full_or_read_only(tmp_path: Path):
    apart = ["unshare", "--user", "--map-root-user", "--mount"]
    try:
        trial = subprocess.run(
            [*apart, "mount", "-t", "tmpfs", "tmpfs", str(tmp_path)],
            capture_output=True,
            check=False,
        )
    except FileNotFoundError:
        pytest.skip("there is no unshare to mount a small disk with")
    if trial.returncode:
        pytest.skip("this user may not mount a small disk in a namespace of its own")
    done = subprocess.run(
        [*apart, sys.executable, "-m", "lake_assets_tests.jobs.on_a_small_disk", str(tmp_path)],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    *full, read_only = done.stdout.splitlines()
    assert len(full) > 5
    assert all("The disk or the quota is full at file://" in line for line in full)
    assert all("Free some space, then run again" in line for line in full)
    assert "is on a read-only file system. Mount it for writing" in read_only
