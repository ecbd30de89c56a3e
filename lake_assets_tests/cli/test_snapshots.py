"""`lake snapshots expire`: what it lists, what it removes, and what it refuses to."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lake_assets.cli import opening
from lake_assets_tests.cli.conftest import Command
from lake_assets_tests.cli.test_ndjson import CONTRACT, FISH

SNAPSHOTS = CONTRACT.replace("gold: {", "gold: {snapshots: true, ")


@pytest.fixture
def pond(lake: Command, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A lake with three snapshots of one date, and nothing in it younger than forty days."""
    home = tmp_path / "defs/pond"
    home.mkdir(parents=True)
    (home / "defs.yaml").write_text(SNAPSHOTS)
    monkeypatch.setattr(opening, "DEFS", tmp_path / "defs")
    for weight in (1, 2, 3):
        path = tmp_path / f"{weight}.ndjson"
        path.write_text(f'{{"id":"A1","at":"2025-02-03","weight":{weight}}}\n')
        assert lake("run", FISH, path, "--uri", root).code == 0
    then = (datetime.now(UTC) - timedelta(days=40)).timestamp()
    for file in root.rglob("gold/**/*.*"):
        os.utime(file, (then, then))
    return root


def standing(pond: Path) -> list[str]:
    """The numbers of the snapshots that have files."""
    return sorted({path.parent.name[9:13] for path in pond.glob("gold/**/part-*.parquet")})


@pytest.mark.usefixtures("dated_by_mtime")
def test_old_snapshots_are_listed_and_removed(lake: Command, pond: Path) -> None:
    asked = ("snapshots", "expire", "--lake", "pond", "--uri", pond, "--older-than")
    kept = lake(*asked, "41d")
    assert kept.code == 0
    assert kept.out.startswith(
        "✓ nothing to remove: no snapshot that another replaced over 41 days"
    )
    trial = lake(*asked, "30d", "--dry-run")
    assert "Would be removed" in trial.out
    assert " 2025-02-03   0001-" in trial.out
    assert trial.out.rstrip().endswith(" bytes would be removed")
    assert standing(pond) == ["0001", "0002", "0003"]
    done = lake(*asked, "30d")
    assert "✓ 2 snapshots, " in done.out
    assert standing(pond) == ["0003"]
    assert lake("reconcile", "--lake", "pond", "--uri", pond).code == 0
    assert lake(*asked, "30d").out.startswith("✓ nothing to remove")


@pytest.mark.parametrize("text", ["30", "0d", "d", "-1d", "1w", "99999d"])
def test_what_is_no_number_of_days_is_told(lake: Command, root: Path, text: str) -> None:
    ran = lake("snapshots", "expire", f"--older-than={text}", "--uri", root)
    assert ran.code == 2
    assert "is no number of days; write 30d, at least 1d" in ran.err
