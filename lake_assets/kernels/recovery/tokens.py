"""The tokens of a record: its cells as they stand there, quotes and all (RFC 4180, section 2)."""

import re
from collections.abc import Callable
from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True, slots=True)
class Fits:
    """Which texts can stand in which cells of a file.

    Attributes:
        judge: ``record``, ``place`` (Int64, of a cell), ``text`` (String), one row a question, to
            Boolean. It may say yes too often, never no to what could be right.
        free: ``record``, ``place`` to Boolean: whether any text can stand in the cell.
    """

    judge: Callable[[pl.DataFrame], pl.Series]
    free: Callable[[pl.DataFrame], pl.Series]


LITERAL = "\ufdd0"
"""Stands for a quote that is text, in a token that is not quoted; Unicode keeps it free."""

READING: dict[str, pl.DataType | type[pl.DataType]] = {
    "record": pl.UInt32,
    "how": pl.String,
    "tokens": pl.List(pl.String),
    "unknown": pl.List(pl.Int64),
}
"""A reading of a record: ``how`` is the kind of recovery, null if the reading only casts doubt;
``unknown`` are the places of tokens of which nothing is known (they are empty)."""


def as_readings(frame: pl.DataFrame) -> pl.DataFrame:
    """``frame`` in the form of :data:`READING`; what it lacks is null."""
    return frame.select(
        (pl.col(name) if name in frame.columns else pl.lit(None)).cast(dtype).alias(name)
        for name, dtype in READING.items()
    )


def is_empty(tokens: pl.Expr) -> pl.Expr:
    """Tokens without text, which are not quoted either."""
    return tokens.str.strip_chars() == ""


def is_quoted(tokens: pl.Expr) -> pl.Expr:
    """Tokens that open with a quote."""
    return tokens.str.strip_chars_start(" \t").str.starts_with('"')


def blanks(delimiter: str) -> str:
    """A regular expression for the blanks that may stand between a delimiter and a quote."""
    return "[ \t]*".replace(delimiter, "") if delimiter in " \t" else "[ \t]*"


def token(delimiter: str) -> str:
    """A regular expression for one token and the delimiter behind it."""
    d, b = re.escape(delimiter), blanks(delimiter)
    return rf'(?:{b}"(?:[^"]|"")*"{b}|[^"{d}]*){d}'


def divide(records: pl.DataFrame, delimiter: str, grammar: str) -> pl.DataFrame:
    """Divide the records that are nothing but tokens, and leave out the others.

    Args:
        records: with ``text`` (String).
        delimiter: between the tokens.
        grammar: a regular expression for one token and the delimiter behind it.

    Returns:
        ``records`` with ``tokens`` (List of String) in place of ``text``.
    """
    text = pl.col("text") + delimiter
    if records.is_empty():
        tokens = pl.lit(None, pl.List(pl.String))
        return records.with_columns(tokens.alias("tokens")).drop("text")
    # An anchored search is linear, whatever the text; only what passes is taken apart.
    return (
        records.filter(text.str.contains(rf"^(?:{grammar})+$"))
        .with_columns(text.str.extract_all(grammar).alias("tokens"))
        .filter(pl.col("tokens").list.join("") == text)
        .with_columns(pl.col("tokens").list.eval(pl.element().str.strip_suffix(delimiter)))
        .drop("text")
    )


def unquoted(tokens: pl.Expr) -> pl.Expr:
    """The text of tokens: without outer quotes, doubled quotes as one."""
    trimmed = tokens.str.strip_chars(" \t")
    inner = trimmed.str.strip_prefix('"').str.strip_suffix('"')
    text = pl.when(trimmed.str.starts_with('"')).then(
        inner.str.replace_all('""', '"', literal=True)
    )
    return text.otherwise(tokens).str.replace_all(LITERAL, '"', literal=True)


def heavy(state: pl.DataFrame, weight: pl.Expr, most: int) -> pl.Series:
    """The records of whose rows ``weight``, an aggregate, is more than ``most``."""
    weights = state.group_by("record").agg(weight.alias("weight"))
    return weights.filter(pl.col("weight") > most)["record"]
