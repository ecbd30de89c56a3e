"""Files that are refused as a whole: kept, with the reason beside them."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from lake_assets.kernels.refusal import FileRefusedError
from lake_assets.storage.commit import reason_document
from lake_assets.storage.errors import (
    ObjectChanged,
    ObjectExists,
    ObjectNotFound,
    ObjectUnreadable,
    StoreError,
)
from lake_assets.storage.objects import ObjectInfo
from lake_assets.storage.store import Store
from lake_assets.storage.zones import apart, reason_key


def refuse(
    store: Store, info: ObjectInfo, wanted: str, name: str, refusal: FileRefusedError
) -> str:
    """Move a file to where it is kept, with the reason beside it.

    May be repeated after a death at any write, and be done by several drivers at once.

    Args:
        store: of the lake.
        info: the file in raw/.
        wanted: the key under which it is kept, or beside which if another file has that.
        name: the file's, for the reason.
        refusal: why.

    Returns:
        Its new key.

    Raises:
        ObjectNotFound, ObjectChanged: it was taken away or replaced meanwhile.
        ObjectUnreadable: the store does not let us have it.
    """
    destination = _free_key(store, info, wanted)
    document = reason_document(name, refusal.reason, refusal.detail, None)
    store.put(reason_key(destination), document)  # before the move: always both
    try:
        with undone(store, info, destination):
            _take(store, info, destination)
    except (ObjectNotFound, ObjectChanged, ObjectUnreadable):
        try:
            store.head(destination)
        except ObjectNotFound:
            store.delete(reason_key(destination))
        raise
    return destination


def _free_key(store: Store, info: ObjectInfo, wanted: str) -> str:
    """``wanted``, or beside it if another file has that name: nothing is overwritten."""
    try:
        standing = store.head(wanted)
    except ObjectNotFound:
        return wanted
    return wanted if store.moved_from(standing, info) else apart(wanted, info.identity)


def _take(store: Store, info: ObjectInfo, destination: str) -> None:
    """Move a file; a move that an earlier run did not finish is finished."""
    try:
        store.move(info, destination)
    except ObjectExists:
        if not store.moved_from(store.head(destination), info):
            raise
        store.delete(info.key, if_match=info.etag)


@contextmanager
def undone(store: Store, info: ObjectInfo, destination: str) -> Iterator[None]:
    """Where an object cannot leave its key, its copy goes: else each run would copy it again."""
    try:
        yield
    except ObjectUnreadable:
        with suppress(StoreError):
            standing = store.head(destination)
            if store.moved_from(standing, info) and store.head(info.key).etag == info.etag:
                store.delete(destination, if_match=standing.etag)
        raise
