"""Which good rows of a sample were not plain."""

from datetime import UTC, datetime

from lake_assets.contracts import Dataset
from lake_assets.kernels.accounting import Accounting
from lake_assets.kernels.block import read_block
from lake_assets.kernels.parsing.layout import read_layout
from lake_assets.kernels.parsing.texts import Provenance, Text, read_texts
from lake_assets.kernels.recoveries import MARK, NUMBER, ORDER, Recoveries, find_recoveries
from lake_assets_tests.kernels.reading import with_column

HEADER = "id,at,n,note,amount\n"


def recoveries(*rows: str, dataset: Dataset | None = None) -> tuple[list[Recoveries], Accounting]:
    dataset = dataset or with_column("amount", type="decimal")
    data = "\n".join([HEADER.strip(), *rows, ""]).encode()
    layout = read_layout(data, dataset, whole=True)
    text = Text(data, 1, layout, Provenance("f.csv", "run", datetime(2025, 5, 1, tzinfo=UTC), "1"))
    block = read_block([text], dataset)
    texts, _ = read_texts([text], dataset)
    found = find_recoveries(block.good, block.recovered, texts, dataset)
    return found, block.pieces[0].books


def test_plain_rows_are_not_listed() -> None:
    assert recoveries("A1,2025-01-02,5,x,2.50", "A2,2025-01-03,-7,,")[0] == []


def test_damaged_rows_are_those_of_the_books() -> None:
    found, books = recoveries("A1,2025-01-02,5,red, large,2.50", "A2;2025-01-02;6;y;3.50")
    assert {one.kind: one.rows for one in found if not one.column} == books.recoveries
    assert len(books.recoveries) == 2
    by = {one.kind: one.examples for one in found}
    assert by["another delimiter"] == (
        (3, "A2;2025-01-02;6;y;3.50", "A2 | 2025-01-02 00:00:00 | 6 | y | 3.50"),
    )


def test_numbers_and_dates_are_listed_with_what_they_were_read_as() -> None:
    found, _ = recoveries(
        'A1,2025-01-02,5,x,"$1,040.00"',
        "A2,13/01/2025,6,x,(12.50)",
        "A3,02/01/2025,7,x,1.00",
        'A4,2025-01-02,"1,200",x,1.00',
    )
    assert [(one.kind, one.column, one.rows) for one in found] == [
        (ORDER, "at", 1), (MARK, "n", 1), (NUMBER, "amount", 2),
    ]  # fmt: skip
    assert found[0].examples == ((4, "02/01/2025", "2025-01-02 00:00:00"),)
    assert found[1].examples == ((5, "1,200", "1200"),)
    assert found[2].examples == ((2, "$1,040.00", "1040.00"), (3, "(12.50)", "-12.50"))


def test_rejected_rows_are_not_listed() -> None:
    found, books = recoveries("A1,2025-01-02,5,x,$1.00", ",2025-01-02,5,x,$2.00")
    assert (books.rejected, [one.rows for one in found]) == (1, [1])


def test_as_many_examples_are_kept_as_are_asked_for() -> None:
    (found,), _ = recoveries(*[f"A{n},2025-01-02,{n},x,${n}.00" for n in range(9)])
    assert (found.rows, len(found.examples)) == (9, 3)
