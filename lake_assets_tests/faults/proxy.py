"""An HTTP proxy in front of a store that breaks some of the requests, each in a way of its own."""

import os
import random
import socket
import struct
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

HOP = {"connection", "content-length", "keep-alive", "transfer-encoding"}
"""Headers of one connection, which are not passed on."""
PIECE = 3  # bytes at once of an answer that trickles


class Kind(StrEnum):
    """What happens to a request."""

    ERROR = "500"
    SLOW_DOWN = "503"
    RESET_BEFORE = "reset before it is done"
    RESET_AFTER = "reset after it is done"  # the answer is lost
    STALLED = "done, and never answered"  # until the client gives up
    TRUNCATED = "done, and half of the answer"
    TRICKLE = "done, and answered a few bytes at a time"


_ERRORS = {Kind.ERROR: (500, "InternalError"), Kind.SLOW_DOWN: (503, "SlowDown")}


class Proxy:
    """What a proxy is to do, and what it has seen.

    Args:
        upstream: the URL of the store.
        kinds: what may happen to a request that is broken.
        every: on average one request in so many is broken; 0 breaks none.
        seed: of the draws.
        most: break at most so many requests.
    """

    def __init__(
        self,
        upstream: str,
        kinds: Sequence[Kind] = tuple(Kind),
        every: int = 0,
        seed: int = 0,
        most: int | None = None,
    ) -> None:
        self.upstream = urlsplit(upstream).netloc
        self.kinds, self.every, self.most = kinds, every, most
        self.url = ""
        self.requests = 0
        self.seen: list[str] = []  # method and path of each request
        self.broken: Counter[Kind] = Counter()
        self.done = threading.Event()
        self._random = random.Random(seed)
        self._lock = threading.Lock()

    def draw(self) -> Kind | None:
        """What happens to the next request."""
        with self._lock:
            self.requests += 1
            spent = self.most is not None and self.broken.total() >= self.most
            if not self.every or spent or self._random.randrange(self.every):
                return None
            kind = self._random.choice(self.kinds)
            self.broken[kind] += 1
            return kind


@contextmanager
def proxied(proxy: Proxy) -> Iterator[Proxy]:
    """Serve on 127.0.0.1, at a port of its own, which is then in ``proxy.url``."""

    class Handler(_Handler):
        plan = proxy

    server = _Server(("127.0.0.1", 0), Handler)
    proxy.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.done.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is what is tested here."""


class _Handler(BaseHTTPRequestHandler):
    plan: Proxy
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.plan.seen.append(f"{self.command} {self.path}")
        kind = self.plan.draw()
        if kind and kind in _ERRORS:
            self._refuse(*_ERRORS[kind])
        elif kind is Kind.RESET_BEFORE:
            self._reset()
        else:
            self._pass_on(kind, body)

    do_PUT = do_POST = do_DELETE = do_HEAD = do_GET  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""

    def _pass_on(self, kind: Kind | None, body: bytes) -> None:
        upstream = HTTPConnection(self.plan.upstream)
        try:
            headers = {k: v for k, v in self.headers.items() if k.lower() not in {*HOP, "expect"}}
            upstream.request(self.command, self.path, body, headers)
            answer = upstream.getresponse()
            data = answer.read()
        finally:
            upstream.close()
        if kind is Kind.RESET_AFTER:
            return self._reset()
        if kind is Kind.STALLED:
            return self._stall()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in {*HOP, "server", "date"}:
                self.send_header(name, value)
        length = answer.getheader("Content-Length") if self.command == "HEAD" else None
        if answer.status != 204:
            self.send_header("Content-Length", length or str(len(data)))
        if kind is Kind.TRUNCATED:
            # Without a body there is only the head to cut.
            if not data:
                return self._reset()
            self.end_headers()
            self.wfile.write(data[: len(data) // 2])
            self.close_connection = True
            return None
        self.end_headers()
        size = PIECE if kind is Kind.TRICKLE else len(data) or 1
        for start in range(0, len(data), size):
            self.wfile.write(data[start : start + size])
        return None

    def _refuse(self, status: int, code: str) -> None:
        text = f"<Error><Code>{code}</Code><Message>as planned</Message></Error>".encode()
        body = b"" if self.command == "HEAD" else text
        self.send_response(status)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _stall(self) -> None:
        """Say nothing until the client has gone, or the proxy ends."""
        self.connection.settimeout(0.05)
        while not self.plan.done.is_set():
            try:
                if not self.connection.recv(1):
                    break
            except TimeoutError:
                continue
            except OSError:
                break
        self.close_connection = True

    def _reset(self) -> None:
        """Close with an RST, as when a connection breaks: no orderly end."""
        self.close_connection = True
        self.wfile.flush()
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        os.close(self.connection.detach())
