"""Records of one cell too few: a delimiter was lost, or a cell and its value with it.

The first can be mended. Of the second nobody knows the value, nor whether it was empty: such a
reading mends nothing, it only casts doubt on the others.
"""

import re
from collections.abc import Sequence

import polars as pl

from lake_assets.kernels.recovery.quotes import JOINT
from lake_assets.kernels.recovery.tokens import Fits, as_readings, heavy, is_quoted, unquoted


def put_in(
    records: pl.DataFrame,
    width: int,
    delimiters: Sequence[str],
    most: int,
    fits: Fits | None,
) -> tuple[pl.DataFrame, pl.Series]:
    """Readings of records of one cell too few.

    Args:
        records: ``record``, ``tokens`` as ``tokens.divide`` gives them.
        width: cells of a record.
        delimiters: the contract's; a token is not divided beside one.
        most: readings that a record may have; one with more is given up.
        fits: see ``tokens.Fits``; None if any text can stand anywhere.

    Returns:
        Readings in the form of ``tokens.READING``, and the records given up.
    """
    count = width - 1
    some = records.filter(pl.col("tokens").list.len() == count)
    if some.is_empty():
        return as_readings(some), some["record"]
    state = _bounds(some, count, fits)
    here, token = pl.col("at"), pl.col("tokens").list.get(pl.col("at"), null_on_oob=True)
    at = (
        state.with_columns(at=pl.int_ranges("last", pl.col("first") + 1))
        .explode("at", empty_as_null=False)
        .with_columns(token=token)
    )
    gap = at.filter(here > pl.col("last")).with_columns(
        _replaced(0, pl.lit("")).alias("tokens"), pl.concat_list("at").alias("unknown")
    )
    whole = at.filter(here.is_between(0, count - 1))
    plain, quoted = whole.filter(~is_quoted(token)), whole.filter(is_quoted(token))
    long = heavy(plain, pl.col("token").str.len_chars().sum(), 4 * most)
    plain = plain.filter(~pl.col("record").is_in(long.implode()))
    parts = pl.concat([_halves(plain, delimiters), _halves_of_quoted(quoted)])
    # ``12..5`` is a misspelt number, rather than 12. and .5 without the delimiter between.
    beside_point = pl.col("left").str.contains(r"[.,]$") | pl.col("right").str.contains(r"^[.,]")
    parts = _fitting(parts, fits).with_columns(
        _replaced(1, pl.col("left"), pl.col("right")).alias("tokens"),
        pl.when(~beside_point).then(pl.lit(JOINT)).alias("how"),
    )
    many = heavy(parts, pl.len(), most)
    return pl.concat([as_readings(gap), as_readings(parts)]), pl.concat([long, many])


def _bounds(records: pl.DataFrame, count: int, fits: Fits | None) -> pl.DataFrame:
    """Add ``first`` and ``last``: the first token that has to move, the last one that cannot.

    What was lost stood not behind the one, and not before the other.
    """
    if fits is None:
        return records.with_columns(first=pl.lit(count, pl.Int64), last=pl.lit(-1, pl.Int64))
    texts = records.select(
        "record",
        text=pl.col("tokens").list.eval(unquoted(pl.element())),
        place=pl.int_ranges(0, count),
    ).explode("text", "place", empty_as_null=False)
    asked = texts.select("record", "place", "text")
    both = pl.concat([asked, asked.with_columns(pl.col("place") + 1)])
    fine = fits.judge(both)
    place = pl.col("place")
    stops = texts.select(
        "record",
        "place",
        stays=fine.head(texts.height),
        moves=fine.tail(texts.height),
    )
    bounds = stops.group_by("record", maintain_order=True).agg(
        place.filter(~pl.col("stays")).min().fill_null(count).alias("first"),
        place.filter(~pl.col("moves")).max().fill_null(-1).alias("last"),
    )
    return records.hstack(bounds.drop("record"))


def _fitting(parts: pl.DataFrame, fits: Fits | None) -> pl.DataFrame:
    """The parts of which ``left`` can stand in cell ``at``, and ``right`` in the next one."""
    if fits is None or parts.is_empty():
        return parts
    sides = [
        parts.select("record", place=pl.col("at") + after, text=unquoted(pl.col(side)))
        for after, side in enumerate(("left", "right"))
    ]
    fine = fits.judge(pl.concat(sides))
    return parts.filter(fine.head(parts.height) & fine.tail(parts.height))


def _halves(whole: pl.DataFrame, delimiters: Sequence[str]) -> pl.DataFrame:
    """``left`` and ``right`` for each place within tokens that are not quoted."""
    beside = "".join(re.escape(other) for other in delimiters)
    cuts = pl.int_ranges(1, pl.col("token").str.len_chars().cast(pl.Int64))
    each = whole.with_columns(cut=cuts).explode("cut", empty_as_null=False)
    return (
        each.with_columns(
            left=pl.col("token").str.slice(0, pl.col("cut")),
            right=pl.col("token").str.slice(pl.col("cut")),
        )
        .filter(
            pl.col("left").str.contains(rf"[^\s{beside}]\s*$"),
            pl.col("right").str.contains(rf"^\s*[^\s{beside}]"),
        )
        .drop("cut")
    )


def _halves_of_quoted(whole: pl.DataFrame) -> pl.DataFrame:
    """The same at each doubled quote: ``"a""b"`` may have been ``"a","b"``."""
    inner = pl.col("token").str.strip_chars(" \t").str.strip_prefix('"').str.strip_suffix('"')
    each = (
        whole.with_columns(parts=inner.str.split('""'))
        .with_columns(cut=pl.int_ranges(1, pl.col("parts").list.len()))
        .explode("cut", empty_as_null=False)
    )
    sides = (pl.col("parts").list.head("cut"), pl.col("parts").list.slice("cut"))
    left, right = ('"' + side.list.join('""') + '"' for side in sides)
    return each.with_columns(left=left, right=right).drop("parts", "cut")


def _replaced(count: int, *tokens: pl.Expr) -> pl.Expr:
    """The tokens, with ``tokens`` in place of ``count`` of them from ``at`` on."""
    old = pl.col("tokens").list
    return pl.concat_list(old.head("at"), *tokens, old.slice(pl.col("at") + count))
