"""What a rule's expression yields."""

import pytest

from lake_assets.contracts.column import Column, ColumnType
from lake_assets.contracts.types import Typed, check_condition, types_of

COLUMNS = {
    "n": Typed(ColumnType.INTEGER),
    "price": Typed(ColumnType.DECIMAL, 18, 2),
    "rate": Typed(ColumnType.DECIMAL, 5, 4),
    "wide": Typed(ColumnType.DECIMAL, 38, 10),
    "note": Typed(ColumnType.STRING),
    "flag": Typed(ColumnType.BOOLEAN),
    "at": Typed(ColumnType.TIMESTAMP),
    "paid": Typed(ColumnType.TIMESTAMP),
}


@pytest.mark.parametrize(
    "expression",
    [
        "abs(price - n * 2) <= 0.01", "-n < 0 AND NOT (n / 2 > 1)", "flag", "NOT flag",
        "flag = TRUE", "flag IS NOT FALSE", "note = 'x' OR note IS NULL", "note IN ('a', 'b')",
        "note NOT LIKE '%x'", "length(trim(lower(note))) BETWEEN 1 AND 5", "at <= paid",
        "at IS NOT NULL", "coalesce(n, 0) = 0", "coalesce(note, NULL) = ''", "n = NULL",
        "REGEXP_LIKE(upper(note), '^[A-Z]+$')", "TRUE",
    ],
)  # fmt: skip
def test_parts_that_go_together_are_a_condition(expression: str) -> None:
    check_condition(expression, COLUMNS)


@pytest.mark.parametrize(
    ("expression", "mistake"),
    [
        ("at >= '2024-01-01'", "'at' is a timestamp but .* is text; these cannot be compared"),
        ("at > 20240101", "'at' is a timestamp but '20240101' is a number"),
        ("at BETWEEN paid AND '2024-01-01'", "cannot be compared"),
        ("note > 5", "'note' is text but '5' is a number"),
        ("n = '5'", "cannot be compared"),
        ("n IN (1, 'x')", "cannot be compared"),
        ("flag = 1", "cannot be compared"),
        ("coalesce(n, '') = 0", "cannot be compared"),
        ("n", "'n' is a number, where true or false is needed"),
        ("n AND flag", "where true or false is needed"),
        ("NOT note", "where true or false is needed"),
        ("n + note > 1", "'note' is text, where a number is needed"),
        ("abs(at) > 1", "where a number is needed"),
        ("length(n) = 1", "where text is needed"),
        ("n LIKE '1%'", "where text is needed"),
        ("upper(flag) = 'TRUE'", "where text is needed"),
    ],
)
def test_parts_that_do_not_go_together_are_refused_by_name(expression: str, mistake: str) -> None:
    with pytest.raises(ValueError, match=mistake) as error:
        check_condition(expression, COLUMNS)
    assert repr(expression) in str(error.value)


@pytest.mark.parametrize(
    "expression",
    [
        "abs(price - n * price) <= 0.01", "price * price > 1", "price * (1 - rate) * rate > 0",
        "wide > 0", "abs(wide) <= wide", "price / n > 0.5", "n BETWEEN price AND price * 2",
        "coalesce(price / n, rate) > 0", "wide IS NULL", "length(note) * n > 1",
    ],
)  # fmt: skip
def test_a_rule_whose_digits_have_room_is_a_condition(expression: str) -> None:
    check_condition(expression, COLUMNS)


@pytest.mark.parametrize(
    ("expression", "part"),
    [
        ("price * price * price > 0", "price \\* price \\* price > 0"),
        ("n > 0 AND wide + price = 1", "wide \\+ price = 1"),
        ("wide > 0.00000000001", "wide > 0.00000000001"),
        ("wide / n > price", "wide / n > price"),
        ("wide IN (1, n * 0.00000000001)", "wide IN"),
        ("coalesce(wide, rate * rate * rate) = price", "COALESCE"),
        ("price > 1e38", "price > 1e38"),
    ],
)
def test_a_rule_that_may_need_more_than_38_digits_is_refused(expression: str, part: str) -> None:
    with pytest.raises(ValueError, match=f"'{part}.*more than 38 digits.*smaller precision"):
        check_condition(expression, COLUMNS)


def test_what_counts_of_a_column_is_its_type_and_its_digits() -> None:
    column = Column(name="fee", type=ColumnType.DECIMAL, precision=9, scale=3)
    assert types_of([column]) == {"fee": Typed(ColumnType.DECIMAL, 9, 3)}
