"""`lake recover`, `lake replay` and `lake rebuild`, as they are typed."""

from pathlib import Path
from typing import Any

import pytest

from lake_assets.cli import opening
from lake_assets.contracts import Lake, load_lake
from lake_assets.contracts.rule import Rule
from lake_assets.engines.local import LocalEngine
from lake_assets.jobs.ingest import ingest
from lake_assets.jobs.validate import validate
from lake_assets.storage import open_store
from lake_assets_tests.cli.conftest import GOOD, SALES, Command, write
from lake_assets_tests.jobs.lakes import Killed, hooked, once

BAD = "T2,S1,2025-02-04 10:00:00,I1,2,2.50,9.00"  # 2 * 2.50 is not 9.00


@pytest.fixture
def filled(lake: Command, root: Path, tmp_path: Path) -> Path:
    assert lake("run", SALES, write(tmp_path / "sales.csv", GOOD, BAD), "--uri", root).code == 0
    return root


def next_version(monkeypatch: pytest.MonkeyPatch, **changes: Any) -> None:
    """The contract as it is from now on."""

    def load(path: Path) -> Lake:
        found = load_lake(path)
        dataset = found.datasets[0].model_copy(update={"contract_version": "2", **changes})
        return found.model_copy(update={"datasets": [dataset]})

    monkeypatch.setattr("lake_assets.cli.opening.load_lake", load)


def test_a_replay_tells_what_came_in_and_gold_has_it(
    lake: Command, filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    next_version(monkeypatch, rules=[])
    trial = lake("replay", SALES, "--rejects", "--dry-run", "--uri", filled)
    assert trial.out == (
        "1 file would be read again under contract version 2: 2 rows, 1 of them rejected so far.\n"
    )
    ran = lake("replay", SALES, "--rejects", "--uri", filled)
    assert ran.code == 0
    assert ran.row("all runs") == ["1", "1", "2", "1", "0"]
    assert ran.row("2025-02-04") == ["1", "0", "1"]
    assert lake("reconcile", "--uri", filled).code == 0
    again = lake("replay", SALES, "--rejects", "--uri", filled)
    assert again.code == 0
    assert "Nothing to replay" in again.out
    assert "version 2" in again.out


@pytest.mark.parametrize(
    ("options", "files"),
    [
        (["--all"], 1),
        (["--reason", "BUSINESS_LOGIC_FAIL"], 1),
        (["--reason", "STRUCTURAL"], 0),
        (["--reason", "STRUCTURAL", "--reason", "BUSINESS_LOGIC_FAIL"], 1),
        (["--file", "sales.csv"], 1),
        (["--file", "other.csv"], 0),
        (["--arrivals", "2020-01-01..2020-12-31"], 0),
        (["--arrivals", "2020-01-01..2999-12-31"], 1),
    ],
)
def test_options_say_which_files_are_replayed(
    lake: Command,
    filled: Path,
    monkeypatch: pytest.MonkeyPatch,
    options: list[str],
    files: int,
) -> None:
    next_version(monkeypatch)
    ran = lake("replay", SALES, *options, "--dry-run", "--uri", filled)
    assert ran.out.startswith(f"{files} file")


def test_files_that_cannot_be_read_any_more_are_told_and_end_with_1(
    lake: Command, filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    strict = Rule(name="other_store", expression="store_id = 'S2'", severity="fail")
    next_version(monkeypatch, rules=[strict])
    ran = lake("replay", SALES, "--all", "--uri", filled)
    assert ran.code == 1
    assert "✗ sales.csv cannot be read any more, and what it gave stands: rule_failed" in ran.out
    assert lake("reconcile", "--uri", filled).code == 0


def test_a_replay_of_nothing_in_particular_asks_what(lake: Command, filled: Path) -> None:
    ran = lake("replay", SALES, "--uri", filled)
    assert ran.code == 2
    assert "say what is replayed: --rejects" in ran.err


@pytest.mark.parametrize("dates", ["2025-2-3", "yesterday", "2025-02-04..2025-02-03", "..", ""])
def test_dates_that_are_none_are_told(lake: Command, filled: Path, dates: str) -> None:
    ran = lake("rebuild", SALES, "--dates", dates, "--uri", filled)
    assert ran.code == 2
    assert "write" in ran.err


def test_a_damaged_date_is_rebuilt_byte_for_byte(lake: Command, filled: Path) -> None:
    (path,) = (filled / "processed/date=2025-02-03").iterdir()
    before = path.read_bytes()
    path.write_bytes(b"damaged")
    assert lake("reconcile", "--uri", filled).code == 1
    ran = lake("rebuild", SALES, "--dates", "2025-02-01..2025-02-28", "--uri", filled)
    assert ran.code == 0
    assert "✓ 1 row rebuilt in 1 file of processed" in ran.out
    assert path.read_bytes() == before
    assert lake("reconcile", "--uri", filled).code == 0


def test_a_rebuild_under_another_contract_says_that_runs_were_restated(
    lake: Command, filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    next_version(monkeypatch, rules=[])
    ran = lake("rebuild", SALES, "--dates", "2025-02-04", "--uri", filled)
    assert "was restated as a whole" in ran.out
    assert ran.row("2025-02-04") == ["1", "0", "1"]


def test_a_lost_archived_file_is_told_in_a_sentence(lake: Command, filled: Path) -> None:
    (path,) = (filled / "archive/validated").iterdir()
    path.unlink()
    ran = lake("rebuild", SALES, "--dates", "2025-02-03", "--uri", filled)
    assert ran.code == 1
    assert "sales.csv" in ran.err
    assert "Restore it" in ran.err
    assert "Traceback" not in ran.err


def test_a_run_that_died_is_finished_and_told(lake: Command, root: Path) -> None:
    store = open_store(str(root))
    contract = opening.contract("retail")
    dataset = contract.datasets[0]
    store.put("raw/a.csv", write(root.parent / "a.csv", GOOD).read_bytes())

    def die() -> None:
        raise Killed

    validate(store, contract, dataset, complete=["raw/a.csv"])
    with pytest.raises(Killed):
        ingest(hooked(store, before=once("publish", die)), contract, dataset, LocalEngine(1))
    ran = lake("recover", "--uri", root)
    assert ran.code == 0
    assert ran.out.startswith("✓ sales: finished run ")
    assert ran.out.endswith(", 1 rows\n")
    assert lake("recover", "--uri", root).out == "✓ nothing was left undone\n"


def test_a_date_without_rows_needs_no_rebuild_and_that_is_said(lake: Command, filled: Path) -> None:
    ran = lake("rebuild", SALES, "--dates", "2025-01-01", "--uri", filled)
    assert ran.code == 0
    assert ran.out == (
        "✓ nothing to rebuild: no run has good rows of 2025-01-01, and nothing stands there\n"
    )
    foreign = filled / "processed/date=2025-01-02/x.parquet"
    foreign.parent.mkdir()
    foreign.touch()
    ran = lake("rebuild", SALES, "--dates", "2025-01-01..2025-01-03", "--uri", filled)
    assert "rows of 2025-01-01 to 2025-01-03; what stood there is gone\n" in ran.out
    assert not foreign.exists()


def test_a_replay_without_an_archived_file_shows_what_the_others_gave(
    lake: Command, filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (path,) = (filled / "archive/validated").iterdir()
    path.unlink()
    lake("run", SALES, write(tmp_path / "b.csv", BAD.replace("T2", "T3")), "--uri", filled)
    next_version(monkeypatch, rules=[])
    ran = lake("replay", SALES, "--all", "--uri", filled)
    assert ran.code == 1
    assert ran.row("all runs") == ["1", "0", "1", "1", "0"]
    assert ran.row("2025-02-04") == ["1", "0", "1"]
    assert "read sales.csv, and its archived file cannot be read:" in ran.out
    assert "Restore it, then try again. What such a run gave stands." in ran.out
