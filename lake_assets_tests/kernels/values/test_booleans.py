"""Text to true or false."""

import polars as pl
import pytest

from lake_assets.contracts import Column, ColumnType
from lake_assets.kernels.values.booleans import read_boolean

COLUMN = Column(name="paid", type=ColumnType.BOOLEAN)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *((text, True) for text in ("true", "T", "Yes", "y", "ON", "1", " true ")),
        *((text, False) for text in ("FALSE", "f", "No", "n", "off", "0")),
        *((text, None) for text in ("", "2", "maybe", "truee", "-1", "1.0", None)),
    ],
)
def test_the_usual_words_are_read_in_any_case(text: str | None, value: bool | None) -> None:
    assert read_boolean(pl.Series([text], dtype=pl.String), COLUMN).to_list() == [value]


def test_a_contract_may_have_its_own_words() -> None:
    column = Column(
        name="paid", type=ColumnType.BOOLEAN, true_values=["Ja", "x"], false_values=["nein"]
    )
    text = pl.Series(["JA", "X", "Nein", "true", None])
    assert read_boolean(text, column).to_list() == [True, True, False, None, None]
    assert read_boolean(text.clear(), column).dtype == pl.Boolean
