"""The benchmark of NDJSON against CSV."""

import json
from pathlib import Path

import pytest

from benchmarks import ndjson
from benchmarks.ndjson import main
from lake_assets.contracts.lake import Lake

TINY = ["--mb", "0.2", "--files", "2", "--days", "2", "--runs", "1"]


def test_both_formats_give_the_same_good_rows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = tmp_path / "page.md"
    assert main([*TINY, "--report", str(report)], tmp_path) == 0
    told = capsys.readouterr().out
    assert "A byte of NDJSON takes" in told
    (written,) = tmp_path.glob("ndjson-*")
    first = sorted(written.iterdir())[0].read_text("utf-8").splitlines()[0]
    row = json.loads(first)
    assert isinstance(row["quantity"], int)
    assert isinstance(row["unit_price"], float)
    assert isinstance(row["store_id"], str)
    lines = [line.split(" | ") for line in report.read_text("utf-8").splitlines()]
    csv, objects = (line for line in lines if line[0] in {"| CSV", "| NDJSON"})
    assert csv[-1] == objects[-1] != "0 |"


def test_a_ratio_that_is_missed_is_told_by_the_exit_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ndjson, "JUDGED_MB", 0)
    monkeypatch.setattr(ndjson, "MOST", 0.0)
    assert main(TINY, tmp_path) == 1


def test_rows_that_were_lost_are_told_by_the_exit_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def half(files: Path, into: Path, lake: Lake) -> None:
        write(files, into, lake)
        for path in into.iterdir():
            lines = path.read_bytes().splitlines(keepends=True)
            path.write_bytes(b"".join(lines[::2]))

    write = ndjson.write_objects
    monkeypatch.setattr(ndjson, "write_objects", half)
    report = tmp_path / "page.md"
    assert main([*TINY, "--report", str(report)], tmp_path) == 1
    assert not report.exists()
