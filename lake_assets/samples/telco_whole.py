"""What a lake must hold in the end of a telco sample, known without reading any file."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import polars as pl

from lake_assets.samples.telco_events import facts
from lake_assets.samples.telco_plans import prices
from lake_assets.samples.telco_states import ATTRIBUTES, customer_id, snapshots, tracked
from lake_assets.samples.telco_world import World

_BLOCK_EVENTS = 1_000_000


@dataclass(frozen=True, slots=True)
class TelcoTruth:
    """The whole of a sample, once every file of it has arrived in the order of its date."""

    customers: pl.DataFrame
    """The latest of each customer: customer_id, plan_id, status, email, phone (String), by id."""
    history: pl.DataFrame
    """Every value that a followed attribute of a customer has had: customer_id, attribute, value
    (String), since (Date: that of the file that brought it), by these. The first value is that of
    the first file; a file that repeats a value adds nothing."""
    plan_of: Mapping[str, str | None]
    """Customer id -> the plan it has in the end; None is no plan."""
    unknown_plans: frozenset[str]
    """The customers whose plan is in no plans file."""
    prices: Mapping[str, str]
    """Plan id -> its latest monthly price, with two decimals."""
    events: Mapping[date, int]
    """Event date -> distinct events."""
    orphans: Mapping[date, int]
    """Event date -> those of them whose customer is in no customers file."""


def whole_truth(world: World) -> TelcoTruth:
    """Count what the files of a world amount to."""
    history = _history(world)
    latest = _latest(world)
    plan_of = dict(latest.select("customer_id", "plan_id").iter_rows())
    known = prices(world)
    events, orphans = _events(world)
    return TelcoTruth(
        customers=latest,
        history=history,
        plan_of=plan_of,
        unknown_plans=frozenset(
            customer for customer, plan in plan_of.items() if plan is not None and plan not in known
        ),
        prices=known,
        events=events,
        orphans=orphans,
    )


def _versions(world: World) -> pl.DataFrame:
    """Return every row of every customers file that holds: customer_id, attributes, since."""
    values = [value.alias(name) for name, value in tracked(world).items()]
    return pl.concat(
        snapshot.select(
            customer_id(pl.col("customer")).alias("customer_id"),
            *values,
            pl.lit(world.day(day)).alias("since"),
        )
        for day, snapshot in snapshots(world)
    )


def _latest(world: World) -> pl.DataFrame:
    rows = _versions(world).unique("customer_id", keep="last", maintain_order=True)
    return rows.drop("since").sort("customer_id")


def _history(world: World) -> pl.DataFrame:
    long = _versions(world).unpivot(
        ATTRIBUTES, index=["customer_id", "since"], variable_name="attribute", value_name="value"
    )
    ordered = long.sort("customer_id", "attribute", "since")
    before = pl.col("value").shift(1).over("customer_id", "attribute")
    first = pl.int_range(pl.len()).over("customer_id", "attribute") == 0
    changed = ordered.filter(first | pl.col("value").ne_missing(before))
    return changed.select("customer_id", "attribute", "value", "since")


def _events(world: World) -> tuple[Mapping[date, int], Mapping[date, int]]:
    events: Counter[date] = Counter()
    orphans: Counter[date] = Counter()
    for first in range(0, world.events, _BLOCK_EVENTS):
        end = min(first + _BLOCK_EVENTS, world.events)
        numbered = pl.select(pl.int_range(first, end, dtype=pl.UInt64).alias("event"))
        made = facts(numbered, world)
        events.update(dict(made["date"].value_counts().iter_rows()))
        orphans.update(dict(made.filter("orphan")["date"].value_counts().iter_rows()))
    return dict(sorted(events.items())), dict(sorted(orphans.items()))
