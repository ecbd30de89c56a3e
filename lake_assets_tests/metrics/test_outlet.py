"""Where lines of metrics go."""

import socket
import threading
from pathlib import Path

import pytest

from lake_assets.metrics.outlet import MetricsLost, write_lines

LINES = ['{"a": "ä"}', '{"b": 2}']
TEXT = '{"a": "ä"}\n{"b": 2}\n'


def test_off_writes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    write_lines(LINES, "off")
    write_lines([], "stdout")
    assert capsys.readouterr().out == ""


def test_standard_output_gets_whole_lines(capsys: pytest.CaptureFixture[str]) -> None:
    write_lines(LINES, "stdout")
    assert capsys.readouterr().out == TEXT


@pytest.mark.parametrize("form", ["file://{}", "file:{}"])
def test_a_file_is_appended_to(tmp_path: Path, form: str) -> None:
    path = tmp_path / "below" / "metrics.ndjson"
    for _ in range(2):
        write_lines(LINES, form.format(path))
    assert path.read_text("utf-8") == TEXT * 2


def test_the_agent_gets_the_lines() -> None:
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as agent:

        def listen() -> None:
            connection, _ = agent.accept()
            with connection, connection.makefile("rb") as lines:
                heard.extend(lines)

        thread = threading.Thread(target=listen)
        thread.start()
        write_lines(LINES, f"tcp://127.0.0.1:{agent.getsockname()[1]}")
        thread.join(10)
    assert b"".join(heard).decode() == TEXT


@pytest.mark.parametrize("to", ["tcp://127.0.0.1:1", "tcp://127.0.0.1:99999", "file:{}"])
def test_lines_that_are_lost_are_told_with_the_setting(tmp_path: Path, to: str) -> None:
    to = to.format(tmp_path)
    with pytest.raises(MetricsLost, match=r"2 lines of metrics are lost") as error:
        write_lines(LINES, to)
    assert str(error.value).startswith(f"LAKE_METRICS={to}: ")
