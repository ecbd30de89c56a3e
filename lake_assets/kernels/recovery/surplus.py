"""Records of too many cells: the fewest changes that give the right number.

Tokens are joined by the delimiter between them (it was text, and nobody quoted it), or empty
tokens dropped. All ways to make as many changes as cells are too many are followed from left to
right. Which tokens can stand in which cells is asked once, before: a way is only taken where the
rest of the record can still be made to fit. The surplus cells may also be fields that nobody asked
for, at the end or at the start of the row: that mends nothing, it only casts doubt.
"""

import polars as pl

from lake_assets.kernels.recovery.chart import MOST_SURPLUS, Chart, draw_chart
from lake_assets.kernels.recovery.tokens import Fits, as_readings

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
    surplus = pl.col("tokens").list.len().cast(pl.Int64) - width
    some = records.with_columns(changes=surplus).filter(surplus.is_between(1, MOST_SURPLUS))
    if some.is_empty():
        return as_readings(some), some["record"]
    chart = draw_chart(some, width, fits)
    start = chart.starts
    ways = chart.ways.gather(some["changes"] * chart.size + start)
    lost = some["record"].filter(ways > 2 * most)
    state = pl.DataFrame(
        {
            "row": pl.int_range(some.height, dtype=pl.Int64, eager=True),
            "start": start,
            "here": start,
            "left": some["changes"],
        }
    ).filter(ways.is_between(1, 2 * most))
    made = [f"{what}_{change}" for change in range(MOST_SURPLUS) for what in ("at", "joints")]
    state = state.with_columns(
        *(pl.lit(None, pl.Int64).alias(name) for name in made),
        how=pl.lit(None, pl.String),
        doubt=pl.lit(False),
        dropped=pl.lit(False),
    )
    done = [state.clear()]
    for change in range(MOST_SURPLUS):
        if state.is_empty():
            break
        state = _ways(state, chart, change)
        done.append(state.filter(pl.col("left") == 0))
        state = state.filter(pl.col("left") > 0)
    found = _changed(some, pl.concat(done), delimiter)
    extra = _extra(some, chart, width).filter(~pl.col("record").is_in(lost.implode()))
    return pl.concat([found, extra]), lost


def _ways(state: pl.DataFrame, chart: Chart, change: int) -> pl.DataFrame:
    """All next changes of a state.

    ``here`` is the first token that is not settled, ``left`` counts the changes to be made;
    ``dropped`` says that the last one dropped the token before ``here``; ``at_<change>`` is the
    token changed, and ``joints_<change>``, how many delimiters it is joined at, 0 if dropped.
    """
    end = chart.ends.gather(state["here"])
    reach = chart.reach.gather(state["left"] * chart.size + state["here"])
    each = (
        state.with_columns(end, reach.alias("reach"))
        .with_columns(
            token=pl.int_ranges("here", pl.min_horizontal(pl.col("reach"), pl.col("end") - 1) + 1),
        )
        .explode("token", empty_as_null=False)
        .with_columns(joints=pl.int_ranges(0, pl.col("left") + 1))
        .explode("joints", empty_as_null=False)
        .with_columns(
            after=pl.min_horizontal(pl.col("token") + pl.col("joints") + 1, "end"),
            then=pl.col("left") - pl.max_horizontal("joints", 1),
        )
    )
    token, joints = each["token"], each["joints"]
    allowed = chart.allowed.gather(joints * chart.size + token)
    is_open = chart.ways.gather(each["then"] * chart.size + each["after"]) > 0
    # Of several empty tokens in a row the first ones are dropped: any others give the same.
    first = chart.first.gather(token) | (each["dropped"] & (token == each["here"]))
    each = each.filter(allowed & is_open & (first | (joints > 0)))
    token, joints = each["token"], each["joints"]
    before, is_drop = pl.col("how"), pl.col("joints") == 0
    what = (
        pl.when(~is_drop)
        .then(pl.lit(UNQUOTED))
        .when(pl.lit(chart.trailing(token)))
        .then(pl.lit(TRAILING))
        .otherwise(pl.lit(DOUBLED))
    )
    longer = pl.when(before.str.ends_with(what)).then(before).otherwise(before + " and " + what)
    # ``x,,y`` may be one text, or two of which one delimiter was doubled.
    gap = ~is_drop & pl.lit(chart.hollow.gather(joints * chart.size + token))
    return each.with_columns(
        here="after",
        left="then",
        how=pl.coalesce(longer, what),
        doubt=pl.col("doubt") | gap,
        dropped=is_drop,
        **{f"at_{change}": pl.col("token") - pl.col("start"), f"joints_{change}": pl.col("joints")},
    ).select(state.columns)


def _changed(records: pl.DataFrame, ways: pl.DataFrame, delimiter: str) -> pl.DataFrame:
    """The readings that ways lead to."""
    tokens, end = pl.col("tokens").list, pl.col("tokens").list.len().cast(pl.Int64)
    after: pl.Expr = pl.lit(0, pl.Int64)
    parts: list[pl.Expr] = []
    for change in range(MOST_SURPLUS):
        at, joints = pl.col(f"at_{change}").fill_null(end), pl.col(f"joints_{change}")
        joined = pl.concat_list(tokens.slice(at, joints + 1).list.join(delimiter))
        parts += [
            tokens.slice(after, at - after),
            pl.when(joints > 0).then(joined).otherwise(pl.lit([], pl.List(pl.String))),
        ]
        after = pl.min_horizontal(at + joints.fill_null(0) + 1, end)
    found = records[ways["row"]].select("record", "tokens").hstack(ways.drop("row"))
    return as_readings(
        found.with_columns(
            tokens=pl.concat_list(*parts, tokens.slice(after)),
            how=pl.when(~pl.col("doubt")).then("how"),
        )
    )


def _extra(records: pl.DataFrame, chart: Chart, width: int) -> pl.DataFrame:
    """The readings without the last cells, or the first ones, as fields that nobody asked for."""
    changes, tokens = records["changes"], pl.col("tokens").list
    start, end = chart.starts, chart.ends.gather(chart.starts)
    # Nothing is lost with empty cells, so that they can be dropped for good.
    front = chart.reach.gather(changes * chart.size + start) - start >= width
    behind = ~chart.trailing(start + width)
    back = chart.reach.gather(start + changes) == end
    before = chart.full.gather(start) <= start + changes - 1
    return pl.concat(
        [
            as_readings(records.filter(front & behind).with_columns(tokens.head(width))),
            as_readings(records.filter(back & before).with_columns(tokens.tail(width))),
        ]
    )
