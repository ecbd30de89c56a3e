"""A year of customers files that arrive day by day: the snapshots hold every change there was."""

from datetime import date
from itertools import pairwise

import polars as pl
import pytest

from lake_assets.jobs.tables.current import audited_dates
from lake_assets.jobs.tables.manifest import current_manifest, manifests
from lake_assets.samples import SampleFile, TelcoScale, telco_files, telco_truth
from lake_assets.samples.telco_states import ATTRIBUTES
from lake_assets.storage import Store, open_store
from lake_assets_tests.telco_lake import arrive, day_of_file, parquet, run, telco

SCALE: TelcoScale = {"customers": 500, "plans": 8, "events": 60, "days": 60}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A lake after a run on each day on which plans or customers came."""
    made = open_store(str(tmp_path_factory.mktemp("lake")))
    days: dict[date, list[SampleFile]] = {}
    for file in telco_files(**SCALE, datasets=["plans", "customers"]):
        days.setdefault(day_of_file(file), []).append(file)
    for day, files in days.items():
        for file in files:
            arrive(made, file, day)
        run(made)
    return made


def tables(store: Store, name: str) -> dict[date, pl.DataFrame]:
    """The table of each date, as its manifest has it."""
    dataset = telco().dataset(name)
    found = {}
    for day in audited_dates(store, dataset):
        manifest = current_manifest(store, dataset, day)
        assert manifest
        found[date.fromisoformat(day)] = parquet(store, [file.key for file in manifest.files])
    return found


def test_each_date_has_every_customer_known_by_then(store: Store) -> None:
    found = tables(store, "customers")
    assert len(found) == 12
    assert {table.height for table in found.values()} == {500}


def test_the_dates_tell_the_history_of_each_attribute(store: Store) -> None:
    rows = pl.concat(
        table.select("customer_id", *ATTRIBUTES, pl.lit(day).alias("since"))
        for day, table in tables(store, "customers").items()
    )
    long = rows.unpivot(
        ATTRIBUTES, index=["customer_id", "since"], variable_name="attribute", value_name="value"
    ).sort("customer_id", "attribute", "since")
    over = ("customer_id", "attribute")
    first = pl.int_range(pl.len()).over(over) == 0
    found = long.filter(first | pl.col("value").ne_missing(pl.col("value").shift(1).over(over)))
    wanted = telco_truth(**SCALE).history
    assert found.select(wanted.columns).equals(wanted)


def test_the_prices_of_a_date_are_those_that_held_on_it(store: Store) -> None:
    first, second = tables(store, "plans").values()
    changed = first.join(second, on="plan_id").filter(
        pl.col("monthly_price") != pl.col("monthly_price_right")
    )
    assert 0 < changed.height < 8
    known = dict(second.select("plan_id", "monthly_price").iter_rows())
    *_, newest = tables(store, "customers").values()
    with_plan = newest.filter(pl.col("plan_id").is_in(list(known)))
    assert with_plan.height > 400
    prices = with_plan.select("plan_id", "monthly_price").rows()
    assert all(known[plan] == price for plan, price in prices)


def test_each_manifest_says_what_was_carried_on_and_looked_up(store: Store) -> None:
    found = list(manifests(store, telco().dataset("customers")))
    assert found[0].carried is None or found[0].carried.date is None
    for before, after in pairwise(found):
        assert after.carried
        assert after.carried.date == before.date
    assert {lookup.dataset for manifest in found for lookup in manifest.lookups} == {"plans"}
