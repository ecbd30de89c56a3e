"""Gold in the ingest run itself, while what it touched is little: decision 0032.

Another run is another start of a process, of Dagster in it and of the code location: several
seconds, for a compaction that takes one.
"""

from collections.abc import Mapping, Sequence

import dagster as dg

from lake_assets.components.assets.followers import later_dates_follow
from lake_assets.components.assets.gold import GoldOfDate, check_gold, make_gold
from lake_assets.components.checks import asset_checks
from lake_assets.components.names import GOLD_TAG, asset_key
from lake_assets.components.partitions import event_partitions
from lake_assets.components.runs.jobs import engine_of
from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.engine import EngineName
from lake_assets.contracts.lake import Lake
from lake_assets.storage.store import Store

MOST_DATES = 31
"""Each has a dozen events in Dagster's storage, some 10 ms apiece where that is SQLite."""


def make_at_once(
    context: dg.AssetExecutionContext,
    lake: Lake,
    dataset: Dataset,
    store: Store,
    days: Mapping[str, int],
) -> list[GoldOfDate]:
    """Make gold of the dates (ISO) that a batch touched, if they are few and small.

    The run is tagged then, and the automation passes over it. What cannot be made here is left to
    the automation, whose run fails where everybody looks for it.
    """
    if not _is_little(context, lake, dataset, store, list(days)):
        return []
    from lake_assets.jobs.compaction.compact import CompactionError
    from lake_assets.storage.errors import StoreUnavailable

    try:
        made = make_gold(context, lake, dataset, list(days))
    except (CompactionError, StoreUnavailable, dg.Failure) as error:
        context.log.warning(f"Gold is left to the automation: {error}")
        return []
    if later_dates_follow(dataset, store):
        return made  # the automation makes those
    # Before the events that a tick of the automation may see.
    context.instance.add_run_tags(context.run.run_id, {GOLD_TAG: dataset.name})
    return made


def log_at_once(
    context: dg.AssetExecutionContext,
    lake: Lake,
    dataset: Dataset,
    store: Store,
    made: Sequence[GoldOfDate],
) -> None:
    """Log the materializations and checks that a run of gold would yield."""
    gold, audit = (asset_key(lake, zone, dataset.gold.table) for zone in ("gold", "audit"))
    for each in made:
        context.log_event(dg.AssetMaterialization(gold, partition=each.date, metadata=each.gold))
        context.log_event(dg.AssetMaterialization(audit, partition=each.date, metadata=each.audit))
    specs = asset_checks.gold_specs(dataset, gold, event_partitions(dataset))
    found = check_gold(store, lake, dataset, made)
    for evaluation in asset_checks.of_partitions(context, gold, specs, found):
        context.log_event(evaluation)


def _is_little(
    context: dg.AssetExecutionContext,
    lake: Lake,
    dataset: Dataset,
    store: Store,
    days: Sequence[str],
) -> bool:
    from lake_assets.jobs.arrivals import MEGABYTE
    from lake_assets.jobs.job import Compact
    from lake_assets.jobs.size import input_bytes

    if not 0 < len(days) <= MOST_DATES:
        return False
    work = Compact(dates=tuple(days))
    if engine_of(context, lake, dataset, store, work) is not EngineName.LOCAL:
        return False
    return input_bytes(store, dataset, work) < dataset.gold.at_once_mb * MEGABYTE
