"""`lake rejects`: every rejected row with its raw text, picked by reason and arrival."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lake_assets_tests.cli.conftest import GOOD, SALES, Command, write

UNBALANCED = "T2,S1,2025-02-04 10:00:00,I1,2,2.50,9.00"
NO_NUMBER = "T3,S1,2025-02-04 10:00:00,I1,many,2.50,5.00"
NO_STORE = "T4,,2025-02-04 10:00:00,I1,2,2.50,5.00"


@pytest.fixture
def ingest(lake: Command, root: Path, tmp_path: Path):
    """Take rows to the lake, in a file of that name."""

    def take(name: str, *rows: str) -> None:
        assert lake("run", SALES, write(tmp_path / name, *rows), "--uri", root).code == 0

    return take


def test_reasons_are_counted_and_rows_shown_with_their_raw_text(
    lake: Command, root: Path, ingest
) -> None:
    ingest("sales.csv", GOOD, UNBALANCED, NO_NUMBER, NO_STORE)
    ran = lake("rejects", "--uri", root)
    assert ran.code == 0
    assert ran.row("INVALID_NUMBER:quantity") == ["1"]
    assert ran.row("all") == ["3"]
    assert f" sales.csv:3  BUSINESS_LOGIC_FAIL:revenue_balances\n     {UNBALANCED}\n" in ran.out
    assert f" sales.csv:5  MISSING_REQUIRED_COLUMN:store_id\n     {NO_STORE}\n" in ran.out
    assert GOOD not in ran.out


def test_a_row_is_found_by_any_of_its_reasons(lake: Command, root: Path, ingest) -> None:
    ingest("sales.csv", UNBALANCED, NO_NUMBER, NO_STORE)
    ran = lake("rejects", "--uri", root, "--reason", "BUSINESS_LOGIC_FAIL:revenue_balances")
    assert ran.row("all") == ["2"]
    assert ran.row("INVALID_NUMBER:quantity") == ["1"]  # its first reason
    assert NO_STORE not in ran.out


def test_the_beginning_of_a_reason_is_enough(lake: Command, root: Path, ingest) -> None:
    ingest("sales.csv", UNBALANCED, NO_STORE)
    assert lake("rejects", "--uri", root, "--reason", "MISSING").row("all") == ["1"]


def test_limit_bounds_the_rows_shown_not_those_counted(lake: Command, root: Path, ingest) -> None:
    ingest("sales.csv", *[UNBALANCED] * 5)
    ran = lake("rejects", "--uri", root, "--limit", 2)
    assert ran.row("all") == ["5"]
    assert ran.out.count(UNBALANCED) == 2
    assert "The first 2, with their raw text" in ran.out


@pytest.mark.usefixtures("dated_by_mtime")
def test_since_is_the_day_of_arrival(lake: Command, root: Path, tmp_path: Path, ingest) -> None:
    old = datetime.now(UTC) - timedelta(days=10)
    file = write(tmp_path / "old.csv", UNBALANCED)
    (root / "raw").mkdir(exist_ok=True)
    os.utime(file.rename(root / "raw" / "old.csv"), (old.timestamp(), old.timestamp()))
    lake("run", SALES, "--uri", root)
    ingest("new.csv", NO_STORE)
    assert lake("rejects", "--uri", root).row("all") == ["2"]
    day = (datetime.now(UTC) - timedelta(days=5)).date()
    ran = lake("rejects", "--uri", root, "--since", day)
    assert ran.row("all") == ["1"]
    assert "new.csv:2" in ran.out
    assert lake("rejects", "--uri", root, "--since", "2099-01-01").row("all") == ["0"]


def test_a_lake_without_rejects_says_none(lake: Command, root: Path) -> None:
    ran = lake("rejects", "--uri", root)
    assert ran.code == 0
    assert ran.row("all") == ["0"]


def test_text_that_looks_like_markup_is_shown_as_it_stands(
    lake: Command, root: Path, ingest
) -> None:
    odd = "T2[/red],[bold]S1[/],2025-02-04 10:00:00,:smile:,2,2.50,9.00"
    ingest("sales.csv", odd)
    assert f"     {odd}\n" in lake("rejects", "--uri", root).out


def test_control_characters_do_not_reach_the_terminal(lake: Command, root: Path, ingest) -> None:
    ingest("sales.csv", "T2,S1\x1b[2J,2025-02-04 10:00:00,I\t1,2,2.50,9.00")
    out = lake("rejects", "--uri", root).out
    assert "\x1b" not in out
    assert r"T2,S1\x1b[2J,2025-02-04 10:00:00,I\t1,2,2.50,9.00" in out


def test_a_record_of_several_lines_stays_on_one(lake: Command, root: Path, ingest) -> None:
    ingest("sales.csv", 'T2,"S\n1",2025-02-04 10:00:00,I1,2,2.50,9.00')
    assert r'T2,"S\n1",2025' in lake("rejects", "--uri", root).out


def test_a_long_row_is_not_cut_in_pieces(lake: Command, root: Path, ingest) -> None:
    long = UNBALANCED.replace("I1", "I" * 300)
    ingest("sales.csv", long)
    assert f"     {long}\n" in lake("rejects", "--uri", root).out


def test_refused_files_are_named_unless_a_reason_is_asked_for(
    lake: Command, root: Path, tmp_path: Path
) -> None:
    (tmp_path / "empty.csv").touch()
    lake("run", SALES, tmp_path / "empty.csv", "--uri", root)
    assert " empty.csv  empty_file\n     the file has no text at all\n" in (
        lake("rejects", "--uri", root).out
    )
    assert "empty.csv" not in lake("rejects", "--uri", root, "--reason", "STRUCTURAL").out
    assert "empty.csv" not in lake("rejects", "--uri", root, "--since", "2099-01-01").out


@pytest.mark.parametrize("damage", ["{\n", '{"source_file": 7}\n', "\xff\xfe"])
def test_a_damaged_file_of_rejects_is_named_and_the_others_are_shown(
    lake: Command, root: Path, ingest, damage: str
) -> None:
    ingest("a.csv", GOOD, UNBALANCED)
    (damaged,) = root.glob("rejected/data_quality/json/*.json")
    ingest("b.csv", NO_STORE)
    damaged.write_bytes(damage.encode("latin-1"))
    ran = lake("rejects", "--uri", root)
    assert ran.code == 1
    assert ran.row("all") == ["1"]
    assert NO_STORE in ran.out
    key = damaged.relative_to(root)
    assert f"✗ {key} was changed, or cut off; its rows are not shown: restore it" in ran.out


@pytest.mark.parametrize("damage", ["{", "[]", '{"source_file": "a.csv", "detail": null}'])
def test_a_damaged_reason_is_named_and_the_others_are_shown(
    lake: Command, root: Path, tmp_path: Path, damage: str
) -> None:
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).touch()
        lake("run", SALES, tmp_path / name, "--uri", root)
    (root / "rejected/system/a.csv_reason.json").write_text(damage)
    ran = lake("rejects", "--uri", root)
    assert ran.code == 1
    assert " b.csv  empty_file\n" in ran.out
    assert "✗ rejected/system/a.csv_reason.json was changed, or cut off; it does not" in ran.out
