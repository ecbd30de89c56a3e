"""Any history of NDJSON files, arrival dates and tables on tables leaves what a model expects."""

import io
import os
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta

import polars as pl
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.lake import Lake
from lake_assets.jobs.compaction.compact import compact, stale_dates
from lake_assets.jobs.pipeline import run_pipeline
from lake_assets.jobs.reconciling.reconcile import reconcile
from lake_assets.jobs.repair.rebuild import rebuild_dates
from lake_assets.jobs.repair.recover import recover_lake
from lake_assets.jobs.repair.replay import Selection, replay
from lake_assets.jobs.tables.current import newest_table, version_files
from lake_assets.jobs.tables.manifest import Manifest, history, manifests
from lake_assets.storage import ObjectExists, Store, open_store
from lake_assets.storage.ledger import Commit, standing
from lake_assets.storage.zones import apart
from lake_assets_tests.jobs.lakes import ARRIVED, Killed, contents, keys, killed_at
from lake_assets_tests.jobs.model import MOST, File, Row
from lake_assets_tests.jobs.tables_model import (
    CARRYING,
    KINDS,
    LOOKED_UP,
    StatesModel,
    TableFile,
    TablesModel,
    lake,
)
from lake_assets_tests.jobs.test_stateful import MEMORY, ONE, hours, profile, selections

DAYS = ["2025-06-01", "2025-06-02", "2025-06-03"]
"""Of arrivals; orders are of these dates, too."""
kinds = st.sampled_from(KINDS)
names = st.sampled_from(["a", "in/a", "b"])
days = st.sets(st.sampled_from(DAYS), min_size=1)
ROWS: st.SearchStrategy[tuple[Row, ...]] = st.lists(
    st.tuples(
        st.sampled_from(["1", "2", "3"]),
        st.sampled_from(DAYS),
        st.sampled_from([1, 2, 3, MOST, MOST + 1, "x"]),
    ),
    min_size=1,
    max_size=3,
).map(tuple)


class TablesMachine(RuleBasedStateMachine):
    """A lake in a directory, and the model beside it."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory(dir=MEMORY)
        self.store = open_store(self.folder.name)
        self.model = TablesModel()
        self.version = 1
        self.dirty = False
        self.published: dict[str, str] = {}
        for kind in KINDS:
            self.place(kind, "first", (("1", DAYS[1], 1), ("2", DAYS[1], 2)), 24)
        self.run()

    def teardown(self) -> None:
        self.folder.cleanup()

    @property
    def lake(self) -> Lake:
        return lake(self.version)

    def dataset(self, kind: str) -> Dataset:
        return self.lake.dataset(kind)

    # --- files --------------------------------------------------------------

    @rule(kind=kinds, name=names, rows=ROWS, hour=hours)
    def take_in(self, kind: str, name: str, rows: tuple[Row, ...], hour: int) -> None:
        self.place(kind, name, rows, hour)
        self.run()

    @rule(kind=kinds, name=names, rows=ROWS, hour=hours)
    def place(self, kind: str, name: str, rows: tuple[Row, ...], hour: int) -> None:
        """A file into validated/, with a stamp that no other file of that name has."""
        files = self.model.of[kind]
        name += ".csv" if kind == "makers" else ".ndjson"
        arrived = ARRIVED + timedelta(hours=hour)
        while any((one.name, one.arrived) == (name, arrived) for one in files.everything):
            arrived += timedelta(seconds=1)
        file = TableFile(name, rows, arrived, kind=kind)
        zones = self.dataset(kind).zones
        self.store.put(f"{zones.raw}.placed", file.data)
        waiting = self.store.head(f"{zones.raw}.placed")
        wanted = zones.validated + name
        try:
            self.store.move(waiting, wanted, arrived=arrived)
        except ObjectExists:
            self.store.move(waiting, apart(wanted, str(arrived)), arrived=arrived)
        files.validated.append(file)

    @precondition(lambda self: any(one.everything for one in self.model.of.values()))
    @rule(name=names, hour=hours, data=st.data())
    def place_bytes_that_were_sent_before(self, name: str, hour: int, data: st.DataObject) -> None:
        known = [(kind, file) for kind in KINDS for file in self.model.of[kind].everything]
        kind, file = data.draw(st.sampled_from(known))
        self.place(kind, name, file.rows, hour)

    # --- jobs ---------------------------------------------------------------

    def run_all(self, store: Store) -> None:
        run_pipeline(store, self.lake, ONE)

    @rule()
    def run(self) -> None:
        self.run_all(self.store)
        self.dirty = False
        for kind, files in self.model.of.items():
            self.learn(kind)
            while files.ingest(self.version):
                pass
        for kind in KINDS:
            assert keys(self.store, self.dataset(kind).zones.validated) == []
            assert stale_dates(self.store, self.dataset(kind)) == []

    def learn(self, kind: str) -> list[Commit]:
        """What the ledger has; the model is told which files were duplicates."""
        records = list(standing(self.store, self.dataset(kind)))
        files = self.model.of[kind]
        if isinstance(files, StatesModel):
            files.told = {
                (item.source_file, item.arrived): item.outcome == "duplicate"
                for record in records
                for item in record.inputs
            }
        return records

    @rule(kind=kinds)
    def compact(self, kind: str) -> None:
        compact(self.store, self.dataset(kind), ONE, lake=self.lake)

    @rule()
    def change_the_contract(self) -> None:
        self.version += 1

    @rule(kind=kinds, selection=selections)
    def replay(self, kind: str, selection: Selection) -> None:
        recover_lake(self.store, self.lake)
        list(replay(self.store, self.dataset(kind), ONE, selection))
        self.model.of[kind].restate(lambda file: self.is_meant(file, selection), self.version)

    def is_meant(self, file: File, selection: Selection) -> bool:
        if file.version == self.version and not selection.again:
            return False
        if selection.files and file.name not in selection.files:
            return False
        reasons = {
            "INVALID_NUMBER" if row[2] == "x" else "BUSINESS_LOGIC_FAIL" for row in file.rejected
        }
        if selection.reasons:
            return not reasons.isdisjoint(selection.reasons)
        return bool(reasons) or not selection.rejects

    @rule(kind=kinds, some=days)
    def rebuild(self, kind: str, some: set[str]) -> None:
        recover_lake(self.store, self.lake)
        rebuild_dates(self.store, self.dataset(kind), ONE, some)
        self.model.of[kind].rebuild(some, self.version)

    @rule(kind=kinds, some=days, selection=selections, data=st.data())
    def crash(self, kind: str, some: set[str], selection: Selection, data: st.DataObject) -> None:
        """In any of the jobs."""
        dataset, of = self.dataset(kind), self.lake
        jobs: list[tuple[int, Callable[[Store], object]]] = [
            (60, self.run_all),
            (20, lambda store: compact(store, dataset, ONE, lake=of)),
            (25, lambda store: list(replay(store, dataset, ONE, selection))),
            (25, lambda store: rebuild_dates(store, dataset, ONE, some)),
        ]
        most, work = data.draw(st.sampled_from(jobs))
        recover_lake(self.store, of)
        self.die(work, data.draw(st.integers(1, most)), late=data.draw(st.booleans()))

    def die(self, work: Callable[[Store], object], number: int, *, late: bool) -> None:
        """Work that dies at a write, if it makes so many; the model learns how far it came."""
        try:
            work(killed_at(self.store, number, late=late))
        except Killed:
            self.dirty = True
        for kind, files in self.model.of.items():
            records = self.learn(kind)
            while len(files.runs) < len(records):
                assert files.ingest(self.version)
            found = {
                (item.source_file, item.arrived): int(item.contract_version)
                for record in records
                for item in record.inputs
                if item.outcome == "ingested"
            }
            assert len(found) == len(files.ingested)
            for file in files.ingested:
                stands = found[file.name, file.arrived]
                assert stands in {file.version, self.version}
                file.version = stands

    # --- what must hold -----------------------------------------------------

    @invariant()
    def what_a_loader_was_told_of_never_changes(self) -> None:
        there = {info.key: info.etag for info in self.store.list("staging/")}
        assert there.items() >= self.published.items()
        for kind in KINDS:
            for manifest in self.snapshots(kind):
                assert {file.key for file in manifest.files} <= there.keys()
                self.published |= {file.key: there[file.key] for file in manifest.files}

    def snapshots(self, kind: str) -> Iterator[Manifest]:
        """All of a dataset's; those of a date follow each other."""
        for day in DAYS:
            before = None
            for manifest in history(self.store, self.dataset(kind), day):
                assert manifest.previous == before or self.dirty
                before = manifest.snapshot
                yield manifest

    @invariant()
    def nothing_is_wrong_with_a_lake_at_rest(self) -> None:
        if not self.dirty:
            assert reconcile(self.store, self.lake).faults == []

    @invariant()
    def each_row_is_processed_or_rejected_once(self) -> None:
        for kind, files in self.model.of.items():
            if self.dirty:
                return
            zones = self.dataset(kind).zones
            rows = self.rows(keys(self.store, zones.processed))
            found = Counter((row["source_file"], row["contract_version"]) for row in rows)
            expected: Counter[tuple[str, str]] = Counter()
            for (name, _, version), count in files.processed().items():
                expected[name, version] += count
            assert found == expected
            written = contents(self.store, f"{zones.rejected_rows}json/").values()
            assert sum(len(data.splitlines()) for data in written) == files.rejects().total()

    @invariant()
    def tables_that_are_not_stale_are_those_of_the_model(self) -> None:
        if self.dirty or any(stale_dates(self.store, self.dataset(kind)) for kind in KINDS):
            return
        for kind in KINDS:
            found = {}
            for manifest in manifests(self.store, self.dataset(kind)):
                rows = self.rows([file.key for file in manifest.files])
                assert len(rows) == manifest.rows == len({row["id"] for row in rows})
                self.check_lookups(kind, manifest, rows)
                if rows:
                    found[manifest.date] = {
                        row["id"]: (row["quantity"], row["source_file"], row["line_number"])
                        for row in rows
                    }
            assert found == self.model.tables(kind)

    def check_lookups(self, kind: str, manifest: Manifest, rows: list[dict[str, object]]) -> None:
        """Each row has what the table that its manifest names says; the newest, what holds now."""
        if kind not in LOOKED_UP:
            assert manifest.lookups == ()
            return
        other = self.dataset(LOOKED_UP[kind])
        (version,) = manifest.lookups
        there = self.rows([info.key for info in version_files(self.store, other, version)])
        known = {row["id"]: row["quantity"] for row in there}
        assert [row["found"] for row in rows] == [known.get(row["group"]) for row in rows]
        mine = newest_table(self.store, self.dataset(kind))
        if kind in CARRYING and mine and mine.version.date == manifest.date:
            now = newest_table(self.store, other)
            assert (now.version if now else None) == (version if version.snapshot else None)

    def rows(self, found: list[str]) -> list[dict[str, object]]:
        return [
            row
            for key in found
            for row in pl.read_parquet(io.BytesIO(self.store.read(key))).to_dicts()
        ]


def test_any_history_of_tables_leaves_what_the_model_expects() -> None:
    run_state_machine_as_test(TablesMachine, settings=profile(8, 10))


@pytest.mark.fuzz
def test_long_histories_of_tables_leave_what_the_model_expects() -> None:
    examples = os.environ.get("LAKE_TEST_EXAMPLES")
    run_state_machine_as_test(
        TablesMachine, settings=profile(int(examples or 12), 40, fixed=examples is None)
    )
