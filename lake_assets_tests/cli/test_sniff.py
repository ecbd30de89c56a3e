"""`lake sniff`: what would become of a file, with a contract and without."""

import bz2
import gzip
import io
import lzma
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from lake_assets.cli import opening
from lake_assets_tests.cli.conftest import GOOD, HEADER, SALES, Command, Ran, write

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

UNBALANCED = "T2,S1,2025-02-03 10:00:00,I1,2,2.50,9.00"
TICKETS = "Ticket No;Paid at;Fee\n7001;31.01.2025 08:10;3,80\n7002;31.01.2025 08:12;\n"


def test_every_row_of_the_sample_is_accounted_for(lake: Command, tmp_path: Path) -> None:
    file = write(tmp_path / "sales.csv", GOOD, UNBALANCED, "", HEADER, "T3,S1")
    ran = lake("sniff", file, "--contract", SALES, "--json")
    assert ran.code == 0
    books = ran.document["accounting"]
    assert (books["rows_read"], books["good"], books["rejected"], books["skipped"]) == (5, 1, 2, 2)
    assert books["unaccounted"] == 0
    assert [(row["line"], row["reasons"]) for row in ran.document["rejects"]] == [
        (3, ["BUSINESS_LOGIC_FAIL:revenue_balances"]),
        (6, ["STRUCTURAL:too few cells"]),
    ]


def test_people_see_the_same_in_tables(lake: Command, tmp_path: Path) -> None:
    file = write(tmp_path / "sales.csv", GOOD, UNBALANCED)
    out = lake("sniff", file, "--contract", SALES).out
    lines = [line.split() for line in out.splitlines()]
    assert ["2", "1", "1", "0", "0"] in lines
    assert ["BUSINESS_LOGIC_FAIL:revenue_balances", "1"] in lines
    assert ["delimiter", ",", "comma", "no", "other", "sign", "would", "do"] in lines
    assert max(map(len, out.splitlines())) <= 80


def test_a_long_row_is_cut_where_the_terminal_ends(lake: Command, tmp_path: Path) -> None:
    file = write(tmp_path / "sales.csv", GOOD, UNBALANCED.replace("I1", "I" * 300))
    out = lake("sniff", file, "--contract", SALES).out
    (row,) = [line for line in out.splitlines() if line.strip().startswith("3 ")]
    assert row.rstrip().endswith("…")
    assert len(row) <= 80


def test_nothing_is_made_or_changed(lake: Command, tmp_path: Path) -> None:
    file = write(tmp_path / "sales.csv", GOOD)
    before = file.read_bytes()
    lake("sniff", file, "--contract", SALES)
    assert list(tmp_path.iterdir()) == [file]
    assert file.read_bytes() == before


def test_header_cells_are_shown_with_the_columns_that_they_name(
    lake: Command, tmp_path: Path
) -> None:
    file = tmp_path / "sales.csv"
    file.write_text(
        HEADER.replace("quantity", "Qty").replace("item_id", "Item-ID") + f",Mood\n{GOOD},\n"
    )
    ran = lake("sniff", file, "--contract", SALES, "--json")
    by = {cell["cell"]: (cell["column"], cell["by"]) for cell in ran.document["header"]}
    assert by["Qty"] == ("quantity", "alias")
    assert by["Item-ID"] == ("item_id", "name")
    assert by["Mood"] == (None, None)
    assert ran.document["missing_optional"] == ["item_category", "payment_method", "customer_id"]
    out = lake("sniff", file, "--contract", SALES).out
    assert "by its alias, required" in out
    assert "unknown, left out" in out


def test_a_refused_file_shows_why_and_what_is_missing(lake: Command, tmp_path: Path) -> None:
    file = tmp_path / "sales.csv"
    file.write_text(HEADER.replace("store_id", "branch") + f"\n{GOOD}\n")
    ran = lake("sniff", file, "--contract", SALES)
    assert ran.code == 1
    assert "refused as a whole: missing_columns\n  the header lacks store_id; it reads" in ran.out
    assert ["missing", "store_id", "required"] in [line.split() for line in ran.out.splitlines()]
    ran = lake("sniff", file, "--contract", SALES, "--json")
    assert ran.code == 1
    assert ran.document["refused"]["reason"] == "missing_columns"
    assert ran.document["missing_required"] == ["store_id"]


def test_a_delimiter_that_the_contract_lacks_is_named(lake: Command, tmp_path: Path) -> None:
    file = tmp_path / "sales.csv"
    file.write_text(f"{HEADER}\n{GOOD}\n{GOOD}\n".replace(",", "~"))
    ran = lake("sniff", file, "--contract", SALES)
    assert ran.code == 1
    assert "the text looks divided by '~'; if it is, add that to `format.delimiters`" in ran.out


def test_recoveries_are_counted_by_kind_and_shown(lake: Command, tmp_path: Path) -> None:
    file = write(
        tmp_path / "sales.csv",
        GOOD,
        'T2,S1,2025-02-03 10:00:00,I1,2,"$1,002.50",2005.00',
        "T3;S1;2025-02-03 10:00:00;I1;2;2.50;5.00",
        "T4,S1,02/13/2025 10:00,I1,2,2.50,5.00",
        "T5,S1,02/03/2025 10:00,I1,2,2.50,5.00",
    )
    ran = lake("sniff", file, "--contract", SALES, "--json")
    assert ran.document["accounting"]["good"] == 5
    found = {(item["kind"], item["column"]): item for item in ran.document["recoveries"]}
    assert {key: item["rows"] for key, item in found.items()} == {
        ("another delimiter", ""): 1,
        ("day and month settled", "timestamp"): 1,
        ("number in another notation", "unit_price"): 1,
    }
    assert found["number in another notation", "unit_price"]["examples"][0] == [
        3, "$1,002.50", "1002.50",
    ]  # fmt: skip
    assert found["day and month settled", "timestamp"]["examples"] == [
        [6, "02/03/2025 10:00", "2025-02-03 10:00:00"]
    ]
    out = lake("sniff", file, "--contract", SALES).out
    assert "timestamp: 1 says month first, by texts that read in one way only" in out
    assert "T3 | S1 | 2025-02-03 10:00:00 | I" in out


def test_what_reads_both_ways_is_told(lake: Command, tmp_path: Path) -> None:
    row = GOOD.replace("2025-02-03 10:00:00", "03/04/2025 10:00")
    out = lake("sniff", write(tmp_path / "sales.csv", row), "--contract", SALES).out
    assert "timestamp: nothing in the file tells day from month; 1 row rejected" in out
    named = write(tmp_path / "sales_2025-03-04.csv", row)
    out = " ".join(lake("sniff", named, "--contract", SALES).out.split())
    assert "timestamp: 1 says month first, by the date in the file's name; 1 text settled" in out


def test_without_a_contract_the_columns_are_typed(lake: Command, tmp_path: Path) -> None:
    (tmp_path / "tickets.csv").write_bytes(b"\xef\xbb\xbf" + TICKETS.encode())
    ran = lake("sniff", "tickets.csv", "--json")
    assert ran.code == 0
    document = ran.document
    assert (document["encoding"], document["encoding_found_by"]) == (
        "utf-8", "its byte order mark says so",
    )  # fmt: skip
    assert (document["delimiter"], document["runner_up"], document["line_end"]) == (";", ",", "LF")
    assert [(c["header"], c["type"], c["nulls"]) for c in document["columns"]] == [
        ("Ticket No", "integer", 0),
        ("Paid at", "timestamp", 0),
        ("Fee", "decimal", 1),
    ]
    out = lake("sniff", "tickets.csv").out
    assert "31.01.2025 08:10  d.M.yyyy" in out
    assert "next best , comma" in out


def zipped(data: bytes) -> bytes:
    """A zip file of one file."""
    with (buffer := io.BytesIO()), zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("sales.csv", data)
        archive.close()
        return buffer.getvalue()


@pytest.mark.parametrize(
    ("pack", "name"),
    [
        (gzip.compress, "gzip"),
        (bz2.compress, "bzip2"),
        (zstd.compress, "zstd"),
        (zipped, "zip"),
    ],
)
def test_a_compressed_file_is_expanded_to_be_looked_at(
    lake: Command, tmp_path: Path, pack: Callable[[bytes], bytes], name: str
) -> None:
    (tmp_path / "packed.csv").write_bytes(pack(TICKETS.encode()))
    document = lake("sniff", "packed.csv", "--json").document
    assert (document["compression"], document["delimiter"]) == (name, ";")
    assert len(document["columns"]) == 3
    assert document["bytes_read"] == len(TICKETS)
    (tmp_path / "packed.csv").write_bytes(pack(f"{HEADER}\n{GOOD}\n".encode()))
    ran = lake("sniff", "packed.csv", "--contract", SALES)
    assert ran.code == 0
    assert f"bytes, {name}, expands to 111, 2 lines" in ran.out


def test_a_compressed_file_that_cannot_be_read_is_refused(lake: Command, tmp_path: Path) -> None:
    (tmp_path / "sales.csv").write_bytes(lzma.compress(f"{HEADER}\n{GOOD}\n".encode()))
    ran = lake("sniff", "sales.csv", "--contract", SALES)
    assert ran.code == 1
    assert "refused as a whole: compression\n  the file is compressed with xz" in ran.out
    assert "delimiter" not in ran.out
    assert lake("sniff", "sales.csv").code == 2


def test_the_beginning_of_a_large_file_is_enough(lake: Command, tmp_path: Path) -> None:
    file = write(tmp_path / "sales.csv", *[GOOD] * 200)
    ran = lake("sniff", file, "--contract", SALES, "--mb", "0.001")
    assert "the first " in ran.out
    assert "what is below is about that part alone; --mb reads more" in ran.out
    found = lake("sniff", file, "--contract", SALES, "--mb", "0.001", "--json").document
    assert found["whole"] is False
    assert found["bytes_read"] <= 1000
    assert found["accounting"]["good"] == found["lines"] - 1 > 0
    assert found["rejects"] == []  # the line that the sample cuts in two is left out


def test_the_beginning_of_a_file_of_wide_characters_is_cut_at_a_line(
    lake: Command, tmp_path: Path
) -> None:
    file = tmp_path / "sales.csv"
    file.write_bytes("\n".join([HEADER, *[GOOD.replace("I1", "Ü")] * 99]).encode("utf-16"))
    found = lake("sniff", file, "--contract", SALES, "--mb", "0.002", "--json").document
    assert found["encoding"] == "utf-16-le"
    assert found["rejects"] == []
    assert found["accounting"]["good"] > 5


def test_control_characters_and_markup_are_shown_as_they_stand(
    lake: Command, tmp_path: Path
) -> None:
    (tmp_path / "odd.csv").write_text("a\x1b[2J,[bold]b[/],c\n1,2,\x1b[31m3\n4,5,6\n")
    out = lake("sniff", "odd.csv").out
    assert "\x1b" not in out
    assert r"a\x1b[2J" in out
    assert "[bold]b[/]" in out


@pytest.mark.parametrize("content", [b"", b"\n", b"\0" * 99, bytes(range(256)) * 9, b"x"])
@pytest.mark.parametrize("contract", [(), ("--contract", SALES)])
def test_any_bytes_are_looked_at(
    lake: Command, tmp_path: Path, content: bytes, contract: tuple[str, ...]
) -> None:
    (tmp_path / "odd.csv").write_bytes(content)
    ran = lake("sniff", "odd.csv", *contract)
    assert ran.code == bool(contract)
    assert ran.err == ""


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("absent.csv",), "cannot read absent.csv: No such file or directory"),
        ((".",), ". is a directory; name the files in it, such as ./*.csv"),
        (("zip.csv",), "cannot read zip.csv: the zip data is damaged"),
        (("bad.gz",), "cannot read bad.gz: the gzip data is damaged"),
        (("table.csv",), "table.csv is Parquet, not text; export it as CSV first"),
        (("zip.csv", "--contract", "pond/fish"), "there is no lake 'pond'"),
    ],
)
def test_what_cannot_be_looked_at_is_wrong_usage(
    lake: Command, tmp_path: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    (tmp_path / "zip.csv").write_bytes(b"PK\x03\x04rest")
    (tmp_path / "table.csv").write_bytes(b"PAR1\x15\x04")
    (tmp_path / "bad.gz").write_bytes(gzip.compress(TICKETS.encode())[:20])
    ran = lake("sniff", *arguments)
    assert ran.code == 2
    assert ran.out == ""
    assert ran.err.startswith(f"lake: {sentence}")
    ran = lake("sniff", *arguments, "--json")
    assert ran.document["file"] == Path(arguments[0]).name
    assert sentence in ran.document["error"]


SMALL = """\
type: lake_assets.components.LakeComponent
attributes:
  lake: pond
  arrivals_start: 2025-01-01
  datasets:
    - name: fish
      format: {preamble_lines: 2, totals: "^Total"}
      columns:
        - {name: id, required: true}
        - {name: at, type: timestamp, required: true, formats: ["yyyy-MM-dd"]}
        - {name: unit_weight, type: decimal, scale: 3}
        - {name: kind, aliases: [sort]}
      key: [id]
      partition: {column: at, start: 2020-01-01}
      gold: {table: fish, row_hash: [id, at]}
"""
ROW = "A1,2025-02-03,2.5,perch"


@pytest.fixture
def fish(lake: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Sniff a text by the contract pond/fish: its name, and what it says."""
    home = tmp_path / "defs/pond"
    home.mkdir(parents=True)
    (home / "defs.yaml").write_text(SMALL)
    monkeypatch.setattr(opening, "DEFS", tmp_path / "defs")

    def sniff(*rows: str, header: str = "id,at,unit_weight,kind", more: str = "--json") -> Ran:
        (tmp_path / "fish.csv").write_bytes("\n".join([header, *rows, ""]).encode())
        return lake("sniff", "fish.csv", "--contract", "pond/fish", *[more][: bool(more)])

    return sniff


def test_a_preamble_and_totals_are_told(fish: Command) -> None:
    text = [ROW, "", "Total,,2.5,"]
    header = "Catch of March\n\nid,at,unit_weight,kind"
    found = fish(*text, header=header).document
    assert (found["preamble_lines"], found["totals"]) == (2, 1)
    assert (found["accounting"]["good"], found["accounting"]["skipped"]) == (1, 4)
    out = fish(*text, header=header, more="").out
    assert "skipped: 2 lines above the header and 1 total at the end" in out


def test_a_header_below_more_text_than_the_contract_allows_is_told(fish: Command) -> None:
    ran = fish(ROW, header="Catch\nof\nMarch\nid,at,unit_weight,kind", more="")
    assert ran.code == 1
    assert "there is a header in line 4; if what is above it may be left out, set" in ran.out


def test_a_header_in_another_spelling_or_twice_is_told(fish: Command) -> None:
    header = "id,at,UnitWeight,Kind,Sort"
    row = f"{ROW},perch"
    cells = fish(row, header=header).document["header"]
    assert [(cell["by"], cell["cells"]) for cell in cells] == [
        ("name", 1), ("name", 1), ("variant", 1), ("name", 2), ("alias", 2),
    ]  # fmt: skip
    out = fish(row, header=header, more="").out
    assert "in another spelling" in out
    assert "by its alias, one of 2 cells" in out


def test_damaged_rows_are_shown_with_what_they_were_read_as(fish: Command) -> None:
    ran = fish(ROW, "A2,2025-02-04,1.5,perch,", "A3;2025-02-05;3.5;bream")
    by = {item["kind"]: item for item in ran.document["recoveries"]}
    assert {kind: item["rows"] for kind, item in by.items()} == ran.document["accounting"][
        "recoveries"
    ]
    assert by["trailing delimiters"]["examples"] == [
        [3, "A2,2025-02-04,1.5,perch,", "A2 | 2025-02-04 00:00:00 | 1.500 | perch"]
    ]


@pytest.mark.parametrize(
    ("other", "told", "good"),
    [
        ("0.25", "1 says a decimal point, by texts that read in one way only; 1 text settled", 2),
        ("7", "nothing in the file tells the decimal mark; 1 row rejected", 1),
    ],
)
def test_what_settles_the_decimal_mark_is_told(
    fish: Command, other: str, told: str, good: int
) -> None:
    rows = ["A1,2025-02-03,1.234,perch", f"A2,2025-02-03,{other},bream"]
    assert fish(*rows).document["accounting"]["good"] == good
    assert told in " ".join(fish(*rows, more="").out.split())


def test_a_decimal_mark_that_other_columns_tell_is_told(
    lake: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "defs/pond").mkdir(parents=True)
    price = "        - {name: price, type: decimal}\n      key"
    (tmp_path / "defs/pond/defs.yaml").write_text(SMALL.replace("      key", price))
    monkeypatch.setattr(opening, "DEFS", tmp_path / "defs")
    (tmp_path / "fish.csv").write_text(
        "id;at;unit_weight;price\nA1;2025-02-03;1.234;2,5\nA2;2025-02-03;7;3,75\n"
    )
    ran = lake("sniff", "fish.csv", "--contract", "pond/fish")
    assert "unit_weight: other columns say a decimal comma; 1 text settled" in ran.out


@pytest.mark.parametrize("end", ["\r", "\r\n"])
def test_a_sample_is_cut_at_any_line_end(lake: Command, tmp_path: Path, end: str) -> None:
    file = tmp_path / "sales.csv"
    file.write_bytes(end.join([HEADER, *[GOOD] * 99, ""]).encode())
    found = lake("sniff", file, "--contract", SALES, "--mb", "0.001", "--json").document
    assert found["line_end"] == {"\r": "CR", "\r\n": "CR LF"}[end]
    assert found["rejects"] == []
    assert found["accounting"]["good"] == found["lines"] - 1 > 5


def test_an_encoding_that_the_contract_lacks_is_named(
    lake: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "defs/pond").mkdir(parents=True)
    contract = SMALL.replace("{preamble", "{encodings: [ascii], preamble")
    (tmp_path / "defs/pond/defs.yaml").write_text(contract)
    monkeypatch.setattr(opening, "DEFS", tmp_path / "defs")
    (tmp_path / "fish.csv").write_text(f"id,at,kind\nA1,2025-02-03,{'brème ' * 9}\n", "cp1252")
    ran = lake("sniff", "fish.csv", "--contract", "pond/fish")
    assert ran.code == 1
    assert "the bytes look most like cp1252; if so, add it to `format.encodings`" in ran.out
