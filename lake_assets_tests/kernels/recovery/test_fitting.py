"""Which texts can stand in which cell, and what an unknown cell excuses."""

from dataclasses import replace

import polars as pl
import pytest

from lake_assets.contracts import Dataset
from lake_assets.kernels.recovery.fitting import fits_contract, holds
from lake_assets.kernels.recovery.tokens import Fits
from lake_assets_tests.kernels.reading import with_column
from lake_assets_tests.kernels.recovery.recovering import TYPED, layout, one_piece


@pytest.mark.parametrize(
    ("place", "text", "fine"),
    [
        (0, "anything", True), (0, " ", False), (0, "N/A", False), (0, "\ufeffa", True),
        (1, "2025-01-02", True), (1, "2025-13-02", False), (1, "03/04/2025", True), (1, "", False),
        (2, " 1,200 ", True), (2, "", True), (2, "-", True), (2, "2.5", False), (2, "x", False),
        (3, "", True),
        (4, "$1,040.00", True), (4, "12.3456", False),
        (4, "12.50", True), (4, "10:30", False), (2, "2025-01-02", False), (2, "12-", True),
        (2, "12,345", True), (4, "red", False), (1, "soon", False),
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
    fits = fits_contract(dataset, [replace(layout(dataset), width=7)], one_piece(1))
    assert judged(fits, [(0, place, text)]) == [fine]
    free = fits.free(asked([(0, at, "") for at in range(7)]))
    assert free.arg_true().to_list() == [0, 3, 6]


def asked(rows: list[tuple[int, int, str]]) -> pl.DataFrame:
    schema = {"record": pl.UInt32, "place": pl.Int64, "text": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row")


def judged(fits: Fits, rows: list[tuple[int, int, str]]) -> list[bool]:
    return fits.judge(asked(rows)).to_list()


def test_a_column_of_two_cells_requires_neither() -> None:
    twice = replace(layout(TYPED), width=3, positions={"id": (0, 2)})
    fits = fits_contract(TYPED, [twice], one_piece(1))
    assert judged(fits, [(0, 0, ""), (0, 1, ""), (0, 2, "")]) == [True, True, True]


def test_each_layout_has_its_columns_elsewhere() -> None:
    one = layout(TYPED)
    other = replace(one, positions={name: (4 - at,) for name, (at,) in one.positions.items()})
    fits = fits_contract(TYPED, [one, None, other], pl.Series([0, 2, 0], dtype=pl.UInt32))
    rows = [(record, place, "2025-01-02") for record in range(3) for place in (1, 3)]
    assert judged(fits, rows) == [True, False, False, True, True, False]


def test_an_unknown_cell_excuses_what_it_may_have_broken() -> None:
    rows = pl.DataFrame(
        {
            "!MISSING_REQUIRED_COLUMN:n": [True, True, False, False],
            "!BUSINESS_LOGIC_FAIL:rule_1": [True, True, False, False],
            "!INVALID_NUMBER:price": [False, False, True, False],
            "piece": pl.Series([0, 0, 0, 0], dtype=pl.UInt32),
            "unknown": pl.Series([[2], [3, 4], [2], None], dtype=pl.List(pl.Int64)),
        }
    )
    assert holds(rows, [layout(TYPED)], TYPED).to_list() == [True, False, False, True]
