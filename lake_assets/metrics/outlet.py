"""Where lines of metrics go: standard output, a file, or CloudWatch's agent."""

import os
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

AGENT_SECONDS = 2.0
"""How long the agent may take to accept the lines."""


class MetricsLost(Exception):
    """Lines could not be written. The work that they count is done all the same."""


def write_lines(lines: Sequence[str], to: str) -> None:
    """Write lines, in one piece.

    Args:
        lines: without line ends.
        to: ``off``, ``stdout``, ``file:/path`` or ``tcp://host:port``; see ``LAKE_METRICS``.

    Raises:
        MetricsLost: the file or the agent does not take them.
    """
    data = "".join(f"{line}\n" for line in lines).encode()
    if to == "off" or not lines:
        return
    try:
        if to == "stdout":
            sys.stdout.write(data.decode())
            sys.stdout.flush()
        elif to.startswith("tcp://"):
            place = urlsplit(to)
            with socket.create_connection(
                (place.hostname or "", place.port or 0), timeout=AGENT_SECONDS
            ) as agent:
                agent.sendall(data)
        else:
            _append(Path(to.removeprefix("file://").removeprefix("file:")), data)
    except (OSError, ValueError) as error:
        raise MetricsLost(
            f"LAKE_METRICS={to}: {len(lines)} lines of metrics are lost: {error}"
        ) from error


def _append(path: Path, data: bytes) -> None:
    """One write at the end: lines of several processes do not mix."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        os.write(descriptor, data)
    finally:
        os.close(descriptor)
