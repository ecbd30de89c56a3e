"""The notations in which numbers are written, as regular expressions."""

from typing import Final

import polars as pl

_GROUPED: Final = r"(?: [0-9]{3})+|(?:'[0-9]{3})+"
_INDIAN: Final = r"[1-9][0-9]?(?:,[0-9]{2})+,[0-9]{3}"

POINT_NUMBER: Final = (
    rf"^(?:[0-9]*|[1-9][0-9]{{0,2}}(?:(?:,[0-9]{{3}})+|{_GROUPED})|{_INDIAN})(?:\.[0-9]*)?$"
)
"""``1234``, ``1,234.5``, ``1 234.5``, ``1'234.5``, ``12,34,567.8``: a point before the decimals."""

COMMA_NUMBER: Final = rf"^(?:[0-9]*|[1-9][0-9]{{0,2}}(?:(?:\.[0-9]{{3}})+|{_GROUPED}))(?:,[0-9]*)?$"
"""``1234``, ``1.234,5``, ``1 234,5``, ``1'234,5``: a comma before the decimals."""

PARTS: Final = (
    r"^(?<before>[^0-9]*?(?:[^ 0-9.,+($€£¥-]\.)?)"
    r"(?<body>[.,]?[0-9](?:[0-9 .,']*[0-9])?(?:[.,]$)?)(?<after>[^0-9]*)$"
)
"""A text with one number in it: what stands before, the number, what stands behind.

A point behind a letter is the letter's: ``Rs.500`` is five hundred.
"""

_SIGNS: Final = {
    "\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u2007": " ", "\u2212": "-",
    "\u2019": "'", "\u02bc": "'",
}  # fmt: skip
"""Typographic forms: spaces that do not break, or are thin; minus; apostrophes."""


def plain_signs(text: pl.Series) -> pl.Series:
    """Typographic signs as those on a keyboard."""
    if not text.str.contains(r"[^\x00-\x7F]").any():
        return text
    return text.str.replace_many(_SIGNS)
