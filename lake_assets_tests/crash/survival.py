"""Kill a process at a point, let another finish its work, and see that nothing is lost."""

import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from io import BytesIO
from itertools import count
from pathlib import Path

import boto3
import polars as pl
from moto.s3.models import S3Backend, s3_backends

from lake_assets.jobs.compaction.compact import stale_dates
from lake_assets.jobs.reconciling.reconcile import reconcile
from lake_assets.jobs.repair.recover import abort_abandoned
from lake_assets.jobs.tables.current import table_files
from lake_assets.storage import Store, open_store
from lake_assets.storage.ledger import standing
from lake_assets.storage.zones import MANIFEST
from lake_assets_tests.crash.scenarios import ONE, SCENARIOS, Scenario, fixed_arrivals
from lake_assets_tests.crash.server import Answer, Request, Server
from lake_assets_tests.jobs.lakes import contents, dataset_of, keys, table

DATA = ("processed/", "gold/", "rejected/", "archive/", "articles/")
"""What a reader sees. It has the same bytes in the end, wherever a run died."""

SNAPSHOT = re.compile(r"\b(\d{4})-[0-9a-f]{16}\b")
"""The name of a snapshot. Its id is of the ETags of objects, which on a disk are no copy's own."""

STRIDES = {
    (kind, name): 3 if kind == "s3" and name != "ingest" else 1
    for kind in ("local", "s3")
    for name in SCENARIOS
}
"""Every how many writes a process is killed: a request to S3 takes milliseconds here."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a lake is, how to copy it and to end it, and what a reader sees of it."""

    uri: str
    endpoint: str | None
    twin: Callable[[], "Place"]
    seen: Callable[[], dict[str, bytes]]
    remove: Callable[[], None]

    def open(self) -> Store:
        return open_store(self.uri, endpoint=self.endpoint)


def directory(root: Path) -> Place:
    """An empty lake in a directory below ``root``."""
    numbers = count()

    def fresh() -> Path:
        return root / f"lake-{next(numbers)}"

    def place(path: Path) -> Place:
        def twin() -> Place:
            target = fresh()
            shutil.copytree(path, target)  # with their modification times: those are stamps
            return place(target)

        def seen() -> dict[str, bytes]:
            return _data(contents(open_store(str(path)), *DATA))

        return Place(str(path), None, twin, seen, lambda: shutil.rmtree(path))

    first = fresh()
    first.mkdir(parents=True)
    return place(first)


def bucket(endpoint: str, name: str) -> Place:
    """An empty lake in a bucket of the moto server that runs in this process."""
    numbers = count()
    client = boto3.client("s3", endpoint_url=endpoint)
    backend: S3Backend = s3_backends["123456789012"]["aws"]

    def fresh() -> str:
        made = f"{name}-{next(numbers)}"
        client.create_bucket(Bucket=made)
        return made

    def place(source: str) -> Place:
        def twin() -> Place:
            target = fresh()
            for key, found in backend.buckets[source].keys.items():
                standing = copy(found)
                standing.bucket_name = target
                backend.buckets[target].keys[key] = standing
            return place(target)

        def seen() -> dict[str, bytes]:
            # Not by requests: there are many points, and moto takes milliseconds for each.
            there = list(backend.buckets[source].keys.items())
            return _data({key: bytes(found.value) for key, found in there if key.startswith(DATA)})

        def remove() -> None:
            del backend.buckets[source]

        return Place(f"s3://{source}", endpoint, twin, seen, remove)

    return place(fresh())


def _data(seen: dict[str, bytes]) -> dict[str, bytes]:
    """What readers see, without audits, and without what an object's identity is told by."""
    found = {_plain(key): data for key, data in seen.items() if "/audit/" not in key}
    assert len(found) == sum("/audit/" not in key for key in seen), "two snapshots of one number"
    return {
        key: _plain_manifest(data) if key.endswith(MANIFEST) else data
        for key, data in found.items()
    }


def _plain(text: str) -> str:
    return SNAPSHOT.sub(r"\1", text)


def _plain_manifest(data: bytes) -> bytes:
    return re.sub(r'"etag":"[^"]*"', "", re.sub(r'": "', '":"', _plain(data.decode()))).encode()


class Trial:
    """One scenario on one kind of store.

    Args:
        name: of the scenario.
        empty: a lake without anything.
        server: forks the processes that die.
    """

    def __init__(self, name: str, empty: Place, server: Server) -> None:
        self.name = name
        self.scenario: Scenario = SCENARIOS[name]
        self._server = server
        self._base = empty
        with fixed_arrivals():
            self.scenario.prepare(empty.open())
        self._before = empty.seen()
        self._records = set(keys(empty.open(), "audit/ingest/"))

    @cached_property
    def _whole(self) -> tuple[dict[str, bytes], list[str], list[str]]:
        """What an undisturbed run leaves: the data, all keys, and the writes of that run."""
        twin = self._base.twin()
        answer = self._child(twin, 0)
        assert answer.status == 0, "the undisturbed run fails"
        store = twin.open()
        self._check_rows(store)
        self._check_whole(store)
        return twin.seen(), _keys(store), answer.writes

    @property
    def writes(self) -> list[str]:
        """What a run writes, in order; each is a point."""
        return self._whole[2]

    def writes_again(self) -> list[str]:
        """What another undisturbed run writes."""
        return self._child(self._base.twin(), 0).writes

    @staticmethod
    def kinds_of_writes(writes: Sequence[str]) -> list[str]:
        """Writes without what is of one run alone: random names, and the bucket."""
        return [re.sub(r"//[^/]+/[^/]+|[0-9a-f]{32}|uploadId=.*", "", name) for name in writes]

    def points(self, chunk: int, chunks: int, stride: int = 1) -> Iterator[int]:
        """Every point (from 1), or every ``stride``-th: the share of one of several chunks."""
        yield from range(1 + chunk * stride, len(self.writes) + 1, chunks * stride)

    def survives(
        self,
        point: int,
        *,
        workers: int = 1,
        at_once: int = 1,
        late: bool = False,
        spoil: Callable[[Store], None] | None = None,
    ) -> None:
        """Kill a run at a point, run again, and compare with the undisturbed run.

        Args:
            point: number of the write, from 1.
            workers: threads of the engine.
            at_once: requests to S3 that are under way at once.
            late: kill it once the write is done; S3 only.
            spoil: harm that is done to the lake meanwhile.

        Raises:
            AssertionError: something is lost, or was seen that is no whole thing.
        """
        twin = self._base.twin()
        answer = self._child(twin, point, workers, at_once, late)
        store = twin.open()
        if workers == at_once == 1:
            assert answer.killed, f"the run did not come to this write: {answer.status}"
        else:
            assert answer.killed or answer.status == 0
        self._check_visible(twin)
        if spoil:
            spoil(store)
        with fixed_arrivals():
            self.scenario.work(store, ONE)
        data, names, _ = self._whole
        assert twin.seen() == data
        self._check_whole(store)
        # What a store was tried with stays if that trial dies. It is no part of the lake.
        assert [key for key in _keys(store) if not key.startswith(".probe/")] == names
        self._check_leftovers(store)
        twin.remove()  # there are hundreds of points

    def _child(
        self, place: Place, point: int, workers: int = 1, at_once: int = 1, late: bool = False
    ) -> Answer:
        request = Request(self.name, place.uri, place.endpoint, point, workers, at_once, late)
        return self._server.run(request)

    def _check_visible(self, twin: Place) -> None:
        """After the death: objects are whole, old or new; none is new without a record."""
        whole = self._whole[0]
        seen = twin.seen()
        for key, data in seen.items():
            assert data in {self._before.get(key), whole.get(key)}, f"{key} is not whole"
        if self._records.issuperset(keys(twin.open(), "audit/ingest/")):
            # Files that are refused at the door need no commit, and a rebuild makes none: it
            # writes the same bytes again.
            fresh = {k for k in seen.keys() - self._before.keys() if "rejected/system/" not in k}
            if self.name not in {"rebuild", "tables"}:  # gold needs no commit of the ledger
                assert fresh == set(), "published without a commit"

    def _check_whole(self, store: Store) -> None:
        """In the end: nothing waits, every row is accounted for, the ledger agrees with objects."""
        assert keys(store, "raw/") == keys(store, "validated/") == []
        dataset = dataset_of(self.scenario.lake)
        for one in self.scenario.lake.datasets:
            assert keys(store, one.zones.restating) == stale_dates(store, one) == []
        inputs = [item for record in standing(store, dataset) for item in record.inputs]
        assert [item for item in inputs if item.books.unaccounted] == []
        report = reconcile(store, self.scenario.lake)
        faults = [fault for one in report.datasets for fault in one.faults]
        assert [*faults, *report.faults] == []

    def _check_rows(self, store: Store) -> None:
        """No row is there twice."""
        rows = table(store, "processed/")
        place = ["transaction_id", "source_file", "ingest_run_id", "line_number"]
        assert rows.select(place).n_unique() == rows.height
        places = rows.select("source_file", "ingest_run_id", "line_number")
        assert places.n_unique() == rows.height
        files = table_files(store, dataset_of(self.scenario.lake))
        gold = pl.concat(pl.read_parquet(BytesIO(store.read(info.key))) for info in files)
        gold = gold.with_columns(pl.col("timestamp").dt.date())
        key = [*dataset_of(self.scenario.lake).key, "timestamp"]
        assert gold.select(key).n_unique() == gold.height

    def _check_leftovers(self, store: Store) -> None:
        """What a dead run has staged is known as abandoned, and goes once it is old enough."""
        lake = self.scenario.lake
        intake = lake.intake.model_copy(update={"abandoned_hours": 0})
        abort_abandoned(store, lake.model_copy(update={"intake": intake}))
        left = list(store.abandoned(datetime.now(UTC)))
        assert left == []


def _keys(store: Store) -> list[str]:
    return [_plain(key) for key in keys(store)]
