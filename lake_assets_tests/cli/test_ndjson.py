"""NDJSON on the command line: sniffed, run, its rejects shown and its rows traced."""

import gzip
import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from lake_assets.cli import opening
from lake_assets_tests.cli.conftest import SALES, Command

CONTRACT = """\
type: lake_assets.components.LakeComponent
attributes:
  lake: pond
  arrivals_start: 2025-01-01
  datasets:
    - name: fish
      format: {type: ndjson}
      columns:
        - {name: id, required: true}
        - {name: at, type: timestamp, required: true, formats: [yyyy-MM-dd]}
        - {name: weight, type: decimal}
        - {name: tags, type: json}
      key: [id]
      partition: {column: at, start: 2025-01-01}
      gold: {table: fish, row_hash: [at, weight, tags]}
"""
GOOD = '{"ID":"A1","at":"2025-02-03","weight":2.50,"tags":{"pond" : 1}}'
HEAVY = '{"ID":"A2","at":"2025-02-03","weight":2.505,"mood":"calm"}'
FISH = "pond/fish"


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of NDJSON, and a contract for it."""
    home = tmp_path / "defs/pond"
    home.mkdir(parents=True)
    (home / "defs.yaml").write_text(CONTRACT)
    monkeypatch.setattr(opening, "DEFS", tmp_path / "defs")
    path = tmp_path / "fish.ndjson"
    path.write_text(f"{GOOD}\n{HEAVY}\noops\n\n")
    return path


def test_a_sniffed_file_is_told_key_by_key_and_row_by_row(lake: Command, file: Path) -> None:
    found = lake("sniff", file, "--contract", FISH, "--json").document
    assert (found["format"], found["delimiter"], found["has_header"]) == ("ndjson", None, False)
    assert [(cell["cell"], cell["column"], cell["by"]) for cell in found["header"]] == [
        ("ID", "id", "name"),
        ("at", "at", "name"),
        ("weight", "weight", "name"),
        ("tags", "tags", "name"),
        ("mood", None, None),
    ]
    books = found["accounting"]
    assert (books["good"], books["rejected"], books["skipped"]) == (1, 2, 1)
    assert [(row["line"], row["reasons"], row["raw"]) for row in found["rejects"]] == [
        (2, ["INVALID_NUMBER:weight"], HEAVY),
        (3, ["INVALID_JSON:malformed line"], "oops"),
    ]


def test_people_see_that_it_is_ndjson(lake: Command, file: Path) -> None:
    out = lake("sniff", file, "--contract", FISH).out
    assert ["format", "NDJSON", "by", "the", "contract:"] in [
        row.split()[:5] for row in out.splitlines()
    ]
    assert "delimiter" not in out


def test_a_json_document_is_refused_with_how_to_convert_it(lake: Command, file: Path) -> None:
    file.write_text(json.dumps([json.loads(GOOD)], indent=1))
    ran = lake("sniff", file, "--contract", FISH)
    assert ran.code == 1
    assert "refused as a whole: invalid_ndjson_format" in ran.out
    assert "jq -c '.[]' FILE > FILE.ndjson" in ran.out


WRITTEN: Mapping[str, Callable[[str], bytes]] = {
    "plainly": str.encode,
    "with a byte order mark": lambda text: text.encode("utf-8-sig"),
    "in UTF-16": lambda text: text.encode("utf-16"),
    "in gzip": lambda text: gzip.compress(text.encode()),
    "with CR LF": lambda text: text.replace("\n", "\r\n").encode(),
}


@pytest.mark.parametrize("how", WRITTEN)
def test_without_a_contract_the_keys_are_typed(lake: Command, file: Path, how: str) -> None:
    file.write_bytes(WRITTEN[how](file.read_text()))
    found = lake("sniff", file, "--json").document
    assert (found["format"], found["contract"], found["delimiter"]) == ("ndjson", None, None)
    assert (found["rows"], found["lines_damaged"]) == (3, 1)
    columns = found["columns"]
    assert {column["header"]: (column["type"], column["nulls"]) for column in columns} == {
        "ID": ("string", 0),
        "at": ("date", 0),
        "weight": ("decimal", 0),
        "tags": ("json", 1),
        "mood": ("string", 1),
    }


def test_without_a_contract_people_see_the_keys_and_what_is_wrong(
    lake: Command, file: Path
) -> None:
    out = lake("sniff", file).out
    rows = [row.split() for row in out.splitlines()]
    assert ["format", "NDJSON", "one", "JSON", "object", "a", "line"] in rows
    assert ["tags", "json", "1", '{"pond"', ":", "1}"] in rows
    assert "! 1 line is no JSON object" in out
    assert "delimiter" not in out
    assert max(map(len, out.splitlines())) <= 80


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (json.dumps([json.loads(GOOD)]), "the file is a JSON array, and no NDJSON"),
        (json.dumps(json.loads(GOOD), indent=1), "a JSON object of several lines"),
        ('{"a":1\n{"a":2\n', "and hardly one is whole; the first one begins with '{\"a\":1'"),
        (json.dumps({"a": "x" * 9_000}), "longer than what was read of the file"),
    ],
)
def test_what_is_json_and_no_table_is_told(
    lake: Command, file: Path, text: str, sentence: str
) -> None:
    file.write_text(text)
    ran = lake("sniff", file, "--mb", "0.005")
    assert (ran.code, ran.out) == (2, "")
    assert sentence in ran.err
    ran = lake("contract", "infer", file, "--mb", "0.005")
    assert ran.code == 1
    assert sentence in ran.err


@pytest.mark.parametrize("text", ["", "\n \n"])
def test_a_file_without_text_has_nothing_in_it(lake: Command, file: Path, text: str) -> None:
    file.write_text(text)
    assert "There is nothing in it." in lake("sniff", file).out
    assert "have no rows of data" in lake("contract", "infer", file).err


def test_a_contract_of_csv_is_told_what_the_file_is(lake: Command, file: Path) -> None:
    home = file.parent / "defs/pond/defs.yaml"
    home.write_text(CONTRACT.replace("      format: {type: ndjson}\n", ""))
    ran = lake("sniff", file, "--contract", FISH)
    assert ran.code == 1
    assert "each line is a JSON object" in ran.out
    assert SALES != FISH


def test_rejects_and_traces_show_the_line_as_it_stands(
    lake: Command, file: Path, root: Path
) -> None:
    ran = lake("run", FISH, file, "--uri", root, "--json")
    (made,) = ran.document["files"]
    assert (made["rows_good"], made["rows_rejected"], made["delimiter"]) == (1, 2, "")
    out = lake("rejects", "--lake", "pond", "--uri", root).out
    assert f" fish.ndjson:2  INVALID_NUMBER:weight\n     {HEAVY}\n" in out
    assert " fish.ndjson:3  INVALID_JSON:malformed line\n     oops\n" in out
    traced = lake("trace", FISH, "--row", "id=A1", "--uri", root, "--json").document
    (row,) = traced["rows"]
    assert row["gold"]["tags"] == '{"pond" : 1}'
    assert row["origins"][0]["raw"] == GOOD
    assert lake("reconcile", "--lake", "pond", "--uri", root).code == 0
