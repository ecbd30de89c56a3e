"""The two time axes of a lake: when files arrived, and when things happened."""

import dagster as dg

from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.lake import Lake
from lake_assets.contracts.partitioning import PartitionBy


def arrival_partitions(lake: Lake) -> dg.DailyPartitionsDefinition:
    """Days (UTC) on which files arrive, today included."""
    return dg.DailyPartitionsDefinition(
        start_date=lake.arrivals_start.isoformat(), timezone="UTC", end_offset=1
    )


def event_partitions(dataset: Dataset) -> dg.DailyPartitionsDefinition:
    """Dates of processed and gold, by the contract's ``partition``.

    Event dates that it accepts go from its start to some days ahead of today; arrivals to today.
    """
    return dg.DailyPartitionsDefinition(
        start_date=dataset.partition.start.isoformat(),
        timezone="UTC",
        end_offset=1 + dataset.partition.days_ahead,
    )


def files_of_dates(dataset: Dataset) -> dg.PartitionMapping:
    """The arrivals whose files may have rows of a date: any, or those of that day alone."""
    if dataset.partition.by is PartitionBy.ARRIVAL:
        # The dataset's dates may begin before the lake's arrivals do.
        return dg.TimeWindowPartitionMapping(allow_nonexistent_upstream_partitions=True)
    return dg.AllPartitionMapping()
