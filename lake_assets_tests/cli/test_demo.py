"""`lake demo`: messy files to gold, every row accounted for, in a directory of its own."""

import re
import shlex
import subprocess
from datetime import date
from pathlib import Path

import pytest

from lake_assets.cli import demo_star, opening
from lake_assets.samples import retail_files, telco_files
from lake_assets.storage import open_store
from lake_assets_tests.cli.conftest import Command


@pytest.fixture
def made() -> list:
    """The demo's files, with their truth."""
    return list(
        retail_files(seed=0, files=6, rows=1500, days=4, start=date(2025, 1, 30), refused=4)
    )


def test_each_file_is_in_the_table_with_its_true_figures(lake: Command, made: list) -> None:
    ran = lake("demo")
    assert ran.code == 0
    assert ran.err == ""
    for file in made:
        truth = file.truth
        if truth.system_reject:
            assert f" {file.name}  {truth.system_reject}\n" in ran.out
            continue
        read, good, rejected, duplicate, skipped, lost = map(int, ran.row(file.name))
        assert (read, good, skipped) == (truth.rows_read, truth.good, truth.skipped)
        assert rejected == sum(truth.rejected.values())
        assert (duplicate, lost) == (0, 0)


def test_the_total_is_the_sum_and_nothing_is_lost(lake: Command, made: list) -> None:
    ran = lake("demo")
    read, good, rejected, duplicate, skipped, lost = map(int, ran.row("all files"))
    assert read == sum(file.truth.rows_read for file in made)
    assert read == good + rejected + duplicate + skipped
    assert lost == 0
    assert f"✓ {read:,} rows read = {good:,} good + {rejected} rejected" in ran.out
    assert "✗" not in ran.out


def test_no_line_is_wider_than_80_columns_but_texts_and_paths(lake: Command) -> None:
    tables = [line for line in lake("demo").out.splitlines() if not line.startswith("    ")]
    # The refused files' names and the directory's may be longer: cut in two, they cannot be used.
    assert [line for line in tables if len(line) > 80 and "/" not in line] == []


def test_what_to_try_next_are_commands_that_work(lake: Command, tmp_path: Path) -> None:
    lines = lake("demo", "--dir", "my demo").out.partition("What to try next\n")[2].splitlines()
    commands = [shlex.split(line) for line in lines[::2]]
    assert commands[0] == ["ls", "-R", "my demo/gold"]
    assert (tmp_path / commands[0][-1]).is_dir()
    assert [command[1] for command in commands[1:]] == ["rejects", "generate", "run", "status"]
    for command in commands[1:]:
        assert command[0] == "lake"
        ran = lake(*command[1:])
        assert ran.code == 0, ran
        if command[1] == "run":
            assert ran.row("all files")[0] == "3000"  # the files of `lake generate` were taken


def test_make_dev_is_named_only_beside_a_makefile(lake: Command, tmp_path: Path) -> None:
    assert "make dev" not in lake("demo").out
    (tmp_path / "Makefile").touch()
    assert "make dev" in lake("demo").out


def test_a_second_demo_replaces_the_first(lake: Command, tmp_path: Path) -> None:
    first = lake("demo", "--dir", "here")
    (tmp_path / "here" / "raw" / "left.csv").write_text("x")
    second = lake("demo", "--dir", "here")
    assert second.code == 0
    assert second.row("all files") == first.row("all files")
    assert not (tmp_path / "here" / "raw" / "left.csv").exists()


def test_a_directory_with_other_things_in_it_is_left_alone(lake: Command, tmp_path: Path) -> None:
    keep = tmp_path / "mine" / "letter.txt"
    keep.parent.mkdir()
    keep.write_text("dear")
    ran = lake("demo", "--dir", "mine")
    assert ran.code == 2
    assert "is not empty and not from an earlier demo; name another with --dir" in ran.err
    assert keep.read_text() == "dear"
    assert [path.name for path in keep.parent.iterdir()] == ["letter.txt"]


def test_an_empty_directory_is_taken(lake: Command, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert lake("demo", "--dir", "empty").code == 0


def test_a_file_in_place_of_the_directory_is_named(lake: Command, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    ran = lake("demo", "--dir", "file")
    assert ran.code == 2
    assert "is a file; name a directory with --dir" in ran.err


def test_a_link_to_a_demo_is_not_emptied(lake: Command, tmp_path: Path) -> None:
    lake("demo", "--dir", "real")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    ran = lake("demo", "--dir", "link")
    assert ran.code == 2
    assert "cannot write in" in ran.err
    assert (tmp_path / "real" / "gold").is_dir()


def test_the_second_lake_has_a_demo_of_its_own(lake: Command, tmp_path: Path) -> None:
    ran = lake("demo", "--lake", "telco")
    assert ran.code == 0, ran
    assert "✗" not in ran.out
    for name in ("plans", "customers", "activity_logs"):
        assert f"\n {name} \n" in ran.out
    assert "raw to staging in" in ran.out
    strange, _, rest = ran.out.partition("\n plans \n")
    assert "Files of no dataset\n\n invoices/invoices_2024-01-01.csv  unknown_folder" in strange
    assert "invoices" not in rest.partition("Where it is")[0]
    # No name is broken in two, and each is whole.
    assert ran.row("customers_2024-01-01.ndjson")[5] == "0"
    assert ran.row("activity_2024-01-20.ndjson")[5] == "0"
    made = list(telco_files(customers=1_000, plans=20, events=6_000, days=20, refused=7))
    read = sum(f.truth.rows_read for f in made if f.name.startswith("activity_logs/"))
    good = sum(f.truth.good for f in made if f.name.startswith("activity_logs/"))
    assert f"✓ {read:,} rows read = {good:,} good + " in ran.out
    assert "✓ 6,000 rows in gold = " in ran.out
    assert (tmp_path / "lake-demo" / "staging" / "activity").is_dir()
    lines = ran.out.partition("What to try next\n")[2].splitlines()
    commands = [shlex.split(line) for line in lines[::2]]
    *others, look = commands[1:]
    assert [command[1] for command in others] == ["rejects", "generate", "run", "status"]
    shown = subprocess.run(look, capture_output=True, text=True, check=True).stdout
    assert "PLAN_ID" in shown
    assert re.search(r"│ P\d+ +│ +\d+ │", shown), shown
    for command in others:
        assert lake(*command[1:]).code == 0, command


def test_without_duckdb_the_demo_says_how_to_load_the_star_schema(
    lake: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo_star, "find_spec", lambda _: None)
    telco = opening.contract("telco")
    command, what = demo_star.star_step(open_store(str(tmp_path)), telco, "my demo", "python")
    assert "pip install 'lake-assets[duckdb]'" in what
    (tmp_path / "my demo").mkdir()
    assert lake(*shlex.split(command)[1:]).out.count("nothing new") == 3


def test_a_lake_of_one_size_has_no_full_demo(lake: Command, tmp_path: Path) -> None:
    ran = lake("demo", "--full")
    assert ran.code == 2
    assert ran.err == "lake: the demo of retail has one size; leave --full out\n"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_the_full_demo_has_the_documented_shape(lake: Command) -> None:
    ran = lake("demo", "--lake", "telco", "--full")
    assert ran.code == 0, ran
    assert "✓ 100,000 rows in gold = " in ran.out
    assert "… and 325 more dates" in ran.out
