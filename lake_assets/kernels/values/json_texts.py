"""JSON as text (RFC 8259): what it looks like, and whether a text is an object or an array."""

import json
import re
from typing import Any, Final, Never

import polars as pl

DEPTH: Final = 64
"""How deep objects and arrays may stand in one another (RFC 8259, section 9, lets us choose)."""

STRING: Final = (
    r'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u(?:[0-9abcefABCEF][0-9a-fA-F]{3}|'
    r'[dD][0-7][0-9a-fA-F]{2})))*"'
)
"""A string without surrogates, of which one alone is no text."""
NUMBER: Final = r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?"
SCALAR: Final = rf"(?:{STRING}|{NUMBER}|true|false|null)"
FEW: Final = 256
"""Texts that are looked at sooner than the expression is compiled."""
_BLANK: Final = "[ \\t]*"


def nested(levels: int) -> str:
    """A regular expression for objects and arrays of no more than so many levels."""
    item, both = SCALAR, ""
    for _ in range(levels):
        member = f"{STRING}{_BLANK}:{_BLANK}{item}{_BLANK}"
        element = f"{item}{_BLANK}"
        both = (
            rf"\{{{_BLANK}(?:{member}(?:,{_BLANK}{member})*)?\}}"
            rf"|\[{_BLANK}(?:{element}(?:,{_BLANK}{element})*)?\]"
        )
        item = f"(?:{SCALAR}|{both})"
    return f"(?:{both})"


_PLAIN: Final = f"^{nested(2)}$"
_IN_STRING: Final = re.compile(r'"(?:[^"\\]|\\.)*+"')
_BRACKET: Final = re.compile(r"[\[\]{}]")


def _refuse(constant: str) -> Never:
    raise ValueError(f"{constant} is not JSON")


# Figures stay text: Python's own limit on the digits of an int is no rule of JSON.
DECODER: Final = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=_refuse)
"""Python's parser without what it takes beyond the standard: NaN and Infinity."""


def is_too_deep(text: str) -> bool:
    """Whether brackets stand in one another more than :data:`DEPTH` times.

    The parser has a limit of its own, which is another in every process.
    """
    if text.count("{") + text.count("[") <= DEPTH:
        return False
    depth = 0
    for sign in _BRACKET.findall(_IN_STRING.sub("", text)):
        depth += 1 if sign in "[{" else -1
        if depth > DEPTH:
            return True
    return False


def decode(text: str) -> Any:
    """The value of a JSON text; figures as text.

    Raises:
        ValueError: it is not JSON, or nested too deeply.
    """
    if is_too_deep(text):
        raise ValueError("nested too deeply")
    return DECODER.decode(text)


def read_json(text: pl.Series) -> pl.Series:
    """Keep what is a JSON object or array, as it stands.

    Of a scalar it is as likely that somebody wrote it into the wrong column: it is no value of
    the type. Texts of more than two levels are odd, and looked at one by one.

    Args:
        text: String, trimmed, null where there is no value.

    Returns:
        String; null where the text is no object or array.
    """
    odd = text.is_not_null()
    if text.len() > FEW:
        odd &= ~text.str.contains(_PLAIN).fill_null(True)
    odd = odd.arg_true()
    if odd.is_empty():
        return text
    lost = [not _is_document(each) for each in text.gather(odd)]
    return text.clone().scatter(odd.filter(pl.Series(lost)), None)


def _is_document(text: str) -> bool:
    try:
        return isinstance(decode(text), dict | list)
    except ValueError:
        return False
