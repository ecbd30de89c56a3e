"""Telco files of plans, customers and their activity, of the shape of a year, with their truth."""

from collections.abc import Collection, Iterator
from datetime import date
from heapq import merge
from typing import Final, TypedDict, Unpack

from lake_assets.samples.telco_activity import activity_files
from lake_assets.samples.telco_customers import customer_files
from lake_assets.samples.telco_plans import plan_files
from lake_assets.samples.telco_refused import UNKNOWN_FOLDER, refused_files
from lake_assets.samples.telco_whole import TelcoTruth, whole_truth
from lake_assets.samples.telco_world import World
from lake_assets.samples.truth import SampleFile

TELCO_DATASETS: Final = ("plans", "customers", "activity_logs")
"""The folders of the files."""


class TelcoScale(TypedDict, total=False):
    """The arguments of `telco_files` and `telco_truth` that say how much there is."""

    seed: int
    customers: int
    plans: int
    events: int
    days: int
    start: date


def telco_files(
    *,
    refused: int = 0,
    datasets: Collection[str] = TELCO_DATASETS,
    truth: bool = True,
    **scale: Unpack[TelcoScale],
) -> Iterator[SampleFile]:
    """Make the files one at a time, by date: the same arguments give the same bytes.

    Without arguments, 10,000 customers, 20 plans, and 100,000 events of 365 days. There are some
    three per cent more lines than events: some come twice, and some lines are no good record.

    Args:
        refused: files refused whole, after the others.
        datasets: whose files are made; what is not refused is the same as if all were.
        truth: whether each truth carries the ids of its records, besides its counts.
        **scale: `seed` (another one gives other rows), `customers`, `plans` (at least 2), `events`
            (at least as many as days), `days`, and `start`, the first of them.

    Raises:
        ValueError: an argument is out of range.
    """
    world = _world(**scale)
    if refused < 0:
        raise ValueError(
            f"Cannot make telco samples: refused is {refused}: it must not be negative."
        )
    if unknown := sorted(set(datasets) - set(TELCO_DATASETS)):
        raise ValueError(
            f"Cannot make telco samples: there is no dataset {unknown[0]!r}; "
            f"there are {', '.join(TELCO_DATASETS)}."
        )
    return _files(world, frozenset(datasets), refused, truth)


def telco_truth(**scale: Unpack[TelcoScale]) -> TelcoTruth:
    """Return what the files of `telco_files` amount to. Raises as that does."""
    return whole_truth(_world(**scale))


def _world(
    *,
    seed: int = 0,
    customers: int = 10_000,
    plans: int = 20,
    events: int = 100_000,
    days: int = 365,
    start: date = date(2024, 1, 1),
) -> World:
    return World(seed, customers, plans, events, days, start)


def _files(
    world: World, datasets: frozenset[str], refused: int, with_ids: bool
) -> Iterator[SampleFile]:
    made = {
        "plans": plan_files(world),
        "customers": customer_files(world, with_ids=with_ids),
        "activity_logs": activity_files(world, with_ids=with_ids),
    }
    # Of one day, plans come before the customers that have them, and these before their events.
    by_day = merge(
        *(made[name] for name in TELCO_DATASETS if name in datasets), key=lambda pair: pair[0]
    )
    folders = datasets | {UNKNOWN_FOLDER} if datasets == set(TELCO_DATASETS) else datasets
    yield from (file for _, file in by_day)
    if refused:
        yield from refused_files(world, folders, refused)
