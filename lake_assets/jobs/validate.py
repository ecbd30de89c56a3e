"""Step 1, raw/ -> validated/ or rejected/system/: is the file as a whole what we expect?"""

import traceback
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from typing import Literal

from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.lake import Lake
from lake_assets.jobs.arrivals import MEGABYTE, batch, settled
from lake_assets.jobs.reading.fetch import read_head
from lake_assets.jobs.refusing import refuse, undone
from lake_assets.kernels.parsing.layout import read_layout
from lake_assets.kernels.refusal import FileRefusedError
from lake_assets.storage.errors import (
    InvalidKey,
    ObjectChanged,
    ObjectExists,
    ObjectNotFound,
    ObjectUnreadable,
    StoreUnavailable,
)
from lake_assets.storage.objects import ObjectInfo
from lake_assets.storage.store import Store, each
from lake_assets.storage.zones import (
    apart,
    rejected_key,
    validate_name,
    validated_key,
)

NO_ACCESS = "no_access"
"""Why a file is stuck."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What validation made of one file.

    Attributes:
        source_file: its name below raw/.
        size: in bytes.
        arrived: when it arrived in raw/ (UTC).
        outcome: ``validated``; ``refused`` as a whole; ``vanished``, if it was taken away or
            replaced while we looked (the replacement is a file of its own); or ``stuck``, if the
            store does not let us have it: it stays in raw/, and is tried again by the next run.
        key: where the file is now.
        reason, detail: why it was refused, or is stuck.
    """

    source_file: str
    size: int
    arrived: datetime
    outcome: Literal["validated", "refused", "vanished", "stuck"]
    key: str
    reason: str | None = None
    detail: str | None = None


def waiting(
    store: Store, lake: Lake, dataset: Dataset, complete: Collection[str] = ()
) -> list[ObjectInfo]:
    """Settled files in raw/, and those whose keys are in ``complete``; oldest first."""
    return settled(store, dataset.zones.raw, lake.intake, datetime.now(UTC), complete)


def validate(
    store: Store,
    lake: Lake,
    dataset: Dataset,
    arrival: date | None = None,
    complete: Collection[str] = (),
) -> list[Verdict]:
    """Check the headers of waiting files and let them in, or refuse them.

    Args:
        store: of the lake.
        lake: for its intake limits.
        dataset: the contract.
        arrival: take the files of this date only; None takes the date of the oldest file.
        complete: keys in raw/ that need not settle, because we wrote them.

    Returns:
        One verdict a file, oldest file first. At most one batch, and before it files that are
        stuck, however many: they keep no others back.

    Raises:
        StoreUnavailable: the store cannot be read or written; nothing is lost, run again.
    """
    files = waiting(store, lake, dataset, complete)
    verdicts: list[Verdict] = []
    while chosen := batch(files, lake.intake, arrival, "modified"):
        seen = each(store, partial(_validate_or_pass, store, dataset), chosen)
        verdicts += seen
        if len(stuck(seen)) < len(seen):
            break
        tried = {info.key for info in chosen}
        files = [info for info in files if info.key not in tried]
    return verdicts


def _validate_or_pass(store: Store, dataset: Dataset, info: ObjectInfo) -> Verdict:
    """As :func:`validate_file`; a file that the store does not let us have stays where it is."""
    try:
        return validate_file(store, dataset, info)
    except ObjectUnreadable as error:
        name = info.key.removeprefix(dataset.zones.raw)
        return Verdict(name, info.size, info.modified, "stuck", info.key, NO_ACCESS, str(error))


def validate_key(store: Store, dataset: Dataset, key: str) -> Verdict | None:
    """As :func:`validate_file`, for whichever object stands under a key in raw/ now.

    None if none does: somebody has taken it, which is no error. Any number of drivers may validate
    the same file at once: it ends in one place.

    Raises:
        StoreUnavailable: nothing is lost, try again.
    """
    info = standing_under(store, dataset.zones.raw, key)
    return validate_file(store, dataset, info) if info else None


def standing_under(store: Store, raw: str, key: str) -> ObjectInfo | None:
    """The object that stands under a key below ``raw`` now, if one does."""
    try:
        return store.head(key)
    except ObjectNotFound:
        return None
    except InvalidKey:
        # Only a listing shows an object of such a name. It is a short one: raw/ is a to-do list.
        return next((info for info in store.list(raw) if info.key == key), None)


def validate_file(store: Store, dataset: Dataset, info: ObjectInfo) -> Verdict:
    """Let one file in, or refuse it."""
    name = info.key.removeprefix(dataset.zones.raw)
    try:
        try:
            _inspect(store, dataset, info, name)
        except FileRefusedError as refusal:
            wanted = rejected_key(dataset, name, info.modified, info.identity)
            destination = refuse(store, info, wanted, name, refusal)
            return Verdict(
                name,
                info.size,
                info.modified,
                "refused",
                destination,
                refusal.reason,
                refusal.detail,
            )
        destination = _let_in(store, info, validated_key(dataset, name, info.identity))
    except (ObjectNotFound, ObjectChanged) as change:
        return Verdict(
            name, info.size, info.modified, "vanished", info.key, "vanished", str(change)
        )
    return Verdict(name, info.size, info.modified, "validated", destination)


def _inspect(store: Store, dataset: Dataset, info: ObjectInfo, name: str) -> None:
    try:
        validate_name(dataset, name, info.modified)
    except InvalidKey as error:
        raise FileRefusedError("invalid_name", str(error)) from error
    if info.size > dataset.format.max_file_mb * MEGABYTE:
        raise FileRefusedError(
            "too_large",
            f"it has {info.size:,} bytes, the contract allows {dataset.format.max_file_mb} MB",
        )
    try:
        head = read_head(store, info, dataset)
        read_layout(head.data, dataset, whole=head.whole)
    except (FileRefusedError, StoreUnavailable, ObjectNotFound, ObjectChanged, MemoryError):
        raise
    except Exception as error:
        raise FileRefusedError("error_reading_file", traceback.format_exc()) from error


def _let_in(store: Store, info: ObjectInfo, wanted: str) -> str:
    """Move a file to ``wanted``, or beside it if another file has that name; its new key."""
    try:
        with undone(store, info, wanted):
            store.move(info, wanted)
    except ObjectExists:
        wanted = apart(wanted, info.identity)
        with undone(store, info, wanted):
            store.move(info, wanted)
    return wanted


def refused(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """The files that were refused as a whole."""
    return [verdict for verdict in verdicts if verdict.outcome == "refused"]


def stuck(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """The files that the store does not let us have."""
    return [verdict for verdict in verdicts if verdict.outcome == "stuck"]


def sentence_of_stuck(verdicts: Sequence[Verdict]) -> str:
    """How many files are stuck, and why the first one is; empty if none is."""
    found = stuck(verdicts)
    if not found:
        return ""
    which = "1 file is stuck" if len(found) == 1 else f"{len(found):,} files are stuck"
    return f"{which} in raw/. {found[0].detail}"
