"""Telco in the warehouse, loaded day by day into DuckDB, against the truth."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl
import pytest

from lake_assets.samples import SampleFile, TelcoScale, TelcoTruth, telco_files, telco_truth
from lake_assets.storage import Store, open_store
from lake_assets.warehouse.load import Loaded, load
from lake_assets.warehouse.session import Session
from lake_assets.warehouse.star import Star, star_of
from lake_assets.warehouse.target import open_warehouse
from lake_assets_tests.telco_lake import arrive, day_of_file, run, telco

SCALE: TelcoScale = {"customers": 120, "plans": 6, "events": 240, "days": 12}
HISTORY = ["email", "phone", "plan_id", "status"]


@dataclass
class House:
    """A warehouse that has loaded after each day."""

    store: Store
    star: Star
    session: Session
    truth: TelcoTruth

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in self.session.execute(query)]

    def load(self) -> list[Loaded]:
        return load(self.star, self.store, self.session)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    store = open_store(str(tmp_path_factory.mktemp("lake")))
    database = tmp_path_factory.mktemp("warehouse") / "telco.duckdb"
    star = star_of(telco())
    days: dict[date, list[SampleFile]] = {}
    for file in telco_files(**SCALE):
        days.setdefault(day_of_file(file), []).append(file)
    with open_warehouse(f"duckdb:{database}", star, None) as session:
        made = House(store, star, session, telco_truth(**SCALE))
        for day, files in sorted(days.items()):
            for file in files:
                arrive(store, file, day)
            run(store)
            made.load()
        yield made


def test_each_event_is_there_once_and_leads_to_its_customer(house: House) -> None:
    ((rows, events, found),) = house.rows(
        """
        SELECT COUNT(*), COUNT(DISTINCT event_id), COUNT(customer_sk)
        FROM TELCO_DB.DW.FACT_ACTIVITY
        """
    )
    assert rows == events == sum(house.truth.events.values())
    assert rows - found == sum(house.truth.orphans.values()) > 0


def test_the_versions_of_a_customer_begin_when_a_file_told_of_a_change(house: House) -> None:
    found = house.rows(
        "SELECT customer_id, CAST(effective_from AS DATE) FROM TELCO_DB.DW.DIM_CUSTOMER"
    )
    changes = house.truth.history.filter(pl.col("attribute").is_in(HISTORY))
    wanted = changes.select("customer_id", "since").unique().rows()
    assert sorted(found, key=str) == sorted(wanted, key=str)
    assert len(wanted) > SCALE["customers"]


def test_an_event_leads_to_the_version_of_its_own_time(house: House) -> None:
    ((odd,),) = house.rows(
        """
        SELECT COUNT(*)
        FROM TELCO_DB.DW.FACT_ACTIVITY f JOIN TELCO_DB.DW.DIM_CUSTOMER c USING (customer_sk)
        WHERE f.event_timestamp >= c.effective_to
           OR (f.event_timestamp < c.effective_from AND c.version > 1)
        """
    )
    assert odd == 0


def test_a_plan_is_one_row_with_its_latest_price(house: House) -> None:
    found = dict(house.rows("SELECT plan_id, monthly_price FROM TELCO_DB.DW.DIM_PLAN"))
    staged = dict(house.rows("SELECT plan_id, monthly_price FROM TELCO_DB.STAGING.STG_PLANS"))
    assert len(found) == SCALE["plans"]
    assert found.items() <= staged.items()


def test_a_second_load_does_nothing(house: House) -> None:
    before = house.rows("SELECT * FROM TELCO_DB.DW.DIM_CUSTOMER ORDER BY customer_sk")
    assert [(one.dates, one.rows) for one in house.load()] == [((), 0)] * 3
    assert house.rows("SELECT * FROM TELCO_DB.DW.DIM_CUSTOMER ORDER BY customer_sk") == before
