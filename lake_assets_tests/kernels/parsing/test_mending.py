"""Damaged headers: mended where names and rows leave one way to read them."""

import pytest

from lake_assets.kernels.parsing import mending as module
from lake_assets.kernels.parsing.header import normalise
from lake_assets.kernels.parsing.mending import mend, single_quoted
from lake_assets.kernels.refusal import FileRefusedError
from lake_assets_tests.kernels.reading import read
from lake_assets_tests.kernels.recovery.recovering import TYPED

ROWS = ["A-1,2025-01-02,5,1040,blue", "B-2,2025-01-02,1,2.50,", "C-3,2025-01-02,1,2,red"]


@pytest.mark.parametrize(
    "header",
    [
        '"id,at,n,price,note',
        'id,at,"n,price,note',
        'id,at,n",price,"note"',
        'id,at,n,price,note"',
        "id;at;n;price;note",
        "id at n price note",
        "id,at;n,price,note",
        "id,at,nprice,note",
        'id,at,"n""price",note',
        "idat,n,price,note",
        ",id,at,n,price,note",
        "id,at,,n,price,note",
        "id,at,n,price,note,,",
    ],
)
def test_a_damaged_header_is_read_by_its_names_and_the_rows_below(header: str) -> None:
    dataset = TYPED.model_copy(
        update={"format": TYPED.format.model_copy(update={"delimiters": [",", ";", " "]})}
    )
    rows = read("\n".join([header, *ROWS]) + "\n", dataset)
    assert rows.good.select("line_number", "id", "n", "note").rows() == [
        (2, "A-1", 5, "blue"),
        (3, "B-2", 1, None),
        (4, "C-3", 1, "red"),
    ]
    assert rows.rejects.is_empty()
    assert rows.books.recoveries == {}
    assert (rows.books.headers, rows.books.unaccounted) == (1, 0)


@pytest.mark.parametrize(
    "header",
    [
        "id,at,n,price,note",
        "note,price,n,at,id",
        "id,at,n,price,",
        "id,at,n,price,other",
    ],
)
def test_a_header_that_fits_its_rows_is_left_alone(header: str) -> None:
    assert mend(header, ",", ROWS, TYPED) is None


@pytest.mark.parametrize(
    ("header", "rows"),
    [
        ("id,at,nprice,note", ROWS[:1]),
        ("id,at,nprice,note", ["A-1,2025-01-02,5,blue"] * 3),
        ("id,at,nprices,note", ROWS),
        ("id,at,n,price,note,", [*ROWS, "A-1,2025-01-02,5,1040,blue,"]),
        ("id,at,n,price,note", ["A-1,2025-01-02,5,1040,blue,x"] * 3),
        ("id,at,n,price,note", ["a", "b,c", "d,e,f"]),
        ("idat,n,price", ROWS),
        ("id,at,n,price,,note", ["a,b", "c;d", "e", "f"]),
    ],
)
def test_a_header_is_not_mended_against_its_rows(header: str, rows: list[str]) -> None:
    assert mend(header, ",", rows, TYPED) is None


def test_a_header_of_two_readings_is_not_mended() -> None:
    rows = ["A-1,5;2025-01-02,5;2;x", "A-2,5;2025-01-02,5;2;x"]
    both = TYPED.model_copy(
        update={
            "columns": [
                column.model_copy(update={"required": column.name in ("id", "at")})
                for column in TYPED.columns
            ]
        }
    )
    assert mend("id at n", " ", rows, both) is None
    assert mend("id at n", " ", [row.replace(",", ".") for row in rows], both) is None


def test_a_header_that_cannot_be_mended_refuses_the_file() -> None:
    with pytest.raises(FileRefusedError, match="the header lacks n, price"):
        read("\n".join(["id,at,nprices,note", *ROWS]), TYPED)


def test_a_quote_before_a_header_that_does_not_fit_its_rows_refuses_the_file() -> None:
    with pytest.raises(FileRefusedError, match="divides the header"):
        read("\n".join(['"id,at,n,price,note,other', *ROWS]), TYPED)


def test_a_file_in_single_quotes_is_refused_and_not_read_with_them() -> None:
    content = "id,at,n,price,'note'\nA-1,2025-01-02,5,1,'blue'\nA-1,2025-01-02,5,1,'red, blue'\n"
    with pytest.raises(FileRefusedError, match="'note' and cells below it stand in single quotes"):
        read(content, TYPED)


def test_single_quotes_in_a_header_alone_or_in_rows_alone_are_text() -> None:
    assert single_quoted("id,'at'", ",", ["a,b", "'c',d"]) is None
    assert single_quoted("id,at", ",", ["'a','b'"]) is None
    assert single_quoted("id,'at'", ",", ["a", "a, 'b'"]) == "'at'"


def test_the_work_on_a_long_cell_is_no_more_than_on_any_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls: list[str] = []

    def counted(cell: str) -> str:
        calls.append(cell)
        return normalise(cell)

    monkeypatch.setattr(module, "normalise", counted)
    assert mend("a" * 8000 + ",b", ",", ["1,2", "3,4"], TYPED) is None
    assert len(calls) < 100
