"""What a cell's text looks like, roughly and quickly: evidence for a dialect, not its value."""

import re
from collections import Counter
from collections.abc import Sequence

_NUMBER = r"[-+(]?\s?[$€£¥]?\s?\d[\d' \u00a0]*(?:[.,]\d+)*(?:[eE][-+]?\d+)?\s?[%€)]?|[-+]?\.\d+"
_DATE = r"\d{1,4}[-/. ](?:\d{1,2}|[A-Za-z]{3,9})[-/. ]\d{1,4}|\d{8}|\d{1,2}-[A-Za-z]{3}"
_TIME = r"\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?\s?(?:[AaPp][Mm])?"
_ZONE = r"\s?(?:Z|UTC|GMT|[-+]\d{2}:?\d{2})?"
VALUE = re.compile(
    rf"{_NUMBER}|(?:{_DATE})(?:[T ]\s?{_TIME}{_ZONE})?|{_TIME}"
    r"|[\w.+-]+@[\w-]+(?:\.[\w-]+)+"  # an e-mail address
    r"|[a-z]{2,6}://\S+|www\.\S+|-+"
    r"|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"  # a UUID
    r"|(?i:true|false|yes|no|n/?a|null|none|nan)"
)
"""A number, date, time, address, identifier, truth value or null token."""

WORDS = re.compile(r"[^\W_][\w .&'()/*+%°-]*", re.UNICODE)
"""A name, a code, a few words: nothing that might be a delimiter stands in it."""

COLUMNS = 200
"""Columns that are asked whether there is a header."""


def is_value(cell: str) -> bool:
    """Whether a trimmed cell looks like anything but text."""
    return VALUE.fullmatch(cell) is not None


def is_words(cell: str) -> bool:
    """Whether a trimmed cell is plain words."""
    return WORDS.fullmatch(cell) is not None


def shape(cell: str) -> str:
    """``Ab12-x`` -> ``Aa9-a``: runs of capitals, small letters, digits, and signs as they are."""
    kinds = (
        "9" if c.isdigit() else "A" if c.isupper() else "a" if c.isalpha() else c for c in cell
    )
    return re.sub(r"(.)\1+", r"\1", "".join(kinds))


def has_header(records: Sequence[Sequence[str]]) -> bool:
    """Whether the first record names the columns, judged by how it differs from those below.

    A cell that is a number, a date or the like is no name. Otherwise each column votes: for a
    header where values stand below words, against it where the cells below are like the first.

    Args:
        records: cells of the first records, without blank ones.
    """
    if not records:
        return False
    first = [cell.strip() for cell in records[0]]
    names = [cell for cell in first if cell]
    if not names or any(is_value(cell) and not cell.isalpha() for cell in names):
        return False
    if len(set(names)) < len(names) or len(names) * 2 < len(first):
        return False
    below = [record for record in records[1:] if record != records[0]]  # headers are repeated
    if not below:
        return all(map(_is_name, names))
    votes = 0.0
    for at, name in enumerate(first[:COLUMNS]):
        column = [record[at].strip() for record in below if at < len(record) and record[at].strip()]
        votes += _vote(name, column) if name and column else 0
    return votes > 0 or (votes == 0 and all(map(_is_name, names)))


def _vote(name: str, column: Sequence[str]) -> float:
    if name in column:
        return -1
    values = sum(map(is_value, column))
    if values * 10 >= len(column) * 7:
        return 1
    shapes = Counter(map(shape, column)).most_common(1)[0]
    if shapes[1] * 10 >= len(column) * 7 and len(column) > 1:
        return -0.5 if shapes[0] == shape(name) else 0.5
    lengths = [len(cell) for cell in column]
    if len(name) > 3 * max(lengths):
        return 0.25
    return 0


def _is_name(cell: str) -> bool:
    return len(cell) <= 40 and re.fullmatch(r"#?\s?[^\W\d][\w .()/%-]*", cell) is not None
