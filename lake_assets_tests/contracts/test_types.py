"""What a rule's expression yields."""

import pytest

from lake_assets.contracts.column import ColumnType
from lake_assets.contracts.types import check_condition

COLUMNS = {
    "n": ColumnType.INTEGER,
    "price": ColumnType.DECIMAL,
    "note": ColumnType.STRING,
    "flag": ColumnType.BOOLEAN,
    "at": ColumnType.TIMESTAMP,
    "paid": ColumnType.TIMESTAMP,
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
