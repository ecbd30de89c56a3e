"""The ways through records of too many cells: which of their tokens can stay, and which can go."""

from dataclasses import dataclass

import polars as pl

from lake_assets.kernels.recovery.tokens import Fits, is_empty, is_quoted, unquoted

MOST_SURPLUS = 3
"""Cells that may be too many."""


@dataclass(frozen=True, slots=True)
class Chart:
    """What a way through a record has to know, by token.

    The tokens of all records stand in one row, those of each record with an end behind them;
    ``size`` is their number with the ends. ``reach`` and ``ways`` hold a value for each token and
    number of changes left, first those for none; ``allowed`` and ``hollow`` one for each token and
    number of delimiters at which it is joined with those behind it, for none: dropped.

    Attributes:
        starts: of each record, its first token.
        ends: of each token, the end of its record.
        reach: the first token from this one on that cannot stay as it is, or the end.
        ways: in how many ways the tokens from this one on can be made to fit.
        allowed: whether the token may be changed so.
        hollow: whether an empty token is among those joined.
        first: whether no empty token stands before this one.
        full: the first token from this one on that is not empty, or the end.
    """

    size: int
    starts: pl.Series
    ends: pl.Series
    reach: pl.Series
    ways: pl.Series
    allowed: pl.Series
    hollow: pl.Series
    first: pl.Series
    full: pl.Series

    def trailing(self, tokens: pl.Series) -> pl.Series:
        """Whether all tokens from each of these on are empty."""
        return self.full.gather(tokens) == self.ends.gather(tokens)


def draw_chart(records: pl.DataFrame, width: int, fits: Fits | None) -> Chart:
    most = max(records["changes"].unique())
    tokens = _tokens(records)
    size = tokens.height
    here, at, count = pl.col("here"), pl.col("at"), pl.col("end") - pl.col("start")
    is_end = here == pl.col("end")
    tokens = tokens.with_columns(
        empty=is_empty(pl.col("token")).fill_null(False),
        plain=~is_quoted(pl.col("token")).fill_null(False),
        text=unquoted(pl.col("token")),
    )
    full, plain = ~pl.col("empty"), pl.col("plain")
    joins, hollow = [pl.col("empty")], [pl.lit(False)]
    # Text neither starts nor ends with a delimiter, nor is it quoted in part.
    for joints in range(1, most + 1):
        fine = (at + joints < count) & full & full.shift(-joints, fill_value=False)
        within = pl.lit(False)
        for joined in range(joints + 1):
            fine &= plain.shift(-joined, fill_value=False)
            within |= pl.col("empty").shift(-joined, fill_value=False)
        joins.append(fine)
        hollow.append(within)
    allowed = tokens.select(
        [join.alias(f"join_{joints}") for joints, join in enumerate(joins)]
        + [within.alias(f"hollow_{joints}") for joints, within in enumerate(hollow)]
        + [((at == 0) | full.shift(1, fill_value=False)).alias("first")]
        + [pl.when(full | is_end).then(here).alias("full")]
    )
    tokens = tokens.hstack(allowed.select(f"join_{joints}" for joints in range(most + 1)))
    stays = _stays(tokens, width, most, fits)
    reach, ways = [], []
    for left, stay in enumerate(stays):
        jumps = is_end.cast(pl.Int64) if left == 0 else pl.lit(0, pl.Int64)
        for joints in range(left + 1 if left else 0):
            after = pl.col(f"ways_{left - max(joints, 1)}").shift(-joints - 1, fill_value=0)
            jumps = jumps + pl.col(f"join_{joints}") * after
        tokens = tokens.with_columns(
            pl.when(~stay).then("here").alias("block").backward_fill(), jumps.alias("jumps")
        ).with_columns(pl.col("jumps").cum_sum().alias("sum"))
        # A way stays as it is up to some token that it can change.
        way = pl.col("sum").gather("block") - pl.col("sum") + pl.col("jumps")
        tokens = tokens.with_columns(way.alias(f"ways_{left}"))
        reach.append(tokens["block"])
        ways.append(tokens[f"ways_{left}"])
    whole = range(most + 1)
    return Chart(
        size,
        tokens.filter(at == 0)["here"],
        tokens["end"],
        pl.concat(reach),
        pl.concat(ways),
        pl.concat([allowed[f"join_{joints}"].alias("allowed") for joints in whole]),
        pl.concat([_column(allowed, f"hollow_{joints}") for joints in whole]),
        allowed["first"],
        allowed["full"].backward_fill(),
    )


def _column(frame: pl.DataFrame, name: str) -> pl.Series:
    return frame[name].alias("hollow")


def _tokens(records: pl.DataFrame) -> pl.DataFrame:
    """One row a token, and one without a ``token`` behind those of each record."""
    count = records["tokens"].list.len().cast(pl.Int64)
    end = (count + 1).cum_sum() - 1
    each = records.select(
        "record",
        "changes",
        end=end,
        start=end - count,
        token=pl.concat_list("tokens", pl.lit(None, pl.String)),
    ).explode("token", empty_as_null=False)
    return each.with_columns(here=pl.int_range(pl.len(), dtype=pl.Int64)).with_columns(
        at=pl.col("here") - pl.col("start")
    )


def _stays(tokens: pl.DataFrame, width: int, most: int, fits: Fits | None) -> list[pl.Series]:
    """Whether each token can stay as it is, by the number of changes left."""
    asked = []
    for left in range(most + 1):
        place = pl.col("at") - pl.col("changes") + left
        some = (left <= pl.col("changes")) & place.is_between(0, width - 1)
        asked.append(
            tokens.filter(some & pl.col("text").is_not_null()).select(
                "record", "text", place=place, key=pl.col("here") + left * tokens.height
            )
        )
    every = pl.concat(asked)
    fine = (
        pl.repeat(True, every.height, eager=True)
        if fits is None
        else fits.judge(every.select("record", "place", "text"))
    )
    size = tokens.height
    stays = pl.repeat(False, size * (most + 1), eager=True).scatter(every["key"], fine)
    return [stays.slice(left * size, size) for left in range(most + 1)]
