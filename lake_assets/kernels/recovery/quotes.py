"""Records in which quotes stand where RFC 4180 does not allow them: how they could be read."""

import re
from collections.abc import Iterator

import polars as pl

from lake_assets.kernels.recovery.tokens import LITERAL, as_readings, blanks, divide, token

SPACED = "blanks beside quotes"
BACKSLASH = "backslash escapes"
STRAY = "a stray quote"
LOST = "a missing quote"
JOINT = "a missing delimiter"
UNESCAPED = "unescaped quotes"
SINGLE = "single quotes"


def requote(records: pl.DataFrame, width: int, delimiter: str, most: int) -> pl.DataFrame:
    """Readings of records in which quotes stand where RFC 4180 does not allow them.

    One quote too many or too few is looked for in records of an odd number of quotes; one lost
    delimiter beside a quote, and pairs of quotes that should have been doubled, in the others.
    Blanks beside quotes and escaped quotes are spellings: where one of them explains the record,
    the quotes are in order, and no other reading of them is given.

    Args:
        records: ``record``, ``text``; not well quoted.
        width: cells of a record.
        delimiter: of the file.
        most: variants of one record that may be tried; one with more is left out.

    Returns:
        Readings in the form of ``tokens.READING``.
    """
    if records.is_empty():
        return as_readings(records.drop("text"))
    escaped = _escaped(records, width, delimiter)
    records = records.join(escaped, on="record", how="anti").filter(
        ~pl.col("text").str.contains(LITERAL, literal=True)
    )
    quotes = pl.col("text").str.count_matches('"', literal=True)
    delimiters = pl.col("text").str.count_matches(delimiter, literal=True)
    odd = records.filter((quotes % 2 == 1) & (2 * (quotes + delimiters + 1) <= most))
    even = records.filter((quotes % 2 == 0) & (2 * quotes <= most))
    variants = pl.concat([*_one_quote(odd, delimiter), *_one_delimiter(even, delimiter)])
    return pl.concat(
        [
            escaped,
            _of_width(divide(variants, delimiter, token(delimiter)), width),
            _unescaped(even, width, delimiter),
        ]
    )


def single_quoted(records: pl.DataFrame, width: int, delimiter: str) -> pl.DataFrame:
    """The reading of records whose quotes are single; the same form as :func:`requote`."""
    if delimiter == "'":
        return as_readings(records.clear().drop("text"))
    d, b = re.escape(delimiter), blanks(delimiter)
    text = pl.col("text")
    records = records.filter(text.str.contains("'", literal=True))
    if records.is_empty():
        return as_readings(records.drop("text"))
    some = records.filter(text.str.contains(rf"(?:^|{d}){b}'") & ~text.str.contains('"'))
    grammar = rf"(?:{b}'(?:[^']|'')*'{b}|(?:{b}[^'{d} \t][^{d}]*)?|{b}){d}"
    divided = divide(some, delimiter, grammar)
    cell = pl.element().str.strip_chars(" \t")
    inner = (
        cell.str.strip_prefix("'").str.strip_suffix("'").str.replace_all("''", "'", literal=True)
    )
    renamed = pl.when(cell.str.starts_with("'")).then('"' + inner + '"').otherwise(pl.element())
    return _of_width(
        divided.with_columns(pl.col("tokens").list.eval(renamed), pl.lit(SINGLE).alias("how")),
        width,
    )


def _escaped(records: pl.DataFrame, width: int, delimiter: str) -> pl.DataFrame:
    """Quotes written ``\\"``; a doubled backslash could be one or two, so it is not read."""
    d, b = re.escape(delimiter), blanks(delimiter)
    text = pl.col("text")
    some = records.filter(
        text.str.contains(r"\"", literal=True) & ~text.str.contains("\\\\", literal=True)
    )
    if some.is_empty() or delimiter == "\\":
        return as_readings(records.clear().drop("text"))
    divided = divide(some, delimiter, rf'(?:{b}"(?:[^"\\]|""|\\[\s\S])*"{b}|[^"{d}]*){d}')
    rfc = pl.col("tokens").list.eval(pl.element().str.replace_all(r"\"", '""', literal=True))
    return _of_width(divided.with_columns(rfc, pl.lit(BACKSLASH).alias("how")), width)


def _unescaped(records: pl.DataFrame, width: int, delimiter: str) -> pl.DataFrame:
    """Pairs of quotes within a quoted cell; neither stands beside a delimiter.

    A single one may as well be stray, and is not read.
    """
    d, b = re.escape(delimiter), blanks(delimiter)
    any_, inside, lone = '(?:[^"]|"")*', rf'(?:[^"]|"")*(?:[^"{d}]|"")', rf'"[^"{d}]'
    pair = rf"(?:{inside})?{lone}(?:{inside})?{lone}"
    quoted = rf'"{inside}{lone}(?:{inside})?{lone}(?:{pair})*{any_}"'
    divided = divide(records, delimiter, rf'(?:{b}(?:{quoted}|"{any_}"){b}|[^"{d}]*){d}')
    return _of_width(divided.with_columns(pl.lit(UNESCAPED).alias("how")), width)


def _one_quote(records: pl.DataFrame, delimiter: str) -> Iterator[pl.DataFrame]:
    """Each quote dropped, each one as text, and one more at each edge of each cell.

    A quote that stays as text only casts doubt: dropping it gives text as good. One more beside
    another makes that one text.
    """
    before, behind = pl.col("before"), pl.col("behind")
    around = _around_each(records, '"')
    yield _variant(around, before + behind, STRAY)
    yield _variant(around, before + LITERAL + behind, None)
    around = _around_each(records, delimiter)
    around = pl.concat(
        [
            around.with_columns(before=before + delimiter),
            around.with_columns(behind=delimiter + behind),
            records.select("record", before=pl.lit(""), behind=pl.col("text")),
            records.select("record", before=pl.col("text"), behind=pl.lit("")),
        ]
    )
    beside = before.str.ends_with('"') | behind.str.starts_with('"')
    yield _variant(around.filter(~beside), before + '"' + behind, LOST)
    yield _variant(around.filter(beside), before + '"' + behind, None)


def _one_delimiter(records: pl.DataFrame, delimiter: str) -> Iterator[pl.DataFrame]:
    """A delimiter before each quote, and behind each."""
    around = _around_each(records, '"')
    for instead in (delimiter + '"', '"' + delimiter):
        yield _variant(around, pl.col("before") + instead + pl.col("behind"), JOINT)


def _around_each(records: pl.DataFrame, sign: str) -> pl.DataFrame:
    """``before`` and ``behind`` each ``sign`` in ``text``: one row a sign."""
    parts = pl.col("parts").list
    each = (
        records.select("record", parts=pl.col("text").str.split(sign))
        .with_columns(at=pl.int_ranges(1, parts.len()))
        .explode("at", empty_as_null=False)
    )
    return each.select(
        "record",
        before=parts.head("at").list.join(sign),
        behind=parts.slice("at").list.join(sign),
    )


def _variant(around: pl.DataFrame, text: pl.Expr, how: str | None) -> pl.DataFrame:
    return around.select("record", how=pl.lit(how, pl.String), text=text)


def _of_width(divided: pl.DataFrame, width: int) -> pl.DataFrame:
    return as_readings(divided.filter(pl.col("tokens").list.len() == width))
