"""What the tests of checks share: a lake that was run, and ways to damage it."""

import io
from datetime import timedelta
from typing import Any

import polars as pl

from lake_assets.contracts.lake import Lake
from lake_assets.jobs.pipeline import Outcome
from lake_assets.jobs.reading.task import to_parquet
from lake_assets.storage import Store
from lake_assets_tests.jobs.lakes import ARRIVED, csv, keys, place, run, sale

DAY = "2025-05-30"
GOLD = f"gold/fact_sales/date={DAY}/part-0000.snappy.parquet"


def filled(store: Store, lake: Lake) -> Outcome:
    """Ten good rows, of which one is superseded, two rejects and one blank line."""
    place(
        store,
        "a.csv",
        csv(*[sale(f"T{n}") for n in range(9)], sale("", DAY), sale("T99", quantity="x"), ""),
    )
    place(store, "b.csv", csv(sale("T0", quantity=5)), ARRIVED + timedelta(seconds=1))
    return run(store, lake)


def processed_keys(store: Store) -> list[str]:
    return keys(store, "processed/")


def rewrite(store: Store, key: str, change: Any) -> None:
    """Change the rows of a Parquet file."""
    frame = pl.read_parquet(io.BytesIO(store.read(key)))
    store.put(key, to_parquet(change(frame)))
