"""A row rule: an SQL-like expression that must be true of every good row."""

from enum import StrEnum

import sqlglot
from pydantic import Field, field_validator
from sqlglot import exp
from sqlglot.errors import SqlglotError

from lake_assets.contracts.model import ContractModel, Name

ALLOWED: tuple[type[exp.Expr], ...] = (
    exp.Column, exp.Identifier, exp.Literal, exp.Boolean, exp.Null, exp.Paren,
    exp.And, exp.Or, exp.Not, exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE,
    exp.Is, exp.In, exp.Between, exp.Like, exp.RegexpLike,
    exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Neg, exp.Abs,
    exp.Length, exp.Lower, exp.Upper, exp.Trim, exp.Coalesce,
)  # fmt: skip
"""The parts of an expression that every engine reads alike; ``kernels.rules`` maps each."""


class Severity(StrEnum):
    """What a broken rule does."""

    WARN = "warn"  # the row stays good; the breach is counted
    REJECT = "reject"  # the row goes to the rejected zone
    FAIL = "fail"  # the whole file goes to rejected/system


class Rule(ContractModel):
    """``expression`` must be true; false *and null* break it, so that no row can vanish."""

    name: Name
    expression: str
    reason: str = Field(default="BUSINESS_LOGIC_FAIL", pattern=r"^[A-Z][A-Z0-9_]*$")
    severity: Severity = Severity.REJECT
    description: str = ""

    @field_validator("expression")
    @classmethod
    def _can_be_evaluated(cls, text: str) -> str:
        parse_expression(text)
        return text


def parse_expression(text: str) -> exp.Expr:
    """Parse a rule's expression.

    Raises:
        ValueError: it is not an expression, or uses a part outside :data:`ALLOWED`.
    """
    try:
        tree = sqlglot.parse_one(text, into=exp.Condition)
    except SqlglotError as error:
        raise ValueError(f"cannot read the expression {text!r}: {error}") from error
    for node in tree.walk():
        if not isinstance(node, ALLOWED):
            raise ValueError(
                f"the expression {text!r} uses {node.sql()!r}, which rules cannot; they know "
                "columns, literals, + - * /, comparisons, AND OR NOT, IS NULL, IN, BETWEEN, LIKE, "
                "REGEXP_LIKE, ABS, LENGTH, LOWER, UPPER, TRIM, COALESCE"
            )
    return tree


def columns_of(text: str) -> set[str]:
    """The names of the columns that an expression reads."""
    return {column.name for column in parse_expression(text).find_all(exp.Column)}
