"""Metrics of real ingests and compactions."""

import json
from pathlib import Path
from typing import Any

import pytest

from lake_assets_tests.components.conftest import World, sale

BAD = "T9,S1,2025-01-01 10:00:00,I1,none,2.50,2.50"


def test_an_ingest_and_a_compaction_each_send_a_line(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "metrics.ndjson"
    monkeypatch.setenv("LAKE_METRICS", f"file:{path}")
    world.drop("a.csv", sale("T1", "2025-01-01"), sale("T1", "2025-01-01"), BAD, "")
    world.drop("b.csv", sale("T2", "2025-01-01"))
    size = sum(info.size for info in world.store.list("raw/"))
    run = world.ingest()
    world.ingest()  # finds nothing, and sends nothing
    compaction = world.gold(["2025-01-01"])
    ingest, gold = (json.loads(line) for line in path.read_text("utf-8").splitlines())
    assert named(ingest) == {
        "Lake": "retail",
        "Dataset": "sales",
        "RunId": run.run_id,
        "Files": 2,
        "RefusedFiles": 0,
        "Bytes": size,
        "RowsRead": 5,
        "Good": 3,
        "Rejected": 1,
        "Duplicate": 0,
        "Skipped": 1,
        "FailedChecks": 1,  # reject_rate
    }
    assert 0 <= ingest["SecondsFromArrival"] < 3600
    assert named(gold) == {
        "Lake": "retail",
        "Dataset": "sales",
        "RunId": compaction.run_id,
        "Dates": 1,
        "ProcessedRows": 3,
        "GoldRows": 2,
        "Superseded": 1,
        "FailedChecks": 2,  # duplicate_rate, null_rates
    }


def test_metrics_that_are_lost_fail_nothing(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LAKE_METRICS", f"file:{tmp_path}")
    world.drop("a.csv", sale("T1", "2025-01-01"))
    assert world.ingest().success
    assert "lines of metrics are lost" in capfd.readouterr().err


def test_metrics_are_off_unless_they_are_asked_for(
    world: World, capfd: pytest.CaptureFixture[str]
) -> None:
    world.drop("a.csv", sale("T1", "2025-01-01"))
    world.ingest()
    assert "CloudWatchMetrics" not in capfd.readouterr().out


def named(document: dict[str, Any]) -> dict[str, Any]:
    """What a line says, without times."""
    return {
        name: value
        for name, value in document.items()
        if name not in {"_aws", "SecondsFromArrival"}
    }
