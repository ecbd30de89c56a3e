"""Run a job where we are, on the engine that is given."""

from collections.abc import Sequence

from lake_assets.jobs.compaction.compact import compact
from lake_assets.jobs.compaction.metrics import Metrics
from lake_assets.jobs.ingest import ingest
from lake_assets.jobs.ingest_apart import ingest_apart
from lake_assets.jobs.job import Compact, Ingest, Job, Rebuild, Replay
from lake_assets.jobs.reading.task import Engine
from lake_assets.jobs.repair.rebuild import rebuild_dates
from lake_assets.jobs.repair.recover import abort_abandoned, recover
from lake_assets.jobs.repair.replay import Selection, replay
from lake_assets.jobs.report import DateReport, Report, restated_report, run_report
from lake_assets.storage.objects import Staged
from lake_assets.storage.store import Store


def run_job(store: Store, job: Job, engine: Engine) -> Report:
    """Do a job's work; every job but compaction begins by finishing what died before it.

    Raises:
        ValueError: the lake has no such dataset.
        StoreUnavailable: the store cannot be read or written; run again, nothing is lost.
        RebuildError: an archived file cannot be read again.
        CompactionError: gold of a date could not be made.
    """
    match job.work:
        case Ingest() as work:
            return _ingest(store, job, engine, work)
        case Compact() as work:
            days = compact(store, job.contract(), engine, force_dates=work.dates, lake=job.lake)
            return Report(dates=tuple(map(_compacted, days)))
        case Rebuild() as work:
            return _rebuild(store, job, engine, work)
        case Replay() as work:
            return _replay(store, job, engine, work)


def _ingest(store: Store, job: Job, engine: Engine, work: Ingest) -> Report:
    dataset = job.contract()
    notes: list[str] = []
    records = recover(store, job.lake, dataset)
    notes += [f"Finished run {one.ingest_run_id}, which was interrupted." for one in records]
    if aborted := abort_abandoned(store, job.lake):
        notes.append(f"Aborted {aborted} staged writes of runs that died.")
    if work.apart:
        records += ingest_apart(store, job.lake, dataset, engine, work.arrival)
    else:
        while (fresh := ingest(store, job.lake, dataset, engine, work.arrival)) is not None:
            records.append(fresh)
    return Report(runs=tuple(map(run_report, records)), notes=tuple(notes))


def _compacted(day: Metrics) -> DateReport:
    return DateReport(date=day.target_date, rows=day.rows_after_dedup, files=len(day.outputs))


def _rebuild(store: Store, job: Job, engine: Engine, work: Rebuild) -> Report:
    dataset = job.contract()
    recover(store, job.lake, dataset)
    rebuilt = rebuild_dates(store, dataset, engine, work.dates)
    return Report(
        runs=tuple(map(run_report, rebuilt.restated)),
        dates=tuple(_rebuilt(day, rebuilt.of(day)) for day in work.dates),
        notes=tuple(
            f"Run {record.ingest_run_id} was restated: {record.books.good} rows."
            for record in rebuilt.restated
        ),
    )


def _rebuilt(day: str, written: Sequence[Staged]) -> DateReport:
    return DateReport(date=day, rows=sum(staged.rows for staged in written), files=len(written))


def _replay(store: Store, job: Job, engine: Engine, work: Replay) -> Report:
    dataset = job.contract()
    recover(store, job.lake, dataset)
    selection = Selection(
        arrivals=(work.first, work.last),
        files=work.files,
        rejects=work.rejects,
        reasons=(work.reason,) if work.reason else (),
        again=work.again,
    )
    restated = replay(store, dataset, engine, selection)
    return Report(restated=tuple(map(restated_report, restated)))
