"""A webhook on this machine that remembers what it gets, and answers as it is told to."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SECRET = "T0PS3CR3T"


@dataclass
class Receiver:
    """Attributes:
    url: with a secret in its path.
    answers: status and headers of the next answers; 200 when there are none left.
    bodies: what was posted, in order, whatever was answered.
    silent: set, no request is answered until it is cleared.
    """

    url: str = ""
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    silent: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)

    @property
    def text(self) -> str:
        """All that was posted."""
        return json.dumps(self.bodies, ensure_ascii=False)


@contextmanager
def receiver() -> Iterator[Receiver]:
    """A webhook, while the block runs."""
    heard = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            heard.bodies.append(json.loads(body))
            heard.paths.append(self.path)
            if heard.silent.is_set():
                heard.released.wait(30)
                return
            status, headers = heard.answers.pop(0) if heard.answers else (200, {})
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name there
            """Nothing on stderr."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    heard.url = f"http://127.0.0.1:{server.server_port}/services/{SECRET}"
    try:
        yield heard
    finally:
        heard.released.set()
        server.shutdown()
        server.server_close()
        thread.join(10)
