"""The assets of a lake, run for real in one process."""

import json

import dagster as dg
import pytest

from lake_assets.storage import Staged
from lake_assets.storage.local import LocalStore
from lake_assets_tests.components.conftest import HEADER, World, definitions, sale


def key(*path: str) -> dg.AssetKey:
    return dg.AssetKey(["retail", *path])


ARCHIVE = key("archive", "archive_sales")
REJECTED = key("rejected", "rejected_sales")
VALIDATED = key("validated", "validated_sales")
PROCESSED = key("processed", "processed_sales")
GOLD = key("gold", "fact_sales")


def check(result: dg.ExecuteInProcessResult, name: str, asset: dg.AssetKey) -> bool:
    """Whether a check passed in a run, on each partition."""
    found = [
        evaluation
        for evaluation in result.get_asset_check_evaluations()
        if evaluation.check_name == name and evaluation.asset_key == asset
    ]
    assert found
    assert len(found) == len({evaluation.partition for evaluation in found})
    return all(evaluation.passed for evaluation in found)


def materialized(world: World, asset: dg.AssetKey) -> set[str]:
    return world.instance.get_materialized_partitions(asset)


def test_a_file_goes_from_raw_to_gold_and_audit(world: World) -> None:
    world.drop("a.csv", sale("T1", "2025-01-01"), sale("T1", "2025-01-01", 3), "T2,,,,,,")
    result = world.ingest()
    assert check(result, "conservation", ARCHIVE)
    gold = world.gold(["2025-01-01"])
    assert check(gold, "conservation", GOLD)
    assert check(gold, "gold_against_processed", GOLD)
    assert world.files("raw/") == world.files("validated/") == []
    metrics = json.loads(world.store.read("audit/gold_compaction/date=2025-01-01/metrics.json"))
    assert metrics["total_rows_in_source_partition"] == 2
    assert metrics["rows_after_dedup"] == 1


def test_processed_is_reported_for_each_date_touched_and_no_other(world: World) -> None:
    world.drop("a.csv", sale("T1", "2025-01-01"), sale("T2", "2025-02-01"))
    world.ingest()
    assert materialized(world, PROCESSED) == {"2025-01-01", "2025-02-01"}
    assert materialized(world, ARCHIVE) == {world.today}


def test_the_accounting_is_in_the_metadata_of_all_files_and_of_each(world: World) -> None:
    world.drop("a.csv", sale("T1", "2025-01-01"), ",,,,,,", "T2,S1,never,I1,1,2.50,2.50")
    world.drop("b.csv", sale("T3", "2025-01-01"))
    world.ingest()
    event = world.instance.get_latest_materialization_event(ARCHIVE)
    assert event
    assert event.asset_materialization
    found = event.asset_materialization.metadata
    assert "| 2 | 4 | 2 | 1 | 0 | 1 | 0 | 0 |" in str(found["accounting"].value)
    by_file = str(found["accounting_by_file"].value)
    assert "| a.csv | ingested | 3 | 1 | 1 | 0 | 1 | 0 | 0 |" in by_file
    assert "| b.csv | ingested | 1 | 1 | 0 | 0 | 0 | 0 | 0 |" in by_file


def test_gold_shows_a_sample_without_personal_values(world: World) -> None:
    header = "transaction_id,store_id,timestamp,item_id,quantity,unit_price,revenue,customer_id"
    world.drop("a.csv", f"{sale('T1', '2025-01-01')},CARD-4711", header=header)
    world.ingest()
    world.gold(["2025-01-01"])
    event = world.instance.get_latest_materialization_event(GOLD)
    assert event
    assert event.asset_materialization
    found = event.asset_materialization.metadata
    assert "| T1 | S1 |" in str(found["sample"].value)
    assert "4711" not in str(found)
    assert found["files"].value == 1
    assert found["bytes"].value == sum(info.size for info in world.store.list("gold/"))


def test_a_refused_file_fails_the_header_check_and_nothing_else(world: World) -> None:
    world.drop("bad.csv", "1,2", header="foo,bar")
    world.drop("good.csv", sale("T1", "2025-01-01"))
    result = world.ingest()
    assert result.success
    assert not check(result, "header_contract", VALIDATED)
    assert check(result, "conservation", ARCHIVE)
    assert sorted(world.files("rejected/system/")) == [
        "rejected/system/bad.csv",
        "rejected/system/bad.csv_reason.json",
    ]


def test_many_rejects_fail_the_reject_rate(world: World) -> None:
    world.drop("a.csv", sale("T1", "2025-01-01"), "T2,S1,never,I1,1,2.50,2.50")
    assert not check(world.ingest(), "reject_rate", REJECTED)


def test_a_lost_output_fails_conservation_and_holds_gold_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish = LocalStore.publish

    def lossy(self: LocalStore, staged: Staged) -> None:
        publish(self, staged)
        if staged.key.startswith("processed/"):
            self.delete(staged.key)

    monkeypatch.setattr(LocalStore, "publish", lossy)
    world.drop("a.csv", sale("T1", "2025-01-01"))
    result = world.ingest(raises=False)
    assert not check(result, "conservation", ARCHIVE)
    assert not result.success
    assert materialized(world, PROCESSED) == set()


def test_nulls_over_the_limit_are_a_warning(world: World) -> None:
    world.drop("a.csv", sale("T1", "2025-01-01"))  # without item_category and payment_method
    world.ingest()
    result = world.gold(["2025-01-01"])
    assert result.success
    assert not check(result, "null_rates", GOLD)


def test_superseded_rows_over_the_limit_are_a_warning(world: World) -> None:
    world.drop("a.csv", *[sale("T1", "2025-01-01", n) for n in (1, 2, 3)])
    world.ingest()
    result = world.gold(["2025-01-01"])
    assert result.success
    assert not check(result, "duplicate_rate", GOLD)


def test_materializing_processed_rebuilds_it_byte_for_byte(world: World) -> None:
    world.drop("a.csv", sale("T1", "2025-01-01"), sale("T2", "2025-01-02"))
    world.ingest()
    (part,) = world.files("processed/date=2025-01-01/")
    before = world.store.read(part)
    world.store.put(part, b"damaged")
    job = world.defs.resolve_implicit_global_asset_job_def()
    tags = {
        "dagster/asset_partition_range_start": "2025-01-01",
        "dagster/asset_partition_range_end": "2025-01-02",
    }
    result = job.execute_in_process(instance=world.instance, asset_selection=[PROCESSED], tags=tags)
    assert result.success
    assert world.store.read(part) == before


def test_a_range_of_gold_is_one_run_with_figures_for_each_date(world: World) -> None:
    world.drop("a.csv", sale("T1", "2025-01-01"), sale("T2", "2025-01-03"))
    world.ingest()
    world.gold(["2025-01-01", "2025-01-02", "2025-01-03"])
    assert materialized(world, GOLD) == {"2025-01-01", "2025-01-02", "2025-01-03"}
    record = world.instance.fetch_materializations(
        dg.AssetRecordsFilter(asset_key=GOLD, asset_partitions=["2025-01-03"]), limit=1
    ).records[0]
    assert record.asset_materialization
    assert record.asset_materialization.metadata["rows"].value == 1
    assert record.asset_materialization.metadata["status"].value == "written"


def test_a_second_run_of_the_same_day_takes_what_came_since(world: World) -> None:
    world.drop("a.csv", sale("T1", "2025-01-01"))
    world.ingest()
    world.drop("a.csv", sale("T2", "2025-01-01"))
    world.ingest()
    assert len(world.files("archive/")) == 2
    assert len(world.files("processed/date=2025-01-01/")) == 2


def test_a_crawler_that_cannot_start_does_not_fail_gold(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lake_assets.catalog import crawler

    asked: list[str] = []

    def refuse(name: str) -> str:
        asked.append(name)
        raise crawler.CrawlerError("no such crawler")

    monkeypatch.setattr(crawler, "start_crawler", refuse)
    dataset = world.lake.datasets[0]
    gold = dataset.gold.model_copy(update={"crawler_name": "fact_sales"})
    crawled = world.lake.model_copy(
        update={"datasets": [dataset.model_copy(update={"gold": gold})]}
    )
    world.defs = definitions(crawled)
    world.drop("a.csv", sale("T1", "2025-01-01"))
    world.ingest()
    assert world.gold(["2025-01-01"]).success
    assert asked == ["fact_sales"]


def test_a_column_that_the_contract_does_not_know_is_shown(world: World) -> None:
    row = sale("T1", "2025-01-01")
    world.drop("a.csv", f"{row},sunny", header=f"{HEADER},weather")
    world.ingest()
    event = world.instance.get_latest_materialization_event(ARCHIVE)
    assert event
    assert event.asset_materialization
    assert "| weather | 1 |" in str(event.asset_materialization.metadata["unknown_columns"].value)
