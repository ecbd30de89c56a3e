"""Damaged records: the ways in which each could be read, and the one that its contract allows.

A record is recovered where all readings that fit the contract give the same values, and rejected
where they differ: a guess is never made. That holds only as far as the true reading is among the
candidates, so they are complete for one cause of damage at a time, or none are given:

- the row is written in another delimiter of the contract;
- one to three cells are too many: delimiters were doubled, or stand at the end of the row, or in
  text that is not quoted;
- one delimiter is missing;
- one quote is too many, or one at the edge of a cell is missing;
- pairs of quotes within quotes are not doubled; quotes are escaped by a backslash, have blanks
  beside them, or are single.

What cannot be mended, because a value may be lost with it, is a candidate that only casts doubt: a
missing cell, a row that was cut off, a stray quote as text.
"""

from collections.abc import Sequence
from typing import overload

import polars as pl

from lake_assets.kernels.recovery.chart import MOST_SURPLUS
from lake_assets.kernels.recovery.quotes import SPACED, requote, single_quoted
from lake_assets.kernels.recovery.shortage import put_in
from lake_assets.kernels.recovery.surplus import take_out
from lake_assets.kernels.recovery.tokens import Fits, as_readings, divide, token, unquoted
from lake_assets.kernels.recovery.truncated import truncated

OTHER_DELIMITER = "another delimiter"

LONGEST = 16 * 1024
"""Bytes of a record; a longer one has no candidates."""

WIDEST = 128
"""Cells of a header; a record of a wider file has no candidates, of which each holds them all."""

BATCH = 32 * 1024 * 1024
"""The :func:`weight` of the records that are looked at together."""

VIEW = 16
"""Bytes of a cell without its text."""


@overload
def most_candidates(width: int) -> int: ...
@overload
def most_candidates(width: pl.Expr) -> pl.Expr: ...
def most_candidates(width: int | pl.Expr) -> int | pl.Expr:
    """How many candidates a record may have; one with more could be nearly anything."""
    return 4 * width + 10


def weight(raw: pl.Expr, width: pl.Expr) -> pl.Expr:
    """About how many bytes the candidates of records may take at most.

    Args:
        raw: the records, String.
        width: cells of their header, Int64.
    """
    return most_candidates(width) * (raw.str.len_bytes().cast(pl.Int64) + VIEW * width)


def candidates(
    records: pl.DataFrame,
    width: int,
    delimiter: str,
    fits: Fits | None = None,
    *,
    delimiters: Sequence[str],
) -> pl.DataFrame:
    """The ways in which damaged records could be read.

    What a record becomes does not depend on the others.

    Args:
        records: ``record`` (UInt32), ``raw_row`` (String, without its line end), each with the
            wrong number of cells or with quotes where RFC 4180 does not allow them.
        width: cells of the header.
        delimiter: of the file.
        fits: says which texts can stand in a cell. Without it candidates that cannot be are
            given, too, and records with many of them are given up.
        delimiters: the contract's.

    Returns:
        ``record``, ``how`` (String: the kind of recovery; null if the reading only casts doubt),
        ``unknown`` (List of Int64: the places of cells of which nothing is known, else null),
        ``cell_0`` to ``cell_<width - 1>`` (String, never null), one row a candidate, in the order
        of the records; none twice. At most :func:`most_candidates` a record; of a record that
        could have more, or is longer than :data:`LONGEST` or wider than :data:`WIDEST`, none.
    """
    names = [f"cell_{n}" for n in range(width)]
    texts = records.select("record", text="raw_row").filter(
        pl.col("text").str.len_bytes() <= LONGEST, width <= WIDEST
    )
    batch = weight(pl.col("text"), pl.lit(width, pl.Int64)).cum_sum() // BATCH
    parts = [
        _wide(_readings(part, width, delimiter, delimiters, fits), names)
        for part in texts.with_columns(batch=batch).partition_by(
            "batch", include_key=False, maintain_order=True
        )
    ]
    return pl.concat([_wide(as_readings(texts.clear()), names), *parts])


def choose(typed: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """The records of which all readings that fit say the same.

    Args:
        typed: candidates, typed by the contract: ``record``, ``how``, ``fits`` (Boolean: no
            required value is missing, all texts are read, all rules hold; what comes of an
            ``unknown`` cell does not count, see :func:`fitting.holds`), and the columns
            ``names``; others may be there.
        names: the columns in which readings must agree; null agrees with null alone.

    Returns:
        The first fitting row of each record whose fitting rows all have a ``how`` and agree; in
        the order of ``typed``.
    """
    fitting = typed.filter(pl.col("fits"))
    agree = pl.struct(names).n_unique() == 1 if names else pl.lit(True)
    certain = fitting.group_by("record").agg(
        (agree & pl.col("how").is_not_null().all()).alias("certain")
    )
    recovered = certain.filter("certain")["record"]
    return fitting.filter(pl.col("record").is_in(recovered.implode())).unique(
        "record", keep="first", maintain_order=True
    )


def _readings(
    texts: pl.DataFrame, width: int, delimiter: str, delimiters: Sequence[str], fits: Fits | None
) -> pl.DataFrame:
    """Readings of all kinds, in the form of ``tokens.READING``."""
    most = most_candidates(width)
    parts = [
        as_readings(whole.with_columns(pl.lit(OTHER_DELIMITER).alias("how")))
        for other in delimiters
        if other != delimiter and not (whole := _whole(texts, width, other)).is_empty()
    ]
    text = pl.col("text")
    # What has far too many cells is not taken apart.
    some = texts.filter(
        text.str.count_matches(delimiter, literal=True) < width + MOST_SURPLUS + most
    )
    divided = divide(some, delimiter, token(delimiter))
    off = pl.col("tokens").list.len().cast(pl.Int64) - width
    misquoted = some.join(divided, on="record", how="anti")
    too_many, lost = take_out(divided, width, delimiter, most, fits)
    too_few, lost_too = put_in(divided, width, delimiters, most, fits)
    parts += [
        as_readings(divided.filter(off == 0).with_columns(pl.lit(SPACED).alias("how"))),
        too_many,
        too_few,
        truncated(misquoted, divided.filter(off == -1), width, delimiter, fits),
        requote(misquoted, width, delimiter, 2 * most),
        single_quoted(some, width, delimiter),
    ]
    # Where not all readings were looked at, those that were prove nothing.
    return pl.concat(parts).filter(~pl.col("record").is_in(pl.concat([lost, lost_too]).implode()))


def _whole(texts: pl.DataFrame, width: int, delimiter: str) -> pl.DataFrame:
    """The records that a delimiter divides into just as many cells as wanted."""
    count = pl.col("text").str.count_matches(delimiter, literal=True)
    enough = texts.filter(count.is_between(width - 1, width + LONGEST))
    divided = divide(enough, delimiter, token(delimiter))
    return divided.filter(pl.col("tokens").list.len() == width)


def _wide(readings: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """Tokens as cells, and records of too many readings left out."""
    texts = readings.with_columns(pl.col("tokens").list.eval(unquoted(pl.element())))
    cells = [
        pl.col("tokens").list.get(at, null_on_oob=True).alias(name) for at, name in enumerate(names)
    ]
    found = once(texts.select("record", "how", "unknown", *cells), names)
    return found.filter(pl.len().over("record") <= most_candidates(len(names)))


def once(found: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """Of equal readings the first; one that recovers goes before one that casts doubt."""
    key = pl.col("unknown").cast(pl.List(pl.String)).list.join(",").alias("key")
    ordered = found.with_columns(key).sort("record", pl.col("how").is_null(), maintain_order=True)
    return ordered.unique(["record", "key", *names], keep="first", maintain_order=True).drop("key")
