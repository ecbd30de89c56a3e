"""Header cells to contract columns."""

import pytest

from lake_assets.kernels.header import map_header, normalise
from lake_assets_tests.kernels.reading import retail


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
    assert map_header([alias.upper()], retail()) == ({column: 0}, [])


def test_two_cells_for_one_column_are_refused_by_name() -> None:
    with pytest.raises(ValueError, match="'price' and 'Unit Price' both name unit_price"):
        map_header(["price", "qty", "Unit Price"], retail())
