"""Tables of processed rows, made without reading a file."""

from collections.abc import Sequence
from datetime import datetime

import polars as pl

from lake_assets.contracts.dataset import Dataset
from lake_assets.kernels.gold import processed_schema

ARRIVED = datetime(2025, 6, 1)


def rows(keys: Sequence[str], dataset: Dataset, source: str = "a.csv") -> pl.DataFrame:
    """A row for each transaction, on the lines after a header; optional columns are null."""
    count = len(keys)
    known = {
        "transaction_id": pl.lit(pl.Series(keys, dtype=pl.String)),
        "quantity": pl.int_range(count),
        "line_number": pl.int_range(2, count + 2),
        "store_id": pl.lit("S1"),
        "timestamp": pl.lit(datetime(2025, 5, 30, 10)),
        "item_id": pl.lit("I1"),
        "unit_price": pl.lit("2.50"),
        "revenue": pl.lit("2.50"),
        "source_file": pl.lit(source),
        "ingest_run_id": pl.lit("run"),
        "ingest_ts": pl.lit(ARRIVED),
        "contract_version": pl.lit("1"),
    }
    return pl.select(value.alias(name) for name, value in known.items()).select(
        pl.col(name).cast(kind) if name in known else pl.lit(None, kind).alias(name)
        for name, kind in processed_schema(dataset).items()
    )
