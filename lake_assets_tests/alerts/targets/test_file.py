"""Alerts as lines of a file."""

import json
from pathlib import Path

import pytest

from lake_assets.alerts.incident import Event
from lake_assets.alerts.targets.file import FileTarget
from lake_assets.alerts.targets.target import DeliveryFailed
from lake_assets_tests.alerts.notices import at, message, notice


@pytest.fixture
def target(tmp_path: Path) -> FileTarget:
    return FileTarget(tmp_path / "below" / "alerts.ndjson")


def lines(target: FileTarget) -> list[dict[str, object]]:
    return [json.loads(line) for line in target.path.read_text("utf-8").splitlines()]


def test_a_notice_is_a_line_with_all_that_is_known(target: FileTarget) -> None:
    target.send(
        message(
            notice(
                event=Event.RECOVERED,
                hours=2,
                partition="2026-03-01",
                detail="rows 1",
                link="https://x.org",
                count=3,
                right_since=at(2),
            )
        )
    )
    (line,) = lines(target)
    assert len(str(line.pop("id"))) == 16
    assert line == {
        "at": "2026-03-01T10:00:00+00:00",
        "event": "recovered",
        "lake": "retail",
        "dataset": "sales",
        "kind": "failed_check",
        "severity": "error",
        "subject": "fact_sales: conservation",
        "partition": "2026-03-01",
        "detail": "rows 1",
        "count": 3,
        "first_seen": "2026-03-01T08:00:00+00:00",
        "last_seen": "2026-03-01T10:00:00+00:00",
        "recovered": "2026-03-01T10:00:00+00:00",
        "link": "https://x.org",
        "runbook": "",
    }


def test_what_is_at_the_end_already_is_not_written_again(target: FileTarget) -> None:
    target.send(message(notice("a")))
    target.send(message(notice("a"), notice("b")))
    target.send(message(notice("b")))
    assert [line["subject"] for line in lines(target)] == ["a", "b"]


def test_a_line_that_was_cut_off_does_not_spoil_the_next(target: FileTarget) -> None:
    target.send(message(notice("a")))
    data = target.path.read_bytes()
    target.path.write_bytes(data + data[:30])
    target.send(message(notice("b")))
    first, cut, second = target.path.read_text("utf-8").splitlines()
    assert json.loads(first)["subject"] == "a"
    assert cut == data[:30].decode()
    assert json.loads(second)["subject"] == "b"


def test_a_file_of_something_else_is_appended_to(target: FileTarget) -> None:
    target.path.parent.mkdir()
    target.path.write_bytes(b"\xff\xfe\n[1]\n")
    target.send(message(notice("a")))
    assert target.path.read_bytes().startswith(b'\xff\xfe\n[1]\n{"id"')


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(DeliveryFailed, match=r"cannot write the file of alerts .*: Is a directory"):
        FileTarget(tmp_path).send(message())
