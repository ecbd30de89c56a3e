"""An asset's work as a job: on the engine that was chosen, with a report that the lake confirms."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import dagster as dg

from lake_assets.components.engines import Done, JobEngines
from lake_assets.components.names import ENGINE_TAG, engines_key
from lake_assets.components.resources import store_of
from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.engine import EngineName
from lake_assets.contracts.lake import Lake

if TYPE_CHECKING:
    from lake_assets.jobs.job import Compact, Ingest, Rebuild, Replay
    from lake_assets.storage.ledger import Commit
    from lake_assets.storage.store import Store


def run_on_engine(
    context: dg.AssetExecutionContext,
    lake: Lake,
    dataset: Dataset,
    work: "Ingest | Compact | Rebuild | Replay",
) -> Done:
    """Run a job where the run's tag, the dataset or the lake says, and log its notes.

    Raises:
        dagster.Failure: the tag names no engine, or the job failed on a service.
    """
    from lake_assets.jobs.job import Job

    store = store_of(context, lake)
    name = engine_of(context, lake, dataset, store, work)
    engines: JobEngines = getattr(context.resources, engines_key(lake))
    if name is not EngineName.LOCAL:
        context.log.info(f"The {work.step} job runs on {name}.")
    job = Job(
        lake=lake,
        dataset=dataset.name,
        uri=store.uri,
        endpoint=getattr(store, "endpoint", None),
        work=work,
    )
    done = engines.of(name).run(context, job)
    for note in done.report.notes:
        context.log.warning(note)
    return done


PARENT_TAG = "dagster/parent_run_id"
CLOCKS_APART = timedelta(minutes=5)
"""What Dagster's clock and the store's may differ."""


@contextmanager
def confirmed() -> Iterator[None]:
    """A report that the lake does not confirm fails the asset.

    Another attempt would find the work done, report nothing, and hide the difference.
    """
    from lake_assets.jobs.report import ReportMismatch

    try:
        yield
    except ReportMismatch as error:
        raise dg.Failure(str(error), allow_retries=False) from error


def committed_before(
    context: dg.AssetExecutionContext, dataset: Dataset, store: "Store", first: date, last: date
) -> "list[Commit]":
    """What earlier attempts of this step committed of these arrival dates, and did not report.

    An attempt may die between its commit and its report, with its run or without. The next one
    finds the work done; the checks are still to see its books.
    """
    from lake_assets.storage.ledger import commits

    attempts = list(_earlier_attempts(context))
    if not attempts:
        return []
    since = min(begun for begun, _ in attempts)
    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    found = [record for day in days for record in commits(store, dataset, day, since)]
    return [
        record
        for record in found
        if any(begun <= record.committed_at <= ended for begun, ended in attempts)
    ]


def _earlier_attempts(context: dg.AssetExecutionContext) -> Iterator[tuple[datetime, datetime]]:
    """From when to when: of this run, if the step was tried before, and the one that it retries."""
    run_ids = [context.run.run_id] if context.retry_number else []
    parent = context.run.tags.get(PARENT_TAG)
    run_ids += [parent] if parent else []
    for run_id in run_ids:
        record = context.instance.get_run_record_by_id(run_id)
        if record is None or record.dagster_run.is_success:
            continue
        ended = record.end_time or datetime.now(UTC).timestamp()
        yield (
            datetime.fromtimestamp(record.start_time or ended, UTC) - CLOCKS_APART,
            datetime.fromtimestamp(ended, UTC) + CLOCKS_APART,
        )


def engine_of(
    context: dg.AssetExecutionContext,
    lake: Lake,
    dataset: Dataset,
    store: "Store",
    work: "Ingest | Compact | Rebuild | Replay",
) -> EngineName:
    """Where a job runs: as the run's tag says, else the contract.

    Raises:
        dagster.Failure: the tag names no engine.
    """
    from lake_assets.jobs.arrivals import MEGABYTE
    from lake_assets.jobs.size import input_bytes

    if tag := context.run.tags.get(ENGINE_TAG):
        try:
            return EngineName(tag)
        except ValueError:
            raise dg.Failure(
                f"The run's tag {ENGINE_TAG} is {tag!r}, which is no engine. Set it to one of: "
                f"{', '.join(EngineName)}. Or leave it away: then the contract decides.",
                allow_retries=False,
            ) from None
    choice = dataset.engine or lake.engine
    if choice.name is EngineName.LOCAL or not choice.from_mb:
        return choice.name
    is_small = input_bytes(store, dataset, work) < choice.from_mb * MEGABYTE
    return EngineName.LOCAL if is_small else choice.name
