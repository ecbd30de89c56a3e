"""The protocol that every store speaks, and the probe that a store must pass."""

import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Protocol, TypeVar

from lake_assets.storage.errors import StoreUnavailable
from lake_assets.storage.objects import ObjectInfo, Staged

Item = TypeVar("Item")
Result = TypeVar("Result")


class Store(Protocol):
    """Objects under keys. Safe to use from several threads; can be pickled for workers.

    Every method may raise StoreUnavailable, and InvalidKey where it takes a key. Listings show
    whatever is there, also objects whose keys `validate_key` refuses, because others write in the
    lake too: such an object can be the source of `move`, and nothing else.
    """

    @property
    def uri(self) -> str:
        """Where the store is, without a trailing slash: file:///dir or s3://bucket/prefix."""
        ...

    def __hash__(self) -> int:
        """Stores are told apart as objects."""
        ...

    @property
    def requests(self) -> int:
        """Requests that are worth having under way at once."""
        ...

    def list(self, prefix: str = "") -> Iterator[ObjectInfo]:
        """The objects whose keys begin with `prefix`, at any depth, sorted by key.

        Only real objects: no directories, no zero-byte keys that end in '/', nothing staged.
        A prefix that nothing begins with gives nothing.
        """
        ...

    def head(self, key: str) -> ObjectInfo:
        """What stands under `key`. Raises ObjectNotFound."""
        ...

    def read(
        self, key: str, *, if_match: str | None = None, start: int = 0, length: int | None = None
    ) -> bytes:
        """Up to `length` bytes from byte `start` on; fewer, or none, at the end of the object.

        Raises ObjectNotFound, ObjectChanged if the ETag is not `if_match`, ReadInterrupted, and
        ValueError if `start` or `length` is negative.
        """
        ...

    def open(self, key: str, *, if_match: str | None = None) -> BinaryIO:
        """The object as a stream, to be closed or used in a `with`.

        Raises ObjectNotFound, and ObjectChanged if the ETag is not `if_match`. Reading raises
        ReadInterrupted if the object's bytes do not all arrive: a stream never just ends early.
        """
        ...

    def put(self, key: str, data: bytes) -> None:
        """Write the object, or replace it as a whole: readers see the old bytes or the new."""
        ...

    def put_if_absent(self, key: str, data: bytes) -> bool:
        """Write the object unless one exists. True for exactly one of several racing callers."""
        ...

    def put_over(self, key: str, data: bytes, standing: ObjectInfo | None) -> bool:
        """Replace the object if it is still the one that was seen there (None: if none is).

        True if it was written. Where an S3-compatible store ignores the condition, always.
        """
        ...

    def put_each_if_absent(self, keys: Iterable[str], data: bytes) -> Sequence[str]:
        """Write the same bytes under each of the keys that has no object yet; the other keys."""
        ...

    def upload(self, key: str, path: Path) -> bool:
        """As `put_if_absent`, for a file of any size: never more than a part of it in memory.

        Raises OSError if `path` cannot be read.
        """
        ...

    def move(self, src: ObjectInfo, dst: str, *, arrived: datetime | None = None) -> None:
        """Take the object `src` into custody: it gets under `dst` and leaves its old key.

        The object gets a stamp of when it arrived in the lake, which `head(dst).arrived` gives:
        `arrived` if given, else `src.modified`. Its ETag may change. A move that was interrupted
        is finished by moving again.

        Raises ObjectNotFound if `src` is gone, ObjectChanged if another object stands under its
        key, and ObjectExists if anything but `src` itself, half moved, stands under `dst`.
        """
        ...

    def pass_on(self, src: ObjectInfo, dst: str) -> None:
        """As `move`, for an object that is in custody: its stamp goes along.

        Of `src`, only key, size and ETag count.
        """
        ...

    def moved_from(self, dst: ObjectInfo, src: ObjectInfo) -> bool:
        """Whether `dst`, as `head` shows it, is what a move made of `src`."""
        ...

    def delete(self, key: str, *, if_match: str | None = None) -> None:
        """Delete the object; an absent one is fine.

        Raises ObjectChanged, and keeps the object, if its ETag is not `if_match`.
        """
        ...

    def stage(self, key: str, data: bytes, *, rows: int = 0) -> Staged:
        """Write `data` where no reader sees it, ready to be published under `key`."""
        ...

    def publish(self, staged: Staged) -> None:
        """Make a staged write visible as a whole, replacing what was there. Repeatable.

        Raises StagedLost if the staged write is gone and its content is not under its key.
        """
        ...

    def abort(self, staged: Staged) -> None:
        """Forget a staged write; one that is published or gone is fine."""
        ...

    def abandoned(self, older_than: datetime) -> Iterator[Staged]:
        """Staged writes begun before `older_than` (aware), known well enough for `abort`."""
        ...

    def check(self) -> None:
        """Prove that the store can be listed and written, and honours conditional writes.

        Leaves nothing behind. Raises StoreUnavailable with what is missing.
        """
        ...


def each(store: Store, work: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
    """What ``work``, which mostly waits for the store, gives for each item, in their order.

    All of it is done when this returns; the first error is raised.
    """
    if store.requests == 1:
        return [work(item) for item in items]
    with ThreadPoolExecutor(store.requests) as pool:
        return list(pool.map(work, items))


def probe(store: Store) -> None:
    """What `Store.check` promises, by one small object under `.probe/`."""
    key = f".probe/{uuid.uuid4().hex}"
    first = store.put_if_absent(key, b"lake_assets was here\n")
    try:
        second = store.put_if_absent(key, b"lake_assets was here again\n")
        listed = [info.key for info in store.list(key)]
    finally:
        store.delete(key)
    if not first or second:
        raise StoreUnavailable(
            f"The store {store.uri} ignores conditional writes (If-None-Match): it let one object "
            "be created twice. lake_assets needs them, so that two runs cannot commit the same "
            "batch. Use AWS S3, or a store that honours them."
        )
    if listed != [key]:
        raise StoreUnavailable(
            f"The store {store.uri} does not list an object that was just written. lake_assets "
            "needs listings that are up to date. Use AWS S3, or a store that has them."
        )
