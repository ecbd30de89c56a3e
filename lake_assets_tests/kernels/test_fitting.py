"""Which texts can stand in which cell, and what an unknown cell excuses."""

import polars as pl
import pytest

from lake_assets.contracts import Dataset
from lake_assets.kernels.fitting import fits_contract, holds
from lake_assets_tests.kernels.reading import with_column
from lake_assets_tests.kernels.recovering import TYPED, places


@pytest.mark.parametrize(
    ("place", "text", "fine"),
    [
        (0, "anything", True), (0, " ", False), (0, "N/A", False), (0, "\ufeffa", True),
        (1, "2025-01-02", True), (1, "2025-13-02", False), (1, "03/04/2025", True), (1, "", False),
        (2, " 1,200 ", True), (2, "", True), (2, "-", True), (2, "2.5", False), (2, "x", False),
        (3, "", True),
        (4, "$1,040.00", True), (4, "12.345", False),
        (5, "yes", True), (5, "0", True), (5, "perhaps", False),
        (6, "whatever", True),
    ],
)  # fmt: skip
def test_a_text_fits_by_the_type_of_its_column(place: int, text: str, fine: bool) -> None:
    columns = with_column("price", type="decimal").model_dump()["columns"]
    dataset = with_column("x")
    dataset = Dataset.model_validate(
        {**dataset.model_dump(), "columns": [*columns, {"name": "ok", "type": "boolean"}]}
    )
    fits = fits_contract(dataset, places(dataset), 7)
    name = f"cell_{place}"
    assert fits.judge(pl.DataFrame({name: [text]})).to_dict(as_series=False) == {name: [fine]}
    assert fits.free == {0, 3, 6}


def test_a_column_of_two_cells_requires_neither() -> None:
    fits = fits_contract(TYPED, {"id": (0, 2)}, 3)
    judged = fits.judge(pl.DataFrame({"cell_0": [""], "cell_1": [""], "cell_2": [""]}))
    assert judged.row(0) == (True, True, True)


def test_an_unknown_cell_excuses_what_it_may_have_broken() -> None:
    rows = pl.DataFrame(
        {
            "!MISSING_REQUIRED_COLUMN:n": [True, True, False, False],
            "!BUSINESS_LOGIC_FAIL:rule_1": [True, True, False, False],
            "!INVALID_NUMBER:price": [False, False, True, False],
        }
    )
    unknown = pl.Series([[2], [3, 4], [2], None], dtype=pl.List(pl.Int64))
    assert holds(rows, unknown, TYPED, places(TYPED)).to_list() == [True, False, False, True]
