"""A left join that multiplies no row."""

from decimal import Decimal

import polars as pl
import pytest

from lake_assets.kernels.gold import gold_schema
from lake_assets.kernels.lookups import (
    MultipliedError,
    look_up,
    lookup_schema,
    lookup_table,
    orphans,
)
from lake_assets_tests.jobs.club import lake

MEMBERS = lake().dataset("members")
LOOKUP = MEMBERS.gold.lookups[0]
FEE = pl.Decimal(18, 2)


def tariffs(*rows: tuple[str | None, str, str]) -> pl.DataFrame:
    found = [(key, title, Decimal(fee)) for key, title, fee in rows]
    schema = pl.Schema({"tariff_id": pl.String(), "title": pl.String(), "fee": FEE})
    return pl.DataFrame(found, schema=schema, orient="row")


def members(*keys: str | None) -> pl.DataFrame:
    number = list(range(len(keys)))
    return pl.DataFrame({"n": number, "tariff_id": keys}, schema_overrides={"tariff_id": pl.String})


def test_rows_keep_their_order_and_get_what_is_found() -> None:
    table = lookup_table(tariffs(("a", "basic", "9.50"), ("b", "plus", "12.00")), LOOKUP, MEMBERS)
    found = look_up(members("b", "x", None, "a", "b"), LOOKUP, table)
    assert found.columns == ["n", "tariff_id", "tariff", "fee"]
    assert found["n"].to_list() == [0, 1, 2, 3, 4]
    assert found["tariff"].to_list() == ["plus", None, None, "basic", "plus"]
    assert found["fee"].to_list()[3] == Decimal("9.50")


def test_an_empty_table_gives_nulls_of_the_right_types() -> None:
    found = look_up(members("a"), LOOKUP, lookup_table(tariffs(), LOOKUP, MEMBERS))
    assert found["tariff"].dtype == pl.String
    assert found["fee"].dtype == FEE
    assert found.row(0) == (0, "a", None, None)


def test_a_key_that_is_there_twice_is_refused() -> None:
    with pytest.raises(MultipliedError, match="1 rows with a key that another row has"):
        lookup_table(tariffs(("a", "one", "1"), ("a", "two", "2")), LOOKUP, MEMBERS)


def test_a_null_finds_nothing_even_where_the_other_has_a_null_as_well() -> None:
    table = lookup_table(tariffs((None, "none", "0")), LOOKUP, MEMBERS)
    assert look_up(members(None), LOOKUP, table)["tariff"].to_list() == [None]


def test_orphans_are_rows_that_look_for_a_key_and_find_none() -> None:
    table = lookup_table(tariffs(("a", "basic", "1")), LOOKUP, MEMBERS)
    assert orphans(members("a", "x", None), LOOKUP, table)["tariff_id"].to_list() == ["x"]


def test_the_columns_stand_behind_the_contracts_own_and_before_ours() -> None:
    names = gold_schema(MEMBERS).names()
    assert names[:7] == ["member_id", "at", "tariff_id", "town", "tariff", "fee", "row_hash"]
    assert lookup_schema(LOOKUP).names() == ["tariff_id", "title", "fee"]
