"""Rows of a block that are recovered after all, and header cells that claim one column."""

from itertools import permutations
from unittest.mock import patch

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lake_assets.contracts import Dataset
from lake_assets.kernels.recovery import candidates as candidates_module
from lake_assets.kernels.recovery import recover as recover_module
from lake_assets.kernels.recovery.candidates import WIDEST
from lake_assets_tests.kernels.reading import Reading, read, read_files, reasons
from lake_assets_tests.kernels.recovery.recovering import TEXTS, TYPED, WORDED

HEADER = "id,at,n,price,note\n"


def recoveries(rows: Reading) -> dict[str, int]:
    return dict(rows.books.recoveries)


@pytest.mark.parametrize(
    ("row", "how", "note"),
    [
        (",A-1,2025-01-02,5,1040", "shifted cells", None),
        ("'A-1','2025-01-02','5','1040','x''s'", "single quotes", "x's"),
        ("A-1;2025-01-02;5;1,040.00;blue", "another delimiter", "blue"),
    ],
)
def test_a_row_is_recovered_and_the_books_say_how(row: str, how: str, note: str | None) -> None:
    rows = read(f"{HEADER}B-2,2025-01-02,1,2,red\n{row}\nC-3,2025-01-02,1,2,\n", TYPED)
    assert rows.good.select("line_number", "id", "n", "note").rows() == [
        (2, "B-2", 1, "red"),
        (3, "A-1", 5, note),
        (4, "C-3", 1, None),
    ]
    assert recoveries(rows) == {how: 1}
    assert rows.books.unaccounted == 0


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("A-1,2025-01-02,x,1040,", "INVALID_NUMBER:n"),
        (",2025-01-02,5,1040,blue", "MISSING_REQUIRED_COLUMN:id"),
        (",A-1,2025-01-02,0,1040", "MISSING_REQUIRED_COLUMN:id"),
        ("'A-1','2025-01-02','x','1040','blue'", "INVALID_TIMESTAMP_FORMAT:at"),
        ("A-1,2025-01-02,5,1040,blue,EXTRA", "STRUCTURAL:too many cells"),
    ],
)
def test_a_row_that_no_reading_makes_whole_stays_rejected(row: str, reason: str) -> None:
    rows = read(f"{HEADER}{row}\n", TYPED)
    assert rows.good.is_empty()
    assert reason in reasons(rows)[2]
    assert rows.rejects["raw_row"].to_list() == [row]


def test_rows_that_break_rules_alone_are_not_moved() -> None:
    rows = read(f"{HEADER}a,2025-01-02,5,1040,\n", TYPED)
    assert reasons(rows) == {2: ["BUSINESS_LOGIC_FAIL:rule_0"]}


ORDERS = [list(order) for order in permutations(["id", "at", "n", "price", "note"])][::7]
CELLS = {"id": "A-1", "at": "2025-01-02", "n": "5", "price": "1,040.00", "note": "blue"}
DAMAGES = {
    "no quotes": lambda cells: ",".join(cells),
    "quoted": lambda cells: ",".join(f'"{cell}"' if "," in cell else cell for cell in cells),
    "another delimiter": lambda cells: ";".join(cells),
    "lost": lambda cells: ",".join(cells[:2]) + ",".join(cells[2:]),
    "stray": lambda cells: '"' + ",".join(cells),
    "surplus": lambda cells: ",".join(cells) + ",x",
    "trailing": lambda cells: ",".join(f'"{cell}"' for cell in cells) + ",,",
    "moved": lambda cells: "," + ",".join(f'"{cell}"' for cell in cells[:-1]),
    "single": lambda cells: ",".join(f"'{cell}'" for cell in cells),
    "cut": lambda cells: ",".join(cells)[:-3],
}


@st.composite
def files(draw: st.DrawFn) -> str:
    order = draw(st.sampled_from(ORDERS))
    extra = draw(st.booleans())
    rows = draw(st.lists(st.sampled_from(sorted(DAMAGES)), min_size=1, max_size=4))
    header = ",".join([*order, *(["extra"] if extra else [])])
    cells = [CELLS[name] for name in order] + (["e"] if extra else [])
    return "\n".join([header, *(DAMAGES[row](cells) for row in rows)]) + "\n"


@settings(derandomize=True, max_examples=25, deadline=None)
@given(st.lists(files(), min_size=2, max_size=5), st.sampled_from([TYPED, WORDED, TEXTS]))
def test_what_a_row_becomes_does_not_depend_on_the_block(
    contents: list[str], dataset: Dataset
) -> None:
    if dataset is TEXTS:
        names = {"n": "a", "price": "b", "note": "c", "id": "d"}
        contents = [
            ",".join(names.get(name, name) for name in content.split("\n")[0].split(","))
            + content[content.index("\n") :]
            for content in contents
        ]
    together = read_files({f"{at}.csv": text for at, text in enumerate(contents)}, dataset)
    for at, text in enumerate(contents):
        alone = read(text, dataset, f"{at}.csv")
        assert together[at].good.equals(alone.good)
        assert together[at].rejects.equals(alone.rejects)
        assert together[at].books == alone.books


def test_what_a_row_becomes_does_not_depend_on_other_rows() -> None:
    cells = list(CELLS.values())
    rows = [damage(cells) for damage in DAMAGES.values()]
    whole = read(HEADER + "\n".join(rows) + "\n", TYPED)
    for at, row in enumerate(rows):
        alone = read(f"{HEADER}{row}\n", TYPED)
        here = whole.good.filter(line_number=at + 2)
        assert here.drop("line_number").equals(alone.good.drop("line_number"))


@pytest.mark.parametrize(
    ("row", "note"),
    [
        ("A-1,x,2025-01-02,5,2,x", "x"),
        ("A-1,,2025-01-02,5,2,x", "x"),
        ("A-1,x,2025-01-02,5,2,n/a", "x"),
        ("A-1,,2025-01-02,5,2, ", None),
        ('A-1, "x",2025-01-02,5,2,x', "x"),
    ],
)
def test_cells_that_claim_one_column_give_the_value_on_which_they_agree(
    row: str, note: str | None
) -> None:
    rows = read(f"id,note,at,n,price,note\n{row}\n", TYPED)
    assert rows.good["note"].to_list() == [note]


def test_a_row_whose_cells_claim_one_column_and_differ_is_damaged() -> None:
    content = "id,note,at,n,price,note\nA-1,x,2025-01-02,5,2,y\nB-2,z,2025-01-02,5,2,\n"
    rows = read(content, TYPED)
    assert reasons(rows) == {2: ["STRUCTURAL:cells that claim one column and differ"]}
    assert rows.good.select("id", "note").rows() == [("B-2", "z")]
    assert rows.rejects["raw_row"].to_list() == ["A-1,x,2025-01-02,5,2,y"]


def test_only_the_files_that_claim_a_column_twice_are_compared() -> None:
    twice, once = read_files(
        {
            "twice.csv": "id,note,at,n,price,note\nA-1,x,2025-01-02,5,2,y\n",
            "once.csv": "price,note,at,n,id,other\n2,x,2025-01-02,5,B-2,y\n",
        },
        TYPED,
    )
    assert (twice.good.height, once.good["note"].to_list()) == (0, ["x"])


def test_a_recovered_row_must_agree_with_itself_too() -> None:
    rows = read('id,note,at,n,price,note\nA-1, "x",2025-01-02,5,2,y\n', TYPED)
    assert rows.good.is_empty()
    assert isinstance(rows.rejects, pl.DataFrame)
    assert list(reasons(rows)) == [2]


@settings(derandomize=True, max_examples=15, deadline=None)
@given(st.lists(files(), min_size=1, max_size=4))
def test_records_that_are_not_looked_at_together_become_the_same(contents: list[str]) -> None:
    named = {f"{at}.csv": content for at, content in enumerate(contents)}
    together = read_files(named, TYPED)
    with patch.object(recover_module, "AT_ONCE", 1), patch.object(candidates_module, "BATCH", 1):
        apart = read_files(named, TYPED)
    for one, other in zip(together, apart, strict=True):
        assert one.good.equals(other.good)
        assert one.rejects.equals(other.rejects)
        assert one.books == other.books


@pytest.mark.parametrize(("width", "recovered"), [(WIDEST, 2), (WIDEST + 1, 0)])
def test_a_damaged_record_that_is_too_wide_stays_rejected(width: int, recovered: int) -> None:
    more = width - 5
    header = HEADER[:-1] + "".join(f",c{at}" for at in range(more)) + "\n"
    cells = ["A-1", "2025-01-02", "5", "1040", "blue", *["x"] * more]
    written = [",".join(cells), DAMAGES["single"](cells), ";".join(f'"{cell}"' for cell in cells)]
    rows = read(header + "".join(f"{row}\n" for row in written), TYPED)
    assert rows.books.good == 1 + recovered
    assert sum(recoveries(rows).values()) == recovered
    assert (rows.books.rejected, rows.books.unaccounted) == (2 - recovered, 0)
