"""`lake status`: what is in which zone, the last runs, and anything stuck."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lake_assets_tests.cli.conftest import GOOD, SALES, Command, write


@pytest.fixture
def filled(lake: Command, root: Path, tmp_path: Path) -> Path:
    """A lake into which one file was ingested."""
    bad = "T2,S1,2025-02-04 10:00:00,I1,2,2.50,9.00"
    assert lake("run", SALES, write(tmp_path / "sales.csv", GOOD, bad), "--uri", root).code == 0
    return root


def age(path: Path, **ago: float) -> datetime:
    """Make a file that old, and say when it was then written."""
    then = (datetime.now(UTC) - timedelta(**ago)).replace(microsecond=0)
    os.utime(path, (then.timestamp(), then.timestamp()))
    return then


def test_an_empty_lake_has_empty_zones(lake: Command, root: Path) -> None:
    ran = lake("status", "--uri", root)
    assert ran.code == 0
    assert ran.out.startswith(f"retail at {root.as_uri()}\n")
    assert ran.row("raw/") == ["0", "0"]
    assert ran.row("gold/") == ["0", "0"]
    assert "✓ nothing is stuck" in ran.out


def test_zones_runs_and_the_last_compaction_are_told(lake: Command, filled: Path) -> None:
    ran = lake("status", "--uri", filled)
    archived = next((filled / "archive/validated").iterdir())
    assert ran.row("archive/validated/")[:2] == ["1", str(archived.stat().st_size)]
    assert ran.row("processed/")[0] == "1"
    run_id = next((filled / "audit/ingest").rglob("*.json")).stem
    assert ran.row(run_id)[1:] == ["1", "2", "1", "1"]
    assert "1 of 1 dates written" in ran.out
    assert "✓ nothing is stuck" in ran.out
    assert max(len(line.rstrip()) for line in ran.out.splitlines()[1:]) <= 80


@pytest.mark.usefixtures("dated_by_mtime")
def test_files_that_wait_too_long_are_stuck_and_the_oldest_is_dated(
    lake: Command, filled: Path
) -> None:
    (filled / "raw").mkdir(exist_ok=True)
    for name, hours in (("a.csv", 1), ("b.csv", 30)):
        oldest = age(write(filled / "raw" / name, GOOD), hours=hours)
    write(filled / "raw" / "fresh.csv", GOOD)
    out = " ".join(lake("status", "--uri", filled).out.split())
    assert "2 files wait in raw/" in out
    assert f"{oldest:%Y-%m-%d}" in out
    assert "✓" not in out


@pytest.mark.usefixtures("dated_by_mtime")
def test_files_left_in_validated_are_stuck(lake: Command, filled: Path) -> None:
    (filled / "validated").mkdir(exist_ok=True)
    age(write(filled / "validated" / "left.csv", GOOD), hours=1)
    out = " ".join(lake("status", "--uri", filled).out.split())
    assert (
        "1 files are left in validated/ by a run that was interrupted lake run retail/sales" in out
    )


def test_dates_whose_gold_is_older_than_processed_are_stuck(lake: Command, filled: Path) -> None:
    for day in ("2025-02-07", "2025-02-03"):
        marker = filled / f"audit/gold_compaction/stale/date={day}/run"
        marker.parent.mkdir(parents=True, exist_ok=True)
        marker.touch()
    out = " ".join(lake("status", "--uri", filled).out.split())
    assert "gold is older than processed for 2 dates, first 2025-02-03 lake run retail/sales" in out


def test_staged_writes_of_days_ago_are_told(lake: Command, filled: Path) -> None:
    staged = filled / ".staging" / "0123456789abcdef"
    staged.write_text("left")
    age(staged, days=3)
    assert "1 staged writes are over a day old" in lake("status", "--uri", filled).out


def test_only_the_last_runs_are_shown(lake: Command, root: Path, tmp_path: Path) -> None:
    for number in range(6):
        file = write(tmp_path / f"sales{number}.csv", GOOD.replace("T1", f"T{number}"))
        lake("run", SALES, file, "--uri", root)
    runs = [path.stem for path in (root / "audit/ingest").rglob("*.json")]
    out = lake("status", "--uri", root).out
    assert sum(run in out for run in runs) == 5


def test_a_directory_with_brackets_in_its_name_is_named_as_it_is(
    lake: Command, tmp_path: Path
) -> None:
    (tmp_path / "[red]x").mkdir()
    ran = lake("status", "--uri", "[red]x")
    assert ran.code == 0
    assert ran.out.startswith("retail at file://")


@pytest.mark.usefixtures("dated_by_mtime")
def test_files_of_no_dataset_are_told_and_those_that_wait_too_long_are_stuck(
    lake: Command, root: Path
) -> None:
    ran = lake("status", "--lake", "telco", "--uri", root)
    assert ran.row("rejected/_unknown/") == ["0", "0"]
    assert "Needs a look" not in ran.out
    for folder, hours in (("plan", 1), ("plans", 0), ("", 0)):
        (root / "raw" / folder).mkdir(parents=True, exist_ok=True)
        age(write(root / "raw" / folder / "a.csv"), hours=hours)
    ran = lake("status", "--lake", "telco", "--uri", root)
    assert ran.row("raw/")[0] == "2"
    assert ran.row("raw/plans/")[0] == "1"
    told = " ".join(ran.out.split())
    assert "1 file waits where no dataset takes any, such as raw/plan/a.csv" in told
    assert "any `lake run telco/DATASET` takes them away" in told
    lake("run", "telco/plans", "--uri", root)
    ran = lake("status", "--lake", "telco", "--uri", root)
    assert (ran.row("raw/")[0], ran.row("rejected/_unknown/")[0]) == ("0", "4")
    assert "Needs a look" not in ran.out


def test_tables_that_share_a_zone_are_counted_apart(lake: Command, tmp_path: Path) -> None:
    telco = tmp_path / "telco"
    for name, content in {
        "plans/plans.csv": "plan_id,plan_name,monthly_price\nP1,Small,9.90\n",
        "invoices/invoices.csv": "invoice_id,amount\n1,2\n",
    }.items():
        path = telco / "raw" / name
        path.parent.mkdir(parents=True)
        path.write_text(content)
        age(path, minutes=1)
    lake("run", "telco/plans", "--uri", telco)
    assert len(list((telco / "rejected/_unknown").rglob("invoices.csv*"))) == 2
    ran = lake("status", "--lake", "telco", "--uri", telco)
    assert ran.code == 0
    assert ran.row("staging/plans/")[0] == "2"  # the rows and their manifest
    assert ran.row("staging/customers/")[:2] == ["0", "0"]
    assert ran.row("rejected/_unknown/")[0] == "2"  # the file and its reason
