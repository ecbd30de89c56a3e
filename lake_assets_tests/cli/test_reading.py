"""The first bytes of a file on disk."""

import gzip
from pathlib import Path

import pytest

from lake_assets.cli.opening import UsageError
from lake_assets.cli.reading import read_head
from lake_assets.contracts.format import CsvFormat

LINES = [f"A{n:03},2025-01-02,éü" for n in range(200)]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-32", "cp1252"])
@pytest.mark.parametrize("size", [1001, 1002, 1003, 1004, 1019, 1020])
def test_a_head_ends_where_a_line_does(tmp_path: Path, end: str, encoding: str, size: int) -> None:
    file = tmp_path / "f.csv"
    file.write_bytes((end.join(LINES) + end).encode(encoding))
    head = read_head(file, size / 1_000_000)
    assert not head.whole
    *lines, last = head.text.removeprefix("\ufeff").split(end)
    assert lines == LINES[: len(lines)]
    assert last == ""
    assert len(lines) > 10


def test_of_one_long_line_all_is_kept(tmp_path: Path) -> None:
    (tmp_path / "f.csv").write_bytes(b"x" * 5000)
    assert read_head(tmp_path / "f.csv", 0.001).data == b"x" * 1000


def test_megabytes_are_those_of_the_text(tmp_path: Path) -> None:
    (tmp_path / "f.csv.gz").write_bytes(gzip.compress("\n".join(LINES * 9).encode()))
    head = read_head(tmp_path / "f.csv.gz", 0.002)
    assert (head.compression, head.whole) == ("gzip", False)
    assert 1900 < len(head.data) <= 2000


def test_what_expands_to_more_than_the_contract_allows_is_refused(tmp_path: Path) -> None:
    (tmp_path / "f.csv.gz").write_bytes(gzip.compress(b"a,b\n" * 600_000))
    head = read_head(tmp_path / "f.csv.gz", 9, CsvFormat(max_expanded_mb=1))
    assert head.refusal is not None
    assert head.refusal.reason == "too_large"
    assert head.data == b""


@pytest.mark.parametrize(
    ("data", "declared", "told"),
    [
        (b"a", ["utf-8", "detect"], "the bytes are UTF-8"),
        ("éüèçñ éüèçñ\n".encode() * 9 + b"\xff", ["utf-8"], "nearly all bytes are UTF-8"),
        ("\ufeffa".encode(), ["utf-8"], "its byte order mark says so"),
        ("é".encode("cp1252"), ["cp1252"], "the first that is declared"),
        ("é,1".encode("cp1252"), ["utf-8", "cp1252"], "the bytes are no utf-8"),
        ("à côté".encode("cp1252"), ["utf-8", "detect"], "what the bytes look most like"),
        ("é".encode("cp1252"), ["ascii"], "none of ascii fits"),
    ],
)
def test_how_an_encoding_was_told_is_told(
    tmp_path: Path, data: bytes, declared: list[str], told: str
) -> None:
    (tmp_path / "f.csv").write_bytes(data)
    assert read_head(tmp_path / "f.csv", 1, CsvFormat(encodings=declared)).found_by == told


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "f.csv").write_bytes(b"%PDF-1.7 ")
    with pytest.raises(UsageError, match=r"f\.csv is PDF, not text; export it as CSV first"):
        read_head(tmp_path / "f.csv", 1)
