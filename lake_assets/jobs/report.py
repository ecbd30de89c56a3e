"""What a job says it did, and whether the lake holds that."""

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer

from lake_assets import __version__
from lake_assets.contracts.dataset import Dataset
from lake_assets.jobs.checks import count_rows
from lake_assets.jobs.compaction.metrics import Metrics
from lake_assets.jobs.repair.restate import Restated
from lake_assets.kernels.accounting import Accounting
from lake_assets.storage.errors import ObjectNotFound
from lake_assets.storage.ledger import Commit, find_commit
from lake_assets.storage.store import Store
from lake_assets.storage.zones import metrics_key, processed_prefix


def _books(value: Any) -> Accounting:
    return value if isinstance(value, Accounting) else Accounting.from_json(value)


Books = Annotated[Accounting, BeforeValidator(_books), PlainSerializer(Accounting.to_json)]


class ReportMismatch(Exception):
    """The lake does not hold what a job says it wrote; the message names what differs."""


class _Said(BaseModel):
    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)


class RunReport(_Said):
    """A record of the ledger, and what its books say."""

    ingest_run_id: str
    arrival: date
    generation: int
    books: Books


class RestatedReport(RunReport):
    """A run that was read again; the fields are those of ``repair.restate.Restated``."""

    files: int
    before: Books
    after: Books
    refused: dict[str, str]


class DateReport(_Said):
    """An event date (ISO) that was written: rows and files of the zone."""

    date: str
    rows: int
    files: int


class Report(_Said):
    """What a job did.

    Attributes:
        version: of lake_assets, where the job ran.
        runs: in the order in which they were committed.
        restated: runs that were read again.
        dates: event dates that were made.
        notes: sentences that whoever looks after the lake should read.
    """

    version: str = __version__
    runs: tuple[RunReport, ...] = ()
    restated: tuple[RestatedReport, ...] = ()
    dates: tuple[DateReport, ...] = ()
    notes: tuple[str, ...] = ()


def run_report(record: Commit) -> RunReport:
    """What is said of a record."""
    return RunReport(
        ingest_run_id=record.ingest_run_id,
        arrival=record.arrival,
        generation=record.generation,
        books=record.books,
    )


def restated_report(one: Restated) -> RestatedReport:
    """What is said of a run that was read again."""
    return RestatedReport(
        **dict(run_report(one.record)),
        files=one.files,
        before=one.before,
        after=one.after,
        refused=dict(one.refused),
    )


def find_runs(store: Store, dataset: Dataset, runs: Sequence[RunReport]) -> list[Commit]:
    """The records that were reported.

    Raises:
        ReportMismatch: the ledger has no such record, or one with other counts.
    """
    return [_find_run(store, dataset, run) for run in runs]


def find_restated(
    store: Store, dataset: Dataset, restated: Sequence[RestatedReport]
) -> list[Restated]:
    """The same, of runs that were read again.

    Raises:
        ReportMismatch: as of :func:`find_runs`.
    """
    return [
        Restated(_find_run(store, dataset, one), one.files, one.before, one.after, one.refused)
        for one in restated
    ]


def find_metrics(
    store: Store, dataset: Dataset, dates: Sequence[DateReport], wanted: Collection[str]
) -> list[Metrics]:
    """What the audit zone says of the dates whose gold was reported.

    Raises:
        ReportMismatch: it says nothing of a date, or something else; or other dates were wanted.
    """
    _check_dates(dates, wanted)
    return [_find_metrics(store, dataset, day) for day in dates]


def check_processed(
    store: Store, dataset: Dataset, dates: Sequence[DateReport], wanted: Collection[str]
) -> None:
    """Count the processed rows of dates that were reported as rebuilt.

    Raises:
        ReportMismatch: there are more or fewer rows; or other dates were wanted.
    """
    _check_dates(dates, wanted)
    for day in dates:
        prefix = processed_prefix(dataset, day.date)
        if (rows := count_rows(store, prefix)) != day.rows:
            raise ReportMismatch(_differs(f"{store.uri}/{prefix}", "rows", day.rows, rows))


def _check_dates(dates: Sequence[DateReport], wanted: Collection[str]) -> None:
    if (said := {day.date for day in dates}) != set(wanted):
        raise ReportMismatch(
            f"The job was to make {', '.join(sorted(wanted))}, and reports "
            f"{', '.join(sorted(said)) or 'nothing'}. Run again, with the same version of "
            "lake_assets here and there."
        )


def _find_run(store: Store, dataset: Dataset, run: RunReport) -> Commit:
    record = find_commit(store, dataset, run.arrival, run.ingest_run_id, run.generation)
    name = f"run {run.ingest_run_id} (generation {run.generation})"
    if record is None:
        raise ReportMismatch(
            f"The job reports {name}, of which the ledger in {store.uri}/{dataset.zones.ledger} "
            "knows nothing. Look whether the job wrote to another place, then run again."
        )
    for figure, said, found in _differences(run.books.to_json(), record.books.to_json()):
        raise ReportMismatch(_differs(f"The ledger's record of {name}", figure, said, found))
    return record


def _find_metrics(store: Store, dataset: Dataset, day: DateReport) -> Metrics:
    key = metrics_key(dataset, day.date)
    try:
        metrics = Metrics.from_json(json.loads(store.read(key)))
    except ObjectNotFound:
        raise ReportMismatch(
            f"The job reports gold of {day.date}, but there is no {store.uri}/{key}. Look whether "
            "it wrote to another place, then run again."
        ) from None
    said = {"rows": day.rows, "files": day.files}
    there = {"rows": metrics.rows_after_dedup, "files": len(metrics.outputs)}
    for figure, reported, found in _differences(said, there):
        raise ReportMismatch(_differs(f"{store.uri}/{key}", figure, reported, found))
    return metrics


def _differences(
    said: Mapping[str, Any], found: Mapping[str, Any]
) -> Iterator[tuple[str, object, object]]:
    names: Callable[[Mapping[str, Any]], set[str]] = set
    for name in sorted(names(said) | names(found)):
        if said.get(name) != found.get(name):
            yield name, said.get(name), found.get(name)


def _differs(where: str, figure: str, said: object, found: object) -> str:
    return (
        f"{where} has {figure} = {found}, but the job reports {said}. Nothing is taken over from "
        "that report; `lake reconcile` shows what the lake holds. Then run again."
    )
