"""What a rule's expression yields, so that one that no row could answer is refused at load."""

import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlglot import exp

from lake_assets.contracts.column import Column, ColumnType
from lake_assets.contracts.exact import Magnitude, Ratio, compared, constant
from lake_assets.contracts.rule import parse_expression


class Kind(StrEnum):
    """What a part of an expression yields."""

    NUMBER = "a number"
    TEXT = "text"
    TRUTH = "true or false"
    INSTANT = "a timestamp"
    DATE = "a date"


KINDS = {
    ColumnType.STRING: Kind.TEXT,
    ColumnType.INTEGER: Kind.NUMBER,
    ColumnType.DECIMAL: Kind.NUMBER,
    ColumnType.BOOLEAN: Kind.TRUTH,
    ColumnType.TIMESTAMP: Kind.INSTANT,
    ColumnType.JSON: Kind.TEXT,
    ColumnType.DATE: Kind.DATE,
}


@dataclass(frozen=True, slots=True)
class Typed:
    """What of a column counts in an expression."""

    type: ColumnType
    precision: int = 18
    scale: int = 0


def types_of(columns: Iterable[Column]) -> dict[str, Typed]:
    """The same of all columns, by name."""
    return {column.name: Typed(column.type, column.precision, column.scale) for column in columns}


def check_condition(text: str, columns: Mapping[str, Typed]) -> None:
    """Make sure that an expression yields true or false, of parts that go together.

    A timestamp goes with timestamps alone: no literal says what zone it is in. ``partition``
    bounds the dates of a dataset. A date goes with dates, and with texts that are one in ISO 8601:
    ``born >= '1900-01-31'``. Numbers are compared exactly, so that there must be room for
    every digit that the columns' types allow: see ``contracts.exact``.

    Raises:
        ValueError: it does not, or there is not; the message names the part.
    """
    tree = parse_expression(text)
    try:
        _expect(Kind.TRUTH, tree, columns)
        for node in tree.walk():
            _check_room(node, columns)
    except ValueError as error:
        raise ValueError(f"the expression {text!r}: {error}") from error


def kind_of(node: exp.Expr, columns: Mapping[str, Typed]) -> Kind | None:
    """What a part yields; None for NULL, which goes with everything.

    Raises:
        ValueError: its own parts do not go together.
    """
    this, other = node.this, node.args.get("expression")
    match node:
        case exp.Column():
            return KINDS[columns[node.name].type]
        case exp.Literal():
            return Kind.TEXT if node.is_string else Kind.NUMBER
        case exp.Null():
            return None
        case exp.Paren():
            return kind_of(this, columns)
        case exp.And() | exp.Or():
            return _expect(Kind.TRUTH, this, columns) and _expect(Kind.TRUTH, other, columns)
        case exp.Not():
            return _expect(Kind.TRUTH, this, columns)
        case exp.EQ() | exp.NEQ() | exp.GT() | exp.GTE() | exp.LT() | exp.LTE() | exp.Is():
            _common(columns, this, other)
        case exp.In():
            _common(columns, this, *node.expressions)
        case exp.Between():
            _common(columns, this, node.args["low"], node.args["high"])
        case exp.Like() | exp.RegexpLike():
            _expect(Kind.TEXT, this, columns)
        case exp.Add() | exp.Sub() | exp.Mul() | exp.Div():
            return _expect(Kind.NUMBER, this, columns) and _expect(Kind.NUMBER, other, columns)
        case exp.Neg() | exp.Abs():
            return _expect(Kind.NUMBER, this, columns)
        case exp.Length():
            _expect(Kind.TEXT, this, columns)
            return Kind.NUMBER
        case exp.Lower() | exp.Upper() | exp.Trim():
            return _expect(Kind.TEXT, this, columns)
        case exp.Coalesce():
            return _common(columns, this, *node.expressions)
    return Kind.TRUTH


def date_literal(node: exp.Expr | None) -> date | None:
    """The date that a text of an expression is, as it is compared with dates: ``'2025-01-31'``."""
    if isinstance(node, exp.Literal) and node.is_string and ISO_DATE.fullmatch(node.name):
        with suppress(ValueError):
            return date.fromisoformat(node.name)
    return None


ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _expect(wanted: Kind, node: exp.Expr | None, columns: Mapping[str, Typed]) -> Kind:
    found = kind_of(node, columns) if node else None
    if node and found not in (wanted, None):
        raise ValueError(f"{node.sql()!r} is {found}, where {wanted} is needed")
    return wanted


def _common(columns: Mapping[str, Typed], *nodes: exp.Expr | None) -> Kind | None:
    kinds = {node.sql(): kind_of(node, columns) for node in nodes if node}
    if Kind.DATE in kinds.values():
        kinds |= {node.sql(): Kind.DATE for node in nodes if node and date_literal(node)}
    distinct = {kind for kind in kinds.values() if kind}
    if len(distinct) > 1:
        parts = " but ".join(f"{sql!r} is {kind}" for sql, kind in kinds.items() if kind)
        hint = ". Write a date as '2025-01-31'" if distinct == {Kind.DATE, Kind.TEXT} else ""
        raise ValueError(f"{parts}; these cannot be compared{hint}")
    return next(iter(distinct), None)


def _check_room(node: exp.Expr, columns: Mapping[str, Typed]) -> None:
    """Calculate with the largest numbers there can be."""
    match node:
        case exp.EQ() | exp.NEQ() | exp.GT() | exp.GTE() | exp.LT() | exp.LTE() | exp.Is():
            others = [node.args["expression"]]
        case exp.In():
            others = list(node.expressions)
        case exp.Between():
            others = [node.args["low"], node.args["high"]]
        case _:
            return
    if all(kind_of(each, columns) in (Kind.NUMBER, None) for each in [node.this, *others]):
        try:
            one = _extent(node.this, columns)
            for other in others:
                compared(one, _extent(other, columns))
        except OverflowError as error:
            raise ValueError(
                f"{node.sql()!r} may need more than 38 digits: the columns' types allow for "
                f"numbers up to {error}. Give the decimals it reads a smaller precision"
            ) from error


def _extent(node: exp.Expr, columns: Mapping[str, Typed]) -> Ratio[Magnitude]:
    """How large a number can get."""
    match node:
        case exp.Column():
            column = columns[node.name]
            if column.type is ColumnType.INTEGER:
                return Ratio(Magnitude(2**63))
            return Ratio(Magnitude(10**column.precision - 1), column.scale)
        case exp.Literal():
            number, scale = constant(node.this)
            return Ratio(Magnitude(number), scale)
        case exp.Add() | exp.Sub():
            return _extent(node.this, columns) + _extent(node.args["expression"], columns)
        case exp.Mul():
            return _extent(node.this, columns) * _extent(node.args["expression"], columns)
        case exp.Div():
            return _extent(node.this, columns) / _extent(node.args["expression"], columns)
        case exp.Paren() | exp.Neg() | exp.Abs():
            return _extent(node.this, columns)
        case exp.Length():
            return Ratio(Magnitude(2**32))
        case exp.Coalesce():
            return _largest([_extent(part, columns) for part in [node.this, *node.expressions]])
    return Ratio(Magnitude(0))  # NULL


def _largest(parts: Sequence[Ratio[Magnitude]]) -> Ratio[Magnitude]:
    """Of several numbers, any may be the one."""
    scale = max(part.scale for part in parts)
    over = max(part.over.times(10 ** (scale - part.scale)).largest for part in parts)
    under = max((part.under.largest for part in parts if part.under), default=None)
    return Ratio(Magnitude(over), scale, None if under is None else Magnitude(under))
