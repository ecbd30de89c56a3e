"""Gold that is built on other gold: what Dagster is told of that."""

from collections.abc import Collection
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import dagster as dg

from lake_assets.components.assets.automation import when_touched
from lake_assets.components.assets.touched import log_touched, touched
from lake_assets.components.names import asset_key
from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.lake import Lake
from lake_assets.contracts.lookups import followers
from lake_assets.storage.store import Store

if TYPE_CHECKING:
    from lake_assets.components.assets.touched import Touched


def looked_up_deps(lake: Lake, dataset: Dataset) -> list[dg.AssetDep]:
    """The gold that a dataset's gold looks up, whatever the date."""
    return [
        dg.AssetDep(key, partition_mapping=dg.AllPartitionMapping())
        for key in _looked_up(lake, dataset)
    ]


def when_gold_is_due(lake: Lake, dataset: Dataset) -> "dg.AutomationCondition[Any]":
    """As :func:`~lake_assets.components.assets.automation.when_touched`, of its own rows.

    Gold that is looked up neither starts a date nor holds it back: the few dates that have to
    follow it are told of as touched, see :func:`log_followers`.
    """
    keys = _looked_up(lake, dataset)
    if not keys:
        return when_touched(dataset)
    # Every condition of several parts has it; the class that they share does not say so.
    condition: dg.AutomationCondition[Any] = when_touched(dataset).ignore(  # type: ignore[attr-defined]
        dg.AssetSelection.assets(*keys)
    )
    return condition


def later_dates_follow(dataset: Dataset, store: Store) -> bool:
    """Whether the dataset's own later dates wait, because one that they carry is another by now."""
    from lake_assets.jobs.compaction.chain import following_dates

    return dataset.gold.carry and bool(following_dates(store, dataset))


def log_followers(
    context: dg.AssetExecutionContext,
    lake: Lake,
    dataset: Dataset,
    store: Store,
    made: Collection[str],
) -> None:
    """Tell of the dates that have to follow, so that the automation makes their gold.

    Args:
        context: of the run.
        lake: of the dataset.
        dataset: whose gold was made.
        store: of the lake.
        made: the dates (ISO).
    """
    for each in followers(lake.datasets, dataset.name):
        log_touched(context, lake, each, store, _stale(context, each, store))
    if dataset.gold.carry:
        behind = _behind(dataset, store, made)
        log_touched(context, lake, dataset, store, _stale(context, dataset, store, behind))


def _stale(
    context: dg.AssetExecutionContext, dataset: Dataset, store: Store, also: Collection[str] = ()
) -> "Touched":
    from lake_assets.jobs.compaction.chain import following_dates
    from lake_assets.jobs.compaction.compact import stale_dates

    waiting = set(stale_dates(store, dataset)) - set(following_dates(store, dataset)) - set(also)
    return touched(context, dataset, store, [], also=also, told=waiting)


def _behind(dataset: Dataset, store: Store, made: Collection[str]) -> list[str]:
    """Dates that will be stale, one behind the other, because of those made: up to the next gap.

    They are told of at once, so that one run makes them all. Dagster makes those behind a gap by
    a run of their own, which is told of by the one before it. What is stale before those made is
    the business of another run; told of with each run, it would never end if it cannot be made.
    """
    from lake_assets.jobs.compaction.chain import following_dates, later_dates

    next_ones = [day for day in following_dates(store, dataset) if made and day > min(made)]
    if not next_ones:
        return []
    found = [min(next_ones)]
    for day in later_dates(store, dataset, found[0]):
        if date.fromisoformat(day) - date.fromisoformat(found[-1]) > timedelta(days=1):
            break
        found.append(day)
    return found


def _looked_up(lake: Lake, dataset: Dataset) -> list[dg.AssetKey]:
    tables = {lookup.target.gold.table: None for lookup in dataset.gold.lookups}
    return [asset_key(lake, "gold", table) for table in tables]
