"""Header cells to contract columns."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lake_assets.contracts import Dataset
from lake_assets.kernels.parsing.header import claim_columns, merge_duplicates, normalise
from lake_assets_tests.kernels.reading import retail, small


@pytest.mark.parametrize(
    ("cell", "name"),
    [
        ("transaction_id", "transaction_id"),
        (" Transaction ID ", "transaction_id"),
        ("TRANSACTION-ID", "transaction_id"),
        ("Unit-Price (EUR)", "unit_price_eur"),
        ("Revenue($)", "revenue"),
        ("Qty.", "qty"),
        ("item  id", "item_id"),
        ("\u00a0id\u00a0", "id"),
        ("", ""),
        ("#", ""),
    ],
)
def test_a_header_cell_is_normalised(cell: str, name: str) -> None:
    assert normalise(cell) == name


@pytest.mark.parametrize(
    ("alias", "column"),
    [
        ("transactionid", "transaction_id"), ("transid", "transaction_id"),
        ("txn_id", "transaction_id"), ("storeid", "store_id"), ("shop_id", "store_id"),
        ("itemid", "item_id"), ("product_id", "item_id"), ("qty", "quantity"),
        ("quantitysold", "quantity"), ("unitprice", "unit_price"), ("price", "unit_price"),
        ("revenueamount", "revenue"), ("amount", "revenue"),
    ],
)  # fmt: skip
def test_each_alias_of_the_retail_contract_finds_its_column(alias: str, column: str) -> None:
    claims = claim_columns([alias.upper()], retail())
    assert (claims.positions, claims.extra) == ({column: (0,)}, ())


def columns(*names: str, **aliases: list[str]) -> Dataset:
    """A contract of string columns besides ``at``, which it needs."""
    more = [{"name": name, "aliases": aliases.get(name, [])} for name in names]
    dates = {"name": "at", "type": "timestamp", "formats": ["yyyy-MM-dd"], "required": True}
    return small(columns=[dates, *more], key=["at"], gold={"table": "t", "row_hash": ["at"]})


def claim(cells: list[str], dataset: Dataset) -> dict[str, tuple[int, ...]]:
    return claim_columns(cells, dataset).positions


@pytest.mark.parametrize(
    ("cell", "column"),
    [
        ("UnitPrice", "unit_price"),
        ("unitPrice", "unit_price"),
        ("unit.price", "unit_price"),
        ("unit/price", "unit_price"),
        ("Unit Price (EUR)", "unit_price"),
        ("Unit Price [€]", "unit_price"),
        ('\ufeff"Unit Price"', "unit_price"),
        ("  Unit Price\u00a0", "unit_price"),
        ("ＵＮＩＴ ＰＲＩＣＥ", "unit_price"),
        ("unit price", "unitprice"),
        ("TransactionID", "transaction_id"),
        ("Größe", "grosse"),
        ("Größe", "groesse"),
        ("GRO\u0308SSE", "groesse"),
        ("Ångström", "angstrom"),
        ("Smørrebrød", "smorrebrod"),
        ("Prénom", "prenom"),
        ("Order #", "order_number"),
        ("Order #", "order_no"),
        ("№", "no"),
        ("Share %", "share_percent"),
        ("Profit & Loss", "profit_and_loss"),
    ],
)
def test_a_header_is_known_in_the_spellings_that_people_use(cell: str, column: str) -> None:
    assert claim(["at", cell], columns(column)) == {"at": (0,), column: (1,)}


def test_a_spelling_is_known_by_its_alias_too() -> None:
    assert claim(["SalesPrice (EUR)"], columns("price", price=["sales_price"])) == {"price": (0,)}


@pytest.mark.parametrize(
    "cell", ["", "#", "()", "Цена", "価格", "السعر", "🙂", "Price (last year)", "Price (1) (2)x"]
)
def test_what_is_another_name_is_left_over_as_it_stands(cell: str) -> None:
    claims = claim_columns([f" {cell} ", "at"], columns("price", "x"))
    assert (claims.positions, claims.extra) == ({"at": (1,)}, (cell,))


def test_a_spelling_of_two_columns_names_neither() -> None:
    assert claim(["abC"], columns("a_bc", "ab_c")) == {}
    assert claim(["ab_c"], columns("a_bc", "ab_c")) == {"ab_c": (0,)}


def test_two_cells_that_only_resemble_a_column_do_not_claim_it() -> None:
    claims = claim_columns(["Price (EUR)", "Price (USD)"], columns("price"))
    assert (claims.positions, claims.extra) == ({}, ("Price (EUR)", "Price (USD)"))


def test_a_cell_that_resembles_a_column_gives_way_to_one_that_names_it() -> None:
    claims = claim_columns(["Price (USD)", "PRICE"], columns("price"))
    assert (claims.positions, claims.extra) == ({"price": (1,)}, ("Price (USD)",))


def test_all_cells_of_a_column_are_given_its_own_name_first() -> None:
    cells = ["amount", "note", "cost", "Price", "price"]
    dataset = columns("price", price=["amount", "cost"])
    assert claim(cells, dataset) == {"price": (3, 4, 0, 2)}


@pytest.mark.parametrize(
    ("cells", "value", "conflict"),
    [
        (["a", "a"], "a", False),
        (["a", None], "a", False),
        ([None, "a", None], "a", False),
        (["a", None, "a"], "a", False),
        ([None, None], None, False),
        (["a"], "a", False),
        (["a", "b"], None, True),
        ([None, "a", "b"], None, True),
        (["a", None, "b"], None, True),
    ],
)
def test_cells_of_one_column_agree_or_are_in_conflict(
    cells: list[str | None], value: str | None, conflict: bool
) -> None:
    frame = pl.DataFrame(
        [cells], schema={str(n): pl.String for n in range(len(cells))}, orient="row"
    )
    merged, differ = merge_duplicates([pl.col(name) for name in frame.columns])
    assert frame.select(merged.alias("value"), differ.alias("differ")).row(0) == (value, conflict)


def test_cells_of_one_column_may_be_compared_as_values() -> None:
    frame = pl.DataFrame({"a": [1, 2, None], "b": [1, 3, 4]})
    value, conflict = merge_duplicates([pl.col("a"), pl.col("b")])
    assert frame.select(value.alias("value"), conflict.alias("differ")).rows() == [
        (1, False), (None, True), (4, False),
    ]  # fmt: skip


@settings(derandomize=True, max_examples=200, deadline=None)
@given(st.lists(st.text(max_size=12), max_size=8))
def test_each_cell_of_any_header_is_claimed_once_or_left_over(cells: list[str]) -> None:
    claims = claim_columns(cells, retail())
    places = [place for of_column in claims.positions.values() for place in of_column]
    assert len(places) == len(set(places))
    assert sorted(claims.extra) == sorted(
        cell.strip() for at, cell in enumerate(cells) if at not in places
    )
