"""Where a large file may be cut into pieces, found in one pass over its bytes."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

SEARCH = 1 << 20
"""How far behind its place a cut may move to find a place that no record spans, in bytes."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A piece of a file: bytes ``start`` to ``end``, of which the first is on ``first_line``."""

    start: int
    end: int
    first_line: int


def find_cuts(
    chunks: Iterable[bytes], piece_bytes: int, record_lines: int = 50
) -> tuple[list[Cut], str]:
    """Divide a file at line ends, so that its pieces read as the whole does.

    A cut is made at or after each multiple of ``piece_bytes``, behind as many lines of even quotes
    as a record may span: no record can start among them and end behind them, wherever in the file
    a stray quote stands. Where that takes more than :data:`SEARCH` bytes (cells of several lines,
    one after another), it is made behind the first line end at which the quotes so far are
    balanced, or else behind the first.

    Args:
        chunks: the file's bytes, in order, in chunks of any size.
        piece_bytes: about how large a piece shall be.
        record_lines: lines that a record may span, the contract's ``max_record_lines``.

    Returns:
        The pieces, which cover the file; and its SHA-256 in hexadecimal.
    """
    digest = hashlib.sha256()
    cuts: list[Cut] = []
    start, first_line = 0, 1
    offset, line, quotes = 0, 1, 0
    before = 0  # quotes before the line that is being looked at
    calm = -1  # whole lines of even quotes in a row; -1 within the first line that is looked at
    first: tuple[int, int] | None = None
    balanced: tuple[int, int] | None = None
    for chunk in chunks:
        digest.update(chunk)
        at = 0
        while at < len(chunk):
            wanted = start + piece_bytes - offset
            if at < wanted:
                stop = min(wanted, len(chunk))
                quotes += chunk.count(b'"', at, stop)
                line += chunk.count(b"\n", at, stop)
                at, before, calm = stop, quotes, -1
                continue
            end = chunk.find(b"\n", at)
            stop = end + 1 if end >= 0 else len(chunk)
            quotes += chunk.count(b'"', at, stop)
            at = stop
            if end < 0:
                break
            line += 1
            calm = 0 if (quotes - before) % 2 else calm + 1
            before = quotes
            here = (offset + at, line)
            first = first or here
            balanced = balanced or (here if quotes % 2 == 0 else None)
            if calm >= record_lines - 1:
                cut = here
            elif here[0] - first[0] > SEARCH:
                cut = balanced or first
                quotes += balanced is None  # a stray quote turned inside and outside around
            else:
                continue
            cuts.append(Cut(start, cut[0], first_line))
            (start, first_line), first, balanced = cut, None, None
        offset += len(chunk)
    if offset > start:
        cuts.append(Cut(start, offset, first_line))
    return cuts, digest.hexdigest()
