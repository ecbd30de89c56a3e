"""`lake run`: files from anywhere into raw/ and on to gold, reported for people or as JSON."""

import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress

from lake_assets.cli.opening import UsageError, engine, let_settle
from lake_assets.cli.progress import watched
from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.lake import Lake
from lake_assets.jobs.checks import conservation, gold_conservation
from lake_assets.jobs.compaction.metrics import Metrics
from lake_assets.jobs.pipeline import Outcome, run_pipeline
from lake_assets.jobs.validate import Verdict
from lake_assets.kernels.accounting import Accounting, by_code
from lake_assets.storage.errors import InvalidKey
from lake_assets.storage.ledger import Input
from lake_assets.storage.objects import validate_key
from lake_assets.storage.store import Store
from lake_assets.storage.zones import apart

STATUS = {"ingested": "processed", "duplicate": "duplicate", "refused": "rejected"}


def check_files(dataset: Dataset, paths: Sequence[Path]) -> None:
    """Find out before anything is done whether the files can be landed.

    Raises:
        UsageError: a path is a directory, no file that can be read, or has a name no store takes.
    """
    for path in paths:
        try:
            validate_key(dataset.zones.raw + path.name)
        except InvalidKey as error:
            raise UsageError(f"cannot land {str(path)!r}: {error}") from error
        if path.is_dir():
            raise UsageError(f"{path} is a directory; name the files in it, such as {path}/*.csv")
        try:
            with path.open("rb"):
                pass
        except OSError as error:
            raise UsageError(f"cannot read {path}: {error.strerror}") from error


def land(store: Store, dataset: Dataset, path: Path) -> str:
    """Copy a file into raw/; beside the one of its name that waits there, if one does.

    Returns:
        Its key.
    """
    key = dataset.zones.raw + path.name
    if not store.upload(key, path):
        key = apart(key, uuid.uuid4().hex)
        store.upload(key, path)
    return key


def run_files(
    store: Store,
    lake: Lake,
    dataset: Dataset,
    paths: Sequence[Path],
    engine_name: str,
    screen: Console,
) -> Outcome:
    """Land the files, and take them and whatever else waits to gold.

    Args:
        store: of the lake.
        lake: the contract.
        dataset: of the lake, into whose raw/ the files go.
        paths: local files; none to take only what waits.
        engine_name: which engine runs the tasks.
        screen: shows a progress bar if it is a terminal.
    """
    landed = {land(store, dataset, path) for path in paths}
    if not landed:
        let_settle(store, lake)
    with Progress(console=screen, disable=not screen.is_terminal, transient=True) as progress:
        shown = watched(engine(engine_name), progress)
        (outcome,) = run_pipeline(store, lake, shown, [dataset], complete=landed)
    return outcome


def is_balanced(store: Store, outcome: Outcome) -> bool:
    """Whether the objects in the lake hold every row that was read; as Dagster's checks find."""
    records = [*outcome.recovered, *outcome.commits]
    in_gold = gold_conservation(store, outcome.dataset, outcome.metrics)
    findings = [conservation(store, records), in_gold]
    return all(finding.passed for finding in findings)


def report(outcome: Outcome, *, balanced: bool) -> dict[str, Any]:
    """The outcome as plain JSON types; docs/reference/cli.md shows its form."""
    records = [*outcome.recovered, *outcome.commits]
    inputs = [item for record in records for item in record.inputs]
    verdicts = [*outcome.unknown, *outcome.verdicts]
    refused = [one for one in verdicts if one.outcome in {"refused", "stuck"}]
    return {
        "ingest_run_ids": [record.ingest_run_id for record in records],
        "files": [*map(_refused_file, refused), *map(_ingested_file, inputs)],
        "partitions": [_partition(day) for day in outcome.metrics],
        "balanced": balanced,
    }


def _refused_file(verdict: Verdict) -> dict[str, Any]:
    status = "rejected" if verdict.outcome == "refused" else "stuck"
    return _file(verdict.source_file, status, verdict.reason, None, None, Accounting())


def _ingested_file(item: Input) -> dict[str, Any]:
    status = STATUS[item.outcome]
    return _file(item.source_file, status, item.reason, item.encoding, item.delimiter, item.books)


def _file(
    name: str,
    status: str,
    reason: str | None,
    encoding: str | None,
    delimiter: str | None,
    books: Accounting,
) -> dict[str, Any]:
    return {
        "file": name,
        "status": status,
        "reason": reason,
        "encoding": encoding,
        "delimiter": delimiter,
        "rows_read": books.rows_read,
        "rows_good": books.good,
        "rows_rejected": books.rejected,
        "rows_duplicate": books.duplicate,
        "rows_skipped": books.skipped,
        "rejects": by_code(books.reasons),
    }


def _partition(day: Metrics) -> dict[str, Any]:
    return {
        "date": day.target_date,
        "rows_in": day.total_rows_in_source_partition,
        "rows_out": day.rows_after_dedup,
        "duplicates_removed": day.removed,
    }
