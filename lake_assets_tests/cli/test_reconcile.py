"""`lake reconcile`: whether a lake holds what its ledger says, with an exit code."""

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from lake_assets.cli.reconcile import report_document, show_report
from lake_assets.jobs.reconciling.faults import DatasetReport, Report, Totals
from lake_assets_tests.cli.conftest import GOOD, SALES, Command, write

LATE = "T1,S1,2025-02-03 10:00:00,I1,4,2.50,10.00"
BAD = "T2,S1,2025-02-04 10:00:00,I1,2,2.50,9.00"


@pytest.fixture
def filled(lake: Command, root: Path, tmp_path: Path) -> Path:
    """A lake in which a late file corrects a row of the first one, and a file was refused."""
    assert lake("run", SALES, write(tmp_path / "sales.csv", GOOD, BAD), "--uri", root).code == 0
    (tmp_path / "empty.csv").touch()
    late = write(tmp_path / "late.csv", LATE)
    assert lake("run", SALES, late, tmp_path / "empty.csv", "--uri", root).code == 1
    return root


@pytest.mark.parametrize("options", [(), ("--quick",)])
def test_an_untouched_lake_is_proved_with_its_figures(
    lake: Command, filled: Path, options: tuple[str, ...]
) -> None:
    ran = lake("reconcile", "--uri", filled, *options)
    assert ran.code == 0
    accounting, gold = (line.split() for line in ran.out.splitlines() if line.startswith(" sales "))
    assert accounting[1:] == ["2", "3", "2", "1", "0", "0"]
    assert gold[1:] == ["2", "1", "1"]
    assert "sales: 1 file refused as a whole" in ran.out
    assert "✓ 6 objects in their places" in ran.out
    assert "✗" not in ran.out
    tables = ran.out.splitlines()[:8]
    assert max(len(line.rstrip()) for line in tables) <= 80


def test_a_fault_is_told_in_a_sentence_and_ends_with_1(lake: Command, filled: Path) -> None:
    path = next((filled / "processed/date=2025-02-03").iterdir())
    data = bytearray(path.read_bytes())
    data[40] ^= 1
    path.write_bytes(data)
    ran = lake("reconcile", "--uri", filled)
    assert ran.code == 1
    assert f" processed/date=2025-02-03/{path.name}  changed\n     its SHA-256 is " in ran.out
    assert "; run `lake rebuild` for 2025-02-03.\n" in ran.out
    assert "✗ 1 fault found." in ran.out
    assert "✓" not in ran.out
    assert lake("reconcile", "--uri", filled, "--quick").code == 0


def test_json_has_figures_and_faults(lake: Command, filled: Path) -> None:
    whole = lake("reconcile", "--uri", filled, "--json")
    assert whole.code == 0
    assert (whole.document["balanced"], whole.document["faults"]) == (True, [])
    (dataset,) = whole.document["datasets"]
    assert dataset == {
        "dataset": "sales",
        "files": 2,
        "refused": 1,
        "objects": 6,
        "rows": 3,
        "good": 2,
        "rejected": 1,
        "duplicate": 0,
        "skipped": 0,
        "gold": 1,
        "superseded": 1,
        "waiting": [],
        "stale": [],
    }
    (filled / "archive/validated/stray.csv").write_text("x")
    ran = lake("reconcile", "--uri", filled, "--json", "--quick")
    assert ran.code == 1
    assert not ran.document["balanced"]
    assert ran.document["quick"]
    (fault,) = ran.document["faults"]
    assert (fault["kind"], fault["key"]) == ("extra", "archive/validated/stray.csv")


def test_what_waits_and_what_is_stale_is_told_and_no_fault(lake: Command, filled: Path) -> None:
    (filled / "raw").mkdir(exist_ok=True)
    write(filled / "raw/next.csv", GOOD)
    marker = filled / "audit/gold_compaction/stale/date=2025-02-03/run"
    marker.parent.mkdir(parents=True, exist_ok=True)
    marker.touch()
    ran = lake("reconcile", "--uri", filled)
    assert ran.code == 0
    assert "! sales: 1 file waiting to be ingested, first raw/next.csv." in ran.out
    assert "! sales: gold is older than its processed rows on 1 date, first 2025-02-03" in ran.out


def test_many_faults_are_counted_and_not_all_shown(lake: Command, filled: Path) -> None:
    for number in range(120):
        (filled / f"archive/validated/stray{number}.csv").write_text("x")
    ran = lake("reconcile", "--uri", filled)
    assert ran.out.count("  extra\n") == 100
    assert "… and 20 more; `--json` has all." in ran.out
    assert "✗ 120 faults found." in ran.out
    assert len(lake("reconcile", "--uri", filled, "--json").document["faults"]) == 120


def test_control_characters_in_a_key_do_not_reach_the_terminal(lake: Command, filled: Path) -> None:
    (filled / "archive/validated/\x1b[2Jstray.csv").write_text("x")
    ran = lake("reconcile", "--uri", filled)
    assert "\x1b" not in ran.out
    assert r"\x1b[2Jstray.csv" in ran.out


def test_a_lake_that_is_not_there_is_told(lake: Command, tmp_path: Path) -> None:
    ran = lake("reconcile", "--uri", tmp_path / "nowhere", "--json")
    assert ran.code == 1
    assert "nowhere" in json.loads(ran.out)["error"]


def test_carried_rows_are_told_where_tables_carry() -> None:
    plain = DatasetReport("sales", Totals(good=3, gold=2, superseded=1))
    carries = DatasetReport("members", Totals(good=2, gold=4, superseded=1, carried=3))
    told: dict[bool, str] = {}
    for with_carried in (False, True):
        datasets = (plain, carries) if with_carried else (plain,)
        printed = io.StringIO()
        report = Report("lake", False, datasets)
        show_report(Console(file=printed, width=100), report)
        told[with_carried] = printed.getvalue()
        documents = report_document("file:///lake", report)["datasets"]
        assert [one.get("carried") for one in documents] == [None, 3][: len(datasets)]
    assert "carried" not in told[False]
    row = next(line for line in told[True].splitlines() if "members" in line and "4" in line)
    assert row.split()[-4:] == ["2", "3", "1", "4"]
