"""Where the inputs of a run go, each to a key of its own."""

from collections.abc import Iterable, Iterator
from functools import partial

from lake_assets.contracts.dataset import Dataset
from lake_assets.jobs.reading.fetch import Piece
from lake_assets.storage.errors import ObjectNotFound
from lake_assets.storage.store import Store, each
from lake_assets.storage.zones import apart, archive_key, refused_later_key


def destinations(
    store: Store,
    dataset: Dataset,
    ingest_run_id: str,
    files: Iterable[tuple[Piece, bool]],
) -> Iterator[str]:
    """The keys in archive/ or rejected/system/ of the inputs of a run that is about to commit.

    In dated folders a name may be taken by a file of an earlier run, so that the store is asked,
    once a file. That is no race: no other run puts files of this arrival date into archive/ before
    this one has settled (``storage.turns``), and whoever else prepares this run and commits first
    has the record that counts, with its keys.

    Args:
        store: of the lake.
        dataset: the contract.
        ingest_run_id: of the run.
        files: the inputs in order, and whether each is refused.
    """
    wanted = []
    for whole, is_refused in files:
        file, name = whole.file, whole.source_file
        make = refused_later_key if is_refused else archive_key
        identity = ingest_run_id + file.key if is_refused else ingest_run_id
        wanted.append((make(dataset, name, file.arrived, identity), file.key))
    taken: set[str] = set()
    if dataset.zones.dated:
        keys = [key for key, _ in wanted]
        standing = each(store, partial(_stands, store), keys)
        taken = {key for key, stands in zip(keys, standing, strict=True) if stands}
    for key, waiting in wanted:
        if key in taken:
            # Two files that come to one name on one date have one key in validated/ as well.
            key = apart(key, ingest_run_id + waiting if dataset.zones.dated else waiting)
        taken.add(key)
        yield key


def _stands(store: Store, key: str) -> bool:
    try:
        store.head(key)
    except ObjectNotFound:
        return False
    return True
