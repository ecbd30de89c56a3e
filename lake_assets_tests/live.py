"""A real Dagster over a lake: its daemon, its code server, its runs in their processes."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeVar

import dagster as dg

from lake_assets.storage import Store, open_store

ROOT = Path(__file__).parent.parent
Found = TypeVar("Found")


@dataclass
class Live:
    """A daemon that can be killed and started again.

    Attributes:
        home: DAGSTER_HOME, with the dagster.yaml of the project.
        lakes: LAKE_URI: a directory or a bucket; each lake stands below it.
        endpoint: of S3, if the lakes are in a bucket.
        url: of the pages, if they were started.
    """

    home: Path
    lakes: str
    endpoint: str | None = None
    process: subprocess.Popen[bytes] | None = None
    url: str = ""

    @cached_property
    def store(self) -> Store:
        """Of the retail lake."""
        return open_store(f"{self.lakes}/retail", endpoint=self.endpoint)

    def start(self, *, pages: bool = False) -> None:
        """Start the daemon, which starts the code server, in a process group of their own.

        Args:
            pages: start ``dagster dev``, whose pages are at ``url``.
        """
        command = ["dagster._daemon", "run"]
        if pages:
            port = free_port()
            command = ["dagster", "dev", "-h", "127.0.0.1", "-p", str(port)]
            self.url = f"http://127.0.0.1:{port}"
        with (self.home / "daemon.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *command, "-m", "lake_assets.definitions"],
                cwd=ROOT,
                env={
                    **os.environ,
                    "DAGSTER_HOME": str(self.home),
                    "LAKE_URI": self.lakes,
                    **({"LAKE_S3_ENDPOINT": self.endpoint} if self.endpoint else {}),
                },
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """End the daemon and all that it started; with SIGKILL at whatever they are doing."""
        if self.process is None:
            return
        os.killpg(self.process.pid, how)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.process = None

    @cached_property
    def instance(self) -> dg.DagsterInstance:
        """What Dagster remembers. It is asked many times, and to open it takes longer than that."""
        return dg.DagsterInstance.from_config(str(self.home))

    def runs(self, *statuses: dg.DagsterRunStatus) -> list[dg.DagsterRun]:
        """Runs in these states, the oldest first; all, if none is named."""
        found = self.instance.get_runs(dg.RunsFilter(statuses=list(statuses) or None))
        return list(reversed(found))

    def drop(self, name: str, content: bytes) -> None:
        """Put a file into raw/."""
        self.store.put(f"raw/{name}", content)

    def at_rest(self) -> bool:
        """Whether every run has ended."""
        return all(run.is_finished for run in self.runs())

    def log(self) -> str:
        """The last words of the daemon, for the message of a test that fails."""
        return (self.home / "daemon.log").read_text(errors="replace")[-4_000:]


@contextmanager
def live(root: Path, lakes: str | None = None, endpoint: str | None = None) -> Iterator[Live]:
    """A Dagster in a directory, stopped in the end, whatever happens.

    Args:
        root: of all its files.
        lakes: where the lakes are; below ``root``, if nothing is said.
        endpoint: of S3.
    """
    home = root / "home"
    home.mkdir()
    if lakes is None:
        lakes = str(root / "lakes")
        (root / "lakes" / "retail").mkdir(parents=True)
    shutil.copy(ROOT / "dagster.yaml", home)
    found = Live(home, lakes, endpoint)
    try:
        yield found
    finally:
        found.stop()
        if "instance" in vars(found):
            found.instance.dispose()


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(look: Callable[[], Found | None], seconds: float, pause: float = 0.25) -> Found:
    """What ``look`` finds, as soon as it finds something true.

    Raises:
        TimeoutError: it does not, for so long.
    """
    quiet = threading.Event()
    for _ in range(int(seconds / pause)):
        if found := look():
            return found
        quiet.wait(pause)
    raise TimeoutError(f"{look.__name__} found nothing within {seconds:.0f} s")
