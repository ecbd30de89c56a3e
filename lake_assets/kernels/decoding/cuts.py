"""Where a large file may be cut into pieces, found in one pass over its bytes."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lake_assets.kernels.decoding.lines import LINE_END, LONE_CR
from lake_assets.kernels.decoding.quoting import Place, Quoting
from lake_assets.kernels.refusal import FileRefusedError

SEARCH = 1 << 20
"""How far behind its place a cut may move to find a place that no record spans, in bytes."""

MOST_LINES = 2**32 - 1
"""What a line's number can be: it is kept in 32 bits."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A piece of a file: bytes ``start`` to ``end``, of which the first is on ``first_line``."""

    start: int
    end: int
    first_line: int


def find_cuts(
    chunks: Iterable[bytes], piece_bytes: int, record_lines: int, max_line_bytes: int
) -> tuple[list[Cut], str]:
    """Divide a file at line ends, so that its pieces read as the whole does.

    A line ends in LF, CR LF, or a CR alone. A cut is made at or after each multiple of
    ``piece_bytes``, behind as many lines of even quotes as a record may span: no record can start
    among them and end behind them, wherever in the file a stray quote stands. Where that takes
    more than :data:`SEARCH` bytes (cells of several lines, one after another), it is made behind
    the first line end at which the quotes so far are balanced, or else behind the first.

    Args:
        chunks: the file's bytes, in order, in chunks of any size.
        piece_bytes: about how large a piece shall be.
        record_lines: lines that a record may span, the contract's ``max_record_lines``.
        max_line_bytes: how long a line may be without its end, the contract's ``max_line_kb``.

    Returns:
        The pieces, which cover the file; and its SHA-256 in hexadecimal.

    Raises:
        FileRefusedError: a line is longer than ``max_line_bytes``, or there are more lines than
            :data:`MOST_LINES`.
    """
    digest = hashlib.sha256()
    cutter = _Cutter(piece_bytes, record_lines, max_line_bytes)
    cuts: list[Cut] = []
    for chunk in chunks:
        digest.update(chunk)
        cuts += cutter.feed(chunk)
    return cuts + cutter.finish(), digest.hexdigest()


def cut_stream(
    chunks: Iterable[bytes], piece_bytes: int, record_lines: int, max_line_bytes: int
) -> Iterator[tuple[Cut, bytes]]:
    """The pieces of :func:`find_cuts` with their bytes, each as soon as it is complete.

    For files that cannot be read from within: compressed ones, and what was UTF-16. Holds no more
    than a piece, a line, :data:`SEARCH` bytes and a chunk, and the piece that it gives a copy of.

    Args:
        chunks, piece_bytes, record_lines, max_line_bytes: as for :func:`find_cuts`.

    Raises:
        FileRefusedError: as for :func:`find_cuts`. Pieces above the place may have been given by
            then.
    """
    cutter = _Cutter(piece_bytes, record_lines, max_line_bytes)
    held = bytearray()
    for chunk in chunks:
        held += chunk
        for cut in cutter.feed(chunk):
            yield cut, _take(held, cut)
    for cut in cutter.finish():
        yield cut, _take(held, cut)


def refuse_long_lines(data: bytes, max_line_bytes: int) -> None:
    """What :func:`find_cuts` does about long lines, for a file that is not cut.

    Raises:
        FileRefusedError: a line is longer than ``max_line_bytes``.
    """
    _Cutter(len(data), 1, max_line_bytes).measure_lines(data)


def _take(held: bytearray, cut: Cut) -> bytes:
    size = cut.end - cut.start
    with memoryview(held) as view:
        data = bytes(view[:size])
    del held[:size]
    return data


@dataclass(slots=True)
class _Cutter:
    """Takes chunks, gives cuts. All offsets are from the start of the file."""

    piece_bytes: int
    record_lines: int
    max_line_bytes: int
    start: int = 0  # of the piece
    first_line: int = 1
    offset: int = 0  # of the chunk
    line: int = 1
    line_start: int = 0
    quotes: int = 0
    base: int = 0  # quotes before the piece
    before: int = 0  # quotes before the line that is being looked at
    text: bytes = b""  # of that line, so far
    calm: int = -1  # whole lines of even quotes in a row; -1 in the first line that is looked at
    quoting: Quoting | None = None  # behind that first line
    first: Place | None = None
    likely: Place | None = None
    certain: Place | None = None
    held: bytes = b""

    def feed(self, chunk: bytes) -> list[Cut]:
        """The cuts that are certain now. A CR at the end waits: an LF may belong to it."""
        if self.held:
            chunk, self.held = self.held + chunk, b""
        if chunk.endswith(b"\r"):
            chunk, self.held = chunk[:-1], b"\r"
        return self._look(chunk)

    def finish(self) -> list[Cut]:
        """The last cuts, up to the end of the file."""
        cuts = self._look(self.held)
        if self.offset > self.start:
            cuts.append(Cut(self.start, self.offset, self.first_line))
        return cuts

    def _look(self, chunk: bytes) -> list[Cut]:
        self.measure_lines(chunk)
        cuts: list[Cut] = []
        at = 0
        while at < len(chunk):
            wanted = self.start + self.piece_bytes - self.offset
            if at < wanted:  # nothing to decide here: counting is fast
                stop = min(wanted, len(chunk))
                if chunk[stop - 1 : stop + 1] == b"\r\n":
                    stop += 1
                self.quotes += chunk.count(b'"', at, stop)
                self.line += _count_ends(chunk, at, stop)
                at, self.before, self.calm, self.text = stop, self.quotes, -1, b""
                continue
            end = LINE_END.search(chunk, at)
            stop = end.end() if end else len(chunk)
            self.quotes += chunk.count(b'"', at, stop)
            self.text += chunk[at : end.start() if end else stop]
            at = stop
            if end and (cut := self._cut_behind_line(end.group(), self.offset + at)):
                cuts.append(cut)
        self.offset += len(chunk)
        if self.line - (self.line_start == self.offset) > MOST_LINES:
            raise FileRefusedError(
                "too_large",
                f"the file has more than {MOST_LINES:,} lines; divide it into several files",
            )
        return cuts

    def _cut_behind_line(self, line_end: bytes, end: int) -> Cut | None:
        """What is decided where a line ends: to cut there, or further above, or not yet."""
        self.line += 1
        here = Place(end, self.line, self.quotes)
        self._follow(line_end, here)
        self.calm = 0 if (self.quotes - self.before) % 2 else self.calm + 1
        self.before, self.text = self.quotes, b""
        if self.calm >= self.record_lines - 1:
            place = here
        elif self.first and end - self.first.end > SEARCH:
            place = self.certain or self.likely or self.first
        else:
            self.first = self.first or here
            return None
        cut = Cut(self.start, place.end, self.first_line)
        self.start, self.first_line = place.end, place.line
        self.base = place.quotes
        self.first = self.likely = self.certain = None
        return cut

    def _follow(self, line_end: bytes, here: Place) -> None:
        """Note the first places at which, by the quotes of its lines, no record is open."""
        if self.calm < 0 or not self.quoting:  # the line's beginning is not known
            self.quoting = Quoting(self.record_lines, (self.quotes - self.base) % 2 == 1)
            certain = None
        else:
            certain = self.quoting.follow(self.text, line_end, here)
        if certain and certain.end > self.start:
            self.certain = self.certain or certain
        if not self.quoting.is_open:
            self.likely = self.likely or here

    def measure_lines(self, chunk: bytes) -> None:
        """Leap from line end to line end, each the last within the longest line that may be."""
        begin = self.line_start - self.offset
        while begin + self.max_line_bytes < len(chunk):
            window = max(begin, 0), begin + self.max_line_bytes + 1
            end = chunk.rfind(b"\n", *window)
            if end < 0:
                end = chunk.rfind(b"\r", *window)
            if end < 0:
                number = self.line + _count_ends(chunk, 0, max(begin, 0))
                raise FileRefusedError(
                    "too_large",
                    f"line {number:,} is longer than {self.max_line_bytes:,} bytes "
                    "(format.max_line_kb); a quote or a line end may be missing, or the file is "
                    "no text",
                )
            begin = end + (2 if chunk[end : end + 2] == b"\r\n" else 1)
        last = max(chunk.rfind(b"\n", max(begin, 0)), chunk.rfind(b"\r", max(begin, 0)))
        self.line_start = self.offset + (last + 1 if last >= 0 else begin)


def _count_ends(chunk: bytes, start: int, stop: int) -> int:
    """Line ends in a part of a chunk that neither starts nor stops within CR LF."""
    lone = 0
    if chunk.find(b"\r", start, stop) >= 0:
        lone = len(LONE_CR.findall(chunk, start, stop))
    return chunk.count(b"\n", start, stop) + lone
