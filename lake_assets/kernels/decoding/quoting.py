"""Where, among lines with quotes, no record is open: what holds whatever the delimiter is.

A record of several lines begins in a line of odd quotes that ends within a quoted cell, and ends in
the next line of odd quotes (:mod:`lake_assets.kernels.parsing.records`).
"""

import re
from dataclasses import dataclass, field
from typing import NamedTuple

_OTHERS = rb"[^\x01-\x09\x0b\x0c\x0e-!#-/:-@\[-`{-\x7f]"  # what a contract takes for no delimiter
_QUOTED = rb'(?<!%b)"(?:[^"]++|"")*+' % _OTHERS
_OPENS = re.compile(_QUOTED + rb"\Z")
_RECORD = re.compile(rb'(?:[^"]*+%b"(?!%b))*+[^"]*+\Z' % (_QUOTED, _OTHERS))


class Place(NamedTuple):
    """The end of a line: the offset, the number of the next line, and the quotes before it."""

    end: int
    line: int
    quotes: int


@dataclass(slots=True)
class Quoting:
    """Follows whole lines in order.

    ``is_open`` is the likeliest: whether a record is open behind the last line. ``record_lines``
    is how many lines a record may span.
    """

    record_lines: int
    is_open: bool
    is_known: bool = False  # a line of odd quotes was seen
    opener: Place | None = None  # of the last line of odd quotes, if it may have opened a record
    record: bytearray = field(default_factory=bytearray)  # from that line on
    lines: int = 0

    def follow(self, line: bytes, line_end: bytes, here: Place) -> Place | None:
        """Take the next line, which ends ``here``.

        Returns:
            A place, here or behind the last line of odd quotes, where certainly no record is open.
        """
        is_odd = line.count(b'"') % 2 == 1
        certain = None
        if self.opener:
            self.lines += 1
            self.record += line
            if is_odd and not _RECORD.match(self.record):
                certain, self.is_open = self.opener, False
            elif not is_odd and self.lines >= self.record_lines - 1:
                certain, self.is_open, self.opener = self.opener, False, None
            self.record += line_end
        if is_odd:
            self._turn(line, line_end, here)
        return certain or (here if self.is_known and not self.opener else None)

    def _turn(self, line: bytes, line_end: bytes, here: Place) -> None:
        may_open = bool(_OPENS.search(line))
        self.is_open = may_open and not self.is_open
        self.is_known = True
        self.opener = here if may_open else None
        self.record = bytearray(line + line_end) if may_open else bytearray()
        self.lines = 0
