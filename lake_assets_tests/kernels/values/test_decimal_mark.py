"""Which sign is the decimal one in a file: shown by its column, or else by its other columns."""

from decimal import Decimal

import pytest

from lake_assets.kernels.decoding.cuts import find_cuts
from lake_assets.kernels.parsing.layout import read_layout
from lake_assets_tests.kernels.reading import (
    HEADER,
    Reading,
    read,
    read_files,
    read_pieces,
    reasons,
)
from lake_assets_tests.kernels.reading import with_column as contract_with

CONTRACT = contract_with("price", type="decimal", scale=2)
HEAD = "id;at;n;note;price\n"


def row(n: str, price: str, name: str = "a") -> str:
    return f"{name};2025-01-02;{n};x;{price}\n"


def values(rows: Reading) -> list[tuple[int | None, Decimal | None]]:
    return list(rows.good.select("n", "price").iter_rows())


@pytest.mark.parametrize(
    ("n", "price", "value"),
    [("1,000", "2.50", 1000), ("1.000", "2,50", 1000), ("1.000", "2.50", 1), ("1,000", "2,50", 1)],
)
def test_what_a_column_leaves_open_another_column_tells(n: str, price: str, value: int) -> None:
    assert values(read(HEAD + row(n, price), CONTRACT)) == [(value, Decimal("2.50"))]


def test_its_own_column_speaks_before_the_others() -> None:
    rows = read(HEAD + row("1,000", "2,50") + row("1,000,000", "2,50"), CONTRACT)
    assert [n for n, _ in values(rows)] == [1000, 1_000_000]


@pytest.mark.parametrize("prices", [("2.50", "2,50"), ("2", "3")])
def test_where_the_file_says_nothing_or_two_things_the_number_is_ambiguous(
    prices: tuple[str, str],
) -> None:
    rows = read(HEAD + row("1,000", prices[0]) + row("7", prices[1]), CONTRACT)
    assert reasons(rows) == {2: ["AMBIGUOUS_NUMBER:n"]}
    assert values(rows)[0][0] == 7


def test_each_file_of_a_block_speaks_for_itself() -> None:
    point, comma, silent = read_files(
        {
            "point.csv": HEAD + row("1,000", "2.50"),
            "comma.csv": HEAD + row("1,000", "2,50"),
            "silent.csv": HEAD + row("1,000", "2"),
        },
        CONTRACT,
    )
    assert [n for n, _ in values(point) + values(comma)] == [1000, 1]
    assert reasons(silent) == {2: ["AMBIGUOUS_NUMBER:n"]}


def test_a_file_in_pieces_is_of_one_mind() -> None:
    data = (HEAD + row("1,000", "2") + row("7", "2.50", "b") * 200).encode()
    cuts, _ = find_cuts([data], 1000, 10, 1 << 20)
    assert len(cuts) > 2
    layout = read_layout(data, CONTRACT, whole=True)
    pieces, whole = read_pieces(data, cuts, layout, CONTRACT), read(data, CONTRACT)
    assert values(pieces) == values(whole)
    assert values(whole)[0][0] == 1000
    assert pieces.books == whole.books


def test_a_declared_mark_leaves_nothing_open() -> None:
    dataset = contract_with("price", type="decimal", decimal_mark="comma")
    rows = read(f"{HEADER[:-1]},price\na,2025-01-02,7,x,1.500\n", dataset)
    assert rows.good["price"].to_list() == [Decimal("1500.00")]
