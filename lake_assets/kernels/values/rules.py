"""A contract's rule expressions as Polars expressions."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, reduce

import polars as pl
from sqlglot import exp

from lake_assets.contracts.column import Column, ColumnType
from lake_assets.contracts.exact import Ratio, compared, constant
from lake_assets.contracts.rule import Rule, parse_expression
from lake_assets.contracts.types import Kind, Typed, date_literal, kind_of, types_of

COMPARE: dict[type[exp.Expr], Callable[[pl.Expr, pl.Expr], pl.Expr]] = {
    exp.EQ: lambda a, b: a == b,
    exp.NEQ: lambda a, b: a != b,
    exp.GT: lambda a, b: a > b,
    exp.GTE: lambda a, b: a >= b,
    exp.LT: lambda a, b: a < b,
    exp.LTE: lambda a, b: a <= b,
}
LOGIC: dict[type[exp.Expr], Callable[[pl.Expr, pl.Expr], pl.Expr]] = {
    exp.And: lambda a, b: a & b,
    exp.Or: lambda a, b: a | b,
}
UNARY: dict[type[exp.Expr], Callable[[pl.Expr], pl.Expr]] = {
    exp.Paren: lambda a: a,
    exp.Not: lambda a: ~a,
    exp.Lower: lambda a: a.str.to_lowercase(),
    exp.Upper: lambda a: a.str.to_uppercase(),
    exp.Trim: lambda a: a.str.strip_chars(),
}


@dataclass(frozen=True, slots=True)
class _Integers:
    """A column of 128-bit integers. Polars' decimals would round a product to the longer scale."""

    of: pl.Expr

    def __add__(self, other: "_Integers") -> "_Integers":
        return _Integers(self.of + other.of)

    def __sub__(self, other: "_Integers") -> "_Integers":
        return _Integers(self.of - other.of)

    def __mul__(self, other: "_Integers") -> "_Integers":
        return _Integers(self.of * other.of)

    def __neg__(self) -> "_Integers":
        return _Integers(pl.lit(0, pl.Int128) - self.of)  # Polars negates no 128-bit integers

    def absolute(self) -> "_Integers":
        return _Integers(self.of.abs())

    def times(self, factor: int) -> "_Integers":
        return self if factor == 1 else _Integers(self.of * pl.lit(factor, pl.Int128))

    def sign(self) -> "_Integers":
        return _Integers(pl.when(self.of != 0).then(self.of.sign()))  # by zero: it breaks the rule


def broken(rule: Rule, columns: Sequence[Column]) -> pl.Expr:
    """Boolean, never null: true for each row that breaks the rule. Null breaks it too.

    Args:
        rule: of a contract.
        columns: of the same contract.
    """
    return ~to_polars(rule.expression, columns).fill_null(False)


def to_polars(text: str, columns: Sequence[Column]) -> pl.Expr:
    """A condition of a contract over the contract's typed columns.

    Numbers are exact, as ``contracts.exact`` has it: 0.01 is one hundredth, a product keeps all
    its digits, and a quotient is compared without being rounded. Division by zero is null.

    Raises:
        ValueError: as ``contracts.rule.parse_expression`` does.
    """
    return _condition(text, tuple(types_of(columns).items()))


@cache
def _condition(text: str, types: tuple[tuple[str, Typed], ...]) -> pl.Expr:
    return _translate(parse_expression(text), dict(types))


def _translate(node: exp.Expr, columns: Mapping[str, Typed]) -> pl.Expr:
    """Anything but a number."""
    kind = type(node)
    if kind in LOGIC:
        other = _translate(node.args["expression"], columns)
        return LOGIC[kind](_translate(node.this, columns), other)
    if kind in COMPARE:
        return COMPARE[kind](*_pair(node.this, node.args["expression"], columns))
    if kind in UNARY:
        return UNARY[kind](_translate(node.this, columns))
    match node:
        case exp.Column():
            return pl.col(node.name)
        case exp.Literal() | exp.Boolean():
            return pl.lit(node.this)
        case exp.Null():
            return pl.lit(None)
        case exp.Is():
            if isinstance(node.expression, exp.Null):
                return _negated(node, _is_null(node.this, columns))
            value, other = _pair(node.this, node.expression, columns)
            return _negated(node, value.eq_missing(other))
        case exp.In():
            members = [_pair(node.this, member, columns) for member in node.expressions]
            return reduce(lambda a, b: a | b, (value == member for value, member in members))
        case exp.Between():
            above, low = _pair(node.this, node.args["low"], columns)
            below, high = _pair(node.this, node.args["high"], columns)
            return (above >= low) & (below <= high)
        case exp.Like():
            matches = _translate(node.this, columns).str.contains(_like(node.expression.name))
            return _negated(node, matches)
        case exp.RegexpLike():
            return _translate(node.this, columns).str.contains(node.expression.name)
        case exp.Coalesce():
            is_date = kind_of(node, columns) is Kind.DATE
            read = _dated if is_date else _translate
            return pl.coalesce(read(part, columns) for part in _parts(node))
    raise ValueError(f"rules cannot use {node.sql()!r}")


def _number(node: exp.Expr, columns: Mapping[str, Typed]) -> Ratio[_Integers]:
    match node:
        case exp.Column():
            column, value = columns[node.name], pl.col(node.name)
            if column.type is ColumnType.INTEGER:
                return Ratio(_Integers(value.cast(pl.Int128)))
            digits = value.cast(pl.Decimal(38, column.scale)).to_physical()
            return Ratio(_Integers(digits), column.scale)
        case exp.Literal():
            number, scale = constant(node.this)
            return Ratio(_Integers(pl.lit(number, pl.Int128)), scale)
        case exp.Add():
            return _number(node.this, columns) + _number(node.args["expression"], columns)
        case exp.Sub():
            return _number(node.this, columns) - _number(node.args["expression"], columns)
        case exp.Mul():
            return _number(node.this, columns) * _number(node.args["expression"], columns)
        case exp.Div():
            return _number(node.this, columns) / _number(node.args["expression"], columns)
        case exp.Paren():
            return _number(node.this, columns)
        case exp.Neg():
            return -_number(node.this, columns)
        case exp.Abs():
            return _number(node.this, columns).absolute()
        case exp.Length():
            return Ratio(_Integers(_translate(node.this, columns).str.len_chars().cast(pl.Int128)))
        case exp.Coalesce():
            return _first([_number(part, columns) for part in _parts(node)])
        case exp.Null():
            return Ratio(_Integers(pl.lit(None, pl.Int128)))
    raise ValueError(f"rules cannot calculate with {node.sql()!r}")


def _first(numbers: Sequence[Ratio[_Integers]]) -> Ratio[_Integers]:
    """The first that is not null. Their divisors stay apart: a null one is its own number's."""
    scale = max(number.scale for number in numbers)
    over = [number.over.times(10 ** (scale - number.scale)).of for number in numbers]
    one = pl.lit(1, pl.Int128)
    under = [one if number.under is None else number.under.of for number in numbers]
    there = [a.is_not_null() & b.is_not_null() for a, b in zip(over, under, strict=True)]
    chosen = (
        pl.coalesce(
            pl.when(is_there).then(value) for is_there, value in zip(there, values, strict=True)
        )
        for values in (over, under)
    )
    first, divisor = (_Integers(each) for each in chosen)
    divided = any(number.under is not None for number in numbers)
    return Ratio(first, scale, divisor if divided else None)


def _pair(one: exp.Expr, other: exp.Expr, columns: Mapping[str, Typed]) -> tuple[pl.Expr, pl.Expr]:
    """Two parts as they can be compared."""
    kinds = {kind_of(one, columns), kind_of(other, columns)}
    if Kind.DATE in kinds:
        return _dated(one, columns), _dated(other, columns)
    if Kind.NUMBER not in kinds:
        return _translate(one, columns), _translate(other, columns)
    left, right = compared(_number(one, columns), _number(other, columns))
    return left.of, right.of


def _dated(node: exp.Expr, columns: Mapping[str, Typed]) -> pl.Expr:
    """What goes with dates; a text is one."""
    day = date_literal(node)
    return pl.lit(day, pl.Date) if day else _translate(node, columns)


def _is_null(node: exp.Expr, columns: Mapping[str, Typed]) -> pl.Expr:
    if kind_of(node, columns) is not Kind.NUMBER:
        return _translate(node, columns).is_null()
    number = _number(node, columns)
    null = number.over.of.is_null()
    return null if number.under is None else null | number.under.of.is_null()


def _parts(node: exp.Coalesce) -> list[exp.Expr]:
    return [node.this, *node.expressions]


def _negated(node: exp.Expr, condition: pl.Expr) -> pl.Expr:
    """sqlglot reads ``NOT LIKE`` as a LIKE that is marked, not as a NOT around it."""
    return ~condition if node.args.get("negate") else condition


def _like(pattern: str) -> str:
    """SQL's LIKE as a regular expression: ``%`` is any text, ``_`` any one character."""
    parts = (
        ".*" if character == "%" else "." if character == "_" else _plain(character)
        for character in pattern
    )
    return f"(?s)^{''.join(parts)}$"


def _plain(character: str) -> str:
    return character if character.isalnum() else f"\\x{{{ord(character):x}}}"
