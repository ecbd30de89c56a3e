"""`lake run`: files from anywhere to gold, as tables for people."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from lake_assets.cli import opening, report
from lake_assets.cli.report import gold_table
from lake_assets.jobs import checks
from lake_assets.jobs.compaction.metrics import Metrics
from lake_assets_tests.cli.conftest import GOOD, SALES, Command, write

BAD = "T2,S1,2025-02-04 10:00:00,I1,2,2.50,9.00"


def raw(root: Path) -> list[str]:
    return sorted(path.name for path in (root / "raw").glob("*"))


def drop(root: Path, name: str, *rows: str) -> Path:
    """Put a file in raw/, as anybody may."""
    (root / "raw").mkdir(exist_ok=True)
    return write(root / "raw" / name, *rows)


def test_a_file_goes_to_gold_and_every_row_is_told(
    lake: Command, root: Path, tmp_path: Path
) -> None:
    ran = lake("run", SALES, write(tmp_path / "sales.csv", GOOD, BAD, GOOD), "--uri", root)
    assert ran.code == 0
    assert ran.row("sales.csv") == ["3", "2", "1", "0", "0", "0"]
    assert ran.row("BUSINESS_LOGIC_FAIL:revenue_balances") == ["1"]
    assert ran.row("2025-02-03") == ["2", "1", "1"]
    assert "✓ 3 rows read = 2 good + 1 rejected + 0 duplicate + 0 skipped." in ran.out
    assert "✓ 1 rows in gold = 2 processed - 1 superseded." in ran.out
    assert raw(root) == []
    assert "balanced" not in ran.out


def test_the_file_itself_stays_and_the_archive_has_its_bytes(
    lake: Command, root: Path, tmp_path: Path
) -> None:
    file = write(tmp_path / "sales.csv", GOOD)
    before = file.read_bytes()
    lake("run", SALES, file, "--uri", root)
    (archived,) = (root / "archive/validated").iterdir()
    assert file.read_bytes() == archived.read_bytes() == before


def test_the_same_file_again_is_duplicate_and_gold_stays_as_it_is(
    lake: Command, root: Path, tmp_path: Path
) -> None:
    file = write(tmp_path / "sales.csv", GOOD, BAD)
    lake("run", SALES, file, "--uri", root)
    gold = {path: path.stat().st_mtime_ns for path in (root / "gold").rglob("*.parquet")}
    ran = lake("run", SALES, file.rename(tmp_path / "renamed.csv"), "--uri", root)
    assert ran.code == 0
    assert ran.row("renamed.csv") == ["2", "0", "0", "2", "0", "0"]
    assert "Rejected, and why" not in ran.out
    assert "✓ 2 rows read = 0 good + 0 rejected + 2 duplicate + 0 skipped." in ran.out
    assert {path: path.stat().st_mtime_ns for path in (root / "gold").rglob("*.parquet")} == gold
    assert len(list((root / "archive/validated").iterdir())) == 2


def test_only_the_dates_that_were_touched_are_made(
    lake: Command, root: Path, tmp_path: Path
) -> None:
    other = "T9,S1,2025-02-09 10:00:00,I1,2,2.50,5.00"
    lake("run", SALES, write(tmp_path / "first.csv", GOOD, other), "--uri", root)
    ran = lake("run", SALES, write(tmp_path / "late.csv", GOOD), "--uri", root)
    assert ran.row("2025-02-03") == ["2", "1", "1"]
    assert "2025-02-09" not in ran.out


def test_a_refused_file_is_named_its_text_stays_on_one_line_and_the_others_go_on(
    lake: Command, root: Path, tmp_path: Path
) -> None:
    bad = tmp_path / "[red].csv"
    bad.write_text("store_id,quantity,unit_price,revenue,item_id\nS1,1,1,1,I\n")
    ran = lake("run", SALES, bad, write(tmp_path / "good[bold].csv", GOOD), "--uri", root)
    assert ran.code == 1
    assert " [red].csv  missing_columns\n" in ran.out
    assert (
        "     the header lacks transaction_id, timestamp; it reads "
        "'store_id,quantity,unit_price,revenue,item_id'; if they have other names there, add "
        "those to the columns' aliases\n" in ran.out
    )
    assert ran.row("good[bold].csv") == ["1", "1", "0", "0", "0", "0"]
    assert ran.row("2025-02-03") == ["1", "0", "1"]


def test_a_file_that_is_refused_while_it_is_read_ends_with_1_too(
    lake: Command, root: Path, tmp_path: Path
) -> None:
    ran = lake("run", SALES, write(tmp_path / "none.csv"), "--uri", root)
    assert ran.code == 1
    assert " none.csv  no_data_rows_found\n" in ran.out


def test_without_a_file_what_waits_in_raw_is_taken(lake: Command, root: Path) -> None:
    drop(root, "one.csv", GOOD)
    drop(root, "two.csv", BAD)
    ran = lake("run", SALES, "--uri", root)
    assert ran.code == 0
    assert ran.row("all files") == ["2", "1", "1", "0", "0", "0"]
    assert raw(root) == []


def test_what_waits_is_taken_along_with_a_file(lake: Command, root: Path, tmp_path: Path) -> None:
    drop(root, "one.csv", GOOD)
    ran = lake("run", SALES, write(tmp_path / "two.csv", BAD), "--uri", root)
    assert ran.row("all files") == ["2", "1", "1", "0", "0", "0"]


def test_nothing_that_waits_is_told(lake: Command, root: Path) -> None:
    ran = lake("run", SALES, "--uri", root)
    assert ran.code == 0
    assert ran.out == f"sales: nothing waits in {root.as_uri()}/\n"


def test_a_file_does_not_overwrite_one_of_its_name_that_waits(
    lake: Command, root: Path, tmp_path: Path
) -> None:
    drop(root, "sales.csv", GOOD)
    file = write(tmp_path / "sales.csv", GOOD.replace("T1", "T2"))
    ran = lake("run", SALES, file, "--uri", root)
    assert ran.code == 0
    assert ran.row("all files")[:2] == ["2", "2"]
    assert ran.row("2025-02-03") == ["2", "0", "2"]


def test_files_given_need_not_settle_and_those_that_wait_do(
    lake: Command, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    monkeypatch.setattr(opening, "sleep", waits.append)
    lake("run", SALES, "--uri", root)
    lake("run", SALES, write(tmp_path / "sales.csv", GOOD), "--uri", root)
    assert waits == []
    drop(root, "late.csv", GOOD, GOOD)
    lake("run", SALES, "--uri", root)
    assert waits == [0]  # the contract's settle_seconds, which is 0 here


def test_objects_that_are_not_what_the_books_say_end_with_1(
    lake: Command, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prove = checks.conservation

    def damage(store, records):
        for path in (root / "rejected/data_quality/json").iterdir():
            path.write_text("")
        return prove(store, records)

    monkeypatch.setattr(report, "conservation", damage)
    ran = lake("run", SALES, write(tmp_path / "sales.csv", GOOD, BAD), "--uri", root)
    assert ran.code == 1
    assert "✗ The books do not balance" in ran.out


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ("many", "many is a directory; name the files in it, such as many/*.csv"),
        ("none.csv", "cannot read none.csv: No such file or directory"),
    ],
)
def test_a_path_that_is_no_file_lands_nothing(
    lake: Command, tmp_path: Path, wrong: str, sentence: str
) -> None:
    (tmp_path / "many").mkdir()
    ran = lake("run", SALES, write(tmp_path / "sales.csv", GOOD), wrong, "--uri", "lake")
    assert (ran.code, ran.out, ran.err) == (2, "", f"lake: {sentence}\n")
    assert not (tmp_path / "lake").exists()


def test_a_file_that_cannot_be_read_lands_nothing(
    lake: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = write(tmp_path / "secret.csv", GOOD)
    open_ = Path.open

    def denied(path: Path, *args, **kwargs):
        if path == secret:
            raise PermissionError(13, "Permission denied", str(path))
        return open_(path, *args, **kwargs)

    monkeypatch.setattr(Path, "open", denied)
    ran = lake("run", SALES, secret, "--uri", "lake")
    assert (ran.code, ran.err) == (2, f"lake: cannot read {secret}: Permission denied\n")
    assert not (tmp_path / "lake").exists()


@pytest.mark.parametrize(
    "arguments",
    [("retail/sale",), ("pond/sales",), (SALES, "--engine", "abacus"), (SALES, "--engine=abacus")],
)
def test_an_unknown_lake_dataset_or_engine_lands_nothing(
    lake: Command, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    target, *options = arguments
    ran = lake("run", target, write(tmp_path / "sales.csv", GOOD), "--uri", "lake", *options)
    assert (ran.code, ran.out) == (2, "")
    assert not (tmp_path / "lake").exists()


@pytest.mark.parametrize("options", [("--uri", "lake", "--engine", "local"), ("--uri=lake",)])
def test_options_stand_before_or_after_with_or_without_an_equals_sign(
    lake: Command, tmp_path: Path, options: tuple[str, ...]
) -> None:
    assert lake("run", SALES, write(tmp_path / "one.csv", GOOD), *options).code == 0
    assert lake("run", *options, SALES, write(tmp_path / "two.csv", BAD)).code == 0
    assert len(list((tmp_path / "lake/archive/validated").iterdir())) == 2


def test_a_tilde_is_the_home_directory(
    lake: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert lake("run", SALES, write(tmp_path / "sales.csv", GOOD), "--uri", "~/lake").code == 0
    assert (tmp_path / "home/lake/gold").is_dir()
    assert not (tmp_path / "~").exists()


def test_the_environment_says_where_the_lake_is(
    lake: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(tmp_path / "sales.csv", GOOD)
    monkeypatch.setenv("LAKE_URI", str(tmp_path / "all"))
    lake("run", SALES, file)
    assert (tmp_path / "all/retail/gold").is_dir()
    monkeypatch.setenv("LAKE_RETAIL_URI", str(tmp_path / "own"))
    lake("run", SALES, file)
    assert (tmp_path / "own/gold").is_dir()


def test_without_any_setting_the_lake_is_in_the_working_directory(
    lake: Command, tmp_path: Path
) -> None:
    lake("run", SALES, write(tmp_path / "sales.csv", GOOD))
    assert sorted(os.listdir(tmp_path)) == ["lake", "sales.csv"]
    assert (tmp_path / "lake/retail/gold").is_dir()


def test_the_table_of_gold_has_a_column_of_carried_rows_where_tables_carry() -> None:
    day = Metrics("2025-01-01", "p/", "g/", 2, 4, 1)
    for carried, shown in ((None, 3), (3, 4)):
        made = gold_table(
            opening.contract("retail").datasets[0], [replace(day, carried_rows=carried)]
        )
        assert len(made.columns) == 1 + shown
        cells = [next(iter(column.cells)) for column in made.columns]
        assert cells[1:] == (["2", "1", "4"] if carried is None else ["2", "3", "1", "4"])
