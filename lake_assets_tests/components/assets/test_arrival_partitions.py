"""A dataset that is partitioned by arrival, in Dagster."""

from dataclasses import replace
from datetime import date, timedelta

import dagster as dg
import pytest

from lake_assets.components.partitions import event_partitions
from lake_assets.contracts.partitioning import PartitionBy, Partitioning
from lake_assets_tests.components.conftest import World, definitions, sale

ARCHIVE = dg.AssetKey(["retail", "archive", "archive_sales"])
PROCESSED = dg.AssetKey(["retail", "processed", "processed_sales"])
GOLD = dg.AssetKey(["retail", "gold", "fact_sales"])


@pytest.fixture
def arrivals(world: World) -> World:
    """The lake, with sales partitioned by arrival."""
    partition = Partitioning(by=PartitionBy.ARRIVAL, start=date(2024, 12, 1))
    dataset = world.lake.datasets[0].model_copy(update={"partition": partition})
    lake = world.lake.model_copy(update={"datasets": [dataset]})
    return replace(world, lake=lake, defs=definitions(lake))


def test_its_partitions_are_the_days_from_its_start_to_today(arrivals: World) -> None:
    found = event_partitions(arrivals.lake.datasets[0]).get_partition_keys()
    assert (found[0], found[-1]) == ("2024-12-01", arrivals.today)


def test_processed_follows_the_files_of_the_same_day_alone(arrivals: World) -> None:
    graph = arrivals.defs.resolve_asset_graph()
    day = (date.fromisoformat(arrivals.today) - timedelta(days=3)).isoformat()
    processed, archive = graph.get(PROCESSED), graph.get(ARCHIVE)
    assert processed.partitions_def
    assert archive.partitions_def
    mapping = processed.partition_mappings[ARCHIVE]
    found = mapping.get_upstream_mapped_partitions_result_for_partitions(
        processed.partitions_def.subset_with_partition_keys([day]),
        processed.partitions_def,
        archive.partitions_def,
    )
    assert list(found.partitions_subset.get_partition_keys()) == [day]


def test_a_run_touches_the_day_of_its_files_and_gold_follows(arrivals: World) -> None:
    arrivals.drop("a.csv", sale("T1", "2025-01-01"), sale("T2", "1999-02-01"))
    assert arrivals.ingest().success
    assert arrivals.instance.get_materialized_partitions(PROCESSED) == {arrivals.today}
    result = arrivals.gold([arrivals.today])
    passed = {one.check_name for one in result.get_asset_check_evaluations() if one.passed}
    assert {"conservation", "gold_against_processed", "schema", "volume"} <= passed
    assert arrivals.instance.get_materialized_partitions(GOLD) == {arrivals.today}
    assert arrivals.files("gold/") == [
        f"gold/fact_sales/date={arrivals.today}/part-0000.snappy.parquet"
    ]
