"""Eight processes over the same files at once: every row once, and nobody fails."""

from collections import Counter
from pathlib import Path

import pytest

from lake_assets.engines.local import LocalEngine
from lake_assets.jobs.pipeline import run_pipeline
from lake_assets.jobs.reconciling.reconcile import reconcile
from lake_assets.storage import Store, open_store
from lake_assets_tests.crash.races import (
    LAKE,
    SHOP,
    assert_tables,
    fill,
    fill_shop,
    incoming,
    race,
    shop_of,
)
from lake_assets_tests.jobs.lakes import assert_accounted, dataset_of, ledger, sales, table

pytestmark = pytest.mark.crash


@pytest.fixture
def alone(tmp_path: Path) -> Store:
    """What one process makes of the files."""
    (tmp_path / "alone").mkdir()
    store = open_store(str(tmp_path / "alone"))
    fill(store)
    run_pipeline(store, LAKE, LocalEngine(2))
    return store


FILES = {"local": 9, "s3": 0}
"""Of each dataset in the shop: a request to S3 takes milliseconds here, and eight make many."""


@pytest.fixture
def alone_in_the_shop(tmp_path: Path, kind: str) -> Store:
    """The same of tables on tables."""
    (tmp_path / "alone-shop").mkdir()
    store = shop_of(str(tmp_path / "alone"), None)
    fill_shop(store, FILES[kind])
    run_pipeline(store, SHOP, LocalEngine(2))
    return store


@pytest.mark.parametrize(("kind", "seed"), [("local", 0), ("local", 1), ("local", 2), ("s3", 3)])
def test_each_row_is_ingested_once_though_eight_processes_race(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    alone: Store,
    alone_in_the_shop: Store,
    kind: str,
    seed: int,
):
    if kind == "s3":
        uri, endpoint = request.getfixturevalue("s3_uri"), request.getfixturevalue("s3_endpoint")
    else:
        uri, endpoint = str(tmp_path / "lake"), None
        (tmp_path / "lake").mkdir()
        (tmp_path / "lake-shop").mkdir()
    store, shop = open_store(uri, endpoint=endpoint), shop_of(uri, endpoint)
    fill(store)
    fill_shop(shop, FILES[kind])
    for status, complaint in race(uri, endpoint, seed):
        assert status == 0, complaint
    assert not run_pipeline(store, LAKE, LocalEngine(2))[0].commits, "the racers left files"
    assert_accounted(store)
    report = reconcile(store, LAKE)
    assert [fault for one in report.datasets for fault in one.faults] == []
    assert sales(store, "processed/") == sales(alone, "processed/")
    assert _gold(store) == _gold(alone)
    outcomes = Counter(item.outcome for record in ledger(store) for item in record.inputs)
    assert outcomes == Counter(item.outcome for record in ledger(alone) for item in record.inputs)
    assert sum(outcomes.values()) == len(incoming()) - 1, "one is refused at the door"
    assert_tables(shop, alone_in_the_shop)


def _gold(store: Store) -> list[tuple[object, ...]]:
    """Keys and what they are worth; a key that many files have has the last of them."""
    rows = table(store, "gold/")
    key = dataset_of(LAKE).key
    return sorted(rows.select(*key, "timestamp").rows())
