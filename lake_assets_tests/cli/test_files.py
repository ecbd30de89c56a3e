"""`lake samples`, `lake put` and `lake run`: from files to gold."""

import os
from pathlib import Path

import pytest

from lake_assets.cli import opening, report
from lake_assets.jobs import checks
from lake_assets_tests.cli.conftest import GOOD, Command, write


def raw(root: Path) -> list[str]:
    return sorted(path.name for path in (root / "raw").glob("*"))


def test_samples_make_the_directory_and_drop_files(lake: Command, tmp_path: Path) -> None:
    ran = lake("samples", "--uri", "new/lake", "--files", 2, "--rows", 10, "--refused", 1)
    assert ran.code == 0
    assert ran.out == f"3 files dropped in {(tmp_path / 'new/lake').as_uri()}/raw/\n"
    assert len(raw(tmp_path / "new/lake")) == 3


def test_samples_again_leave_those_that_wait_alone(lake: Command, root: Path) -> None:
    arguments = ("samples", "--uri", root, "--files", 2, "--rows", 10)
    lake(*arguments)
    assert lake(*arguments).out.startswith("0 files dropped")


def test_samples_of_one_seed_are_the_same_bytes(lake: Command, tmp_path: Path) -> None:
    for name in ("one", "two"):
        lake("samples", "--uri", name, "--files", 1, "--rows", 20, "--seed", 5)
    files = [sorted((tmp_path / name / "raw").iterdir()) for name in ("one", "two")]
    assert [path.read_bytes() for path in files[0]] == [path.read_bytes() for path in files[1]]


def test_a_tilde_is_the_home_directory(
    lake: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert lake("samples", "--uri", "~/lake", "--files", 1, "--rows", 5).code == 0
    assert raw(tmp_path / "home" / "lake")
    assert not (tmp_path / "~").exists()


def test_put_copies_files_byte_for_byte(lake: Command, root: Path, tmp_path: Path) -> None:
    one, two = write(tmp_path / "one.csv", GOOD), write(tmp_path / "two.csv", GOOD)
    ran = lake("put", one, two, "--uri", root)
    assert ran.code == 0
    assert ran.out.splitlines()[0] == f"{one} -> {root.as_uri()}/raw/one.csv"
    assert raw(root) == ["one.csv", "two.csv"]
    assert (root / "raw" / "one.csv").read_bytes() == one.read_bytes()


def test_put_takes_names_that_look_like_markup(lake: Command, root: Path, tmp_path: Path) -> None:
    odd = write(tmp_path / "sales[bold].csv", GOOD)
    ran = lake("put", odd, "--uri", root)
    assert ran.code == 0
    assert "sales[bold].csv -> " in ran.out


def test_put_of_a_directory_says_what_to_name(lake: Command, root: Path, tmp_path: Path) -> None:
    (tmp_path / "many").mkdir()
    ran = lake("put", "many", "--uri", root)
    assert ran.code == 1
    assert ran.err == "lake: many is a directory; name the files in it, for example many/*.csv\n"


def test_put_of_a_missing_file_names_it(lake: Command, root: Path) -> None:
    ran = lake("put", "none.csv", "--uri", root)
    assert ran.code == 1
    assert ran.err == "lake: cannot read none.csv: No such file or directory\n"


def test_put_of_an_unreadable_file_says_so(
    lake: Command, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = write(tmp_path / "secret.csv", GOOD)

    def denied(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", denied)
    ran = lake("put", secret, "--uri", root)
    assert ran.code == 1
    assert ran.err == f"lake: cannot read {secret}: Permission denied\n"


def test_put_never_overwrites_a_file_that_waits(lake: Command, root: Path, tmp_path: Path) -> None:
    file = write(tmp_path / "sales.csv", GOOD)
    lake("put", file, "--uri", root)
    other = write(tmp_path / "sub.csv", GOOD, GOOD).rename(tmp_path / "sales.csv")
    ran = lake("put", other, "--uri", root)
    assert ran.code == 1
    assert "exists and still waits; let it be ingested, or rename sales.csv" in ran.err
    assert (root / "raw" / "sales.csv").read_text().count("T1") == 1


def test_put_asks_for_a_dataset_that_exists(lake: Command, root: Path, tmp_path: Path) -> None:
    file = write(tmp_path / "sales.csv", GOOD)
    ran = lake("put", file, "--uri", root, "--dataset", "sale")
    assert ran.code == 1
    assert ran.err == "lake: name a dataset of lake retail with --dataset: sales\n"


def test_run_takes_what_waits_to_gold(lake: Command, root: Path, tmp_path: Path) -> None:
    bad = "T2,S1,2025-02-04 10:00:00,I1,2,2.50,9.00"
    lake("put", write(tmp_path / "sales.csv", GOOD, bad, GOOD), "--uri", root)
    ran = lake("run", "--uri", root)
    assert ran.code == 0
    assert ran.row("sales.csv") == ["3", "2", "1", "0", "0", "0"]
    assert ran.row("BUSINESS_LOGIC_FAIL:revenue_balances") == ["1"]
    assert ran.row("2025-02-03") == ["2", "1", "1"]
    assert "✓ 3 rows read = 2 good + 1 rejected + 0 duplicate + 0 skipped." in ran.out
    assert "✓ 1 rows in gold = 2 processed - 1 superseded." in ran.out
    assert raw(root) == []


def test_run_tells_when_nothing_waits(lake: Command, root: Path) -> None:
    ran = lake("run", "--uri", root)
    assert ran.code == 0
    assert ran.out == f"sales: nothing waits in {root.as_uri()}/\n"


def test_run_makes_only_the_dates_that_were_touched(
    lake: Command, root: Path, tmp_path: Path
) -> None:
    other = "T9,S1,2025-02-09 10:00:00,I1,2,2.50,5.00"
    lake("put", write(tmp_path / "first.csv", GOOD, other), "--uri", root)
    lake("run", "--uri", root)
    lake("put", write(tmp_path / "late.csv", GOOD), "--uri", root)
    ran = lake("run", "--uri", root)
    assert ran.row("2025-02-03") == ["2", "1", "1"]
    assert "2025-02-09" not in ran.out


def test_run_names_a_refused_file_and_keeps_its_text_on_one_line(
    lake: Command, root: Path, tmp_path: Path
) -> None:
    (tmp_path / "[red].csv").write_text(
        "store_id,quantity,unit_price,revenue,item_id\nS1,1,1,1,I\n"
    )
    lake("put", tmp_path / "[red].csv", "--uri", root)
    ran = lake("run", "--uri", root)
    assert " [red].csv  missing_columns\n" in ran.out
    assert (
        "     the header lacks transaction_id, timestamp; it reads "
        "'store_id,quantity,unit_price,revenue,item_id'\n" in ran.out
    )


def test_run_ends_with_1_where_the_objects_are_not_what_the_books_say(
    lake: Command, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prove = checks.conservation

    def damage(store, records):
        for path in (root / "rejected/data_quality/json").iterdir():
            path.write_text("")
        return prove(store, records)

    monkeypatch.setattr(report, "conservation", damage)
    bad = "T2,S1,2025-02-04 10:00:00,I1,2,2.50,9.00"
    lake("put", write(tmp_path / "sales.csv", GOOD, bad), "--uri", root)
    ran = lake("run", "--uri", root)
    assert ran.code == 1
    assert "✗ The books do not balance" in ran.out


def test_run_waits_for_files_on_a_disk_to_settle_and_only_then(
    lake: Command, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    monkeypatch.setattr(opening, "sleep", waits.append)
    lake("run", "--uri", root)
    assert waits == []
    lake("put", write(tmp_path / "sales.csv", GOOD), "--uri", root)
    lake("run", "--uri", root)
    assert waits == [0]  # the contract's settle_seconds, which is 0 here


def test_the_environment_says_where_the_lake_is(
    lake: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAKE_URI", str(tmp_path / "all"))
    lake("samples", "--files", 1, "--rows", 5, "--refused", 0)
    assert raw(tmp_path / "all" / "retail")
    monkeypatch.setenv("LAKE_RETAIL_URI", str(tmp_path / "own"))
    lake("samples", "--files", 1, "--rows", 5, "--refused", 0)
    assert raw(tmp_path / "own")


def test_without_any_setting_the_lake_is_in_the_working_directory(
    lake: Command, tmp_path: Path
) -> None:
    lake("samples", "--files", 1, "--rows", 5, "--refused", 0)
    assert os.listdir(tmp_path) == ["lake"]
    assert raw(tmp_path / "lake" / "retail")
