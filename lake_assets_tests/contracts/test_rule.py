"""A rule of a contract."""

import pytest
from pydantic import ValidationError

from lake_assets.contracts import Rule, Severity
from lake_assets.contracts.rule import columns_of, parse_expression


def test_a_rule_rejects_with_the_usual_reason_unless_it_says_otherwise() -> None:
    rule = Rule(name="r", expression="n > 0")
    assert (rule.severity, rule.reason) == (Severity.REJECT, "BUSINESS_LOGIC_FAIL")


def test_the_columns_of_an_expression_are_known() -> None:
    assert columns_of("abs(a - b * c) <= 0.01 OR d IS NULL OR 'e' = f") == set("abcdf")


@pytest.mark.parametrize(
    "expression",
    [
        "a ==", "", "a >", "SELECT 1", "a IN (SELECT b FROM t)", "now() > a", "a::int > 1",
        "CAST(a AS int) > 1", "CASE WHEN a THEN b END", "a || b = 'x'", "a ILIKE 'x'",
        "a > 1; DROP TABLE b", "random() < 0.5", "EXISTS(SELECT 1)", "*",
    ],
)  # fmt: skip
def test_what_no_rule_can_say_is_refused(expression: str) -> None:
    with pytest.raises(ValueError, match="expression"):
        parse_expression(expression)


@pytest.mark.parametrize(
    "expression",
    [
        "REGEXP_LIKE(a, 'x', 'i')", "TRIM(a, 'x') = 'b'", "LTRIM(a) = 'b'", "a IN ()",
        "TRIM(BOTH 'x' FROM a) = 'b'", "n BETWEEN SYMMETRIC 2 AND 1", "a LIKE 'x' ESCAPE 'y'",
        "t.a = 'b'",
    ],
)  # fmt: skip
def test_what_would_be_ignored_is_refused(expression: str) -> None:
    with pytest.raises(ValueError, match="which rules cannot"):
        parse_expression(expression)


@pytest.mark.parametrize(
    ("expression", "mistake"),
    [
        ("a LIKE b", "must be a text"),
        ("REGEXP_LIKE(a, b)", "must be a text"),
        ("REGEXP_LIKE(a, '(')", "unterminated subpattern"),
        ("REGEXP_LIKE(a, '(?=x)')", "looks around or back"),
        ("REGEXP_LIKE(a, '(?<!x)y')", "looks around or back"),
        ("REGEXP_LIKE(a, '(x)\\1')", "looks around or back"),
    ],
)
def test_a_pattern_is_a_text_that_the_engine_can_match(expression: str, mistake: str) -> None:
    with pytest.raises(ValueError, match=mistake):
        parse_expression(expression)


@pytest.mark.parametrize("reason", ["not upper", "1X", "", "INVALID_NUMBER", "STRUCTURAL"])
def test_a_reason_is_a_code_of_the_rules_own(reason: str) -> None:
    with pytest.raises(ValidationError, match="reason"):
        Rule(name="r", expression="n > 0", reason=reason)
