"""Columns of dates, in the jobs: the files that are written, checks, traces."""

import io
from datetime import date

import polars as pl
import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError

from lake_assets.contracts import Lake
from lake_assets.jobs.checks.expectations import expectations
from lake_assets.jobs.checks.references import Tables
from lake_assets.jobs.reading.task import to_parquet
from lake_assets.jobs.tracing.trace import TraceError, read_key
from lake_assets.storage import Store
from lake_assets_tests.kernels.reading import read
from lake_assets_tests.kernels.values.test_dates import VALUES, born, dates


def test_a_date_is_one_in_parquet() -> None:
    data = to_parquet(read(dates("2001-02-28"), born()).good)
    assert str(pq.read_schema(io.BytesIO(data)).field("born").type) == "date32[day]"
    assert pl.read_parquet(data)["born"].to_list() == [date(2001, 2, 28)]


def test_quality_bounds_dates_by_dates(store: Store, lake: Lake) -> None:
    dataset = born(quality={"ranges": {"born": {"minimum": "1900-01-01", "maximum": "2001-12-31"}}})
    (found,) = [one for one in expectations(dataset, Tables(store, lake)) if one.check == "ranges"]
    assert found.told == "born is at least 1900-01-01 and at most 2001-12-31"
    assert VALUES.select(found.broken).to_series().to_list() == [False, True, None]
    with pytest.raises(ValidationError, match="is no value of a column of type date"):
        born(quality={"ranges": {"born": {"minimum": "1900-01-01T10:00:00"}}})
    with pytest.raises(ValidationError, match="a date column takes no list"):
        born(quality={"accepted": {"born": {"values": ["1900-01-01"]}}})


def test_a_key_may_be_a_date() -> None:
    dataset = born(key=["born"])
    assert read_key(dataset, {"born": "2001-02-28"}) == {"born": date(2001, 2, 28)}
    with pytest.raises(TraceError, match="dates such as 2025-01-31"):
        read_key(dataset, {"born": "28/02/2001"})
