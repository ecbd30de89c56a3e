"""Any history of drops, runs, crashes, replays and rebuilds leaves what a simple model expects."""

import os
import tempfile
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from lake_assets.contracts.dataset import Dataset, Versions
from lake_assets.contracts.lake import Lake
from lake_assets.contracts.rule import Rule
from lake_assets.engines.local import LocalEngine
from lake_assets.jobs.compaction.compact import compact
from lake_assets.jobs.pipeline import run_pipeline
from lake_assets.jobs.reconciling.reconcile import reconcile
from lake_assets.jobs.repair.rebuild import rebuild_dates
from lake_assets.jobs.repair.recover import recover_lake
from lake_assets.jobs.repair.replay import Selection, replay
from lake_assets.storage import ObjectExists, Store, open_store
from lake_assets.storage.zones import apart
from lake_assets_tests.jobs.lakes import (
    ARRIVED,
    Killed,
    assert_accounted,
    contract,
    drop,
    keys,
    killed_at,
    ledger,
    refused_files,
    rejects,
    stale_dates_of,
    table,
)
from lake_assets_tests.jobs.model import MOST, File, Model, Row

ONE = LocalEngine(1)
FEW = Rule(name="few", expression=f"quantity < {MOST}")
DAYS = [f"2025-05-{day}" for day in range(28, 31)]
MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None
"""Where syncing a file to the disk takes no time."""

names = st.sampled_from(["a.csv", "b.csv", "in/a.csv"])
ROWS: st.SearchStrategy[tuple[Row, ...]] = st.lists(
    st.tuples(
        st.sampled_from(["T1", "T2", "T3"]),
        st.sampled_from(DAYS),
        st.sampled_from([1, 2, 3, MOST, MOST + 1, "x"]),
    ),
    min_size=1,
    max_size=4,
).map(tuple)
hours = st.integers(0, 60)
selections = st.sampled_from(
    [
        Selection(),
        Selection(again=True),
        Selection(files=["a.csv"]),
        Selection(rejects=True),
        Selection(reasons=["BUSINESS_LOGIC_FAIL"]),
        Selection(reasons=["INVALID_NUMBER"]),
    ]
)


class LakeMachine(RuleBasedStateMachine):
    """A lake in a directory, and the model beside it."""

    versions: ClassVar[Versions]

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory(dir=MEMORY)
        self.store = open_store(self.folder.name)
        self.model = Model(self.versions is Versions.SUPERSEDE)
        self.version = 1
        self.dirty = False

    def teardown(self) -> None:
        self.folder.cleanup()

    @property
    def lake(self) -> Lake:
        return contract(
            contract_version=str(self.version),
            rules=[FEW] if self.version % 2 else [],
            versions=self.versions,
        )

    @property
    def dataset(self) -> Dataset:
        return self.lake.datasets[0]

    # --- files --------------------------------------------------------------

    @rule(name=names, rows=ROWS)
    def drop(self, name: str, rows: tuple[Row, ...]) -> None:
        self.land(name, rows)

    @rule(name=names)
    def drop_an_empty_file(self, name: str) -> None:
        self.land(name, ())

    @precondition(lambda self: self.model.everything)
    @rule(name=names, data=st.data())
    def drop_bytes_that_were_sent_before(self, name: str, data: st.DataObject) -> None:
        self.land(name, data.draw(st.sampled_from(self.model.everything)).rows)

    @precondition(lambda self: self.model.ingested)
    @rule(data=st.data())
    def send_a_correction_and_take_it_back(self, data: st.DataObject) -> None:
        """The bytes of a file come back under its name, twice, each time in a run of its own."""
        file = data.draw(st.sampled_from(self.model.ingested))
        for rows in (data.draw(ROWS), file.rows, file.rows):
            self.land(file.name, rows)
            self.run()

    def land(self, name: str, rows: tuple[Row, ...]) -> None:
        before = self.model.raw.get(name)
        if self.dirty and before and not before.rows:
            # A run may have died between the reason and the move. That the file is replaced then
            # leaves a reason alone, which `reconcile` tells: it cannot know that nothing is lost.
            return
        file = File(name, rows, ARRIVED)
        drop(self.store, name, file.data)
        file.arrived = self.store.head(f"raw/{name}").modified
        self.model.raw[name] = file

    @rule(name=names, rows=ROWS, hour=hours)
    def place_a_file_that_arrived_then(self, name: str, rows: tuple[Row, ...], hour: int) -> None:
        self.place(name, rows, hour)

    @precondition(lambda self: self.model.everything)
    @rule(name=names, hour=hours, data=st.data())
    def place_bytes_that_were_sent_before(self, name: str, hour: int, data: st.DataObject) -> None:
        rows = data.draw(st.sampled_from(self.model.everything)).rows
        if rows:
            self.place(name, rows, hour)

    def place(self, name: str, rows: tuple[Row, ...], hour: int) -> None:
        """Into validated/, with a stamp that no other file of that name has."""
        arrived = ARRIVED + timedelta(hours=hour)
        while any((one.name, one.arrived) == (name, arrived) for one in self.model.everything):
            arrived += timedelta(seconds=1)
        file = File(name, rows, arrived)
        drop(self.store, ".placed", file.data)
        waiting = self.store.head("raw/.placed")
        wanted = f"validated/{name}"
        try:
            self.store.move(waiting, wanted, arrived=arrived)
        except ObjectExists:
            self.store.move(waiting, apart(wanted, str(arrived)), arrived=arrived)
        self.model.validated.append(file)

    # --- jobs ---------------------------------------------------------------

    def run_all(self, store: Store) -> None:
        run_pipeline(store, self.lake, ONE)

    @rule()
    def run(self) -> None:
        self.run_all(self.store)
        self.dirty = False
        self.model.validate()
        while self.model.ingest(self.version):
            pass
        assert keys(self.store, "raw/") == keys(self.store, "validated/") == []
        assert stale_dates_of(self.store) == []
        assert_accounted(self.store)

    @rule(number=st.integers(1, 45), late=st.booleans())
    def crash_in_a_run(self, number: int, late: bool) -> None:
        self.crash(self.run_all, number, late)

    @rule()
    def recover(self) -> None:
        recover_lake(self.store, self.lake)
        # What validation has left half done, the next validation finishes.
        self.dirty = self.dirty and any(not file.rows for file in self.model.raw.values())

    @rule()
    def compact(self) -> None:
        compact(self.store, self.dataset, ONE)

    @rule()
    def change_the_contract(self) -> None:
        self.version += 1

    @rule(selection=selections)
    def replay(self, selection: Selection) -> None:
        self.recover()
        list(replay(self.store, self.dataset, ONE, selection))
        self.model.restate(lambda file: self.is_meant(file, selection), self.version)

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

    @rule(number=st.integers(1, 25), late=st.booleans(), selection=selections)
    def crash_in_a_replay(self, number: int, late: bool, selection: Selection) -> None:
        self.recover()
        self.crash(
            lambda store: void(list(replay(store, self.dataset, ONE, selection))), number, late
        )

    @rule(days=st.sets(st.sampled_from(DAYS), min_size=1))
    def rebuild(self, days: set[str]) -> None:
        self.recover()
        rebuild_dates(self.store, self.dataset, ONE, days)
        self.model.rebuild(days, self.version)

    @rule(
        days=st.sets(st.sampled_from(DAYS), min_size=1),
        number=st.integers(1, 25),
        late=st.booleans(),
    )
    def crash_in_a_rebuild(self, days: set[str], number: int, late: bool) -> None:
        self.recover()
        self.crash(lambda store: void(rebuild_dates(store, self.dataset, ONE, days)), number, late)

    def crash(self, work: Callable[[Store], None], number: int, late: bool) -> None:
        """Work that dies at a write, if it makes so many; the model learns how far it came."""
        try:
            work(killed_at(self.store, number, late=late))
        except Killed:
            self.dirty = True
        left = {key.removeprefix("raw/") for key in keys(self.store, "raw/")}
        self.model.validate(left)
        records = ledger(self.store)
        assert not left or len(records) == len(self.model.runs)
        while len(self.model.runs) < len(records):
            assert self.model.ingest(self.version)
        found = {
            (item.source_file, item.arrived): int(item.contract_version)
            for record in records
            for item in record.inputs
            if item.outcome == "ingested"
        }
        assert len(found) == len(self.model.ingested)
        for file in self.model.ingested:
            stands = found[file.name, file.arrived]
            assert stands in {file.version, self.version}
            file.version = stands

    # --- what must hold -----------------------------------------------------

    @invariant()
    def nothing_is_wrong_with_a_lake_at_rest(self) -> None:
        if not self.dirty:
            assert reconcile(self.store, self.lake).faults == []

    @invariant()
    def each_row_is_processed_or_rejected_once(self) -> None:
        if self.dirty:
            return
        found: Counter[tuple[str, datetime, str]] = Counter()
        if keys(self.store, "processed/"):
            columns = table(self.store, "processed/")
            found = Counter(
                (name, stamp.replace(tzinfo=UTC), version)
                for name, stamp, version in columns.select(
                    "source_file", "ingest_ts", "contract_version"
                ).rows()
            )
        assert found == self.model.processed()
        told = Counter((reject["source_file"], reject["raw_row"]) for reject in rejects(self.store))
        assert told == self.model.rejects()

    @invariant()
    def each_file_has_its_outcome(self) -> None:
        if self.dirty:
            return
        found = Counter(
            (item.source_file, item.arrived, item.outcome)
            for record in ledger(self.store)
            for item in record.inputs
        )
        assert found == Counter(
            (file.name, file.arrived, "duplicate" if file.duplicate else "ingested")
            for file in self.model.files
        )
        assert len(refused_files(self.store)) == self.model.refused.total()

    @invariant()
    def gold_that_is_not_stale_has_the_latest_row_of_each_key(self) -> None:
        if self.dirty or stale_dates_of(self.store):
            return
        found = {}
        if keys(self.store, "gold/"):
            for row in table(self.store, "gold/").rows(named=True):
                key = row["transaction_id"], row["timestamp"].date().isoformat()
                assert key not in found
                found[key] = (
                    row["quantity"],
                    row["source_file"],
                    row["line_number"],
                    row["ingest_ts"].replace(tzinfo=UTC),
                    row["contract_version"],
                )
        assert found == self.model.gold()


class AppendMachine(LakeMachine):
    versions = Versions.APPEND


class SupersedeMachine(LakeMachine):
    versions = Versions.SUPERSEDE


def void(_: object) -> None:
    pass


def profile(examples: int, steps: int, *, fixed: bool = True) -> settings:
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        derandomize=fixed,
        deadline=None,
        database=None,
        print_blob=True,
        suppress_health_check=list(HealthCheck),
    )


MACHINES = pytest.mark.parametrize("machine", [AppendMachine, SupersedeMachine])


@MACHINES
def test_any_history_of_a_lake_leaves_what_the_model_expects(machine: type[LakeMachine]) -> None:
    run_state_machine_as_test(machine, settings=profile(40, 25))


@pytest.mark.fuzz
@MACHINES
def test_long_histories_leave_what_the_model_expects(machine: type[LakeMachine]) -> None:
    examples = os.environ.get("LAKE_TEST_EXAMPLES")
    run_state_machine_as_test(
        machine, settings=profile(int(examples or 25), 60, fixed=examples is None)
    )
