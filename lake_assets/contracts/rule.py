"""A row rule: an SQL-like expression that must be true of every good row."""

from enum import StrEnum
from functools import lru_cache

import sqlglot
from pydantic import Field, field_validator
from sqlglot import exp
from sqlglot.errors import SqlglotError

from lake_assets.contracts.model import ContractModel, Name
from lake_assets.contracts.regex import check_regex

ALLOWED: tuple[type[exp.Expr], ...] = (
    exp.Column, exp.Identifier, exp.Literal, exp.Boolean, exp.Null, exp.Paren,
    exp.And, exp.Or, exp.Not, exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE,
    exp.Is, exp.In, exp.Between, exp.Like, exp.RegexpLike,
    exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Neg, exp.Abs,
    exp.Length, exp.Lower, exp.Upper, exp.Trim, exp.Coalesce,
)  # fmt: skip
"""The parts of an expression that every engine reads alike; ``kernels.values.rules`` maps each."""

READ = {"this", "expression", "expressions", "low", "high", "negate", "quoted", "is_string"}
"""What of such a part is read; anything else in it (a flag, ``SYMMETRIC``) has to be refused."""


OWN_REASONS = (
    "MISSING_REQUIRED_COLUMN", "INVALID_TIMESTAMP_FORMAT", "AMBIGUOUS_TIMESTAMP",
    "AMBIGUOUS_NUMBER", "INVALID_NUMBER", "INVALID_BOOLEAN", "STRUCTURAL", "INVALID_JSON",
    "INVALID_TYPE",
    "INVALID_DATE", "AMBIGUOUS_DATE",
)  # fmt: skip
"""Reject reasons that no rule gives: the cells, not their values, are wrong."""


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

    @field_validator("reason")
    @classmethod
    def _is_not_ours(cls, reason: str) -> str:
        if reason in OWN_REASONS:
            raise ValueError(f"{reason} is what the reader itself reports; choose another reason")
        return reason

    @field_validator("expression")
    @classmethod
    def _can_be_evaluated(cls, text: str) -> str:
        parse_expression(text)
        return text


@lru_cache(maxsize=1024)
def parse_expression(text: str) -> exp.Expr:
    """Parse a rule's expression. The tree is kept, and given to all who ask: leave it as it is.

    A contract asks three times for each of its expressions while it loads.

    Raises:
        ValueError: it is not an expression, or uses a part outside :data:`ALLOWED`.
    """
    try:
        tree = sqlglot.parse_one(text, into=exp.Condition)
    except SqlglotError as error:
        raise ValueError(f"cannot read the expression {text!r}: {error}") from error
    for node in tree.walk():
        if not isinstance(node, ALLOWED) or _has_more(node):
            raise ValueError(
                f"the expression {text!r} uses {node.sql()!r}, which rules cannot; they know "
                "columns, literals, + - * /, comparisons, AND OR NOT, IS NULL, IN, BETWEEN, LIKE, "
                "REGEXP_LIKE, ABS, LENGTH, LOWER, UPPER, TRIM, COALESCE"
            )
        if isinstance(node, exp.Like | exp.RegexpLike):
            _check_pattern(text, node)
    return tree


def _has_more(node: exp.Expr) -> bool:
    """Whether a part says more than is read of it; an empty ``IN ()`` says too little."""
    given = {name for name, value in node.args.items() if value}
    known = READ | {"is_nvl", "is_null"} if isinstance(node, exp.Coalesce) else READ
    if isinstance(node, exp.Trim):
        known = {"this"}
    return not given <= known or (isinstance(node, exp.In) and not node.expressions)


def _check_pattern(text: str, node: exp.Expr) -> None:
    pattern = node.args["expression"]
    if not (isinstance(pattern, exp.Literal) and pattern.is_string):
        raise ValueError(f"the expression {text!r}: the pattern of {node.sql()!r} must be a text")
    if isinstance(node, exp.RegexpLike):
        try:
            check_regex(pattern.name)
        except ValueError as error:
            raise ValueError(f"the expression {text!r}: {error}") from error


def columns_of(text: str) -> set[str]:
    """The names of the columns that an expression reads."""
    return {column.name for column in parse_expression(text).find_all(exp.Column)}
