"""`lake trace`: where a gold row came from, and where the rows of a file went."""

import json
from pathlib import Path

import pytest

from lake_assets_tests.cli.conftest import GOOD, SALES, Command, write

LATE = "T1,S1,2025-02-03 10:00:00,I1,4,2.50,10.00"
BAD = "T2,S1,2025-02-04 10:00:00,I1,2,2.50,9.00"


@pytest.fixture
def filled(lake: Command, root: Path, tmp_path: Path) -> Path:
    """A lake in which a late file corrects a row of the first one."""
    assert lake("run", SALES, write(tmp_path / "sales.csv", GOOD, BAD), "--uri", root).code == 0
    assert lake("run", SALES, write(tmp_path / "late.csv", LATE), "--uri", root).code == 0
    return root


def test_a_row_is_shown_with_its_lines_in_the_files(lake: Command, filled: Path) -> None:
    ran = lake("trace", SALES, "--row", "transaction_id=T1", "--uri", filled)
    assert ran.code == 0
    assert ran.out.startswith("transaction_id=T1 on 2025-02-03\n")
    assert " revenue         10.00\n" in ran.out
    assert f" late.csv:2  ✓ in gold\n     {LATE}\n" in ran.out
    assert f" sales.csv:2  · superseded\n     {GOOD}\n" in ran.out
    for archived in (filled / "archive/validated").iterdir():
        assert f"     archive/validated/{archived.name}\n" in ran.out
        assert archived.name.rpartition("_")[2] in ran.out
    assert "✗" not in ran.out


def test_a_row_as_json_has_what_is_shown(lake: Command, filled: Path) -> None:
    command = ("trace", SALES, "--row", "transaction_id=T1", "--date", "2025-02-03", "--json")
    document = lake(*command, "--uri", filled).document
    assert document["key"] == {"transaction_id": "T1"}
    (row,) = document["rows"]
    assert row["gold"]["revenue"] == "10.00"
    assert row["gold"]["timestamp"] == "2025-02-03T10:00:00.000000Z"
    assert (row["date"], row["stale"], row["explained"]) == ("2025-02-03", False, True)
    assert [(o["state"], o["source_file"], o["line_number"], o["raw"]) for o in row["origins"]] == [
        ("gold", "late.csv", 2, LATE),
        ("superseded", "sales.csv", 2, GOOD),
    ]


def test_a_row_that_is_nowhere_ends_with_1_and_a_hint(lake: Command, filled: Path) -> None:
    ran = lake("trace", SALES, "--row", "transaction_id=T2", "--uri", filled)
    assert ran.code == 1
    assert "`lake rejects`" in ran.out
    ran = lake("trace", SALES, "--row", "transaction_id=T2", "--uri", filled, "--json")
    assert (ran.code, ran.document["rows"]) == (1, [])


def test_rows_of_a_date_that_is_not_compacted_are_told_to_wait(lake: Command, filled: Path) -> None:
    marker = filled / "audit/gold_compaction/stale/date=2025-02-03/run"
    marker.parent.mkdir(parents=True, exist_ok=True)
    marker.touch()
    ran = lake("trace", SALES, "--row", "transaction_id=T1", "--uri", filled)
    assert ran.code == 0
    assert "Gold of this date is older than its processed rows" in ran.out


def test_a_row_that_processed_does_not_explain_is_told(lake: Command, filled: Path) -> None:
    for path in (filled / "processed/date=2025-02-03").iterdir():
        path.unlink()
    ran = lake("trace", SALES, "--row", "transaction_id=T1", "--uri", filled)
    assert "✗ None of them is the row in gold: run `lake reconcile`." in ran.out


def test_an_archived_file_that_is_gone_is_told_beside_the_row(lake: Command, filled: Path) -> None:
    for path in (filled / "archive/validated").iterdir():
        path.unlink()
    ran = lake("trace", SALES, "--row", "transaction_id=T1", "--uri", filled)
    assert ran.code == 0
    assert ran.out.count("cannot be read") == 2


def test_a_file_is_shown_with_its_dates_and_rejects(lake: Command, filled: Path) -> None:
    ran = lake("trace", SALES, "--file", "sales.csv", "--uri", filled)
    assert ran.code == 0
    assert ran.out.startswith("sales.csv  ingested\n")
    assert ran.row("2025-02-03") == ["1", "0", "1", "0", "0"]
    assert " 2025-02-03: 1 row superseded by late.csv\n" in ran.out
    assert ran.row("BUSINESS_LOGIC_FAIL:revenue_balances") == ["1"]
    assert "2 rows read = 1 good + 1 rejected + 0 duplicate + 0 skipped" in ran.out
    assert max(len(line) for line in ran.out.splitlines() if "archive" not in line) <= 80


def test_a_file_as_json_has_what_is_shown(lake: Command, filled: Path) -> None:
    document = lake("trace", SALES, "--file", "sales.csv", "--uri", filled, "--json").document
    (version,) = document["versions"]
    assert version["dates"] == [
        {
            "date": "2025-02-03",
            "good": 1,
            "gold": 0,
            "superseded": {"late.csv": 1},
            "waiting": 0,
            "missing": 0,
        }
    ]
    assert version["rejects"] == {"BUSINESS_LOGIC_FAIL:revenue_balances": 1}
    assert document["waiting"] == []
    again = lake("trace", SALES, "--file", version["sha256"], "--uri", filled, "--json").document
    assert again["versions"] == [version]


def test_a_refused_file_is_shown_with_its_reason(
    lake: Command, filled: Path, tmp_path: Path
) -> None:
    (tmp_path / "empty.csv").touch()
    lake("run", SALES, tmp_path / "empty.csv", "--uri", filled)
    ran = lake("trace", SALES, "--file", "empty.csv", "--uri", filled)
    assert ran.code == 0
    assert "empty.csv  refused\n     rejected/system/empty.csv\n     empty_file: " in ran.out


def test_a_file_that_waits_is_shown_where(lake: Command, filled: Path) -> None:
    (filled / "raw").mkdir(exist_ok=True)
    write(filled / "raw/next.csv", GOOD)
    ran = lake("trace", SALES, "--file", "next.csv", "--uri", filled)
    assert (ran.code, ran.out) == (0, "! raw/next.csv waits to be ingested.\n")


def test_a_file_that_no_run_knows_ends_with_1(lake: Command, filled: Path) -> None:
    ran = lake("trace", SALES, "--file", "nope.csv", "--uri", filled)
    assert ran.code == 1
    assert "No run knows nope.csv" in ran.out


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("--row", "transaction_id=T1", "--file", "sales.csv"),
        ("--file", "sales.csv", "--date", "2025-02-03"),
        ("--row", "T1"),
        ("--row", "transaction_id=T1", "--row", "transaction_id=T2"),
        ("--row", "store_id=S1"),
    ],
)
def test_wrong_usage_is_told_in_a_sentence(
    lake: Command, filled: Path, options: tuple[str, ...]
) -> None:
    ran = lake("trace", SALES, *options, "--uri", filled)
    assert ran.code == 2
    assert ran.err.startswith("lake: ")
    assert "--row" in ran.err


def test_an_object_that_cannot_be_read_is_named_in_json_too(lake: Command, filled: Path) -> None:
    path = next((filled / "gold/fact_sales/date=2025-02-03").iterdir())
    path.write_bytes(b"no Parquet")
    ran = lake("trace", SALES, "--row", "transaction_id=T1", "--uri", filled, "--json")
    assert ran.code == 1
    assert path.name in json.loads(ran.out)["error"]
