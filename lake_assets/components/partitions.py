"""The two time axes of a lake: when files arrived, and when things happened."""

import dagster as dg

from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.lake import Lake


def arrival_partitions(lake: Lake) -> dg.DailyPartitionsDefinition:
    """Days (UTC) on which files arrive, today included."""
    return dg.DailyPartitionsDefinition(
        start_date=lake.arrivals_start.isoformat(), timezone="UTC", end_offset=1
    )


def event_partitions(dataset: Dataset) -> dg.DailyPartitionsDefinition:
    """Event dates that the contract accepts: from its start to some days ahead of today."""
    return dg.DailyPartitionsDefinition(
        start_date=dataset.partition.start.isoformat(),
        timezone="UTC",
        end_offset=1 + dataset.partition.max_days_ahead,
    )
