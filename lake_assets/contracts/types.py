"""What a rule's expression yields, so that one that no row could answer is refused at load."""

from collections.abc import Mapping
from enum import StrEnum

from sqlglot import exp

from lake_assets.contracts.column import ColumnType
from lake_assets.contracts.rule import parse_expression


class Kind(StrEnum):
    """What a part of an expression yields."""

    NUMBER = "a number"
    TEXT = "text"
    TRUTH = "true or false"
    INSTANT = "a timestamp"


KINDS = {
    ColumnType.STRING: Kind.TEXT,
    ColumnType.INTEGER: Kind.NUMBER,
    ColumnType.DECIMAL: Kind.NUMBER,
    ColumnType.BOOLEAN: Kind.TRUTH,
    ColumnType.TIMESTAMP: Kind.INSTANT,
}


def check_condition(text: str, columns: Mapping[str, ColumnType]) -> None:
    """Make sure that an expression yields true or false, of parts that go together.

    A timestamp goes with timestamps alone: no literal says what zone it is in. ``partition``
    bounds the dates of a dataset.

    Raises:
        ValueError: it does not; the message names the part.
    """
    tree = parse_expression(text)
    try:
        _expect(Kind.TRUTH, tree, columns)
    except ValueError as error:
        raise ValueError(f"the expression {text!r}: {error}") from error


def _kind(node: exp.Expr, columns: Mapping[str, ColumnType]) -> Kind | None:
    """What a part yields; None for NULL, which goes with everything."""
    this, other = node.this, node.args.get("expression")
    match node:
        case exp.Column():
            return KINDS[columns[node.name]]
        case exp.Literal():
            return Kind.TEXT if node.is_string else Kind.NUMBER
        case exp.Null():
            return None
        case exp.Paren():
            return _kind(this, columns)
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


def _expect(wanted: Kind, node: exp.Expr | None, columns: Mapping[str, ColumnType]) -> Kind:
    found = _kind(node, columns) if node else None
    if node and found not in (wanted, None):
        raise ValueError(f"{node.sql()!r} is {found}, where {wanted} is needed")
    return wanted


def _common(columns: Mapping[str, ColumnType], *nodes: exp.Expr | None) -> Kind | None:
    kinds = {node.sql(): _kind(node, columns) for node in nodes if node}
    distinct = {kind for kind in kinds.values() if kind}
    if len(distinct) > 1:
        parts = " but ".join(f"{sql!r} is {kind}" for sql, kind in kinds.items() if kind)
        raise ValueError(f"{parts}; these cannot be compared")
    return next(iter(distinct), None)
