"""Where a large file may be cut into pieces, found in one pass over its bytes."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

SEARCH = 1 << 20
"""How far behind its place a cut may move to find a line end outside quotes, in bytes."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A piece of a file: bytes ``start`` to ``end``, of which the first is on ``first_line``."""

    start: int
    end: int
    first_line: int


def find_cuts(chunks: Iterable[bytes], piece_bytes: int) -> tuple[list[Cut], str]:
    """Divide a file at line ends.

    A cut is made behind the first line feed at or after each multiple of ``piece_bytes`` at which
    the quotes so far are balanced; where that takes more than :data:`SEARCH` bytes (a stray quote
    turned inside and outside around), behind the first line feed.

    Args:
        chunks: the file's bytes, in order, in chunks of any size.
        piece_bytes: about how large a piece shall be.

    Returns:
        The pieces, which cover the file; and its SHA-256 in hexadecimal.
    """
    digest = hashlib.sha256()
    cuts: list[Cut] = []
    start, first_line = 0, 1
    offset, line, quotes = 0, 1, 0
    fallback: tuple[int, int] | None = None
    for chunk in chunks:
        digest.update(chunk)
        at = 0
        while True:
            wanted = start + piece_bytes - offset
            if len(chunk) <= wanted:
                break
            step = max(wanted, at)
            quotes += chunk.count(b'"', at, step)
            line += chunk.count(b"\n", at, step)
            at = step
            end = chunk.find(b"\n", at)
            if end < 0:
                break
            quotes += chunk.count(b'"', at, end)
            at, line = end + 1, line + 1
            here = offset + at
            fallback = fallback or (here, line)
            if quotes % 2 == 0:
                cuts.append(Cut(start, here, first_line))
                start, first_line, fallback = here, line, None
            elif here - fallback[0] > SEARCH:
                cut, cut_line = fallback
                cuts.append(Cut(start, cut, first_line))
                start, first_line, fallback = cut, cut_line, None
                quotes += 1
        quotes += chunk.count(b'"', at)
        line += chunk.count(b"\n", at)
        offset += len(chunk)
    if offset > start:
        cuts.append(Cut(start, offset, first_line))
    return cuts, digest.hexdigest()
