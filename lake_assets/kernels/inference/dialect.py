"""How a text is written, from the text alone: delimiter, quotes, line ends, header, preamble.

A contract names its delimiters and columns, and ``layout`` goes by these. This module is for
files that have no contract yet: each possible dialect is tried on a sample (``trials``).
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from lake_assets.kernels.inference.shapes import has_header
from lake_assets.kernels.inference.trials import (
    COMMENT,
    NO_DELIMITER,
    PRIORS,
    SAMPLE_RECORDS,
    Trial,
    read_sample,
    undivided_score,
)

HEAD_CHARACTERS = 256 * 1024
"""Line ends are counted in this much text, at most."""
SAMPLE_CHARACTERS = 32 * 1024
"""All else is decided from this much."""

DIRECTIVE = re.compile(r"sep=([^\w\s\"]|\t)(?:\r\n?|\n)", re.IGNORECASE)
"""The first line by which Excel is told the delimiter."""

Quoting = tuple[str | None, str | None]


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a text is written.

    Attributes:
        delimiter: one character; None if the text has one column.
        quote: ``"`` or ``'``; None if no cell is quoted.
        escape: how a quote stands within quotes: ``doubled``, ``backslash``; None if none does.
        line_end: LF, CR LF or CR.
        has_header: whether the first record behind the preamble names the columns.
        preamble: physical lines before the header, or before the first row of data.
        width: cells that most records have.
        score: of this delimiter, from 0 to 1; comparable within one text only.
        runner_up: the next best delimiter and its score, if another one is possible.
    """

    delimiter: str | None
    quote: str | None
    escape: str | None
    line_end: str
    has_header: bool
    preamble: int
    width: int
    score: float
    runner_up: tuple[str, float] | None


def sniff_dialect(text: str, *, whole: bool) -> Dialect:
    """Find out how a text is written. It never fails: a text of any kind has some dialect.

    Args:
        text: the head of a file; what is behind :data:`HEAD_CHARACTERS` is not looked at.
        whole: whether that is all of the file; if not, its last line may be cut in two.
    """
    text = text.removeprefix("\ufeff")
    whole = whole and len(text) <= HEAD_CHARACTERS
    text = text[:HEAD_CHARACTERS]
    line_end = line_end_of(text)
    told = DIRECTIVE.match(text)
    above = 1 if told else 0
    sample = text[:SAMPLE_CHARACTERS]
    whole = whole and len(sample) == len(text)
    lines = text_lines(sample, whole=whole)[above:]
    quotings = _quotings("".join(lines))
    ranked = _rank(lines, quotings, told[1] if told else None)
    if ranked and (told or ranked[0].score > undivided_score(lines)):
        best, *others = ranked
    else:
        best, others = read_sample(lines, NO_DELIMITER, *quotings[0]), ranked
    width = _usual_width(best.records)
    skipped = _preamble(best.records, width)
    body = [record for record in best.records[skipped:] if any(map(str.strip, record))]
    return Dialect(
        delimiter=None if best.delimiter == NO_DELIMITER else best.delimiter,
        quote=best.quote,
        escape=best.escape,
        line_end=line_end,
        has_header=has_header(body),
        preamble=above + (best.starts[skipped] if skipped else 0),
        width=width,
        score=round(best.score, 4),
        runner_up=(others[0].delimiter, round(others[0].score, 4)) if others else None,
    )


def text_lines(text: str, *, whole: bool) -> list[str]:
    """The lines, each with one line feed; a last line that is cut in two is left out.

    As in ``lines``, a carriage return alone ends a line, too.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if (not whole and len(lines) > 1) or not lines[-1]:
        lines.pop()
    return [f"{line}\n" for line in lines]


def line_end_of(text: str) -> str:
    """The most frequent of LF, CR LF, CR."""
    both = text.count("\r\n")
    counts = {"\n": text.count("\n") - both, "\r\n": both, "\r": text.count("\r") - both}
    return max(counts, key=lambda end: counts[end])


def _rank(lines: Sequence[str], quotings: Sequence[Quoting], told: str | None) -> list[Trial]:
    """The delimiters that make some table of the sample, the best one first."""
    filled = [line for line in lines[:SAMPLE_RECORDS] if line.strip()]
    least = len(filled) // 10  # a delimiter stands in a tenth of the lines, or more
    found: list[Trial] = []
    for delimiter, prior in {told: 0.0}.items() if told else PRIORS.items():
        if sum(delimiter in line for line in filled) <= least and not told:
            continue
        if any(trial.score >= prior for trial in found):
            continue  # it cannot win
        trials = [read_sample(lines, delimiter, *quoting) for quoting in quotings]
        best = max(trials, key=lambda trial: trial.score)
        if best.score > 0 or told:
            found.append(best)
    return sorted(found, key=lambda trial: -trial.score)


def _quotings(text: str) -> list[Quoting]:
    """The ways to quote that the text has signs of, the likeliest first; always one at least."""
    ways: list[Quoting] = []
    for quote in "\"'":
        opens = re.search(rf"(?:^|[^\w\s])[ \t]{{0,8}}{quote}", text, re.MULTILINE)
        closes = re.search(rf"{quote}[ \t]{{0,8}}(?:$|[^\w\s])", text, re.MULTILINE)
        if opens and closes:
            is_doubled = re.search(rf"[^{quote}\W]{quote}{quote}|{quote * 3}", text)
            ways.append((quote, "doubled" if is_doubled else None))
            if f"\\{quote}" in text:
                ways.append((quote, "backslash"))
    return [*ways, (None, None)]


def _usual_width(records: Sequence[Sequence[str]]) -> int:
    widths = Counter(len(record) for record in records if any(record))
    return widths.most_common(1)[0][0] if widths else 0


def _preamble(records: Sequence[Sequence[str]], width: int) -> int:
    """Records above the table: blank, a comment, or filled to half of the width at most."""
    for at, record in enumerate(records):
        filled = sum(bool(cell.strip()) for cell in record)
        is_comment = COMMENT.match(record[0]) if record else None
        is_row = filled * 2 > width and (not is_comment or len(record) == width)
        if filled and (width == 1 or is_row):
            return at
    return 0
