"""The ledger against the objects that it names: are they there, and do they hold its rows?"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from lake_assets.contracts.dataset import Dataset
from lake_assets.jobs.arrivals import stamped
from lake_assets.jobs.reconciling.faults import Fault, FaultKind
from lake_assets.jobs.reconciling.seen_objects import look
from lake_assets.storage.errors import ObjectChanged, ObjectNotFound
from lake_assets.storage.ledger import Commit, Input
from lake_assets.storage.objects import ObjectInfo
from lake_assets.storage.store import Store, each
from lake_assets.storage.zones import day_of, ledger_prefix, reason_key

RESTORE_RECORD = "the ledger was edited, or its objects were: restore the record from a backup"
RESTORE_FILE = "restore it from a backup: without it, its rows cannot be made again"
RESTORE_REJECTS = "restore it from a backup; the rows still stand in the archived files"


@dataclass(frozen=True, slots=True)
class Named:
    """An object that a commit names.

    Attributes:
        key: of the object.
        run: the ingest run whose commit it is.
        remedy: what to do if it is not as it should be.
        size: in bytes; None if the ledger does not say.
        sha256: empty if the ledger does not say.
        rows: None if it holds none, or they cannot be counted without a parser.
    """

    key: str
    run: str
    remedy: str
    size: int | None = None
    sha256: str = ""
    rows: int | None = None


def named_objects(record: Commit) -> Iterator[Named]:
    """Every object that a commit says is there: its outputs, and its inputs where they went."""
    run = record.ingest_run_id
    for staged in record.outputs:
        day = day_of(staged.key)
        remedy = f"run `lake rebuild` for {day}" if day else RESTORE_REJECTS
        counted = None if staged.key.endswith(".csv") else staged.rows  # cells hold line ends
        yield Named(staged.key, run, remedy, staged.size, staged.sha256, counted)
    for item in record.inputs:
        yield Named(item.destination, run, RESTORE_FILE, item.size, item.sha256)
        if item.outcome == "refused":
            yield Named(reason_key(item.destination), run, RESTORE_FILE)


def books_faults(dataset: Dataset, record: Commit) -> Iterator[Fault]:
    """Whether a commit's books balance, and its outputs were to hold what they say."""
    run = record.ingest_run_id
    for item in record.inputs:
        books = item.books
        if books.unaccounted:
            yield Fault(
                FaultKind.UNBALANCED,
                item.destination,
                f"run {run} read {books.rows_read:,} rows of {item.source_file}, and "
                f"{books.unaccounted:,} of them are in no column of its books; {RESTORE_RECORD}",
            )
    zones = dataset.zones
    rows: Counter[str] = Counter()
    for staged in record.outputs:
        rows[str(day_of(staged.key) or staged.key.rpartition("/")[0])] += staged.rows
    forms = [f"{zones.rejected_rows}{form}" for form in ("json", "csv")]
    books = record.books
    booked = {**books.dates, **dict.fromkeys(forms, books.rejected)}
    if sum(books.dates.values()) != books.good:
        booked["all dates"] = books.good
        rows["all dates"] = sum(books.dates.values())
    for where in sorted(booked.keys() | rows.keys()):
        if booked.get(where, 0) != rows[where]:
            yield Fault(
                FaultKind.MISCOUNTED,
                ledger_prefix(dataset, record.arrival),
                f"run {run} booked {booked.get(where, 0):,} rows for {where}, and says that its "
                f"files hold {rows[where]:,}; {RESTORE_RECORD}",
            )


def interrupted(
    store: Store, records: Sequence[Commit], validated: Sequence[ObjectInfo]
) -> dict[str, Fault]:
    """Key of a file in validated/ that a commit names -> the fault; the file should have left."""
    marks = {
        (item.key, item.etag, item.arrived): (record.ingest_run_id, item)
        for record in records
        for item in record.inputs
    }
    found: dict[str, Fault] = {}
    for info in stamped(store, validated):
        run, item = marks.get((info.key, info.etag, info.arrived), (None, None))
        if run and item:
            found[info.key] = _interruption(info, run, item)
    return found


def _interruption(info: ObjectInfo, run: str, item: Input) -> Fault:
    return Fault(
        FaultKind.INTERRUPTED,
        info.key,
        f"run {run} has committed {item.source_file}, and was interrupted while it was published; "
        "run `lake recover`",
    )


def objects_faults(
    store: Store,
    named: Sequence[Named],
    listed: Mapping[str, ObjectInfo],
    unfinished: Collection[str],
    *,
    quick: bool,
) -> list[Fault]:
    """Compare the objects that commits name with those that are there.

    Args:
        store: of the lake.
        named: by the ledger.
        listed: what is there, by key.
        unfinished: runs whose publication was interrupted: what they lack is still to come.
        quick: compare sizes only, and read nothing.

    Returns:
        The faults in the order of ``named``; several objects are read at once.
    """

    def compare(one: Named) -> Fault | None:
        info = listed.get(one.key) or _appeared(store, one.key)
        if info is None:
            told = f"run {one.run} names it, and it is not there; {one.remedy}"
            return None if one.run in unfinished else Fault(FaultKind.MISSING, one.key, told)
        if one.size is not None and info.size != one.size:
            told = f"it has {info.size:,} bytes, and run {one.run} committed {one.size:,}"
            return Fault(FaultKind.CHANGED, one.key, f"{told}; {one.remedy}")
        return None if quick or not one.sha256 else _contents(store, one, info)

    return [fault for fault in each(store, compare, named) if fault]


def _appeared(store: Store, key: str) -> ObjectInfo | None:
    """What stands there since the listing was made: a run may be at work."""
    try:
        return store.head(key)
    except ObjectNotFound:
        return None


def _contents(store: Store, one: Named, info: ObjectInfo) -> Fault | None:
    try:
        seen = look(store, info)
    except ObjectNotFound:
        told = f"it was taken away while it was read; {one.remedy}"
        return Fault(FaultKind.MISSING, one.key, told)
    except ObjectChanged:
        told = f"it was replaced while it was read; {one.remedy}"
        return Fault(FaultKind.CHANGED, one.key, told)
    if seen.sha256 != one.sha256:
        told = f"its SHA-256 is {seen.sha256}, and run {one.run} committed {one.sha256}"
        return Fault(FaultKind.CHANGED, one.key, f"{told}; {one.remedy}")
    if one.rows is not None and seen.rows != one.rows:
        held = "no table" if seen.rows is None else f"{seen.rows:,} rows"
        told = f"it holds {held}, and run {one.run} says {one.rows:,} rows; {RESTORE_RECORD}"
        return Fault(FaultKind.MISCOUNTED, one.key, told)
    return None
