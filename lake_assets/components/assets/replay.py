"""Replay by arrival date: archived files, read again after a change of the contract."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import dagster as dg

from lake_assets.components import metadata
from lake_assets.components.assets.arrivals import spec
from lake_assets.components.assets.touched import log_touched, touched
from lake_assets.components.checks import asset_checks
from lake_assets.components.names import asset_key, engines_key, store_key
from lake_assets.components.partitions import arrival_partitions
from lake_assets.components.resources import store_of
from lake_assets.components.runs.jobs import committed_before, confirmed, run_on_engine
from lake_assets.components.runs.retries import retried
from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.lake import Lake


class ReplayConfig(dg.Config):
    """Which of the files of the chosen days are read again.

    Attributes:
        files: only files of these names, as they were dropped.
        reasons: only files with rows rejected for one of these, for example INVALID_NUMBER.
        rejects: only files that have rejected rows.
        again: also files that were read under the contract version in force.
    """

    files: list[str] = []
    reasons: list[str] = []
    rejects: bool = False
    again: bool = False


def replay_asset(lake: Lake, dataset: Dataset) -> dg.AssetsDefinition:
    """Materializing a range of arrival dates replays the files that arrived on them."""
    key = asset_key(lake, "replayed", dataset.name)

    @dg.multi_asset(
        name=f"{lake.lake}_{dataset.name}_replayed",
        specs=[
            spec(
                lake,
                dataset,
                "replayed",
                "Materialize arrival dates here after a change of the contract: their archived "
                "files are read again, once per version of the contract, and what comes of them "
                "takes the place of what stood. Gold follows for every date that changes.",
                {"parquet", "silver", "polars"},
                [asset_key(lake, "archive", dataset.name)],
            )
        ],
        check_specs=[
            asset_checks.spec(
                "conservation",
                key,
                "Rows read = good + rejected + duplicate + skipped, and the objects hold them.",
                arrival_partitions(lake),
                blocking=True,
            ),
            asset_checks.spec(
                "readable",
                key,
                "The contract takes every file that was ingested.",
                arrival_partitions(lake),
            ),
        ],
        backfill_policy=dg.BackfillPolicy.single_run(),
        required_resource_keys={store_key(lake), engines_key(lake)},
        pool=lake.lake,
    )
    @retried
    def replayed(
        context: dg.AssetExecutionContext, config: ReplayConfig
    ) -> Iterator[dg.MaterializeResult[Any] | asset_checks.Events]:
        from lake_assets.jobs.checks import conservation, readable
        from lake_assets.jobs.job import Replay
        from lake_assets.jobs.report import find_restated
        from lake_assets.kernels.accounting import Accounting

        store = store_of(context, lake)
        days = sorted(context.partition_keys)
        work = Replay(
            first=date.fromisoformat(days[0]),
            last=date.fromisoformat(days[-1]),
            files=tuple(config.files),
            rejects=config.rejects,
            reasons=tuple(config.reasons),
            again=config.again,
        )
        done = run_on_engine(context, lake, dataset, work)
        with confirmed():
            restated = find_restated(store, dataset, done.report.restated)
        for day in days:
            found = [one for one in restated if one.record.arrival.isoformat() == day]
            before = sum((one.before for one in found), Accounting())
            after = sum((one.after for one in found), Accounting())
            context.add_asset_metadata(
                {
                    **done.metadata,
                    "files": sum(one.files for one in found),
                    "rows_let_in": after.good - before.good,
                    "rejected": after.rejected,
                    "rejected_before": before.rejected,
                    "runs": metadata.markdown(
                        [
                            {
                                "run": one.record.ingest_run_id,
                                "generation": one.record.generation,
                                "files": one.files,
                                "good": f"{one.before.good} → {one.after.good}",
                                "rejected": f"{one.before.rejected} → {one.after.rejected}",
                            }
                            for one in found
                        ]
                    ),
                },
                asset_key=key,
                partition_key=day,
            )
        records = [one.record for one in restated]
        reported = {record.ingest_run_id for record in records}
        earlier = committed_before(context, dataset, store, work.first, work.last)
        records += [one for one in earlier if one.ingest_run_id not in reported]
        yield dg.MaterializeResult(asset_key=key)
        checked = {
            day: {
                "conservation": conservation(
                    store, [one for one in records if one.arrival.isoformat() == day]
                ),
                "readable": readable(
                    [one for one in restated if one.record.arrival.isoformat() == day]
                ),
            }
            for day in days
        }
        yield from asset_checks.evaluations(context, key, checked)
        if all(found["conservation"].passed for found in checked.values()):
            log_touched(context, lake, dataset, store, touched(context, dataset, store, records))

    return replayed
