"""Whether values of one type can be kept in another."""

import pytest

from lake_assets.contracts.column import ColumnType
from lake_assets.contracts.types import Typed
from lake_assets.contracts.widening import Widening, type_name, widening

INTEGER, TEXT = Typed(ColumnType.INTEGER), Typed(ColumnType.STRING)
BOOLEAN, INSTANT = Typed(ColumnType.BOOLEAN), Typed(ColumnType.TIMESTAMP)

JSON = Typed(ColumnType.JSON)


def decimal(precision: int, scale: int) -> Typed:
    return Typed(ColumnType.DECIMAL, precision, scale)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (decimal(18, 2), decimal(18, 2), Widening.SAME),
        (TEXT, Typed(ColumnType.STRING, 18, 2), Widening.SAME),
        (INSTANT, INSTANT, Widening.SAME),
        (decimal(18, 2), decimal(20, 2), Widening.WIDER),
        (decimal(18, 2), decimal(20, 4), Widening.WIDER),
        (decimal(18, 2), decimal(18, 4), Widening.CHECKED),
        (decimal(18, 2), decimal(19, 4), Widening.CHECKED),
        (INTEGER, decimal(21, 2), Widening.WIDER),
        (INTEGER, decimal(18, 2), Widening.CHECKED),
        (INTEGER, TEXT, Widening.TEXT),
        (decimal(18, 4), decimal(18, 2), Widening.LOSSY),
        (decimal(18, 4), decimal(38, 2), Widening.LOSSY),
        (decimal(18, 2), decimal(17, 2), Widening.LOSSY),
        (decimal(18, 0), INTEGER, Widening.LOSSY),
        (decimal(18, 2), TEXT, Widening.LOSSY),
        (BOOLEAN, TEXT, Widening.LOSSY),
        (INSTANT, TEXT, Widening.LOSSY),
        (TEXT, INTEGER, Widening.LOSSY),
        (BOOLEAN, INTEGER, Widening.LOSSY),
        (JSON, JSON, Widening.SAME),
        (JSON, TEXT, Widening.WIDER),
        (TEXT, JSON, Widening.LOSSY),
        (INTEGER, JSON, Widening.LOSSY),
    ],
)
def test_a_change_of_type_is_judged_by_the_types_alone(
    old: Typed, new: Typed, expected: Widening
) -> None:
    assert widening(old, new) is expected


def test_only_decimals_are_named_with_their_digits() -> None:
    assert [type_name(of) for of in (INTEGER, decimal(18, 2))] == ["integer", "decimal(18,2)"]
