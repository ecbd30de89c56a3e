"""To a file: each notice is a line of JSON, once."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lake_assets.alerts.incident import Notice
from lake_assets.alerts.message import Message
from lake_assets.alerts.targets.target import DeliveryFailed

LOOKED_AT = 256 * 1024
"""Bytes at the end of the file in which a notice is looked for that may be there already."""


@dataclass(frozen=True)
class FileTarget:
    """A file of JSON lines, to which is appended; it is made if it is not there."""

    path: Path

    def send(self, message: Message) -> None:
        """Append the notices that are not at the file's end already, in one write.

        Raises:
            DeliveryFailed: the file cannot be read or written.
        """
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            known, is_whole = self._end()
            lines = [line(message, one) for one in message.notices if one.id not in known]
            text = "".join(f"{json.dumps(each, ensure_ascii=False)}\n" for each in lines)
            if text:
                # What stands without a line end was cut off; it must not spoil the next line.
                with self.path.open("ab") as file:
                    file.write(("" if is_whole else "\n").encode() + text.encode())
                    file.flush()
                    os.fsync(file.fileno())
        except OSError as error:
            raise DeliveryFailed(
                f"cannot write the file of alerts {self.path}: {error.strerror or error}"
            ) from error

    def _end(self) -> tuple[set[str], bool]:
        """The ids in the last lines, and whether the last one is whole."""
        try:
            with self.path.open("rb") as file:
                size = file.seek(0, os.SEEK_END)
                file.seek(max(0, size - LOOKED_AT))
                end = file.read()
        except FileNotFoundError:
            return set(), True
        return {_id(each) for each in end.splitlines()}, not end or end.endswith(b"\n")


def line(message: Message, notice: Notice) -> dict[str, Any]:
    """A notice as it is written; times in ISO 8601 (UTC)."""
    incident, identity = notice.incident, notice.incident.identity
    return {
        "id": notice.id,
        "at": notice.made.isoformat(),
        "event": notice.event,
        "lake": message.lake,
        "dataset": identity.dataset,
        "kind": identity.kind,
        "severity": incident.severity,
        "subject": identity.subject,
        "partition": identity.partition,
        "detail": incident.detail,
        "count": incident.count,
        "first_seen": incident.first_seen.isoformat(),
        "last_seen": incident.last_seen.isoformat(),
        "recovered": incident.right_since.isoformat() if incident.right_since else None,
        "link": incident.link,
        "runbook": message.runbook.get((identity.kind, identity.dataset), ""),
    }


def _id(text: bytes) -> str:
    try:
        found = json.loads(text)
    except ValueError:
        return ""
    return str(found.get("id", "")) if isinstance(found, dict) else ""
