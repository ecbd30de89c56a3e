"""Records that may have been cut off: nobody knows how they went on, so they only cast doubt."""

import polars as pl

from lake_assets.kernels.recovery.tokens import (
    Fits,
    as_readings,
    divide,
    is_quoted,
    token,
    unquoted,
)

WORDS = r"\pL{4}"
"""No number and no timestamp has so many letters in a row, nor has the start of one."""


def truncated(
    misquoted: pl.DataFrame, short: pl.DataFrame, width: int, delimiter: str, fits: Fits | None
) -> pl.DataFrame:
    """Readings of records as cut off within their last token, which is then unknown.

    Args:
        misquoted: ``record``, ``text``; those of which the last token is an open quote are read.
        short: ``record``, ``tokens``; those of which the last token is not quoted are read, for a
            closed quote says that the token is whole.
        width: cells of a record.
        delimiter: of the file.
        fits: as in ``tokens.Fits``; what does not look like the start of a number or
            timestamp was not cut off within one.

    Returns:
        Readings in the form of ``tokens.READING``.
    """
    if misquoted.is_empty() and short.is_empty():
        return as_readings(short)
    closed = misquoted.with_columns(pl.col("text") + '"')
    opened = divide(closed, delimiter, token(delimiter)).filter(
        pl.col("tokens").list.len() <= width, is_quoted(pl.col("tokens").list.last())
    )
    short = short.filter(~is_quoted(pl.col("tokens").list.last()))
    cut = pl.concat([opened.select("record", "tokens"), short.select("record", "tokens")])
    if cut.is_empty():
        return as_readings(cut)
    last = pl.col("tokens").list.len().cast(pl.Int64) - 1
    wordy = unquoted(pl.col("tokens").list.last()).str.contains(WORDS)
    places = cut.select("record", place=last)
    free = pl.lit(True) if fits is None else pl.lit(fits.free(places))
    missing = pl.lit("").repeat_by(width - last)
    return as_readings(
        cut.filter(~wordy | free).with_columns(
            pl.concat_list(pl.col("tokens").list.head(last), missing).alias("tokens"),
            pl.int_ranges(last, width).alias("unknown"),
        )
    )
