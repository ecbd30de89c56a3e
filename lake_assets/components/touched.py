"""Tell Dagster which event dates have other rows than before, so that gold follows."""

from collections import Counter
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

import dagster as dg

from lake_assets.components import metadata
from lake_assets.components.names import asset_key
from lake_assets.components.partitions import event_partitions
from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.lake import Lake
from lake_assets.storage.store import Store

if TYPE_CHECKING:
    from lake_assets.storage.ledger import Commit


def log_touched(
    context: dg.AssetExecutionContext,
    lake: Lake,
    dataset: Dataset,
    store: Store,
    records: "Sequence[Commit]",
    told: Collection[str] = (),
) -> None:
    """Log a materialization of processed for each date whose gold is stale.

    That is each date on which the runs have written rows, and each that has lost some: to a
    replay, or to a later file of the same name. Last of all, because it cannot be undone.

    Args:
        context: of the run.
        lake, dataset: the contract.
        store: of the lake.
        records: what was committed in this run.
        told: dates (ISO) that the run materializes itself.
    """
    from lake_assets.jobs.compaction.compact import stale_dates
    from lake_assets.storage.zones import processed_prefix

    partitions = event_partitions(dataset)
    rows = sum((Counter(record.dates) for record in records), Counter[str]())
    runs = ", ".join(record.ingest_run_id for record in records)
    for day in sorted({*rows, *stale_dates(store, dataset)} - set(told)):
        # Dagster takes any key here, and would never automate one that does not exist.
        if not partitions.has_partition_key(day):
            context.log.warning(f"{rows[day]} rows of {day} are outside the event partitions.")
            continue
        context.log_event(
            dg.AssetMaterialization(
                asset_key(lake, "processed", dataset.name),
                partition=day,
                description=f"{rows[day]} rows by ingest runs {runs}"
                if rows[day]
                else "its gold is older than its processed rows",
                metadata={
                    "rows_written": rows[day],
                    "ingest_runs": runs,
                    **metadata.place(store, processed_prefix(dataset, day)),
                },
            )
        )
