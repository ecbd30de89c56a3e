"""What refers to another dataset's gold is found there."""

from typing import Any

import polars as pl
import pytest

from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.lake import Lake
from lake_assets.contracts.quality import Quality, Target
from lake_assets.contracts.zones import PREFIXES
from lake_assets.jobs import checks
from lake_assets.jobs.checks import Around, Finding, Severity
from lake_assets.jobs.checks.references import Tables
from lake_assets.jobs.pipeline import Outcome
from lake_assets.jobs.reading.task import to_parquet
from lake_assets.storage import Store
from lake_assets_tests.jobs.checks.lakes import GOLD, rewrite
from lake_assets_tests.jobs.lakes import counted

STORES = Target(dataset="stores", columns=["store"])
ZONES = {name: f"stores/{name}/" for name in PREFIXES}


def stores(lake: Lake) -> Lake:
    """The lake with a dataset of stores."""
    dataset = Dataset.model_validate(
        {
            "name": "stores",
            "zones": ZONES,
            "columns": [
                {"name": "store"},
                {"name": "item"},
                {"name": "at", "type": "timestamp", "required": True, "formats": ["yyyy-MM-dd"]},
            ],
            "key": ["store"],
            "partition": {"column": "at", "start": "2020-01-01"},
            "gold": {"table": "dim_store", "row_hash": ["store"]},
        }
    )
    return lake.model_copy(update={"datasets": [*lake.datasets, dataset]})


def known(store: Store, day: str, *names: str | None) -> None:
    """Put stores in a date of their gold."""
    rows = pl.DataFrame({"store": list(names), "item": ["I1"] * len(names)})
    store.put(f"stores/gold/dim_store/date={day}/part-0000.snappy.parquet", to_parquet(rows))


def check(store: Store, lake: Lake, dataset: Dataset, done: Outcome, **reference: Any) -> Finding:
    stated = {"columns": ["store_id"], "to": STORES.model_dump(), **reference}
    quality = Quality.model_validate({"references": [stated]})
    strict = dataset.model_copy(update={"quality": quality})
    around = Around.of(store, stores(lake), dataset)
    return checks.gold_checks(store, strict, done.metrics[0], around)["references"]


def test_passes_when_the_key_is_in_any_date_of_the_table(
    local_store: Store, lake: Lake, dataset: Dataset, done: Outcome
):
    known(local_store, "2025-01-01", "S1", "S2")
    known(local_store, "2025-02-01", "S3")
    assert check(local_store, lake, dataset, done).passed


@pytest.mark.parametrize(
    ("share", "severity"), [(0.2, None), (0.1, Severity.WARN), ({"fail": 0}, Severity.ERROR)]
)
def test_fails_by_the_share_of_rows_that_lead_nowhere(
    local_store: Store,
    lake: Lake,
    dataset: Dataset,
    done: Outcome,
    share: object,
    severity: Severity | None,
):
    known(local_store, "2025-01-01", "S1")
    other = pl.when(pl.col("transaction_id") == "T3").then(pl.lit("S9")).otherwise("store_id")
    rewrite(local_store, GOLD, lambda frame: frame.with_columns(store_id=other))
    finding = check(local_store, lake, dataset, done, max_share=share)
    assert finding.passed is (severity is None)
    assert finding.figures["rows_at_fault"] == 1
    if severity:
        assert finding.severity is severity
        assert finding.sample[0]["value"] == "S9"


def test_fails_when_the_table_has_no_gold_yet(
    local_store: Store, lake: Lake, dataset: Dataset, done: Outcome
):
    finding = check(local_store, lake, dataset, done)
    assert not finding.passed
    assert "stores (0 keys)" in finding.sentence


def test_several_columns_refer_together_and_a_null_refers_to_nothing(
    local_store: Store, lake: Lake, dataset: Dataset, done: Outcome
):
    both = {
        "columns": ["store_id", "item_id"],
        "to": {"dataset": "stores", "columns": ["store", "item"]},
    }
    known(local_store, "2025-01-01", "S1", None)
    assert check(local_store, lake, dataset, done, **both).passed
    nothing = pl.when(pl.col("transaction_id") == "T3").then(None).otherwise("item_id")
    rewrite(local_store, GOLD, lambda frame: frame.with_columns(item_id=nothing))
    assert check(local_store, lake, dataset, done, **both).passed
    rewrite(local_store, GOLD, lambda frame: frame.with_columns(item_id=pl.lit("I2")))
    finding = check(local_store, lake, dataset, done, **both)
    assert finding.figures["rows_at_fault"] == 9
    assert finding.sample[0]["value"] == "S1 | I2"


def test_a_table_is_read_once_for_all_dates_of_a_run(local_store: Store, lake: Lake):
    for month in range(1, 6):
        known(local_store, f"2025-0{month}-01", "S1", f"S{month}")
    watched, calls = counted(local_store)
    tables = Tables(watched, stores(lake))
    first, second = tables.keys(STORES), tables.keys(STORES)
    assert sorted(first["store"]) == ["S1", "S2", "S3", "S4", "S5"]
    assert second.equals(first)
    assert calls["read"] == 5
