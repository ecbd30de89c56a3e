"""Tell Dagster which event dates have other rows than before, so that gold follows."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Touched:
    """Event dates (ISO, in order) whose gold is stale, with the rows written there."""

    rows: Mapping[str, int]
    ingest_runs: str


def touched(
    context: dg.AssetExecutionContext,
    dataset: Dataset,
    store: Store,
    records: "Sequence[Commit]",
    *,
    also: Collection[str] = (),
    told: Collection[str] = (),
) -> Touched:
    """The dates on which runs have written rows, and those that have lost some.

    To a replay, or to a later file of the same name.

    Args:
        context: of the run.
        dataset: the contract.
        store: of the lake.
        records: what was committed in this run.
        also: dates (ISO) that will be stale.
        told: dates (ISO) that the run materializes itself.
    """
    from lake_assets.jobs.compaction.compact import stale_dates

    partitions = event_partitions(dataset)
    written = sum((Counter(record.dates) for record in records), Counter[str]())
    rows = {}
    for day in sorted({*written, *stale_dates(store, dataset), *also} - set(told)):
        # Dagster takes any key, and would never automate one that does not exist.
        if partitions.has_partition_key(day):
            rows[day] = written[day]
        else:
            context.log.warning(f"{written[day]} rows of {day} are outside the event partitions.")
    return Touched(rows, ", ".join(record.ingest_run_id for record in records))


def log_touched(
    context: dg.AssetExecutionContext, lake: Lake, dataset: Dataset, store: Store, found: Touched
) -> None:
    """Log a materialization of processed for each date; last of all, as it cannot be undone."""
    from lake_assets.storage.zones import processed_prefix

    for day, rows in found.rows.items():
        context.log_event(
            dg.AssetMaterialization(
                asset_key(lake, "processed", dataset.name),
                partition=day,
                description=f"{rows} rows by ingest runs {found.ingest_runs}"
                if rows
                else "its gold is older than its processed rows",
                metadata={
                    "rows_written": rows,
                    "ingest_runs": found.ingest_runs,
                    **metadata.place(store, processed_prefix(dataset, day)),
                },
            )
        )
