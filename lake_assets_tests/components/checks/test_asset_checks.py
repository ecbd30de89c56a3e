"""Results of checks in Dagster: by partition, with two levels, a sample and what to do."""

import io
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import dagster as dg
import polars as pl
import pytest

from lake_assets.components.checks import asset_checks
from lake_assets.components.names import asset_key
from lake_assets.contracts import Lake
from lake_assets.contracts.quality import Limit, Quality
from lake_assets.contracts.zones import PREFIXES, Zones
from lake_assets.jobs.checks import Around, Finding, Severity, gold_checks
from lake_assets.jobs.compaction.metrics import Metrics
from lake_assets.jobs.reading.task import to_parquet
from lake_assets_tests.components.conftest import World, contract, definitions, sale

GOLD = dg.AssetKey(["retail", "gold", "fact_sales"])
DAYS = ["2025-01-01", "2025-01-02", "2025-01-03"]


def expecting(lake: Lake, **quality: Any) -> Lake:
    """The lake with other checks."""
    dataset = lake.datasets[0].model_copy(update={"quality": Quality.model_validate(quality)})
    return lake.model_copy(update={"datasets": [dataset, *lake.datasets[1:]]})


def found(
    result: dg.ExecuteInProcessResult, name: str, asset: dg.AssetKey = GOLD
) -> dict[str | None, dg.AssetCheckEvaluation]:
    """Partition -> the result of one check in a run; each partition has one."""
    evaluations = [
        each
        for each in result.get_asset_check_evaluations()
        if (each.asset_key, each.check_name) == (asset, name)
    ]
    by_partition = {each.partition: each for each in evaluations}
    assert len(by_partition) == len(evaluations)
    return by_partition


@pytest.fixture
def three_days(world: World) -> World:
    """Sales of three days, of which the second has a quantity that is out of range."""
    world.lake = expecting(world.lake, ranges={"quantity": {"maximum": 10}})
    world.defs = definitions(world.lake)
    world.drop("a.csv", *[sale(f"T{day}", day) for day in DAYS], sale("T9", DAYS[1], 11))
    world.ingest()
    return world


def test_a_run_over_a_range_has_a_result_for_each_date(three_days: World) -> None:
    result = three_days.gold(DAYS)
    assert result.success
    ranges = found(result, "ranges")
    assert {day: each.passed for day, each in ranges.items()} == dict(
        zip(DAYS, (True, False, True), strict=True)
    )
    names = {spec.name for spec in specs(three_days.defs, GOLD)}
    assert {name for name in names if list(found(result, name)) == DAYS} == names


def specs(defs: dg.Definitions, asset: dg.AssetKey) -> Sequence[dg.AssetCheckSpec]:
    """The checks that are made with an asset."""
    assets = defs.resolve_asset_graph().get(asset).assets_def
    return [spec for spec in assets.check_specs if spec.asset_key == asset]


def test_dagster_keeps_the_results_by_date_and_for_the_latest_materialization(
    three_days: World,
) -> None:
    three_days.gold(DAYS)
    key = dg.AssetCheckKey(GOLD, "ranges")
    infos = three_days.instance.event_log_storage.get_asset_check_partition_info([key])
    kept = {info.partition_key: info.latest_execution_status.value for info in infos}
    assert kept == dict(zip(DAYS, ("SUCCEEDED", "FAILED", "SUCCEEDED"), strict=True))
    assert all(info.is_current for info in infos)
    assert all(info.latest_target_materialization_storage_id for info in infos)


def test_a_date_that_was_mended_passes_and_the_others_keep_their_results(
    three_days: World,
) -> None:
    three_days.gold(DAYS)
    three_days.drop("b.csv", sale("T9", DAYS[1], 9))
    three_days.ingest()
    result = three_days.gold([DAYS[1]])
    assert {day: each.passed for day, each in found(result, "ranges").items()} == {DAYS[1]: True}
    key = dg.AssetCheckKey(GOLD, "ranges")
    infos = three_days.instance.event_log_storage.get_asset_check_partition_info([key])
    assert {info.latest_execution_status.value for info in infos} == {"SUCCEEDED"}


def test_a_failure_shows_details_a_sample_and_what_to_do(three_days: World) -> None:
    metadata = found(three_days.gold(DAYS), "ranges")[DAYS[1]].metadata
    assert "quantity is at most 10" in str(metadata["details"].value)
    assert "| T9 | quantity | 11 | a.csv | 5 |" in str(metadata["sample"].value)
    assert "quality.ranges" in str(metadata["recover"].value)
    assert metadata["rows_at_fault"].value == 1


def test_what_passes_says_nothing_of_recovery(three_days: World) -> None:
    metadata = found(three_days.gold(DAYS), "ranges")[DAYS[0]].metadata
    assert not {"sample", "recover"} & set(metadata)


@pytest.mark.parametrize(
    ("allowed", "severity"),
    [
        ({"warn": 0}, dg.AssetCheckSeverity.WARN),
        ({"warn": 0, "fail": 0.4}, dg.AssetCheckSeverity.ERROR),
    ],
)
def test_a_level_is_a_severity_and_neither_stops_a_run(
    world: World, allowed: dict[str, float], severity: dg.AssetCheckSeverity
) -> None:
    ranges = {"quantity": {"maximum": 10, "max_share": allowed}}
    world.lake = expecting(world.lake, ranges=ranges)
    world.defs = definitions(world.lake)
    world.drop("a.csv", sale("T1", DAYS[0]), sale("T2", DAYS[0], 11))
    world.ingest()
    result = world.gold(DAYS[:1])
    assert result.success
    evaluation = found(result, "ranges")[DAYS[0]]
    assert (evaluation.passed, evaluation.severity) == (False, severity)


def test_rows_that_do_not_balance_on_one_date_fail_the_run_and_name_the_date(
    three_days: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lake_assets.jobs.checks import gold

    def lossy(*args: Any) -> Finding:
        (day,) = args[2]
        return Finding(day.target_date != DAYS[1], "One row is missing.")

    monkeypatch.setattr(gold, "gold_conservation", lossy)
    result = three_days.gold(DAYS, raises=False)
    assert not result.success
    balance = found(result, "conservation")
    assert [day for day, each in balance.items() if not each.passed] == [DAYS[1]]
    assert balance[DAYS[1]].blocking
    failure = result.get_step_failure_events()[0].step_failure_data.error
    assert failure
    assert "1 blocking asset check failed" in failure.message


def test_only_conservation_blocks(three_days: World) -> None:
    assert [spec.name for spec in specs(three_days.defs, GOLD) if spec.blocking] == ["conservation"]


def test_checks_of_arrivals_have_the_date_of_the_run(world: World) -> None:
    world.drop("a.csv", sale("T1", DAYS[0]), "T2,S1,never,I1,1,2.50,2.50")
    result = world.ingest()
    rejected = asset_key(world.lake, "rejected", "sales")
    (partition, rate), *_ = found(result, "reject_rate", rejected).items()
    assert partition == world.today
    assert not rate.passed
    assert "| a.csv | 3 | INVALID_TIMESTAMP_FORMAT:timestamp" in str(rate.metadata["sample"].value)


def test_a_file_of_gold_that_is_damaged_later_fails_when_its_date_is_made_again(
    three_days: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The checks look at the objects, and not at what the job says that it wrote."""
    from lake_assets.jobs.compaction import gold_files, one_date

    made = gold_files.gold_files

    def other(*args: Any, **options: Any) -> Any:
        for file in made(*args, **options):
            rows = pl.read_parquet(io.BytesIO(file.data))
            yield replace(file, data=to_parquet(rows.with_columns(extra=pl.lit("x"))))

    monkeypatch.setattr(one_date, "gold_files", other)
    result = three_days.gold(DAYS[:1])
    assert not found(result, "schema")[DAYS[0]].passed
    assert found(result, "uniqueness")[DAYS[0]].passed


class TestSpecs:
    @pytest.mark.parametrize(
        "quality",
        [
            {},
            {"volume": None},
            {
                "accepted": {"store_id": {"values": ["S1"]}},
                "ranges": {"quantity": {"minimum": 1}},
                "unique": [{"columns": ["item_id"]}],
                "references": [
                    {"columns": ["item_id"], "to": {"dataset": "items", "columns": ["item_id"]}}
                ],
            },
        ],
    )
    def test_are_those_that_the_job_finds(self, world: World, quality: dict[str, Any]) -> None:
        lake = expecting(with_items(world.lake), **quality)
        dataset = lake.datasets[0]
        partitions = dg.DailyPartitionsDefinition("2025-01-01")
        named = {spec.name for spec in asset_checks.gold_specs(dataset, GOLD, partitions)}
        day = Metrics(DAYS[0], "processed/none/", "gold/none/")
        around = Around.of(world.store, lake, dataset)
        assert named == set(gold_checks(world.store, dataset, day, around))

    def test_say_the_levels(self) -> None:
        assert (
            asset_checks.levels(Limit(warn=0.02, fail=0.05)) == "warns above 2.0%, fails above 5.0%"
        )
        assert asset_checks.levels(Limit(warn=0.02)) == "warns above 2.0%"

    def test_a_finding_keeps_its_severity(self) -> None:
        shown = asset_checks.shown(Finding(False, "Odd.", severity=Severity.WARN, recover="Look."))
        assert shown["severity"] is dg.AssetCheckSeverity.WARN
        assert "Look. See" in str(shown["metadata"]["recover"].value)


def with_items(lake: Lake) -> Lake:
    """The lake with a second dataset."""
    zones = Zones.model_validate({name: f"items/{name}/" for name in PREFIXES})
    items = lake.datasets[0].model_copy(update={"name": "items", "zones": zones})
    return lake.model_copy(update={"datasets": [*lake.datasets, items]})


def test_freshness_stands_on_what_arrives_and_on_gold() -> None:
    lake = expecting(contract(), freshness={"warn_hours": 26, "fail_hours": 50})
    policies = {
        spec.key.path[-1]: spec.freshness_policy
        for spec in definitions(lake).resolve_all_asset_specs()
        if spec.freshness_policy
    }
    assert set(policies) == {"archive_sales", "fact_sales"}
    policy = policies["fact_sales"]
    assert isinstance(policy, type(dg.FreshnessPolicy.time_window(*window())))
    assert policy == dg.FreshnessPolicy.time_window(*window())


def window() -> tuple[Any, Any]:
    """Fifty hours, and twenty-six."""
    from datetime import timedelta

    return timedelta(hours=50), timedelta(hours=26)


def test_without_freshness_nobody_is_told() -> None:
    lake = expecting(contract())
    specs = definitions(lake).resolve_all_asset_specs()
    assert not [spec.key for spec in specs if spec.freshness_policy]
