"""Where rows start and end in a file: header, preamble, totals, and many files in one block."""

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lake_assets.kernels.accounting import Accounting
from lake_assets.kernels.refusal import FileRefusedError
from lake_assets_tests.kernels.reading import (
    HEADER,
    lines,
    read,
    read_files,
    reasons,
    small,
    with_columns,
)

PREAMBLE = "Sales report\n\nprinted; by, somebody\n"
TOTALS = small(format={"totals": "(?i)^(grand )?total"})


def row(name: str, day: str = "2025-01-02") -> str:
    return f"{name},{day},1,x\n"


def test_a_preamble_is_skipped_and_counted_where_the_contract_allows_it() -> None:
    rows = read(PREAMBLE + HEADER + row("a"), small(format={"preamble_lines": 3}))
    assert lines(rows) == [5]
    assert (rows.books.rows_read, rows.books.skipped, rows.books.headers) == (4, 3, 1)
    assert rows.books.unaccounted == 0


@pytest.mark.parametrize("allowed", [0, 2])
def test_a_longer_preamble_than_the_contract_allows_refuses_the_file(allowed: int) -> None:
    with pytest.raises(FileRefusedError, match=r"missing_columns|delimiter_detection_failed"):
        read(PREAMBLE + HEADER + row("a"), small(format={"preamble_lines": allowed}))


def test_a_preamble_that_reads_like_a_header_in_part_is_no_header() -> None:
    rows = read("id,report\n" + HEADER + row("a"), small(format={"preamble_lines": 1}))
    assert (lines(rows), rows.books.skipped) == ([3], 1)


def test_totals_at_the_end_are_skipped_and_counted() -> None:
    rows = read(HEADER + row("a") + "Total,,7,\n\nGrand total,,7,\n\n", TOTALS)
    assert (lines(rows), rows.books.skipped, rows.books.rejected) == ([2], 4, 0)


def test_a_total_between_rows_is_rejected_like_any_row_that_is_none() -> None:
    rows = read(HEADER + row("a") + "Total,,7,\n" + row("b") + "Total,,7,\n", TOTALS)
    assert (lines(rows), rows.books.skipped) == ([2, 4], 1)
    assert reasons(rows) == {3: ["MISSING_REQUIRED_COLUMN:at"]}


def test_without_the_option_a_total_is_a_row() -> None:
    assert list(reasons(read(HEADER + row("a") + "Total,,7,\n"))) == [3]


def test_a_header_cell_may_hold_a_line_end() -> None:
    rows = read('"id","at",n,note,"of\nno use"\n' + row("a").replace("x", "x,y"))
    assert lines(rows) == [3]
    assert (rows.books.lines, rows.books.headers, rows.books.continuations) == (3, 1, 1)
    assert rows.books.unaccounted == 0


def test_a_header_with_an_open_quote_takes_in_no_row() -> None:
    rows = read('"id,at,n,note\n' + row("a") + row("b"))
    assert (lines(rows), rows.books.headers, rows.books.continuations) == ([2, 3], 1, 0)


def test_a_stray_quote_in_a_header_takes_in_no_row() -> None:
    """Not even where the next quote below would close it."""
    text = 'id,at,n,"note\n' + row("a") + row("b") + 'c,2025-01-02,3,a 5" pipe\n' + row("d")
    rows = read(text)
    assert lines(rows) == [2, 3, 5]
    assert list(reasons(rows)) == [4]
    assert (rows.books.continuations, rows.books.unaccounted) == (0, 0)
    quoted = read('id,at,n,"note\n' + row("a").replace("x", '"x"') + 'b,2025-01-02,1,x"\n')
    assert lines(quoted) == [2]


def test_a_repeated_header_in_another_spelling_is_skipped() -> None:
    rows = read(HEADER + row("a") + "ID,At,N,Note\n" + row("b"))
    assert (lines(rows), rows.books.skipped) == ([2, 4], 1)


def test_a_header_with_the_columns_in_other_places_refuses_the_file() -> None:
    with pytest.raises(FileRefusedError, match="line 3 is a header with the columns in other"):
        read(HEADER + row("a") + "note,at,n,id\n" + "second,2025-01-02,2,B7\n")


@pytest.mark.parametrize(
    "start", [b"x^2", b"x\x01", b"x\x9c", b"x\xda", b"\x1f\x8b\x08", b"(\xb5/\xfd"]
)
def test_no_row_is_taken_for_a_compressed_file(start: bytes) -> None:
    data = HEADER.encode() + start + b",2025-01-02,1,x\n" + row("b").encode()
    rows = read(data, small(format={"encodings": ["latin-1"]}))
    assert lines(rows) == [2, 3]


def test_a_row_becomes_the_same_whatever_else_is_in_its_block() -> None:
    dataset = with_columns(*({"name": n, "type": "decimal", "scale": 3} for n in "pq"))
    head = "id;at;p;q;note\n"
    files: dict[str, str | bytes] = {
        "a.csv": head + "a;2025-01-01;10.25;1.5;x\nb;2025-01-01;99.75;2.5;y\n"
        "c;2025-01-01;1,234;7.5;z;\n",
        "b.csv": head + "d;2025-01-01;1,234;2.5;x\n",
    }
    for (name, content), together in zip(files.items(), read_files(files, dataset), strict=True):
        assert together.good.equals(read(content, dataset, name).good)


FILES: dict[str, str | bytes] = {
    "day_first.csv": HEADER + row("a", "03/04/2025") + row("b", "25/04/2025"),
    "month_first.csv": "note|n|at|id\r\nx|1|03/04/2025|c\r\nx|1|04/25/2025|d\r\n",
    "open.csv": HEADER + row("e", "03/04/2025") + 'f,"2025-01-02,1,x\n',
    "sales_2025-04-03.csv": "at;id;extra\n03/04/2025;g;\n03/04/2025;;\n;;\n3;g\n",
    "utf16.csv": ("\ufeff" + HEADER + row("ä")).encode("utf-16-le"),
}


def test_files_of_one_block_read_as_each_does_alone() -> None:
    """Each has its own delimiter, order of columns, line ends, encoding and evidence."""
    together = read_files(FILES)
    for (name, content), reading in zip(FILES.items(), together, strict=True):
        alone = read(content, name=name)
        assert reading.good.equals(alone.good)
        assert reading.rejects.equals(alone.rejects)
        assert reading.books == alone.books
    days = [reading.good["at"].dt.to_string("%F").to_list() for reading in together]
    assert days == [["2025-04-03", "2025-04-25"], ["2025-03-04", "2025-04-25"], [],
                    ["2025-04-03"], ["2025-01-02"]]  # fmt: skip
    assert reasons(together[2]) == {
        2: ["AMBIGUOUS_TIMESTAMP:at"],
        3: ["STRUCTURAL:unbalanced or stray quotes"],
    }


@cache
def books_alone(name: str) -> Accounting:
    """What becomes of a copy that is read alone."""
    return read(FILES[name.partition("/")[2]], name=name).books


@settings(derandomize=True, max_examples=25, deadline=None)
@given(st.permutations(sorted(FILES)), st.integers(1, 3))
def test_the_order_of_the_files_changes_nothing_but_the_order(
    names: list[str], copies: int
) -> None:
    files = {f"{copy}/{name}": FILES[name] for copy in range(copies) for name in names}
    for name, reading in zip(files, read_files(files), strict=True):
        assert reading.books == books_alone(name)
