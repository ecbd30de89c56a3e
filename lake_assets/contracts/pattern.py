"""Timestamp patterns as people write them in contracts: ``yyyy-MM-dd[ H:mm[:ss]]``.

The letters are those of Unicode TR 35 (also Java's and Spark's), a small subset:

==========  =====================================================
letters     meaning
==========  =====================================================
yyyy  yy    year with four digits, with two (69 -> 1969, 68 -> 2068, as in POSIX)
MM  M       month with two digits, with one or two
MMM  MMMM   month by its English name: ``Jan``, ``January``; in any case
dd  d       day of the month with two digits, with one or two
EEEE  E     weekday by its English name: ``Friday``, ``Fri``; a wrong one is no date
HH  H       hour 0-23, like the day
hh  h       hour 1-12, likewise; needs ``a``
mm  ss      minutes, seconds: always two digits, 00-59
SSS         a fraction of a second, one to nine digits; behind ``.`` or ``,``
a           AM or PM, in any case
XXX         an offset: ``Z``, ``+02:00``, ``+0200``; up to 14 hours
'text'      text as it stands; its letters in any case, as RFC 3339 has it for ``T``
''          one quote
[ ]         an optional part; may nest
==========  =====================================================
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, product

TOKEN = re.compile(r"yyyy|yy|M{1,4}|dd?|EEEE|E|HH?|hh?|mm|ss|SSS|a|XXX|'[^']*'|[^A-Za-z'\[\]]")
ONE_OR_TWO = ("M", "d", "H", "h")
"""Letters that stand for one digit or two."""
NAMES = ("MMM", "MMMM", "E", "EEEE")
"""Tokens that are words."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """One pattern without optional parts: its tokens in order, literals quoted."""

    text: str
    tokens: tuple[str, ...]

    @property
    def order(self) -> str:
        """The order of day and month as read from left to right: ``DM`` or ``MD``."""
        letters = "".join(token[0] for token in self.tokens if token[0] in "Md")
        return "DM" if letters.startswith("d") else "MD"


def alternatives(text: str) -> list[str]:
    """Spell out the optional parts: ``a[b[c]]`` is ``abc``, ``ab`` and ``a``.

    Raises:
        ValueError: a bracket is not closed, or closed twice.
    """
    depth, start = 0, -1
    for at, character in enumerate(text):
        if character == "[":
            depth += 1
            start = at if depth == 1 else start
        elif character == "]":
            depth -= 1
            if depth < 0:
                raise ValueError(f"pattern {text!r} closes a ']' that was never opened")
            if depth == 0:
                head, inner, tail = text[:start], text[start + 1 : at], text[at + 1 :]
                return [
                    head + middle + rest
                    for rest in alternatives(tail)
                    for middle in [*alternatives(inner), ""]
                ]
    if depth:
        raise ValueError(f"pattern {text!r} opens a '[' that is never closed")
    return [text]


def parse_pattern(text: str) -> list[Pattern]:
    """Read one pattern of a contract.

    Args:
        text: for example ``MM/dd/yyyy[ H:mm[:ss]]``.

    Returns:
        One :class:`Pattern` for each way to take or leave the optional parts.

    Raises:
        ValueError: a letter has no meaning here, or year, month or day is missing.
    """
    patterns = []
    for spelling in alternatives(text):
        tokens, at = [], 0
        while at < len(spelling):
            match = TOKEN.match(spelling, at)
            if not match:
                raise ValueError(
                    f"pattern {text!r}: {spelling[at]!r} has no meaning; use yyyy MM MMM dd E HH "
                    "mm ss SSS hh a XXX, optional parts in [ ], and put plain letters in quotes"
                )
            tokens.append(match.group())
            at = match.end()
        if any(
            now == "SSS" and before not in (".", ",") for before, now in pairwise(["", *tokens])
        ):
            raise ValueError(f"pattern {text!r}: SSS must stand behind a '.' or ','")
        initials = {token[0] for token in tokens}
        fields = {"y": "year", "M": "month", "d": "day"}
        if missing := [name for letter, name in fields.items() if letter not in initials]:
            raise ValueError(f"pattern {text!r} lacks {', '.join(missing)}")
        letters = [token[0] for token in tokens if token[0].isalpha()]
        if twice := sorted({letter for letter in letters if letters.count(letter) > 1}):
            raise ValueError(f"pattern {text!r} says {', '.join(twice)} twice")
        if ("h" in initials) != ("a" in initials):
            raise ValueError(f"pattern {text!r}: hh (1-12) and a (AM/PM) belong together")
        larger = {"m": "Hh", "s": "m", "S": "s"}
        for letter, needed in larger.items():
            if letter in initials and not initials & set(needed):
                raise ValueError(
                    f"pattern {text!r} has {letter} without {' or '.join(needed)}: "
                    "a time starts with its hour"
                )
        patterns.append(Pattern(spelling, tuple(tokens)))
    return patterns


def check_apart(formats: Sequence[str]) -> None:
    """Make sure that two patterns read one text differently only in the order of day and month.

    That order is settled by evidence; whether 010203 starts with a year or a day is not.

    Raises:
        ValueError: two patterns read one text as other dates; the message names both.
    """
    swap = str.maketrans("dM", "Md")
    seen: dict[str, tuple[str, str]] = {}
    for text in formats:
        for pattern in parse_pattern(text):
            for shape, meaning in _spellings(pattern):
                other, where = seen.setdefault(shape, (meaning, text))
                if meaning not in (other, other.translate(swap)):
                    raise ValueError(
                        f"patterns {where!r} and {text!r} read one text as two dates; drop one"
                    )


def check_dates(formats: Sequence[str]) -> None:
    """Make sure that patterns read dates without a time: what would become of the time?

    Raises:
        ValueError: one has a part of a time; the message names both.
    """
    for text in formats:
        for pattern in parse_pattern(text):
            parts = [token for token in pattern.tokens if literal(token) is None]
            if times := [token for token in parts if token[0] not in "yMdE"]:
                raise ValueError(
                    f"pattern {text!r} has a time, {' '.join(times)}, and a date has none; drop "
                    "that, or make the column a timestamp"
                )


def spelt_out(pattern: Pattern) -> Iterator[tuple[str, ...]]:
    """The tokens for each way to spell M, d, H, h: with one digit, with two."""
    choices = [(token, token * 2) if token in ONE_OR_TWO else (token,) for token in pattern.tokens]
    yield from product(*choices)


def literal(token: str) -> str | None:
    """The text for which a token stands; None for one that stands for a part of a date."""
    if token == "''":
        return "'"
    if token.startswith("'"):
        return token[1:-1]
    return None if token[0].isalpha() else token


def _spellings(pattern: Pattern) -> Iterator[tuple[str, str]]:
    """Each way to spell a pattern: what the text looks like, and what its parts mean."""
    for tokens in spelt_out(pattern):
        parts = [token for token in tokens if literal(token) is None]
        yield (
            "".join(_look(token) for token in tokens),
            "".join("MMM" if token == "MMMM" else token for token in parts if token[0] in _DIGITS),
        )


_DIGITS = "yMdHhms"


def _look(token: str) -> str:
    text = literal(token)
    if text is not None:
        return text.lower()
    if token in NAMES:
        return f"<{token[0]}>"  # May is both MMM and MMMM
    return "#" * len(token) if token[0] in _DIGITS else f"<{token}>"
