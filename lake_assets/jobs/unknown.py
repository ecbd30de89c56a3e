"""Files that were dropped where no dataset takes any: refused, so that somebody is told."""

from collections.abc import Collection
from datetime import UTC, date, datetime
from functools import partial

from lake_assets.contracts.lake import Lake
from lake_assets.contracts.zones import Unknown
from lake_assets.jobs.arrivals import Dropped, batch, look_at
from lake_assets.jobs.hints import is_unknown
from lake_assets.jobs.refusing import refuse
from lake_assets.jobs.validate import NO_ACCESS, Verdict, standing_under
from lake_assets.kernels.refusal import FileRefusedError
from lake_assets.storage.errors import ObjectChanged, ObjectNotFound, ObjectUnreadable
from lake_assets.storage.objects import ObjectInfo
from lake_assets.storage.store import Store, each
from lake_assets.storage.zones import unknown_key

REASON = "unknown_folder_structure"


def unknown_files(store: Store, lake: Lake, complete: Collection[str] = ()) -> Dropped:
    """Files in no dataset's raw zone, oldest first; none where the contract has no ``unknown``.

    Args:
        store: of the lake.
        lake: the contract.
        complete: keys that need not settle, because we wrote them.
    """
    if lake.unknown is None:
        return Dropped([], [])
    found = look_at(store, lake.unknown.raw, lake.intake, datetime.now(UTC), complete)
    return Dropped(
        [info for info in found.settled if is_unknown(lake, info.key)],
        [info for info in found.growing if is_unknown(lake, info.key)],
    )


def refuse_unknown(
    store: Store, lake: Lake, arrival: date | None = None, complete: Collection[str] = ()
) -> list[Verdict]:
    """Take the files of no dataset to where such files are kept, each with the reason beside it.

    Args:
        store: of the lake.
        lake: the contract.
        arrival: take the files of this date only; None takes the date of the oldest file.
        complete: keys that need not settle, because we wrote them.

    Returns:
        One verdict a file, ``refused``, ``vanished`` or ``stuck``; at most one batch, and before
        it files that are stuck: they keep no others back.

    Raises:
        StoreUnavailable: the store cannot be read or written; nothing is lost, run again.
    """
    if lake.unknown is None:
        return []
    files = unknown_files(store, lake, complete).settled
    verdicts: list[Verdict] = []
    while chosen := batch(files, lake.intake, arrival, "modified"):
        seen = each(store, partial(_refuse_or_pass, store, lake, lake.unknown), chosen)
        verdicts += seen
        if any(verdict.outcome != "stuck" for verdict in seen):
            break
        tried = {info.key for info in chosen}
        files = [info for info in files if info.key not in tried]
    return verdicts


def refuse_unknown_key(store: Store, lake: Lake, key: str) -> Verdict | None:
    """As :func:`refuse_unknown`, for whichever object stands under the key of an unknown file now.

    None if none does: somebody has taken it, which is no error. Any number of drivers may refuse
    the same file at once: it ends in one place.

    Raises:
        StoreUnavailable: nothing is lost, try again.
        ValueError: files under such a key are a dataset's, or nobody's business.
    """
    if lake.unknown is None or not is_unknown(lake, key):
        raise ValueError(f"{key!r} is not where {lake.lake} looks for files of no dataset")
    info = standing_under(store, lake.unknown.raw, key)
    return _refuse(store, lake, lake.unknown, info) if info else None


def kept(store: Store, lake: Lake, arrival: date) -> list[ObjectInfo]:
    """What stands where unknown files of an arrival date are kept, reasons included."""
    if lake.unknown is None:
        return []
    return list(store.list(f"{lake.unknown.rejected}{arrival}/"))


def known_folders(lake: Lake) -> str:
    """``raw/plans/ (plans), raw/customers/ (customers)``."""
    return ", ".join(f"{one.zones.raw} ({one.name})" for one in lake.datasets)


def _refuse_or_pass(store: Store, lake: Lake, unknown: Unknown, info: ObjectInfo) -> Verdict:
    """As :func:`_refuse`; a file that the store does not let us have stays where it is."""
    try:
        return _refuse(store, lake, unknown, info)
    except ObjectUnreadable as error:
        name = info.key.removeprefix(unknown.raw)
        return Verdict(name, info.size, info.modified, "stuck", info.key, NO_ACCESS, str(error))


def _refuse(store: Store, lake: Lake, unknown: Unknown, info: ObjectInfo) -> Verdict:
    name = info.key.removeprefix(unknown.raw)
    refusal = FileRefusedError(
        REASON,
        f"no dataset of the lake {lake.lake} takes files from where it was dropped; they are taken "
        f"from {known_folders(lake)}",
    )
    wanted = unknown_key(unknown, name, info.modified, info.identity)
    verdict = partial(Verdict, name, info.size, info.modified)
    try:
        destination = refuse(store, info, wanted, name, refusal)
    except (ObjectNotFound, ObjectChanged) as change:
        return verdict("vanished", info.key, "vanished", str(change))
    return verdict("refused", destination, refusal.reason, refusal.detail)
