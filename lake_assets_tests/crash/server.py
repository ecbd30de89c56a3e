"""A process that has imported everything and forks a child for each point.

Nothing of Polars is used before the fork: its threads would not be there in the child.
Requests and answers are lines of JSON: see :class:`Request` and :class:`Answer`.
"""

import json
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import IO
from unittest import mock

import lake_assets.storage.s3 as s3
from lake_assets.engines.local import LocalEngine
from lake_assets.storage import open_store
from lake_assets.storage.s3_client import make_client
from lake_assets_tests.crash.killing import Writes, watch_directory, watch_s3
from lake_assets_tests.crash.scenarios import SCENARIOS, fixed_arrivals


@dataclass(frozen=True, slots=True)
class Request:
    """Do the work of a scenario on a lake, and die at a write (from 1; 0 is never).

    Attributes:
        workers: threads of the engine.
        at_once: requests to S3 that are under way at once.
        late: die once that write is done; S3 only.
    """

    scenario: str
    uri: str
    endpoint: str | None
    kill_at: int
    workers: int = 1
    at_once: int = 1
    late: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """How the child ended: its exit code, or the signal's number below zero; what it wrote."""

    status: int
    writes: list[str]

    @property
    def killed(self) -> bool:
        return self.status == -signal.SIGKILL


class Server:
    """The other end of the pipe."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def run(self, request: Request) -> Answer:
        """Have a child do it, to the end of the child."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(asdict(request)) + "\n")
        self._process.stdin.flush()
        return Answer(**json.loads(self._process.stdout.readline()))


@contextmanager
def serving() -> Iterator[Server]:
    """A server of our own, with the environment as it is now."""
    command = [sys.executable, "-m", __name__]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    )
    try:
        yield Server(process)
    finally:
        assert process.stdin
        process.stdin.close()
        process.wait(timeout=10)
        assert process.stdout
        process.stdout.close()


def _serve() -> None:
    shared = lru_cache(make_client)
    # Before the fork: no connection is made yet.
    mock.patch("lake_assets.storage.s3_bucket.make_client", shared).start()
    for line in sys.stdin:
        request = Request(**json.loads(line))
        if request.endpoint:
            shared(request.endpoint)
        print(json.dumps(asdict(_forked(request))), flush=True)  # noqa: T201


def _forked(request: Request) -> Answer:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _end(request, os.fdopen(writing, "w", encoding="utf-8"))
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8") as pipe:
        told = pipe.read()
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return Answer(status, json.loads(told) if told else [])


def _end(request: Request, pipe: IO[str]) -> None:
    status = 1
    try:
        writes = Writes(request.kill_at)
        s3.REQUESTS = request.at_once
        store = open_store(request.uri, endpoint=request.endpoint)
        if isinstance(store, s3.S3Store):
            watch_s3(writes, store, late=request.late)
        else:
            watch_directory(writes, Path(request.uri))
        with fixed_arrivals():
            SCENARIOS[request.scenario].work(store, LocalEngine(request.workers))
        json.dump(writes.seen, pipe)
        pipe.flush()
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)


if __name__ == "__main__":
    _serve()
