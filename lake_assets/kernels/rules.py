"""A contract's rule expressions as Polars expressions."""

from collections.abc import Callable
from decimal import Decimal
from functools import cache, reduce

import polars as pl
from sqlglot import exp

from lake_assets.contracts.rule import Rule, parse_expression

BINARY: dict[type[exp.Expr], Callable[[pl.Expr, pl.Expr], pl.Expr]] = {
    exp.And: lambda a, b: a & b,
    exp.Or: lambda a, b: a | b,
    exp.EQ: lambda a, b: a == b,
    exp.NEQ: lambda a, b: a != b,
    exp.GT: lambda a, b: a > b,
    exp.GTE: lambda a, b: a >= b,
    exp.LT: lambda a, b: a < b,
    exp.LTE: lambda a, b: a <= b,
    exp.Add: lambda a, b: a + b,
    exp.Sub: lambda a, b: a - b,
    exp.Mul: lambda a, b: a * b,
    exp.Div: lambda a, b: a / pl.when(b != 0).then(b),  # by zero is null: it breaks the rule
}
UNARY: dict[type[exp.Expr], Callable[[pl.Expr], pl.Expr]] = {
    exp.Paren: lambda a: a,
    exp.Not: lambda a: ~a,
    exp.Neg: lambda a: -a,
    exp.Abs: lambda a: a.abs(),
    exp.Length: lambda a: a.str.len_chars(),
    exp.Lower: lambda a: a.str.to_lowercase(),
    exp.Upper: lambda a: a.str.to_uppercase(),
    exp.Trim: lambda a: a.str.strip_chars(),
}


def broken(rule: Rule) -> pl.Expr:
    """Boolean, never null: true for each row that breaks the rule. Null breaks it too."""
    return ~to_polars(rule.expression).fill_null(False)


@cache
def to_polars(text: str) -> pl.Expr:
    """An expression of a contract over the contract's typed columns.

    A number literal is exact: 0.01 is one hundredth, not the nearest binary float.

    Raises:
        ValueError: as ``contracts.rule.parse_expression`` does.
    """
    return _translate(parse_expression(text))


def _translate(node: exp.Expr) -> pl.Expr:
    kind = type(node)
    if kind in BINARY:
        return BINARY[kind](_translate(node.this), _translate(node.args["expression"]))
    if kind in UNARY:
        return UNARY[kind](_translate(node.this))
    match node:
        case exp.Column():
            return pl.col(node.name)
        case exp.Literal():
            return pl.lit(node.this) if node.is_string else _number(node.this)
        case exp.Boolean():
            return pl.lit(node.this)
        case exp.Null():
            return pl.lit(None)
        case exp.Is():
            value, other = _translate(node.this), node.expression
            null = isinstance(other, exp.Null)
            return _negated(node, value.is_null() if null else value.eq_missing(_translate(other)))
        case exp.In():
            members = [_translate(member) for member in node.expressions]
            return reduce(lambda a, b: a | b, (_translate(node.this) == m for m in members))
        case exp.Between():
            value = _translate(node.this)
            low, high = _translate(node.args["low"]), _translate(node.args["high"])
            return (value >= low) & (value <= high)
        case exp.Like():
            matches = _translate(node.this).str.contains(_like(node.expression.name))
            return _negated(node, matches)
        case exp.RegexpLike():
            return _translate(node.this).str.contains(node.expression.name)
        case exp.Coalesce():
            return pl.coalesce(_translate(part) for part in [node.this, *node.expressions])
    raise ValueError(f"rules cannot use {node.sql()!r}")


def _negated(node: exp.Expr, condition: pl.Expr) -> pl.Expr:
    """sqlglot reads ``NOT LIKE`` as a LIKE that is marked, not as a NOT around it."""
    return ~condition if node.args.get("negate") else condition


def _number(text: str) -> pl.Expr:
    return pl.lit(int(text)) if text.isdigit() else pl.lit(Decimal(text))


def _like(pattern: str) -> str:
    """SQL's LIKE as a regular expression: ``%`` is any text, ``_`` any one character."""
    parts = (
        ".*" if character == "%" else "." if character == "_" else _plain(character)
        for character in pattern
    )
    return f"(?s)^{''.join(parts)}$"


def _plain(character: str) -> str:
    return character if character.isalnum() else f"\\x{{{ord(character):x}}}"
