"""`lake contract infer`: a draft on stdout or in a file, what to check on stderr."""

import bz2
import gzip
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from lake_assets.cli import opening
from lake_assets.contracts import load_lake
from lake_assets_tests.cli.conftest import Command

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

TICKETS = (
    "Ticket No;Paid at;Fee\n"
    "7001;31.01.2025 08:10;3,80\n"
    "7002;31.01.2025 08:12;1,50\n"
    "7003;01.02.2025 09:00;0,50\n"
)


@pytest.fixture
def tickets(tmp_path: Path) -> Path:
    """A file that a contract can be drafted from."""
    file = tmp_path / "City Tickets_2025-01-31 (2).csv"
    file.write_text(TICKETS)
    return file


def test_the_draft_on_stdout_loads_as_it_is(lake: Command, tmp_path: Path, tickets: Path) -> None:
    ran = lake("contract", "infer", tickets)
    assert ran.code == 0
    (tmp_path / "defs.yaml").write_text(ran.out)
    drafted = load_lake(tmp_path / "defs.yaml")
    assert drafted.lake == "city_tickets"
    assert [dataset.name for dataset in drafted.datasets] == ["city_tickets"]


def test_what_to_check_is_told_on_stderr(lake: Command, tickets: Path) -> None:
    ran = lake("contract", "infer", tickets, "--lake", "city", "--dataset", "tickets")
    told = [line.rstrip() for line in ran.err.splitlines()]
    assert told[0] == "Drafted city/tickets: 3 columns. To check, 4 guesses:"
    assert "  key               unique in the sample" in told
    assert f"  {tickets.name}: 3 of 3 rows are good" in told
    assert "  put it in lake_assets/defs/city/defs.yaml" in told
    assert told[-1].endswith("--contract city/tickets")


def test_the_next_command_shows_what_becomes_of_the_file(
    lake: Command, tmp_path: Path, tickets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "DEFS", tmp_path / "lake_assets/defs")
    out = "lake_assets/defs/city/defs.yaml"
    ran = lake("contract", "infer", tickets, "--lake", "city", "--dataset", "t", "--out", out)
    assert ran.code == 0
    assert ran.out == ""
    assert "put it in" not in ran.err
    found = lake("sniff", tickets, "--contract", "city/t", "--json").document
    assert found["accounting"]["good"] == 3


def test_a_file_that_is_there_is_not_overwritten(
    lake: Command, tmp_path: Path, tickets: Path
) -> None:
    (tmp_path / "defs.yaml").write_text("mine")
    ran = lake("contract", "infer", tickets, "--out", "defs.yaml")
    assert ran.code == 2
    assert "defs.yaml exists; name another with --out" in ran.err
    assert (tmp_path / "defs.yaml").read_text() == "mine"


def test_a_preamble_and_totals_are_in_the_draft_that_then_reads_the_file(
    lake: Command, tmp_path: Path
) -> None:
    (tmp_path / "t.csv").write_text(f"Report of January\nall car parks\n{TICKETS}Total;;5,80\n")
    ran = lake("contract", "infer", "t.csv")
    assert "preamble_lines: 2" in ran.out
    assert "t.csv: 3 of 3 rows are good" in ran.err


def test_a_file_that_the_draft_would_not_read_is_told(lake: Command, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(TICKETS)
    (tmp_path / "b.csv").write_text("Fee\n1,10\n")  # it has neither key nor timestamp
    ran = lake("contract", "infer", "a.csv", "b.csv")
    assert ran.code == 1 or "b.csv would be refused: " in ran.err


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, zstd.compress])
def test_a_compressed_sample_is_expanded(
    lake: Command, tmp_path: Path, pack: Callable[[bytes], bytes]
) -> None:
    (tmp_path / "t.csv").write_bytes(pack(TICKETS.encode()))
    assert "t.csv: 3 of 3 rows are good" in lake("contract", "infer", "t.csv").err


def test_a_damaged_sample_is_wrong_usage(lake: Command, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(gzip.compress(TICKETS.encode())[:30])
    ran = lake("contract", "infer", "t.csv")
    assert ran.code == 2
    assert ran.err.startswith("lake: cannot read t.csv: the gzip data is damaged")


def test_samples_without_a_key_are_told(lake: Command, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("n,m\nred,5\nred,5\n")
    ran = lake("contract", "infer", "t.csv")
    assert ran.code == 1
    assert ran.out == ""
    assert ran.err.startswith("lake: a contract needs a key, and in the samples")


def test_samples_without_a_timestamp_go_by_arrival_and_that_is_told(
    lake: Command, tmp_path: Path
) -> None:
    (tmp_path / "t.csv").write_text("id,n\nA1,5\nA2,6\n")
    ran = lake("contract", "infer", "t.csv")
    assert "by: arrival  # guess: no column is a timestamp" in ran.out
    assert "  partition.by    no column is a timestamp" in ran.err


def test_ndjson_is_known_by_its_content(lake: Command, tmp_path: Path) -> None:
    lines = "".join(f'{{"eventId":"E{at}","at":"2025-02-03T10:00:0{at}Z"}}\n' for at in range(3))
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress(lines.encode("utf-16")))
    ran = lake("contract", "infer", "t.csv.gz")
    assert "        type: ndjson\n" in ran.out
    assert "t.csv.gz: 3 of 3 rows are good" in ran.err


def test_a_json_document_is_told_with_how_to_convert_it(lake: Command, tmp_path: Path) -> None:
    (tmp_path / "t.json").write_text('[{"id": 1}, {"id": 2}]')
    ran = lake("contract", "infer", "t.json")
    assert (ran.code, ran.out) == (1, "")
    assert "t.json: the file is a JSON array" in ran.err


@pytest.mark.parametrize("arguments", [("absent.csv",), (".",), ("t.csv", "--lake", "My Lake"), ()])
def test_wrong_usage_ends_with_2(lake: Command, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    (tmp_path / "t.csv").write_text(TICKETS)
    assert lake("contract", "infer", *arguments).code == 2


def test_a_file_without_letters_in_its_name_is_called_data(lake: Command, tmp_path: Path) -> None:
    (tmp_path / "20250131.csv").write_text(TICKETS)
    assert "fact_data" in lake("contract", "infer", "20250131.csv").out
