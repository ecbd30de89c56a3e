"""A contract that gets a column: its tables get it too, and what they have stays."""

from pathlib import Path

import pytest

from lake_assets.jobs.repair.rebuild import rebuild_dates
from lake_assets.warehouse.columns import refuse_missing
from lake_assets.warehouse.duckdb_session import open_duckdb
from lake_assets.warehouse.errors import ColumnMismatch
from lake_assets.warehouse.load import load
from lake_assets.warehouse.sql import Field
from lake_assets.warehouse.star import star_of
from lake_assets_tests.jobs.club import ENGINE
from lake_assets_tests.warehouse.house import NOW, House, club, facts_with, wider

FACTS = "SELECT visit_id, {} FROM CLUB_DB.DW.FACT_VISIT ORDER BY visit_id"


@pytest.fixture
def old(house: House) -> House:
    """A warehouse with a member and a visit."""
    house.put("members", "m1,2025-06-01,a,Lyon")
    house.take("visits", "v1,2025-06-01,m1")
    return house


@pytest.fixture
def new(old: House) -> House:
    """The same under the contract of today, with another visit in gold."""
    new = House(old.store, wider(), old.path)
    new.files = old.files
    new.put("visits", "v2,2025-06-02,m1,late")
    new.publish()
    return new


def test_rows_that_are_there_have_null_and_their_keys_stay(old: House, new: House):
    (before,) = old.ask(FACTS.format("member_sk, loaded_at"))
    done = new.load()
    assert done["STG_VISITS"].dates == ("2025-06-02",)
    assert new.ask(FACTS.format("note")) == [("v1", None), ("v2", "late")]
    (first, second) = new.ask(FACTS.format("member_sk, loaded_at"))
    assert first == before, "nothing of the row is written again"
    assert second[1] == first[1]
    assert new.ask("SELECT visit_id, note FROM CLUB_DB.STAGING.STG_VISITS ORDER BY ALL") == [
        ("v1", None),
        ("v2", "late"),
    ]


def test_a_column_whose_values_are_staged_already_gets_them(old: House):
    chosen = House(old.store, club(facts_with("tariff_id")), old.path)
    assert chosen.ask(FACTS.format("tariff_id")) == [("v1", "a")]


def test_a_warehouse_that_only_an_administrator_alters_says_what_to_run(old: House, new: House):
    with old.open() as session, pytest.raises(ColumnMismatch) as raised:
        load(new.star, new.store, session, now=NOW)
    told = str(raised.value)
    assert "CLUB_DB.STAGING.STG_VISITS lacks note; CLUB_DB.DW.FACT_VISIT lacks note" in told
    assert "Run `lake warehouse ddl club --out DIRECTORY`" in told
    assert "35_new_columns.sql adds them" in told
    assert old.visits() == [("v1", "a", None)]


def test_a_required_column_is_none_that_can_be_added():
    with pytest.raises(ColumnMismatch, match=r"T lacks n\. One of them is required"):
        refuse_missing(star_of(club()), {'"T"': [Field("n", "string", required=True)]})
    refuse_missing(star_of(club()), {})


def test_a_date_of_an_earlier_contract_is_refused_until_it_is_made_again(
    new: House, tmp_path: Path
):
    with open_duckdb(tmp_path / "fresh.duckdb", new.star) as session:
        with pytest.raises(ColumnMismatch) as raised:
            load(new.star, new.store, session, now=NOW)
        assert "note is missing" in str(raised.value)
        assert "lake rebuild club/visits --dates 2025-06-01" in str(raised.value)
        rebuild_dates(new.store, new.lake.dataset("visits"), ENGINE, ["2025-06-01"])
        new.publish()
        load(new.star, new.store, session, now=NOW)
        assert session.execute(FACTS.format("note")) == [("v1", None), ("v2", "late")]
