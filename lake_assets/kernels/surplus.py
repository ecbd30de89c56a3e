"""Records of too many cells: the fewest changes that give the right number.

Tokens are joined by the delimiter between them (it was text, and nobody quoted it), or empty
tokens dropped. All ways to make as many changes as cells are too many are followed from left to
right. Which tokens can stand in which cells is asked once, before: a way is only taken where the
rest of the record can still be made to fit.
"""

from collections.abc import Iterator

import polars as pl

from lake_assets.kernels.tokens import Fits, as_readings, is_empty, is_quoted, unquoted

MOST_SURPLUS = 3

TRAILING = "trailing delimiters"
DOUBLED = "a doubled delimiter"
UNQUOTED = "an unquoted delimiter in a cell"


def take_out(
    records: pl.DataFrame, width: int, delimiter: str, most: int, fits: Fits | None
) -> tuple[pl.DataFrame, pl.Series]:
    """Readings of records of one to three cells too many.

    Args:
        records: ``record``, ``tokens`` as ``tokens.divide`` gives them.
        width: cells of a record.
        delimiter: of the file.
        most: readings that a record should have; one that may have twice as many is given up.
        fits: see ``tokens.Fits``; None if any text can stand anywhere.

    Returns:
        Readings in the form of ``tokens.READING``, and the records given up.
    """
    found, lost = [as_readings(records.clear())], [records["record"].clear()]
    surplus = pl.col("tokens").list.len().cast(pl.Int64) - width
    for changes in range(1, MOST_SURPLUS + 1):
        state = records.filter(surplus == changes)
        if state.is_empty():
            continue
        state = _chart(state, width, changes, fits)
        ways = pl.col("ways_0").list.get(0)
        lost.append(state.filter(ways > 2 * most)["record"])
        state = _start(state.filter(ways.is_between(1, 2 * most)))
        for shift in range(changes):
            here = state.filter(pl.col("shift") == shift)
            ahead = state.filter(pl.col("shift") > shift)
            state = pl.concat([ahead, *_ways(here, shift, changes, delimiter)])
        rest = pl.col("tokens").list.slice("at")
        state = state.with_columns(
            tokens=pl.concat_list("out", rest), how=pl.when(~pl.col("doubt")).then("how")
        )
        found.append(as_readings(state))
    return pl.concat(found), pl.concat(lost)


def _start(chart: pl.DataFrame) -> pl.DataFrame:
    """The state of a search before its first change.

    ``out`` holds the tokens settled so far, ``at`` is the first of those that are not, ``shift``
    counts the changes made; ``dropped`` says that the last one dropped the token before ``at``.
    """
    return chart.with_columns(
        out=pl.lit([], pl.List(pl.String)),
        at=pl.lit(0, pl.Int64),
        shift=pl.lit(0, pl.Int64),
        how=pl.lit(None, pl.String),
        doubt=pl.lit(False),
        dropped=pl.lit(False),
    )


def _ways(state: pl.DataFrame, shift: int, changes: int, delimiter: str) -> Iterator[pl.DataFrame]:
    """All next changes of a state of which ``shift`` changes are made."""
    count = pl.col("tokens").list.len().cast(pl.Int64)
    last = pl.min_horizontal(pl.col(f"reach_{shift}").list.get("at"), count - 1)
    each = state.with_columns(here=pl.int_ranges("at", last + 1)).explode(
        "here", empty_as_null=False
    )
    here, tokens = pl.col("here"), pl.col("tokens").list
    before = tokens.slice("at", here - pl.col("at"))
    is_empty_at, is_quoted_at = pl.col("empty").list.get, pl.col("quoted").list.get
    # Of several empty tokens in a row the first ones are dropped: any others give the same.
    first = (
        (here == 0)
        | ~is_empty_at(pl.max_horizontal(here - 1, 0))
        | (pl.col("dropped") & (here == pl.col("at")))
    )
    is_open = pl.col(f"ways_{shift + 1}").list.get(here + 1) > 0
    trailing = pl.col("empty").list.slice(here).list.all()
    what = pl.when(trailing).then(pl.lit(TRAILING)).otherwise(pl.lit(DOUBLED))
    yield _after(
        each.filter(is_empty_at(here) & first & is_open), before, what, here + 1, shift + 1, True
    )
    for joints in range(1, changes - shift + 1):
        some = each.filter(here + joints < count)
        # Text neither starts nor ends with a delimiter, nor is it quoted in part.
        fine = ~is_empty_at(here) & ~is_empty_at(here + joints)
        hollow = pl.lit(False)
        for joined in range(joints + 1):
            fine &= ~is_quoted_at(here + joined)
            hollow |= is_empty_at(here + joined)
        fine &= pl.col(f"ways_{shift + joints}").list.get(here + joints + 1) > 0
        text = tokens.slice(here, joints + 1).list.join(delimiter)
        yield _after(
            # ``x,,y`` may be one text, or two of which one delimiter was doubled.
            some.filter(fine).with_columns(doubt=pl.col("doubt") | hollow),
            pl.concat_list(before, text),
            pl.lit(UNQUOTED),
            here + joints + 1,
            shift + joints,
            False,
        )


def _after(
    each: pl.DataFrame, settled: pl.Expr, what: pl.Expr, at: pl.Expr, shift: int, dropped: bool
) -> pl.DataFrame:
    """The state after a change that ``settled`` some tokens."""
    before = pl.col("how")
    longer = pl.when(before.str.ends_with(what)).then(before).otherwise(before + " and " + what)
    return each.with_columns(
        out=pl.concat_list("out", settled),
        how=pl.coalesce(longer, what),
        at=at,
        shift=pl.lit(shift, pl.Int64),
        dropped=pl.lit(dropped),
    ).drop("here")


def _chart(records: pl.DataFrame, width: int, changes: int, fits: Fits | None) -> pl.DataFrame:
    """What a way through a record has to know, as lists by token.

    Adds ``empty``, ``quoted`` and, for each number of changes made before (the shift of a token
    towards its cell), ``reach_<shift>``: how far the tokens from this one on fit as they are; and
    ``ways_<shift>``: in how many ways the tokens from this one on can be made to fit.
    """
    count = width + changes
    tokens = records.select(pl.col("tokens").list.get(at).alias(str(at)) for at in range(count))
    empty = tokens.select(is_empty(pl.all())).get_columns()
    quoted = tokens.select(is_quoted(pl.all())).get_columns()
    texts = tokens.select(unquoted(pl.all()))
    no = pl.repeat(False, records.height, eager=True)
    lists: dict[str, list[pl.Series]] = {"empty": empty, "quoted": quoted}
    for shift in reversed(range(changes + 1)):
        moved = texts.select(pl.col(str(at + shift)).alias(f"cell_{at}") for at in range(width))
        fine = [~no] * width if fits is None else fits.judge(moved).get_columns()
        reach = [pl.repeat(count, records.height, eager=True, dtype=pl.Int64)]
        ways = [(~no if shift == changes else no).cast(pl.Int64)]
        for at in reversed(range(count)):
            stays = fine[at - shift] if 0 <= at - shift < width else no
            here = pl.repeat(at, records.height, eager=True, dtype=pl.Int64)
            reach.insert(0, reach[0].zip_with(stays, here))
            way = stays * ways[0]
            if shift < changes:
                way += empty[at] * lists[f"ways_{shift + 1}"][at + 1]
            for joints in range(1, min(changes - shift, count - 1 - at) + 1):
                joins = ~empty[at] & ~empty[at + joints]
                for joined in range(at, at + joints + 1):
                    joins &= ~quoted[joined]
                way += joins * lists[f"ways_{shift + joints}"][at + joints + 1]
            ways.insert(0, way)
        lists |= {f"reach_{shift}": reach, f"ways_{shift}": ways}
    columns = [
        pl.DataFrame([column.alias(str(at)) for at, column in enumerate(columns)]).select(
            pl.concat_list(pl.all()).alias(name)
        )
        for name, columns in lists.items()
    ]
    return pl.concat([records, *columns], how="horizontal")
