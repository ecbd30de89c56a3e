"""Loading: what is published gets into the star schema, once, and in the order of its own time."""

import re
from contextlib import suppress
from datetime import date, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.lake import Lake
from lake_assets.jobs.compaction.compact import compact
from lake_assets.jobs.tables.current import gold_files
from lake_assets.jobs.tables.manifest import current_manifest
from lake_assets.storage import open_store
from lake_assets.storage.zones import manifest_key
from lake_assets.warehouse import plan
from lake_assets.warehouse.duckdb_session import open_duckdb
from lake_assets.warehouse.errors import ColumnMismatch, WarehouseError
from lake_assets.warehouse.load import RowsMissing, RowsMultiplied, load
from lake_assets_tests.jobs.club import ENGINE
from lake_assets_tests.jobs.lakes import counted, keys
from lake_assets_tests.warehouse.house import (
    NOW,
    VISITS,
    Death,
    Dying,
    House,
    Watched,
    club,
    members,
    warehouse,
)

JUNE = [date(2025, 6, day) for day in range(1, 31)]
EVERYTHING = (
    "SELECT * EXCLUDE (loaded_at) FROM CLUB_DB.DW.DIM_MEMBER ORDER BY ALL",
    "SELECT * EXCLUDE (loaded_at) FROM CLUB_DB.DW.DIM_TARIFF ORDER BY ALL",
    "SELECT * EXCLUDE (loaded_at) FROM CLUB_DB.DW.FACT_VISIT ORDER BY ALL",
    "SELECT * FROM CLUB_DB.STAGING.STG_MEMBERS ORDER BY ALL",
    "SELECT * FROM CLUB_DB.STAGING.STG_VISITS ORDER BY ALL",
    "SELECT * EXCLUDE (loaded_at) FROM CLUB_DB.STAGING.LOAD_LEDGER ORDER BY ALL",
    "SELECT * FROM CLUB_DB.STAGING.TOUCHED_KEYS",
)


def content(house: House) -> list[list[tuple[object, ...]]]:
    """All that the warehouse holds but the times of loads."""
    with house.open() as session:
        return [session.execute(sql) for sql in EVERYTHING]


@pytest.fixture
def filled(house: House) -> House:
    """Two tariffs, two members of whom one changes, and their visits; not loaded yet."""
    house.put("tariffs", "a,2025-06-01,Basic,10", "b,2025-06-01,Gold,20")
    house.put("members", "m1,2025-06-01,a,Lyon", "m2,2025-06-01,a,Nice")
    house.put("members", "m1,2025-06-03,b,Lyon")
    house.put("visits", "v1,2025-06-01,m1", "v2,2025-06-03,m1", "v3,2025-06-04,m2")
    house.publish()
    return house


class TestHistory:
    def test_a_change_ends_a_version_and_begins_another_at_its_own_time(self, filled: House):
        filled.load()
        assert filled.members() == [
            ("m1", 1, "a", JUNE[0], JUNE[2]),
            ("m1", 2, "b", JUNE[2], None),
            ("m2", 1, "a", JUNE[0], None),
        ]
        assert filled.members("is_current") == [(False,), (True,), (True,)]

    def test_two_versions_in_one_load_are_those_of_two_loads(self, filled: House, tmp_path: Path):
        filled.load()
        (tmp_path / "other").mkdir()
        store = open_store(str(tmp_path / "other"))
        slow = House(store, club(), tmp_path / "other.duckdb")
        slow.take("tariffs", "a,2025-06-01,Basic,10", "b,2025-06-01,Gold,20")
        slow.take("members", "m1,2025-06-01,a,Lyon", "m2,2025-06-01,a,Nice")
        slow.take("members", "m1,2025-06-03,b,Lyon")
        told = ("member_sk", "member_id", "version", "effective_from", "effective_to", "is_current")
        assert slow.members(*told) == filled.members(*told)

    def test_what_does_not_change_begins_no_version(self, filled: House):
        filled.load()
        before = filled.members("member_sk")
        filled.take("members", "m2,2025-06-09,a,Cannes")
        assert filled.members("member_sk") == before
        assert filled.members("member_id", "town")[-1] == ("m2", "Cannes"), "type 1 within it"

    def test_a_value_that_comes_back_is_a_version_of_its_own(self, filled: House):
        filled.take("members", "m1,2025-06-05,a,Lyon")
        assert [row[2] for row in filled.members()] == ["a", "b", "a", "a"]

    def test_a_null_is_a_value_too(self, filled: House):
        filled.take("members", "m2,2025-06-05,,Nice")
        filled.take("members", "m2,2025-06-07,,Nice")
        assert filled.members()[2:] == [
            ("m2", 1, "a", JUNE[0], JUNE[4]),
            ("m2", 2, None, JUNE[4], None),
        ]

    def test_a_member_seen_late_splits_history_and_its_visits_follow(self, tmp_path: Path):
        (tmp_path / "lake").mkdir()
        store = open_store(str(tmp_path / "lake"))
        house = House(store, uncarried(), tmp_path / "late.duckdb")
        house.take("members", "m1,2025-06-01,a,Lyon")
        house.take("members", "m1,2025-06-10,c,Lyon")
        house.take("visits", "v1,2025-06-02,m1", "v2,2025-06-07,m1", "v3,2025-06-12,m1")
        before = {row[0]: row[1] for row in house.members("version", "member_sk")}
        assert tariffs(house) == ["a", "a", "c"]
        house.take("members", "m1,2025-06-05,b,Lyon")
        assert [row[2:] for row in house.members()] == [
            ("a", JUNE[0], JUNE[4]),
            ("b", JUNE[4], JUNE[9]),
            ("c", JUNE[9], None),
        ]
        after = {row[0]: row[1] for row in house.members("version", "member_sk")}
        assert (after[1], after[3]) == (before[1], before[2]), "those that stay keep their keys"
        assert tariffs(house) == ["a", "b", "c"]

    def test_a_version_that_began_earlier_takes_its_visits_along(self, tmp_path: Path):
        (tmp_path / "lake").mkdir()
        store = open_store(str(tmp_path / "lake"))
        house = House(store, uncarried(), tmp_path / "late.duckdb")
        house.take("members", "m1,2025-06-01,a,Lyon", "m2,2025-06-01,z,Lyon")
        house.take("members", "m1,2025-06-10,b,Lyon")
        house.take("visits", "v1,2025-06-07,m1", "v2,2025-06-12,m1")
        house.take("members", "m1,2025-06-05,b,Lyon")
        assert [row[2:] for row in house.members()][:2] == [
            ("a", JUNE[0], JUNE[4]),
            ("b", JUNE[4], None),
        ]
        assert tariffs(house) == ["b", "b"]

    def test_where_rows_are_carried_the_latest_arrival_wins_as_in_gold(self, filled: House):
        filled.load()
        filled.take("members", "m1,2025-06-02,z,Gap")
        assert filled.members()[:2] == [
            ("m1", 1, "a", JUNE[0], JUNE[1]),
            ("m1", 2, "z", JUNE[1], None),
        ]


def uncarried() -> Lake:
    """The club with each date's members apart, whose visits know members alone."""
    section = warehouse()
    section["facts"][0]["dimensions"] = section["facts"][0]["dimensions"][:1]
    section["facts"][0]["columns"] = ["member_id"]
    return club(section, members={"snapshots": True}, visits={"snapshots": True})


def tariffs(house: House) -> list[str]:
    """That of each visit, by its version of the member."""
    return [
        tariff
        for (tariff,) in house.ask(
            "SELECT m.tariff_id FROM CLUB_DB.DW.FACT_VISIT v LEFT JOIN CLUB_DB.DW.DIM_MEMBER m "
            "ON m.member_sk = v.member_sk ORDER BY visit_id"
        )
    ]


class TestFacts:
    def test_a_visit_has_the_version_of_its_own_time(self, filled: House):
        filled.load()
        assert [row[:2] for row in filled.visits()] == [("v1", "a"), ("v2", "b"), ("v3", "a")]

    def test_a_visit_before_the_first_version_has_that_first_version(self, filled: House):
        filled.take("visits", "v0,2025-02-01,m1")
        assert filled.visits()[0][:2] == ("v0", "a")

    def test_a_member_who_comes_after_the_visit_is_joined_then(self, filled: House):
        filled.take("visits", "v4,2025-06-02,m9")
        assert filled.visits()[-1] == ("v4", None, None)
        filled.take("members", "m9,2025-06-05,b,Metz")
        assert filled.visits()[-1][:2] == ("v4", "b")

    def test_a_visit_told_on_two_dates_is_there_once_as_it_came_last(self, filled: House):
        filled.take("visits", "v1,2025-06-04,m1")
        assert filled.visits()[0][:2] == ("v1", "b")
        assert filled.ask("SELECT COUNT(*) FROM CLUB_DB.DW.FACT_VISIT") == [(3,)]
        assert filled.ask("SELECT COUNT(*) FROM CLUB_DB.STAGING.STG_VISITS") == [(4,)]

    def test_a_key_that_is_in_a_table_twice_stops_the_load(self, filled: House):
        filled.load()
        double = "INSERT INTO CLUB_DB.DW.FACT_VISIT SELECT * FROM CLUB_DB.DW.FACT_VISIT"
        filled.ask(double)
        filled.put("visits", "v1,2025-06-01,m2")
        filled.publish()
        with pytest.raises(RowsMultiplied, match=r"FACT_VISIT would have .* rows"):
            filled.load()


class TestOnce:
    def test_a_load_reads_only_what_is_new(self, filled: House):
        first = filled.load()
        assert first["STG_VISITS"].dates == ("2025-06-01", "2025-06-03", "2025-06-04")
        watched, calls = counted(filled.store)
        assert [one.files for one in filled.load(watched).values()] == [0, 0, 0]
        assert set(calls) == {"list"}, "a listing a dataset, and nothing read"
        filled.put("visits", "v5,2025-06-08,m1")
        filled.publish()
        again = filled.load()
        assert (again["STG_VISITS"].dates, again["STG_VISITS"].rows) == (("2025-06-08",), 1)

    def test_loading_again_from_scratch_of_the_ledger_changes_no_row(self, filled: House):
        filled.load()
        before = content(filled)
        filled.ask("DELETE FROM CLUB_DB.STAGING.LOAD_LEDGER")
        filled.load(now=NOW + timedelta(days=1))
        assert content(filled) == before
        stamps = "SELECT DISTINCT loaded_at FROM CLUB_DB.DW.{}"
        for table in ("DIM_MEMBER", "DIM_TARIFF", "FACT_VISIT"):
            assert filled.ask(stamps.format(table)) == [(NOW.replace(tzinfo=None),)]

    def test_a_new_warehouse_has_the_same_surrogate_keys(self, filled: House, tmp_path: Path):
        filled.take("members", "m3,2025-06-05,a,Metz")
        filled.take("members", "m2,2025-06-06,b,Metz")
        fresh = House(filled.store, filled.lake, tmp_path / "fresh.duckdb")
        fresh.load()
        assert content(fresh) == content(filled)

    def test_rows_that_a_table_carries_are_staged_once(self, filled: House):
        filled.load()
        staged = "SELECT member_id, lake_date FROM CLUB_DB.STAGING.STG_MEMBERS ORDER BY ALL"
        assert filled.ask(staged) == [("m1", JUNE[0]), ("m1", JUNE[2]), ("m2", JUNE[0])]

    def test_a_snapshot_that_is_replaced_takes_its_rows_along(self, filled: House):
        filled.load()
        visits = filled.lake.dataset("visits")
        for key in keys(filled.store, "processed/visits/date=2025-06-03/"):
            filled.store.delete(key)
        compact(filled.store, visits, ENGINE, force_dates=["2025-06-03"])
        done = filled.load()["STG_VISITS"]
        assert (done.dates, done.files, done.rows) == (("2025-06-03",), 0, 0)
        assert [row[0] for row in filled.visits()] == ["v1", "v3"]
        assert filled.load()["STG_VISITS"].dates == (), "the empty snapshot is in the ledger"

    def test_a_member_whose_rows_are_gone_leaves_the_dimension_and_its_visits(self, filled: House):
        filled.take("members", "m7,2025-06-09,b,Metz")
        filled.take("visits", "v7,2025-06-10,m7")
        assert filled.visits()[-1][:2] == ("v7", "b")
        for key in keys(filled.store, "processed/members/date=2025-06-09/"):
            filled.store.delete(key)
        compact(filled.store, filled.lake.dataset("members"), ENGINE, force_dates=["2025-06-09"])
        filled.load()
        assert "m7" not in {row[0] for row in filled.members()}
        assert filled.visits()[-1][:2] == ("v7", None)

    def test_the_ledger_names_every_file_with_its_etag_and_rows(self, filled: House):
        filled.load()
        found = filled.ask(
            "SELECT file, etag, row_count, snapshot FROM CLUB_DB.STAGING.LOAD_LEDGER "
            "WHERE dataset = 'visits' ORDER BY lake_date"
        )
        manifests = [
            current_manifest(filled.store, filled.lake.dataset("visits"), day)
            for day in ("2025-06-01", "2025-06-03", "2025-06-04")
        ]
        assert found == [
            (one.files[0].key, one.files[0].etag, one.rows, one.snapshot)
            for one in manifests
            if one
        ]

    @pytest.mark.slow
    @pytest.mark.parametrize("late", [False, True], ids=["before", "after"])
    def test_whoever_dies_at_any_statement_is_finished_by_the_next(self, filled: House, late: bool):
        filled.load()
        expected = content(filled)
        for number in count(1):
            with open_duckdb(Path(":memory:"), filled.star) as session:
                try:
                    load(filled.star, filled.store, Dying(session, number, late=late), now=NOW)
                    break
                except Death:
                    with suppress(WarehouseError):  # the dead one's connection ends
                        session.execute("ROLLBACK")
                load(filled.star, filled.store, session, now=NOW)
                assert [session.execute(sql) for sql in EVERYTHING] == expected
        assert number > 40

    def test_many_files_are_loaded_in_several_transactions(
        self, filled: House, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr(plan, "MAX_FILES", 1)
        monkeypatch.setattr("lake_assets.warehouse.load.MAX_FILES", 1)
        with filled.open() as session:
            watched = Watched(session)
            load(filled.star, filled.store, watched, now=NOW)
        assert watched.said.count("COMMIT") == 6
        assert watched.copies == [1] * 6
        assert [row[1] for row in filled.visits()] == ["a", "b", "a"]

    def test_who_loads_at_the_same_time_finds_the_work_done(self, filled: House):
        """The plan is older than the ledger that is read within the transaction."""
        with filled.open() as session:
            other = Watched(session, lambda: load(filled.star, filled.store, session, now=NOW))
            done = load(filled.star, filled.store, other, now=NOW)
        assert [one.files for one in done] == [0, 0, 0]
        assert other.copies == []


class TestRefusals:
    def test_another_name_for_a_column_is_refused_and_loads_no_nulls(self, filled: House):
        """A COPY by name would have filled `seen_on` with nulls."""
        self.change_manifest(filled, '"name": "seen_on"', '"name": "happened_at"')
        with pytest.raises(ColumnMismatch) as raised:
            filled.load()
        told = str(raised.value)
        assert "STG_VISITS cannot take the snapshot 0001-" in told
        assert "seen_on is missing; happened_at is unknown to the contract" in told
        assert filled.ask("SELECT * FROM CLUB_DB.STAGING.STG_VISITS") == []
        assert len(filled.members()) == 3, "what was loaded before stays"

    def test_another_type_is_refused(self, filled: House):
        self.change_manifest(filled, '"type": "timestamp"', '"type": "string"')
        with pytest.raises(ColumnMismatch, match="seen_on is string and should be timestamp"):
            filled.load()

    def test_a_file_without_the_column_is_refused_whatever_its_manifest_says(self, filled: House):
        with filled.open() as session, pytest.raises(WarehouseError, match=r"(?i)not null"):
            session.execute(
                "INSERT INTO CLUB_DB.STAGING.STG_VISITS (visit_id) VALUES ('without a time')"
            )

    def test_rows_that_the_manifest_does_not_promise_are_refused(self, filled: House):
        self.change_manifest(filled, '"rows": 1', '"rows": 2')
        with pytest.raises(RowsMissing, match=r"got 1 rows of 2025-06-03, .* says 2"):
            filled.load()
        assert filled.visits() == []
        assert filled.ask("SELECT * FROM CLUB_DB.STAGING.TOUCHED_KEYS") == []

    def test_a_file_of_other_bytes_is_refused(self, filled: House):
        visits: Dataset = filled.lake.dataset("visits")
        (first,) = gold_files(filled.store, visits, "2025-06-01")
        (third,) = gold_files(filled.store, visits, "2025-06-03")
        filled.store.put(third.key, filled.store.read(first.key))
        with pytest.raises(WarehouseError, match="is not the file that its manifest names"):
            filled.load()

    def change_manifest(self, house: House, old: str, new: str) -> None:
        """Of the visits of one date, wherever that text stands."""
        visits = house.lake.dataset("visits")
        manifest = current_manifest(house.store, visits, "2025-06-03")
        assert manifest
        key = manifest_key(visits, "2025-06-03", manifest.snapshot)
        text = house.store.read(key).decode()
        assert old in text
        house.store.put(key, re.sub(re.escape(old), new, text).encode())


def test_a_date_column_and_ingest_ts_can_be_the_time_of_a_version(house: House, tmp_path: Path):
    section = warehouse()
    section["dimensions"][1].pop("effective")
    other = House(house.store, club(section), tmp_path / "arrival.duckdb")
    other.take("members", "m1,2025-06-01,a,Lyon")
    other.take("members", "m1,2025-06-02,b,Lyon")
    found = other.members("effective_from", "effective_to")
    assert found == [
        (datetime(2025, 6, 11, 8), datetime(2025, 6, 12, 8)),
        (datetime(2025, 6, 12, 8), None),
    ]


def test_all_columns_are_taken_where_none_are_named(house: House, tmp_path: Path):
    section = warehouse()
    section["dimensions"][1].pop("columns")
    section["facts"][0].pop("columns")
    other = House(house.store, club(section), tmp_path / "all.duckdb")
    # The tariff's fee is looked up, and might be another by now: it is DIM_TARIFF's.
    assert [field.name for field in other.star.dimensions[1].values][:5] == [
        "member_id",
        "seen_on",
        "tariff_id",
        "town",
        "source_file",
    ]
    assert {"fee", "tariff"} <= {field.name for field in other.star.stages[2].gold}
    other.take("members", "m1,2025-06-01,a,Lyon")
    other.take("visits", "v1,2025-06-01,m1")
    with other.open() as session:
        assert session.execute(VISITS) == [("v1", "a", None)]
        assert session.execute(members("member_id", "town")) == [("m1", "Lyon")]
