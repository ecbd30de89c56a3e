"""How old a dataset's last file, and its last gold, may get before Dagster shows it."""

from datetime import timedelta

import dagster as dg

from lake_assets.contracts.dataset import Dataset


def freshness(dataset: Dataset) -> dg.FreshnessPolicy | None:
    """The contract's policy; None where it has none.

    It is about the last materialization of any partition: each run that takes files in
    materializes their archive, and gold follows for the dates that they touch.
    """
    limits = dataset.quality.freshness
    if limits is None:
        return None
    warn = timedelta(hours=limits.warn_hours) if limits.warn_hours is not None else None
    return dg.FreshnessPolicy.time_window(timedelta(hours=limits.fail_hours), warn)
