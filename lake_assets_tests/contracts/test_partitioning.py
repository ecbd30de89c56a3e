"""By which date rows are partitioned, as a contract says it."""

from datetime import date

import pytest
from pydantic import ValidationError

from lake_assets.contracts import Lake
from lake_assets.contracts.changes import Effect
from lake_assets.contracts.evolution import compare_datasets
from lake_assets.contracts.partitioning import PartitionBy, Partitioning
from lake_assets_tests.kernels.reading import small

START = date(2025, 1, 1)
BY_ARRIVAL = {"by": "arrival", "start": "2025-01-01"}


def test_rows_go_by_an_event_unless_the_contract_says_otherwise() -> None:
    assert Partitioning(column="at", start=START).by is PartitionBy.EVENT
    with pytest.raises(ValidationError, match=r"needs the `column` .* or say `by: arrival`"):
        Partitioning(start=START)


def test_by_arrival_no_column_is_needed_and_none_is_taken() -> None:
    assert small(partition=BY_ARRIVAL).partition.column is None
    with pytest.raises(ValidationError, match="where column would mean nothing; drop that"):
        small(partition={**BY_ARRIVAL, "column": "at"})
    with pytest.raises(ValidationError, match="where max_days_ahead would mean nothing"):
        small(partition={**BY_ARRIVAL, "max_days_ahead": 3})


def test_no_partition_of_arrivals_lies_ahead() -> None:
    assert Partitioning(column="at", start=START, max_days_ahead=3).days_ahead == 3
    assert Partitioning(by=PartitionBy.ARRIVAL, start=START).days_ahead == 0


def test_what_goes_by_arrival_is_never_late() -> None:
    with pytest.raises(ValidationError, match="none is late; drop late_after_days"):
        small(partition=BY_ARRIVAL, late_after_days=3)


def test_every_arrival_of_the_lake_has_a_partition() -> None:
    document = {"lake": "l", "arrivals_start": "2025-01-01"}
    late = small(partition={**BY_ARRIVAL, "start": "2025-01-02"})
    with pytest.raises(ValidationError, match="their rows would have no partition"):
        Lake.model_validate({**document, "datasets": [late.model_dump()]})
    same = small(partition=BY_ARRIVAL)
    assert Lake.model_validate({**document, "datasets": [same.model_dump()]}).datasets == [same]


def test_other_dates_break_and_another_first_arrival_changes_no_row() -> None:
    old, new = small(), small(partition=BY_ARRIVAL)
    (change,) = compare_datasets(old, new)
    assert (change.where, change.effect) == ("partition.by", Effect.BREAKING)
    (change,) = compare_datasets(new, small(partition={**BY_ARRIVAL, "start": "2024-01-01"}))
    assert (change.where, change.effect, change.rows) == (
        "partition.start",
        Effect.COMPATIBLE,
        False,
    )
