"""One line of NDJSON taken apart exactly; every value keeps the text that stands in the line."""

import re
from typing import Final, NamedTuple

from lake_assets.kernels.values.json_texts import DECODER, is_too_deep

MALFORMED: Final = "malformed line"
NO_OBJECT: Final = "no object"
TOO_DEEP: Final = "nested too deeply"

_BLANKS: Final = re.compile(r"[ \t\r\n]*")
_BEHIND_NAME: Final = re.compile(r"[ \t\r\n]*:[ \t\r\n]*")
_BEHIND_VALUE: Final = re.compile(r"[ \t\r\n]*([,}])[ \t\r\n]*")
_SURROGATE: Final = re.compile(r"\\u[dD][89a-fA-F]")


class LineError(Exception):
    """A line is no JSON object; ``what`` is one of the constants above."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


class Member(NamedTuple):
    """A member of an object: its name, and where in the line its value stands."""

    name: str
    start: int
    end: int


def find_members(line: str) -> list[Member]:
    """The members of the object on a line, in order, also those of one name.

    Raises:
        LineError: it is malformed, another kind of value, or nested too deeply.
    """
    if is_too_deep(line):
        raise LineError(TOO_DEEP)
    try:
        return _members(line)
    except ValueError:
        raise LineError(MALFORMED) from None


def text_of(token: str) -> str:
    """The text of a JSON string.

    Raises:
        LineError: it has half of a surrogate pair, which is no text in any encoding.
    """
    text: str = DECODER.raw_decode(token)[0]
    if _SURROGATE.search(token):
        try:
            text.encode()
        except UnicodeEncodeError:
            raise LineError(MALFORMED) from None
    return text


def _members(line: str) -> list[Member]:
    at = _behind_blanks(line, 0)
    if line[at : at + 1] != "{":
        _, end = DECODER.raw_decode(line, at)
        raise LineError(NO_OBJECT if _behind_blanks(line, end) == len(line) else MALFORMED)
    found: list[Member] = []
    at = _behind_blanks(line, at + 1)
    sign = line[at : at + 1]
    if sign == "}":
        at += 1
    while sign != "}":
        if line[at : at + 1] != '"':
            raise LineError(MALFORMED)
        name, at = DECODER.raw_decode(line, at)
        colon = _BEHIND_NAME.match(line, at)
        if not colon:
            raise LineError(MALFORMED)
        _, end = DECODER.raw_decode(line, colon.end())
        found.append(Member(name, colon.end(), end))
        behind = _BEHIND_VALUE.match(line, end)
        if not behind:
            raise LineError(MALFORMED)
        sign, at = behind[1], behind.end()
    if _behind_blanks(line, at) != len(line):
        raise LineError(MALFORMED)
    return found


def _behind_blanks(line: str, at: int) -> int:
    found = _BLANKS.match(line, at)
    assert found  # it matches any text, the empty one too
    return found.end()
