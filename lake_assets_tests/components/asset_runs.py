"""A job by the assets that it is the work of, as Dagster runs it."""

from functools import cache
from typing import Any

import dagster as dg

from lake_assets.components.names import asset_key
from lake_assets.contracts.lake import Lake
from lake_assets.jobs.job import Compact, Ingest, Job, Rebuild, Replay
from lake_assets_tests.components.conftest import definitions


def run_assets(
    instance: dg.DagsterInstance, job: Job, *, raises: bool = True, **tags: str
) -> dg.ExecuteInProcessResult:
    """One run: an ingest of its arrival date, anything else over its range of dates."""
    defs, lake, work = _definitions(job.uri, job.lake.model_dump_json()), job.lake, job.work
    name = f"{lake.lake}_{job.dataset}"
    if isinstance(work, Ingest):
        return defs.resolve_job_def(f"{name}_ingest").execute_in_process(
            instance=instance,
            partition_key=work.arrival.isoformat(),
            tags=tags,
            raise_on_error=raises,
        )
    config: dict[str, Any] = {}
    if isinstance(work, Replay):
        days = [work.first.isoformat(), work.last.isoformat()]
        config = {"ops": {f"{name}_replayed": {"config": {"reasons": list(work.reasons)}}}}
    else:
        days = list(work.dates)
    within = {
        "dagster/asset_partition_range_start": days[0],
        "dagster/asset_partition_range_end": days[-1],
    }
    return defs.resolve_implicit_global_asset_job_def().execute_in_process(
        instance=instance,
        asset_selection=assets_of(job),
        tags=tags | within,
        run_config=config,
        raise_on_error=raises,
    )


@cache
def _definitions(uri: str, lake: str) -> dg.Definitions:
    """Made once a contract and a place, which they keep: that takes as long as a run."""
    return definitions(Lake.model_validate_json(lake))


def assets_of(job: Job) -> list[dg.AssetKey]:
    """The assets that a job is the work of."""
    table = job.contract().gold.table
    match job.work:
        case Ingest():
            return [asset_key(job.lake, "archive", job.dataset)]
        case Replay():
            return [asset_key(job.lake, "replayed", job.dataset)]
        case Rebuild():
            return [asset_key(job.lake, "processed", job.dataset)]
        case Compact():
            return [asset_key(job.lake, zone, table) for zone in ("gold", "audit")]
