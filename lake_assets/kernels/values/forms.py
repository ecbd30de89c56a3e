"""A contract's timestamp patterns as the forms that a text may have, each with its readings."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import polars as pl

from lake_assets.contracts.pattern import ONE_OR_TWO, Pattern, literal, parse_pattern, spelt_out
from lake_assets.kernels.values.types import INSTANT

MONTHS = "January February March April May June July August September October November December"
WEEKDAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday"


def _names(words: str, length: int | None) -> str:
    return f"(?i:{'|'.join(word[:length] for word in words.split())})"


TOKENS = {  # contract token: (regular expression, strptime directive)
    "yyyy": (r"(?:[1-9][0-9]{3}|0[1-9][0-9]{2}|00[1-9][0-9]|000[1-9])", "%Y"),  # there is no year 0
    "yy": (r"[0-9]{2}", "%y"),
    "MM": (r"[0-9]{2}", "%m"),
    "M": (r"[0-9]", "%m"),
    "MMM": (_names(MONTHS, 3), "%b"),
    "MMMM": (_names(MONTHS, None), "%B"),
    "dd": (r"[0-9]{2}", "%d"),
    "d": (r"[0-9]", "%d"),
    "E": (_names(WEEKDAYS, 3), "%a"),
    "EEEE": (_names(WEEKDAYS, None), "%A"),
    "HH": (r"[0-9]{2}", "%H"),
    "H": (r"[0-9]", "%H"),
    "hh": (r"[0-9]{2}", "%I"),
    "h": (r"[0-9]", "%I"),
    "mm": (r"[0-5][0-9]", "%M"),
    "ss": (r"[0-5][0-9]", "%S"),  # never 60: a leap second would silently become the next minute
    "SSS": (r"[0-9]{1,9}", "%f"),
    "a": (r"(?i:[AP]M)", "%p"),
    "XXX": (r"(?:[Zz]|[+-](?:(?:0[0-9]|1[0-3]):?[0-5][0-9]|14:?00))", "%z"),
}
"""[0-9], not \\d: that is any script's digits, and takes ten times as long to compile."""


@dataclass(frozen=True, slots=True)
class Form:
    """Patterns that the same texts match: one regular expression, one or more readings of it."""

    regex: str
    compiled: re.Pattern[str]
    patterns: tuple[Pattern, ...]


@cache
def forms(formats: tuple[str, ...]) -> tuple[Form, ...]:
    """The contract's patterns, those that read the same texts together."""
    readers: dict[str, tuple[Pattern, ...]] = {}
    for text in formats:
        for pattern in parse_pattern(text):
            for tokens in spelt_out(pattern):
                regex = "".join(_regex(token) for token in tokens)
                known = readers.get(regex, ())
                if all(directives(pattern) != directives(other) for other in known):
                    readers[regex] = (*known, pattern)
    shapes: dict[tuple[Pattern, ...], list[str]] = {}
    for regex, patterns in readers.items():
        shapes.setdefault(patterns, []).append(regex)
    return tuple(
        Form(f"^(?:{either})$", re.compile(either), patterns)
        for patterns, either in ((each, "|".join(regexes)) for each, regexes in shapes.items())
    )


def is_ambiguous(formats: Sequence[str]) -> bool:
    """Whether two patterns of the list can read one text in different ways."""
    return any(len(form.patterns) > 1 for form in forms(tuple(formats)))


@cache
def reading(pattern: Pattern) -> pl.Expr:
    """The column ``text`` read by a pattern.

    Returns:
        Datetime us: in UTC where the pattern has an offset, else as the clock on the wall shows;
        null where there is no such date or hour, or its weekday is another. A text of another
        form may be read too: ``Form.regex`` is what tells.
    """
    text, tokens = pl.col("text"), pattern.tokens
    wanted = directives(pattern)
    kind = INSTANT
    if any((literal(token) or "").upper() != (literal(token) or "").lower() for token in tokens):
        text = text.str.to_lowercase()  # 2025-01-31t10:00
    if "SSS" in tokens and tokens[tokens.index("SSS") - 1] == ",":
        text = text.str.replace(rf",([0-9]{{1,9}}{_after('SSS', tokens)})$", ".$1")
    if "XXX" in tokens:
        kind = pl.Datetime("us", "UTC")
        after = _after("XXX", tokens)
        text = text.str.replace(rf"[Zz]({after})$", "+00:00$1")
        text = text.str.replace(rf"([+-][0-9]{{2}})([0-9]{{2}}{after})$", "$1:$2")
    if "mm" not in tokens and {"H", "HH", "h", "hh"} & set(tokens):
        text, wanted = text + "|00", wanted + "|%M"  # strptime reads no hour without minutes
    if "yy" in tokens:
        return _with_century(text, wanted, kind)
    return _strptime(text, wanted, kind)


def directives(pattern: Pattern) -> str:
    """The pattern for strptime, letters of its literals in lower case."""
    text = "".join(_directive(token) for token in pattern.tokens)
    return re.sub(r"[.,]%f", "%.f", text)


def _strptime(text: pl.Expr, wanted: str, kind: pl.Datetime) -> pl.Expr:
    read = text.str.strptime(kind, wanted, strict=False)
    return read if kind == INSTANT else read.dt.replace_time_zone(None)


def _with_century(text: pl.Expr, wanted: str, kind: pl.Datetime) -> pl.Expr:
    """Two digits of a year: strptime has its own opinion of 69, where POSIX says 1969."""
    before, after = (
        _strptime(pl.lit(century + "|") + text, "%C|" + wanted, kind) for century in ("19", "20")
    )
    return (
        pl.when(before.dt.year() >= 1969)
        .then(before)
        .otherwise(pl.when(after.dt.year() <= 2068).then(after))
    )


def _after(token: str, tokens: Sequence[str]) -> str:
    rest = tokens[tokens.index(token) + 1 :]
    return "".join(
        f"{_regex(each)}{{1,2}}" if each in ONE_OR_TWO else _regex(each) for each in rest
    )


def _regex(token: str) -> str:
    text = literal(token)
    if text is None:
        return TOKENS[token][0]
    plain = re.escape(text.lower())
    return f"(?i:{plain})" if any(character.isalpha() for character in text) else plain


def _directive(token: str) -> str:
    text = literal(token)
    return TOKENS[token][1] if text is None else text.lower().replace("%", "%%")
