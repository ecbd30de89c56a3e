"""See each write of this process, and die by SIGKILL at one of them."""

import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any

from botocore.awsrequest import AWSPreparedRequest

from lake_assets.storage.s3 import S3Store

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
REQUESTS = {"PUT", "POST", "DELETE"}


class Writes:
    """The writes of this process, in order; at the n-th it is killed."""

    def __init__(self, kill_at: int) -> None:
        self.seen: list[str] = []
        self._kill_at = kill_at
        self._lock = threading.Lock()

    def next(self, name: str) -> bool:
        """Note a write that is about to be done; whether the process is to die of it."""
        with self._lock:
            self.seen.append(name)
            return len(self.seen) == self._kill_at


def die() -> None:
    """As by `kill -9`: nothing is closed, flushed or cleaned up."""
    os.kill(os.getpid(), signal.SIGKILL)


def watch_directory(writes: Writes, root: Path) -> None:
    """Die before the n-th system call that changes anything below ``root``.

    Calls that would change nothing are left out: a folder that is there is made, a lock that is
    there is opened. Where a file is synced, half of its bytes are lost first: whoever dies while
    a file is written leaves a part of it.
    """
    inside = f"{root}/"
    sync = os.fsync

    def changes(event: str, args: tuple[Any, ...]) -> str | None:
        path = os.fsdecode(args[0]) if isinstance(args[0], str | bytes | Path) else ""
        if not path.startswith(inside):
            return None
        match event:
            case "open":
                new = not os.path.lexists(path)
                done = args[2] & WRITING and (new or args[2] & os.O_TRUNC)
            case "os.mkdir":
                done = not os.path.lexists(path)
            case "os.remove":
                done = os.path.lexists(path)
            case "os.rename" | "os.link" | "os.utime" | "os.truncate" | "os.rmdir" | "os.symlink":
                done = True
            case _:
                done = False
        return f"{event} {path.removeprefix(inside)}" if done else None

    def hook(event: str, args: tuple[Any, ...]) -> None:
        if event == "open" or event.startswith("os."):
            name = changes(event, args)
            if name and writes.next(name):
                die()

    def torn(fd: int) -> None:
        if writes.next("write"):
            os.ftruncate(fd, os.fstat(fd).st_size // 2)
            die()
        sync(fd)

    os.fsync = torn  # type: ignore[assignment]
    sys.addaudithook(hook)


def watch_s3(writes: Writes, store: S3Store, *, late: bool) -> None:
    """Die before the n-th request that changes anything is sent, or once it is answered."""
    doomed = threading.Event()

    def sending(request: AWSPreparedRequest, **_: Any) -> None:
        if request.method in REQUESTS and writes.next(f"{request.method} {request.url}"):
            doomed.set()
            if not late:
                die()

    def answered(**_: Any) -> None:
        if doomed.is_set():
            die()

    store.client.meta.events.register("before-send.s3", sending)
    store.client.meta.events.register("response-received.s3", answered)
