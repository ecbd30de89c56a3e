"""`lake run --json`: one object that says where every row went, for programs."""

import errno
import json
import os
from collections import Counter
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from lake_assets.cli import run as cli_run
from lake_assets.jobs import checks
from lake_assets.samples import SampleFile, gold_rows, retail_files
from lake_assets.storage.errors import explain_os
from lake_assets.storage.local import LocalStore
from lake_assets_tests.cli.conftest import GOOD, SALES, Command, write

KEYS = ["ingest_run_ids", "files", "partitions", "balanced"]
FILE_KEYS = [
    "file",
    "status",
    "reason",
    "encoding",
    "delimiter",
    "rows_read",
    "rows_good",
    "rows_rejected",
    "rows_duplicate",
    "rows_skipped",
    "rejects",
]
PARTITION_KEYS = ["date", "rows_in", "rows_out", "duplicates_removed"]


@pytest.fixture(scope="module")
def made() -> list[SampleFile]:
    """Files of the generator with their truth; some of them break the contract."""
    return list(retail_files(seed=3, files=4, rows=300, days=3, start=date(2025, 1, 30), refused=3))


def written(directory: Path, made: Sequence[SampleFile]) -> list[Path]:
    directory.mkdir(exist_ok=True)
    for file in made:
        (directory / file.name).write_bytes(file.content)
    return [directory / file.name for file in made]


def by_name(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    names = [file["file"] for file in document["files"]]
    assert len(names) == len(set(names))
    return {file["file"]: file for file in document["files"]}


def test_the_object_has_exactly_these_keys_and_types(
    lake: Command, tmp_path: Path, made: list[SampleFile]
) -> None:
    ran = lake("run", SALES, *written(tmp_path / "in", made), "--uri", "lake", "--json")
    assert ran.err == ""
    document = ran.document
    assert list(document) == KEYS
    for file in document["files"]:
        assert list(file) == FILE_KEYS
        assert all(type(value) is int for key, value in file.items() if key.startswith("rows_"))
    for partition in document["partitions"]:
        assert list(partition) == PARTITION_KEYS
    assert document["balanced"] is True


def test_the_figures_are_those_of_the_generator(
    lake: Command, tmp_path: Path, made: list[SampleFile]
) -> None:
    files = written(tmp_path / "in", made)
    ran = lake("run", SALES, *files, "--uri", "lake", "--json")
    assert ran.code == 1  # some were rejected whole
    found = by_name(ran.document)
    assert found.keys() == {file.name for file in made}
    for file in made:
        told, truth = found[file.name], file.truth
        assert told["status"] == ("rejected" if truth.system_reject else "processed")
        assert told["reason"] == truth.system_reject
        assert told["rejects"] == dict(truth.rejected)
        assert [
            told[f"rows_{name}"] for name in ("read", "good", "rejected", "duplicate", "skipped")
        ] == [
            truth.rows_read,
            truth.good,
            sum(truth.rejected.values()),
            0,
            truth.skipped,
        ]
        if not truth.system_reject:
            assert told["encoding"]
            assert told["delimiter"] in {",", ";", "\t", "|"}


def test_the_partitions_are_those_of_gold(
    lake: Command, tmp_path: Path, made: list[SampleFile]
) -> None:
    files = written(tmp_path / "in", made)
    partitions = lake("run", SALES, *files, "--uri", "lake", "--json").document["partitions"]
    rows_in: Counter[str] = Counter()
    for file in made:
        rows_in.update({str(day): rows for day, rows in file.truth.dates.items()})
    expected = {str(day): rows for day, rows in gold_rows(made).items()}
    assert {each["date"]: each["rows_out"] for each in partitions} == expected
    assert {each["date"]: each["rows_in"] for each in partitions} == rows_in
    for each in partitions:
        assert each["rows_in"] - each["duplicates_removed"] == each["rows_out"]


def test_the_ids_are_those_in_the_ledger(
    lake: Command, tmp_path: Path, made: list[SampleFile]
) -> None:
    files = written(tmp_path / "in", made)
    ids = lake("run", SALES, *files, "--uri", "lake", "--json").document["ingest_run_ids"]
    ledger = [path.stem for path in (tmp_path / "lake/audit/ingest").rglob("*.json")]
    assert ids
    assert sorted(ids) == sorted(ledger)


def test_the_same_files_again_are_duplicate_row_by_row(
    lake: Command, tmp_path: Path, made: list[SampleFile]
) -> None:
    good = [file for file in made if not file.truth.system_reject]
    files = written(tmp_path / "in", good)
    first = lake("run", SALES, *files, "--uri", "lake", "--json")
    second = lake("run", SALES, *files, "--uri", "lake", "--json")
    assert (first.code, second.code) == (0, 0)
    for name, file in by_name(second.document).items():
        before = by_name(first.document)[name]
        assert file["status"] == "duplicate"
        assert (file["rows_good"], file["rows_rejected"], file["rejects"]) == (0, 0, {})
        assert file["rows_duplicate"] == before["rows_good"] + before["rows_rejected"]
        assert file["rows_skipped"] == before["rows_skipped"]
        assert file["rows_read"] == before["rows_read"]
    assert second.document["partitions"] == []
    assert second.document["balanced"] is True


def test_a_file_twice_in_one_run_is_processed_once(lake: Command, tmp_path: Path) -> None:
    files = [write(tmp_path / name, GOOD, GOOD) for name in ("one.csv", "two.csv")]
    ran = lake("run", SALES, *files, "--uri", "lake", "--json")
    assert ran.code == 0
    told = sorted((file["status"], file["rows_duplicate"]) for file in ran.document["files"])
    assert told == [("duplicate", 2), ("processed", 0)]


def test_a_file_rejected_whole_does_not_stop_the_others(lake: Command, tmp_path: Path) -> None:
    (tmp_path / "empty.csv").touch()
    files = [tmp_path / "empty.csv", write(tmp_path / "good.csv", GOOD)]
    ran = lake("run", SALES, *files, "--uri", "lake", "--json")
    assert ran.code == 1
    found = by_name(ran.document)
    assert (found["empty.csv"]["status"], found["empty.csv"]["reason"]) == (
        "rejected",
        "empty_file",
    )
    assert (found["good.csv"]["status"], found["good.csv"]["rows_good"]) == ("processed", 1)
    assert ran.document["balanced"] is True  # no row of it was read


@pytest.mark.parametrize("form", ["--json", ""])
def test_a_file_that_the_store_does_not_give_is_named_and_stops_no_other(
    lake: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    opened = LocalStore.open

    def denied(self: LocalStore, key: str, **options: Any) -> Any:
        if key == "raw/cold.csv":
            raise explain_os(PermissionError(errno.EACCES, ""), key)
        return opened(self, key, **options)

    monkeypatch.setattr(LocalStore, "open", denied)
    files = [write(tmp_path / "cold.csv", GOOD), write(tmp_path / "good.csv", GOOD)]
    ran = lake("run", SALES, *files, "--uri", "lake", *([form] if form else []))
    assert ran.code == 1
    assert (tmp_path / "lake" / "raw" / "cold.csv").exists()
    if form:
        found = by_name(ran.document)
        assert (found["cold.csv"]["status"], found["cold.csv"]["reason"]) == ("stuck", "no_access")
        assert found["good.csv"]["status"] == "processed"
    else:
        assert "Stuck in raw/, and tried again by the next run" in ran.out
        assert "Access to raw/cold.csv is denied." in ran.out


def test_a_file_that_was_rejected_whole_is_rejected_again(lake: Command, tmp_path: Path) -> None:
    (tmp_path / "empty.csv").touch()
    for _ in range(2):
        ran = lake("run", SALES, "empty.csv", "--uri", "lake", "--json")
        assert (ran.code, ran.document["files"][0]["status"]) == (1, "rejected")


def test_two_files_of_one_name_are_both_processed(lake: Command, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        write(tmp_path / name / "sales.csv", GOOD.replace("T1", f"T{name}"))
    ran = lake("run", SALES, "a/sales.csv", "b/sales.csv", "--uri", "lake", "--json")
    assert ran.code == 0
    assert [file["status"] for file in ran.document["files"]] == ["processed"] * 2
    assert all(name.startswith("sales") for name in by_name(ran.document))
    assert ran.document["partitions"] == [
        {"date": "2025-02-03", "rows_in": 2, "rows_out": 2, "duplicates_removed": 0}
    ]


def test_an_unknown_column_is_left_out_and_noted(lake: Command, tmp_path: Path) -> None:
    file = write(tmp_path / "sales.csv", GOOD)
    lines = file.read_text().splitlines()
    file.write_text(f"{lines[0]},Mood of the till\n{lines[1]},good\n")
    ran = lake("run", SALES, file, "--uri", "lake", "--json")
    assert ran.code == 0
    assert ran.document["files"][0]["status"] == "processed"
    assert ran.document["files"][0]["rows_good"] == 1
    (record,) = (tmp_path / "lake/audit/ingest").rglob("*.json")
    assert json.loads(record.read_text())["inputs"][0]["extra_columns"] == ["Mood of the till"]


def test_an_unknown_column_stands_in_the_tables(lake: Command, tmp_path: Path) -> None:
    file = write(tmp_path / "sales.csv", GOOD)
    lines = file.read_text().splitlines()
    file.write_text(f"{lines[0]},Mood of the till\n{lines[1]},good\n")
    ran = lake("run", SALES, file, "--uri", "lake")
    assert "Unknown columns, left out" in ran.out
    assert ran.row("Mood of the till") == ["1"]


def test_encoding_and_delimiter_are_told(lake: Command, tmp_path: Path) -> None:
    file = write(tmp_path / "sales.csv", GOOD.replace("I1", "Käse"))
    file.write_text(file.read_text().replace(",", ";"), "utf-16")
    (told,) = lake("run", SALES, file, "--uri", "lake", "--json").document["files"]
    assert (told["encoding"], told["delimiter"]) == ("utf-16-le", ";")


def test_names_are_told_as_they_are(lake: Command, tmp_path: Path) -> None:
    file = write(tmp_path / "Umsätze [bold].csv", GOOD)
    ran = lake("run", SALES, file, "--uri", "lake", "--json")
    assert "Umsätze [bold].csv" in ran.out
    assert ran.document["files"][0]["file"] == "Umsätze [bold].csv"


def test_without_a_file_what_waits_is_taken(lake: Command, root: Path) -> None:
    (root / "raw").mkdir()
    write(root / "raw" / "sales.csv", GOOD)
    assert (
        by_name(lake("run", SALES, "--uri", root, "--json").document)["sales.csv"]["rows_good"] == 1
    )
    ran = lake("run", SALES, "--uri", root, "--json")
    assert ran.code == 0
    assert ran.document == {
        "ingest_run_ids": [],
        "files": [],
        "partitions": [],
        "balanced": True,
    }


def test_an_unread_file_makes_an_object_too(lake: Command, tmp_path: Path) -> None:
    ran = lake("run", SALES, "none.csv", "--uri", "lake", "--json")
    assert ran.code == 2
    assert ran.document["balanced"] is False
    assert ran.document["error"] == "cannot read none.csv: No such file or directory"
    assert list(tmp_path.iterdir()) == []


def test_rows_missing_from_the_lake_do_not_balance(
    lake: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prove = checks.conservation

    def damage(store, records):
        for path in (tmp_path / "lake/processed").rglob("*.parquet"):
            path.unlink()
        return prove(store, records)

    monkeypatch.setattr(cli_run, "conservation", damage)
    file = write(tmp_path / "sales.csv", GOOD)
    ran = lake("run", SALES, file, "--uri", "lake", "--json")
    assert ran.code == 1
    assert ran.document["balanced"] is False
    assert ran.document["files"][0]["rows_good"] == 1


def test_a_file_is_landed_by_the_stores_upload_and_not_read_at_once(
    lake: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload, landed = LocalStore.upload, []

    def recorded(store: LocalStore, key: str, path: Path) -> bool:
        landed.append((key, path))
        return upload(store, key, path)

    def at_once(path: Path) -> bytes:
        raise AssertionError(f"{path} is read as a whole")

    file = write(tmp_path / "sales.csv", GOOD)
    monkeypatch.setattr(LocalStore, "upload", recorded)
    real = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda p: at_once(p) if p == file else real(p))
    assert lake("run", SALES, file, "--uri", "lake", "--json").code == 0
    assert landed == [("raw/sales.csv", file)]


def test_a_name_that_no_store_takes_is_refused_before_anything_lands(
    lake: Command, tmp_path: Path
) -> None:
    good = write(tmp_path / "good.csv", GOOD)
    bad = write(tmp_path / "a\tb.csv", GOOD)
    ran = lake("run", SALES, good, bad, "--uri", "lake", "--json")
    assert ran.code == 2
    assert "control characters" in ran.err
    assert not (tmp_path / "lake").exists()


def test_a_name_that_is_not_unicode_is_still_valid_json(lake: Command, tmp_path: Path) -> None:
    raw = tmp_path / "lake" / "raw"
    raw.mkdir(parents=True)
    with open(os.fsencode(raw) + b"/caf\xe9.csv", "w") as file:
        file.write("x")
    ran = lake("run", SALES, "--uri", "lake", "--json")
    assert ran.code == 1
    assert ran.document["files"][0]["reason"] == "invalid_name"
