"""Rows of another version of a contract, as rows of today's."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from lake_assets.contracts import Dataset
from lake_assets.kernels.evolution import EvolutionError, evolve, sources
from lake_assets.kernels.gold import processed_schema, row_hash
from lake_assets_tests.kernels.reading import SMALL, read, small, with_column, with_columns

ID, AT, N, NOTE = SMALL["columns"]


def written(dataset: Dataset, *values: str) -> pl.DataFrame:
    """Good rows of files under a contract; the last column, x or n, has these values."""
    last = dataset.columns[-1].name
    rows = [f"K{at},2025-01-02,{value}" for at, value in enumerate(values)]
    return read("\n".join([f"id,at,{last}", *rows, ""]), dataset).good


def x(**attributes: Any) -> Dataset:
    return with_column("x", **attributes)


def test_rows_of_the_same_contract_stay_as_they_are() -> None:
    rows = written(x(), "a", "b")
    assert evolve(rows, x()).equals(rows)
    assert evolve(rows, x()).schema == rows.schema == processed_schema(x())


def test_columns_that_are_new_are_null_and_those_that_are_gone_are_left_out() -> None:
    rows = evolve(written(x(), "a", "b"), with_column("y", type="decimal"))
    assert rows.schema == processed_schema(with_column("y", type="decimal"))
    assert rows["y"].to_list() == [None, None]


def test_texts_and_json_are_of_one_type_in_parquet() -> None:
    rows = evolve(written(x(), "a", "b"), x(type="json"))
    assert rows["x"].to_list() == ["a", "b"]
    assert evolve(written(x(type="json"), "[]"), x())["x"].to_list() == ["[]"]
    with pytest.raises(EvolutionError, match="is integer, and json in the contract"):
        evolve(written(x(type="integer"), "1"), x(type="json"))


def test_no_rows_stay_no_rows() -> None:
    rows = evolve(written(x(), "a").clear(), with_column("y"))
    assert rows.height == 0
    assert rows.schema == processed_schema(with_column("y"))


class TestNames:
    def test_a_renamed_column_is_read_by_its_alias(self) -> None:
        rows = evolve(written(x(), "a", "b"), with_column("y", aliases=["w", "x"]))
        assert rows["y"].to_list() == ["a", "b"]
        assert "x" not in rows.columns

    def test_the_exact_name_wins_over_an_alias(self) -> None:
        both = with_columns({"name": "y"}, {"name": "x"})
        rows = read("id,at,y,x\nK,2025-01-02,mine,other\n", both).good
        assert evolve(rows, with_column("y", aliases=["x"]))["y"].to_list() == ["mine"]

    def test_two_aliases_in_one_file_are_refused(self) -> None:
        both = with_columns({"name": "v"}, {"name": "w"})
        rows = read("id,at,v,w\nK,2025-01-02,a,b\n", both).good
        with pytest.raises(EvolutionError, match=r"the columns v and w, .* aliases of y: .* guess"):
            evolve(rows, with_column("y", aliases=["v", "w"]))

    def test_where_each_value_stands_is_told_without_reading_any(self) -> None:
        found = sources(processed_schema(x()), with_columns({"name": "y", "aliases": ["x"]}))
        assert found["y"] == "x"
        assert found["line_number"] == "line_number"
        assert "z" not in sources(processed_schema(x()), with_column("z"))


class TestTypes:
    @pytest.mark.parametrize(
        ("old", "new", "expected"),
        [
            (x(type="integer"), x(type="decimal"), [Decimal("7.00"), Decimal("-12.00"), None]),
            (x(type="integer"), x(), ["7", "-12", None]),
            (
                x(type="decimal"),
                x(type="decimal", precision=30, scale=4),
                [Decimal("7.0000"), Decimal("-12.0000"), None],
            ),
            (
                x(type="decimal"),
                x(type="decimal", scale=4),
                [Decimal("7.0000"), Decimal("-12.0000"), None],
            ),
        ],
    )
    def test_a_wider_type_keeps_every_value(
        self, old: Dataset, new: Dataset, expected: list[object]
    ) -> None:
        rows = evolve(written(old, "7", "-12", ""), new)
        assert rows["x"].to_list() == expected
        assert rows.schema == processed_schema(new)

    def test_smaller_integers_of_another_writer_are_integers(self) -> None:
        rows = written(x(type="integer"), "7").with_columns(pl.col("x").cast(pl.Int16))
        assert evolve(rows, x(type="integer"))["x"].to_list() == [7]
        assert evolve(rows, x(type="integer")).schema == processed_schema(x(type="integer"))

    @pytest.mark.parametrize(
        ("old", "new", "types"),
        [
            (x(type="decimal", scale=4), x(type="decimal"), r"is decimal\(18,4\), and decimal"),
            (x(type="decimal", precision=20), x(type="decimal"), r"is decimal\(20,2\), and"),
            (x(type="decimal"), x(type="integer"), r"is decimal\(18,2\), and integer in the"),
            (x(type="decimal"), x(), r"is decimal\(18,2\), and string in the contract"),
            (x(), x(type="integer"), r"is string, and integer in the contract \(version 1\)"),
        ],
    )
    def test_a_narrower_type_is_refused_whatever_the_values_are(
        self, old: Dataset, new: Dataset, types: str
    ) -> None:
        with pytest.raises(EvolutionError, match=f"its column x {types}.* Rebuild the date"):
            evolve(written(old, "7"), new)

    def test_a_renamed_column_of_another_type_is_named_by_both_names(self) -> None:
        new = with_column("y", aliases=["x"], type="integer")
        with pytest.raises(EvolutionError, match="its column x, now y, is string, and integer"):
            evolve(written(x(), "7"), new)

    def test_a_type_that_no_contract_makes_is_refused(self) -> None:
        rows = written(x(type="integer"), "7").with_columns(pl.col("x").cast(pl.Float64))
        with pytest.raises(EvolutionError, match="its column x is Float64, and decimal"):
            evolve(rows, x(type="decimal"))

    def test_a_value_without_room_is_refused_with_its_line(self) -> None:
        old, new = x(type="integer"), x(type="decimal", precision=5)
        assert evolve(written(old, "999", "-999"), new)["x"].to_list() == [999, -999]
        with pytest.raises(EvolutionError) as error:
            evolve(written(old, "999", "1000", "1001"), new)
        assert str(error.value).startswith(
            "the value 1000 of its column x has no room in decimal(5,2), the type of x in the "
            "contract (version 1); it came from file.csv line 3, and 2 in all have none."
        )

    def test_an_integer_does_not_become_the_text_of_a_key(self) -> None:
        """7 of an old file may be 007, which is another key."""
        rows = read("id,at,n\nK,2025-01-02,007\n").good
        text = {**N, "type": "string"}
        assert evolve(rows, small(columns=[ID, AT, text, NOTE]))["n"].to_list() == ["7"]
        with pytest.raises(EvolutionError, match=r"is integer, and string .* it is of the key"):
            evolve(rows, small(columns=[ID, AT, text, NOTE], key=["n"]))

    def test_lineage_of_another_type_is_refused(self) -> None:
        rows = written(x(), "a").with_columns(pl.lit(datetime.now(UTC)).alias("ingest_ts"))
        with pytest.raises(
            EvolutionError, match=r"its column ingest_ts is Datetime.* not Datetime"
        ):
            evolve(rows, x())


def test_a_rename_leaves_the_hash_as_it_was() -> None:
    renamed = small(
        columns=[ID, AT, N, {"name": "remark", "aliases": ["note"]}],
        gold={"table": "t", "row_hash": ["at", "n", "remark"]},
    )
    rows = read("id,at,n,note\nK,2025-01-02,7,a\n").good
    before = rows.select(row_hash(small()))
    assert evolve(rows, renamed).select(row_hash(renamed)).equals(before)
