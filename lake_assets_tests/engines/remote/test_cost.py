"""What a run is estimated to cost."""

import pytest

from lake_assets.engines.remote.cost import estimate
from lake_assets.engines.remote.options import Rates
from lake_assets.engines.remote.service import Usage


def test_everything_that_was_counted_is_priced() -> None:
    usage = Usage(vcpu_hours=2, memory_gb_hours=8, storage_gb_hours=100)
    rates = Rates(
        emr_serverless_vcpu_hour=0.5,
        emr_serverless_memory_gb_hour=0.25,
        emr_serverless_storage_gb_hour=0.01,
    )
    cost, used = estimate(usage, rates)
    assert cost == pytest.approx(2 * 0.5 + 8 * 0.25 + 100 * 0.01)
    assert used == {"vcpu_hours": 0.5, "memory_gb_hours": 0.25, "storage_gb_hours": 0.01}


def test_a_rate_of_ones_own_goes_before_the_default() -> None:
    assert estimate(Usage(dpu_hours=2), Rates(glue_dpu_hour=0.29))[0] == pytest.approx(0.58)


def test_an_unknown_price_is_not_zero() -> None:
    assert estimate(Usage(cluster_hours=3), Rates()) == (None, {})
    assert estimate(Usage(), Rates()) == (None, {})
    assert estimate(Usage(cluster_hours=3), Rates(emr_cluster_hour=2))[0] == 6


def test_nothing_used_costs_nothing() -> None:
    assert estimate(Usage(dpu_hours=0), Rates())[0] == 0
