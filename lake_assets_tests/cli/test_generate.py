"""`lake generate`: files as messy as real ones, the same for the same arguments."""

from datetime import date
from pathlib import Path

import pytest

from lake_assets.cli.generate import sample_files
from lake_assets.cli.opening import UsageError, contract
from lake_assets.samples import registry, retail_files, telco_files
from lake_assets_tests.cli.conftest import SALES, Command


def contents(directory: Path) -> dict[str, bytes]:
    """Place below the directory -> bytes."""
    return {
        path.relative_to(directory).as_posix(): path.read_bytes()
        for path in directory.rglob("*")
        if path.is_file()
    }


def test_the_directory_is_made_and_filled(lake: Command, tmp_path: Path) -> None:
    ran = lake("generate", SALES, "--out", "new/files", "--files", 2, "--rows", 10, "--refused", 1)
    assert ran.code == 0
    assert ran.out == "3 files in new/files\n"
    assert len(contents(tmp_path / "new/files")) == 3


def test_the_files_are_those_of_the_generator(lake: Command, tmp_path: Path) -> None:
    lake(
        *("generate", SALES, "--out=out", "--files=3", "--rows=20", "--seed=4"),
        *("--days=2", "--start=2025-03-30", "--refused=2"),
    )
    made = retail_files(seed=4, files=3, rows=20, days=2, start=date(2025, 3, 30), refused=2)
    assert contents(tmp_path / "out") == {file.name: file.content for file in made}


def test_the_same_seed_gives_the_same_bytes_and_another_one_others(
    lake: Command, tmp_path: Path
) -> None:
    for name, seed in (("one", 5), ("two", 5), ("three", 6)):
        lake("generate", SALES, "--out", name, "--files", 2, "--rows", 20, "--seed", seed)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")
    assert contents(tmp_path / "one") != contents(tmp_path / "three")


def test_the_same_files_again_are_no_harm(lake: Command, tmp_path: Path) -> None:
    arguments = ("generate", SALES, "--out", "out", "--files", 2, "--rows", 10)
    lake(*arguments)
    before = contents(tmp_path / "out")
    ran = lake(*arguments)
    assert (ran.code, ran.out) == (0, "2 files in out\n")
    assert contents(tmp_path / "out") == before


def test_another_file_of_the_name_is_not_overwritten(lake: Command, tmp_path: Path) -> None:
    mine = tmp_path / "out" / "sales_2025-01-01.csv"
    mine.parent.mkdir()
    mine.write_text("mine")
    ran = lake("generate", SALES, "--out", "out", "--files", 1, "--rows", 10)
    assert ran.code == 2
    assert ran.out == ""
    assert ran.err == (
        "lake: out/sales_2025-01-01.csv exists, with other content; name another --out\n"
    )
    assert mine.read_text() == "mine"


def test_a_file_in_place_of_the_directory_is_told(lake: Command, tmp_path: Path) -> None:
    (tmp_path / "out").touch()
    ran = lake("generate", SALES, "--out", "out", "--files", 1, "--rows", 10)
    assert ran.code == 2
    assert ran.err == "lake: cannot write in out: File exists\n"


def test_an_argument_out_of_range_is_told(lake: Command, tmp_path: Path) -> None:
    ran = lake("generate", SALES, "--out", "out", "--seed", -1)
    assert ran.code == 2
    assert "seed is -1: it must not be negative" in ran.err
    assert list(tmp_path.iterdir()) == []


def test_a_dataset_without_a_generator_is_told() -> None:
    retail = contract("retail")
    other = retail.datasets[0].model_copy(update={"name": "returns"})
    with pytest.raises(UsageError, match="no generator for retail/returns, only retail/sales"):
        sample_files(retail, [other], {})


def test_a_lake_without_a_generator_is_told() -> None:
    other = contract("retail").model_copy(update={"lake": "wholesale"})
    with pytest.raises(UsageError, match="no generator for the lake wholesale, only retail, telco"):
        sample_files(other, other.datasets, {})


def test_a_lake_alone_is_all_of_its_datasets(lake: Command, tmp_path: Path) -> None:
    for target, name in (("retail", "all"), (SALES, "sales")):
        assert lake("generate", target, "--out", name, "--files", 2, "--rows", 10).code == 0
    assert contents(tmp_path / "all") == contents(tmp_path / "sales")


def test_an_option_of_another_lake_is_told(lake: Command, tmp_path: Path) -> None:
    ran = lake("generate", SALES, "--out", "out", "--customers", 5)
    assert ran.code == 2
    assert ran.err == (
        "lake: the files of retail have no --customers; they have --files, --rows, --seed, --days, "
        "--start, --refused\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_files_are_made_one_at_a_time(
    lake: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def made(**options: int):
        for number, file in enumerate(retail_files(files=3, rows=5)):
            written = list((tmp_path / "out").iterdir())
            assert len(written) == number  # the one before was written before this one is made
            yield file

    monkeypatch.setattr(registry, "retail_files", made)
    assert lake("generate", SALES, "--out", "out").code == 0


def test_files_of_several_datasets_go_into_their_folders(lake: Command, tmp_path: Path) -> None:
    size = ("--customers", 5, "--plans", 2, "--events", 4, "--days", 2)
    ran = lake("generate", "telco", "--out", "raw", *size, "--refused", 7)
    assert (ran.code, ran.err) == (0, "")
    made = telco_files(customers=5, plans=2, events=4, days=2, refused=7)
    assert contents(tmp_path / "raw") == {file.name: file.content for file in made}
    assert lake("generate", "telco/plans", "--out", "some", *size).code == 0
    assert set(contents(tmp_path / "some")) == {
        "plans/plans_2024-01-01.csv",
        "plans/plans_2024-01-02.csv",
    }
