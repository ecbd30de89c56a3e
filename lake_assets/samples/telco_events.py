"""The events of a telco sample, a range of days at a time: which lines stand in which file."""

from typing import Final

import polars as pl

from lake_assets.samples.chance import draw, key
from lake_assets.samples.telco_marks import Mark, mark_beside
from lake_assets.samples.telco_times import instants
from lake_assets.samples.telco_world import World

_REPEATED: Final = 100
"""Of so many events one comes twice in its file, and one again in the next day's."""
_LATE: Final = 33
"""Of so many events one comes up to three days late."""
_ORPHANED: Final = 100
"""Of so many events one has a customer that no customers file has."""
_STRANGERS: Final = 40
MOST_KNOWN: Final = 8_000_000
"""Customers from this number on are in no file."""

_EVENT = pl.col("event")


def block(world: World, first: int, end: int) -> pl.DataFrame:
    """Return the lines of the files of the days from `first` to before `end`, in order.

    Columns: file (UInt64, its day), event (UInt64, the number of the event that the line tells, or
    of the one that it stands beside), mark (UInt8), line (UInt64, a number of its own), and those
    of `facts`.
    """
    before = max(first - 1, 0)
    events = pl.select(
        pl.int_range(world.first_event(before), world.first_event(end), dtype=pl.UInt64).alias(
            "event"
        )
    ).with_columns(world.day_of_event(_EVENT).alias("file"))
    chance = draw(key(world.seed, "repeat"), _EVENT, _REPEATED)
    none = pl.lit(Mark.NONE, dtype=pl.UInt8).alias("mark")
    own = events.filter(pl.col("file") >= first)
    defects = own.with_columns(mark_beside(key(world.seed, "activity"), _EVENT).alias("mark"))
    placed = [
        # What the next day's file repeats stands at its top, what a file repeats itself at its end.
        (
            events.filter(chance == 1).with_columns(pl.col("file") + 1, none),
            0,
        ),
        (defects.filter(pl.col("mark") != Mark.NONE), 1),
        (own.with_columns(none), 1),
        (own.filter(chance == 0).with_columns(none), 2),
    ]
    lines = pl.concat(
        frame.with_columns(
            pl.lit(where, dtype=pl.UInt8).alias("where"), pl.lit(turn, dtype=pl.UInt8).alias("turn")
        )
        for turn, (frame, where) in enumerate(placed)
    )
    inside = lines.filter(pl.col("file").is_between(first, end, closed="left"))
    ordered = inside.sort("file", "where", "event", "turn")
    number = _EVENT * 4 + pl.col("turn").cast(pl.UInt64)
    return ordered.with_columns(number.alias("line")).drop("where", "turn").pipe(facts, world)


def facts(lines: pl.DataFrame, world: World) -> pl.DataFrame:
    """Add what follows from the column event (UInt64).

    Columns: moment (Datetime, UTC), date (Date, its), customer (UInt64), orphan (Boolean).
    """
    seed = world.seed
    day = world.day_of_event(_EVENT)
    late = pl.when(draw(key(seed, "late"), _EVENT, _LATE) == 0).then(
        draw(key(seed, "late days"), _EVENT, 3) + 1
    )
    # None happened before the first day.
    happened = day - pl.min_horizontal(late.otherwise(pl.lit(0, dtype=pl.UInt64)), day)
    moment = instants(world.start, happened, draw(key(seed, "second"), _EVENT, 86_400))
    orphan = draw(key(seed, "orphan"), _EVENT, _ORPHANED) == 0
    stranger = draw(key(seed, "stranger"), _EVENT, _STRANGERS) + MOST_KNOWN
    known = draw(key(seed, "customer"), _EVENT, world.customers)
    return lines.with_columns(
        moment.alias("moment"),
        moment.dt.date().alias("date"),
        pl.when(orphan).then(stranger).otherwise(known).alias("customer"),
        orphan.alias("orphan"),
    )
