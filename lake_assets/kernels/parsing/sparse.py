"""What is to be known of all cells of a record whose cells are not kept: empty, or too long."""

import re

import polars as pl


def all_empty(raw: pl.Series, delimiter: str) -> pl.Series:
    """Whether all cells of well quoted records are empty but for blanks; Boolean.

    Args:
        raw: records, without their line ends.
        delimiter: of the records.
    """
    d = re.escape(delimiter)
    return raw.str.contains(rf'^(?:\s*|"\s*")(?:{d}(?:\s*|"\s*"))*$')


def some_longer(raw: pl.Series, delimiter: str, most_bytes: int, at_once: int) -> pl.Series:
    """Whether the text of a cell of well quoted records is longer than ``most_bytes``; Boolean.

    Args:
        raw: records, without their line ends.
        delimiter: of the records.
        most_bytes: as UTF-8; what quotes a cell does not count.
        at_once: records of which all cells may be held at the same time.
    """
    found = pl.repeat(False, raw.len(), dtype=pl.Boolean, eager=True)
    long = (raw.str.len_bytes() > most_bytes).arg_true()
    d = re.escape(delimiter)
    text = pl.element().str.strip_prefix('"').str.strip_suffix('"')
    text = text.str.replace_all('""', '"', literal=True)
    for start in range(0, long.len(), at_once):
        rows = long.slice(start, at_once)
        cells = raw.gather(rows).str.extract_all(rf'"(?:[^"]|"")*"|[^"{d}]+')
        longest = cells.list.eval(text.str.len_bytes()).list.max()
        found = found.scatter(rows.filter((longest > most_bytes).fill_null(False)), True)
    return found
