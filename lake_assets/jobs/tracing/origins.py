"""Where processed rows came from: run, archived file, line, and the text that stands there."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

import polars as pl

from lake_assets.contracts.dataset import Dataset
from lake_assets.jobs.tracing.found_rows import OBJECT
from lake_assets.jobs.tracing.raw_records import raw_records
from lake_assets.kernels.gold import AGE
from lake_assets.kernels.refusal import FileRefusedError
from lake_assets.storage.errors import ObjectChanged, ObjectNotFound
from lake_assets.storage.ledger import Commit, Input, find_commit
from lake_assets.storage.store import Store


class State(StrEnum):
    """What a processed row is to gold."""

    GOLD = "gold"  # gold has this row
    SUPERSEDED = "superseded"  # gold has a later one of its key
    WAITING = "waiting"  # it is later than gold, which is stale


@dataclass(frozen=True, slots=True)
class Origin:
    """One processed row, and where it came from.

    Attributes:
        state: what it is to gold.
        object: the key of its Parquet file in processed/.
        source_file, line_number: the file as it was dropped, and the line on which it begins.
        ingest_run_id, arrived, contract_version: of its ingest run.
        archive: the key of the archived file; None if the ledger does not tell.
        sha256: of that file.
        raw: the exact text of the record in that file; None if it cannot be read.
        fault: why ``archive`` or ``raw`` is None.
    """

    state: State
    object: str
    source_file: str
    line_number: int
    ingest_run_id: str
    arrived: datetime
    contract_version: str
    archive: str | None = None
    sha256: str = ""
    raw: str | None = None
    fault: str | None = None


def find_origins(
    store: Store,
    dataset: Dataset,
    rows: pl.DataFrame,
    gold: Mapping[str, Any] | None,
    passed: Collection[tuple[str, str, datetime]] = (),
) -> list[Origin]:
    """Where rows of one key came from.

    Of each ingest run one record is read, and of each file its text up to the last line wanted.

    Args:
        store: of the lake.
        dataset: the contract.
        rows: of processed/ on one date, with :data:`~lake_assets.jobs.tracing.found_rows.OBJECT`.
        gold: the gold row of their key, if there is one.
        passed: files that a later file of their name supersedes: name, run and arrival.

    Returns:
        One origin a row, in their order.
    """
    origins = [_origin(row, gold, passed) for row in rows.iter_rows(named=True)]
    records: dict[str, Commit | None] = {}
    files: dict[str, Input] = {}
    lines: dict[str, list[int]] = defaultdict(list)
    for at, origin in enumerate(origins):
        run = origin.ingest_run_id
        if run not in records:
            records[run] = _record(store, dataset, origin.arrived.date(), run)
        item = _item(records[run], origin)
        if item is None:
            fault = f"the ledger has no run {run} that ingested such a file; run `lake reconcile`"
            origins[at] = replace(origin, fault=fault)
            continue
        files[item.destination] = item
        lines[item.destination].append(origin.line_number)
        origins[at] = replace(origin, archive=item.destination, sha256=item.sha256)
    for key, item in files.items():
        origins = _with_texts(store, dataset, item, lines[key], origins)
    return origins


def _origin(
    row: Mapping[str, Any],
    gold: Mapping[str, Any] | None,
    passed: Collection[tuple[str, str, datetime]],
) -> Origin:
    state = State.WAITING
    arrived = row["ingest_ts"].replace(tzinfo=UTC)
    if (row["source_file"], row["ingest_run_id"], arrived) in passed:
        state = State.SUPERSEDED
    elif gold:
        mine, theirs = ([of[name] for name in AGE] for of in (row, gold))
        if mine == theirs and row["ingest_run_id"] == gold["ingest_run_id"]:
            state = State.GOLD
        elif mine < theirs:
            state = State.SUPERSEDED
    return Origin(
        state,
        row[OBJECT],
        row["source_file"],
        row["line_number"],
        row["ingest_run_id"],
        arrived,
        row["contract_version"],
    )


def _record(store: Store, dataset: Dataset, arrival: date, run: str) -> Commit | None:
    """The record of a run: its files arrived on one date, so that its key is known."""
    return find_commit(store, dataset, arrival, run)


def _item(record: Commit | None, origin: Origin) -> Input | None:
    """The file of a row; of several of one name that arrived at once, one with so many lines."""
    same = [
        item
        for item in (record.inputs if record else [])
        if item.outcome == "ingested"
        and (item.source_file, item.arrived) == (origin.source_file, origin.arrived)
    ]
    return next((item for item in same if item.books.lines >= origin.line_number), None)


def _with_texts(
    store: Store, dataset: Dataset, item: Input, lines: Sequence[int], origins: list[Origin]
) -> list[Origin]:
    """The same origins; those of this file with their texts, or why they have none."""
    texts: dict[int, str] = {}
    fault = f"the archived file {item.destination} does not have that line; run `lake reconcile`"
    try:
        texts = raw_records(store, dataset, item, lines)
    except (ObjectNotFound, ObjectChanged, FileRefusedError) as error:
        fault = f"the archived file {item.destination} cannot be read: {error}"
    return [
        origin
        if origin.archive != item.destination
        else replace(origin, raw=texts[origin.line_number])
        if origin.line_number in texts
        else replace(origin, fault=fault)
        for origin in origins
    ]
