"""Blocks of too many cells: only the claimed ones are kept, and the rows become what they would."""

import re
import subprocess
import sys
from pathlib import Path
from unittest.mock import patch

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lake_assets.kernels.parsing import cells
from lake_assets.kernels.parsing.sparse import all_empty, some_longer
from lake_assets.kernels.refusal import FileRefusedError
from lake_assets_tests.kernels.reading import HEADER, Reading, read_files, small

WIDE_HEADER = "id,at,n,note," + ",".join(f"c{n}" for n in range(96)) + "\n"
GOOD_WIDE = "w,2025-01-02,1,x" + "," * 96 + "\n"
FRAGMENTS = [
    "a,2025-01-02,1,x\n", "b;2025-01-02;1;x\n", '"c","2025-01-02",1,"x\ny"\r\n', "id,at,n,note\n",
    ",,,\n", ' ,"","  ",\n', ';;;\n', '"""",,,\n', '"","","",""\n', "a,2025-01-02,1,xxxxxxxxxxxx\n",
    '"' + "y" * 1500 + '",2025-01-02,1,""""\n', "z" * 1500 + "\n", "b;2025-01-02;1;" + "z" * 1025,
    '"', ",", ";", "\n", "\n", "a", " ", "é",
]  # fmt: skip
DATASET = small(format={"max_field_kb": 1})


def _files(body: str) -> dict[str, str]:
    return {
        "one.csv": HEADER + body,
        "two.csv": "n;at;id;more\n1;2025-01-02;k;m\n;;;\n",
        "three.csv": "at,more,id,n,note\n2025-01-02,m,k,1,\n" + body,
    }


def _read(body: str, *, most: int) -> list[Reading] | str:
    with patch.object(cells, "MOST_CELLS", most):
        try:
            return read_files(_files(body), DATASET)
        except FileRefusedError as error:
            return str(error)


@settings(derandomize=True, max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(FRAGMENTS), max_size=25).map("".join))
def test_what_becomes_of_a_row_does_not_depend_on_which_cells_are_kept(body: str) -> None:
    full, sparse = _read(body, most=cells.MOST_CELLS), _read(body, most=0)
    if isinstance(full, str) or isinstance(sparse, str):
        assert full == sparse
        return
    for one, other in zip(full, sparse, strict=True):
        assert one.good.equals(other.good)
        assert one.rejects.equals(other.rejects)
        assert one.books == other.books


@pytest.mark.parametrize(
    ("raw", "empty"),
    [
        (",,", True),
        ('"", ,"  "', True),
        ('"""",,', False),
        (",;,", False),
        ("", True),
        ("a,", False),
    ],
)
def test_a_record_of_blank_cells_is_known_by_its_text(raw: str, empty: bool) -> None:
    assert all_empty(pl.Series([raw]), ",").to_list() == [empty]


@pytest.mark.parametrize("at_once", [1, 2, 100])
def test_a_cell_that_is_too_long_is_found_whatever_stands_around_it(at_once: int) -> None:
    raw = pl.Series(
        ["abc,abc,abc", "abcd,a", "a,abcd", '"a""b",x', '"a,b""c"', "éé,a", "é,ééé", ""]
    )
    found = some_longer(raw, ",", 4, at_once)
    assert found.to_list() == [False, False, False, False, True, False, True, False]
    assert some_longer(raw, ",", 3, at_once).to_list()[:4] == [False, True, True, False]


def test_a_wide_file_leaves_its_narrow_neighbours_as_they_are() -> None:
    narrow = {
        "a.csv": f"{HEADER}a,2025-01-02,1,x\n,,,\nb\n",
        "z.csv": f"{HEADER}z,2025-01-02,2,y\n",
    }
    wide = WIDE_HEADER + GOOD_WIDE + "," * 99 + "\nx\n"
    first, middle, last = read_files(
        {"a.csv": narrow["a.csv"], "w.csv": wide, "z.csv": narrow["z.csv"]}
    )
    alone = read_files(narrow)
    assert first.good.equals(alone[0].good)
    assert first.rejects.equals(alone[0].rejects)
    assert last.good.equals(alone[1].good)
    assert (first.books, last.books) == (alone[0].books, alone[1].books)
    assert (middle.books.good, middle.books.rejected, middle.books.skipped) == (1, 1, 1)
    (block,) = first.blocks
    assert block.good["source_file"].to_list() == ["a.csv", "w.csv", "z.csv"]


STATUS = Path("/proc/self/status")
PROGRAM = """
import re
from pathlib import Path
from lake_assets_tests.kernels.reading import read_files, small
def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1])
HEADER = "id,at,n,note"
NARROW = HEADER + "\\na,2025-01-02,1,x\\nb\\n"
{body}
read_files({{"n.csv": NARROW}})
before = peak()
files = {{"a.csv": NARROW, "w.csv": wide, "z.csv": NARROW}}
readings = read_files(files, small(format={{"max_columns": 20000}}))
grown = peak() - before
books = [one.books for one in readings]
assert not any(one.unaccounted for one in books), books
print(grown // 1024, *(f"{{one.good}}/{{one.rejected}}" for one in books))
"""
SHORT_LINES = """
good = "w,2025-01-02,1,x" + "," * 4996 + "\\n"
wide = HEADER + "," + ",".join(f"c{n}" for n in range(4996)) + "\\n" + good + "x\\n" * 20000 + good
"""
ONE_SHORT = """
row = "w,2025-01-02,1,x" + "," * {commas} + "\\n"
wide = HEADER + "," + ",".join(f"c{{n}}" for n in range({width} - 4)) + "\\n" + row * {rows}
"""


# The peak that getrusage tells is that of the parent process, where that was larger.
@pytest.mark.skipif(not STATUS.exists(), reason="the peak of the memory is read from Linux's /proc")
@pytest.mark.parametrize(
    ("body", "books"),
    [
        (SHORT_LINES, "2/20000"),
        (ONE_SHORT.format(rows=400, width=400, commas=395), "0/400"),
        (ONE_SHORT.format(rows=1500, width=128, commas=123), "0/1500"),
        (ONE_SHORT.format(rows=400, width=100, commas=97), "400/0"),
    ],
)
def test_a_small_file_with_a_wide_header_does_not_fill_the_memory(body: str, books: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(body=body)],
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    found = re.fullmatch(r"(\d+) 1/1 (\S+) 1/1\n", done.stdout)
    assert found, done.stdout
    assert found[2] == books
    assert int(found[1]) < 600, "MiB"
