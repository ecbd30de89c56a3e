from pathlib import Path
from typing import Any

import pytest

from benchmarks import telco
from benchmarks.measure import in_fresh_process
from benchmarks.telco import main

TINY = ["--events", "300", "--days", "3", "--runs", "1"]


def test_a_run_counts_what_the_samples_hold_and_the_page_says_so(tmp_path: Path) -> None:
    report = tmp_path / "page.md"

    assert main([*TINY, "--report", str(report)], tmp_path) == 0

    text = report.read_text("utf-8")
    cells = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("| ")]
    rows = {what.strip(): value.strip() for what, value in cells}
    assert "300 events in\n3 daily files" in text
    assert rows["files"] == "8"  # two of plans, three of customers, three of events
    assert int(rows["rows"].replace(",", "")) > 10_300
    assert float(rows["seconds from raw to staging, median"]) > 0
    assert not (tmp_path / "out-telco").exists()


def test_the_benchmark_fails_and_writes_nothing_when_a_run_counts_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:

    def off_by_one(build: Path, task: str, *arguments: object) -> dict[str, Any]:
        done = in_fresh_process(build, task, *arguments)
        if task == "telco":
            done["tables"]["activity"] += 1
        return done

    monkeypatch.setattr(telco, "in_fresh_process", off_by_one)
    report = tmp_path / "page.md"

    assert main([*TINY, "--report", str(report)], tmp_path) == 1

    assert not report.exists()
    said = " ".join(capsys.readouterr().out.split())
    assert "Run 1 counted" in said
    assert "'activity': 301" in said


@pytest.mark.parametrize(("seconds", "code"), [(10.0, 0), (10.1, 1)])
def test_the_benchmark_fails_when_the_documented_size_takes_too_long(
    seconds: float,
    code: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    wanted = {"datasets": {"plans": {"good": 20, "rejected": 2}}, "tables": {"plans": 20}}

    def pretend(build: Path, task: str, *arguments: object) -> dict[str, Any]:
        (build / "out-telco").mkdir(exist_ok=True)
        if task == "telco_samples":
            return {"files": 1, "bytes": 1}
        return {"work_seconds": seconds, "peak_mb": 1.0, **wanted}

    monkeypatch.setattr(telco, "in_fresh_process", pretend)
    monkeypatch.setattr(telco, "expected", lambda _: wanted)

    assert main([], tmp_path) == code
    assert ("over 10 seconds" in capsys.readouterr().out) is bool(code)
    assert main(["--events", "99999"], tmp_path) == 0
