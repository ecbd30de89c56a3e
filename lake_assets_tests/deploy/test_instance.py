"""deploy/dagster.yaml as Dagster takes it, on a real PostgreSQL."""

import dagster as dg
from dagster._core.instance.config import PoolGranularity
from dagster._core.run_coordinator import QueuedRunCoordinator
from dagster_aws.s3.compute_log_manager import S3ComputeLogManager
from dagster_postgres import PostgresEventLogStorage, PostgresRunStorage, PostgresScheduleStorage

from lake_assets.run_launcher import WatchfulRunLauncher
from lake_assets_tests.deploy.conftest import ROOT


def test_the_production_instance_keeps_its_history_in_postgresql(
    environment: dict[str, str],
) -> None:
    with dg.DagsterInstance.from_config(str(ROOT / "deploy")) as instance:
        assert isinstance(instance.run_storage, PostgresRunStorage)
        assert isinstance(instance.event_log_storage, PostgresEventLogStorage)
        assert isinstance(instance.schedule_storage, PostgresScheduleStorage)
        key = dg.AssetKey("told")
        instance.report_runless_asset_event(dg.AssetMaterialization(key))
    with dg.DagsterInstance.from_config(str(ROOT / "deploy")) as again:
        assert again.get_latest_materialization_event(key)


def test_the_production_instance_queues_watches_and_retries_runs(
    environment: dict[str, str],
) -> None:
    with dg.DagsterInstance.from_config(str(ROOT / "deploy")) as instance:
        assert isinstance(instance.compute_log_manager, S3ComputeLogManager)
        assert isinstance(instance.run_launcher, WatchfulRunLauncher)
        assert instance.run_launcher.supports_check_run_worker_health
        assert isinstance(instance.run_coordinator, QueuedRunCoordinator)
        assert instance.run_coordinator.dequeue_interval_seconds == 1
        concurrency = instance.get_concurrency_config()
        assert concurrency.pool_config.pool_granularity is PoolGranularity.RUN
        assert concurrency.pool_config.default_pool_limit == 1
        assert instance.run_monitoring_enabled
        assert instance.run_monitoring_max_resume_run_attempts == 0
        assert instance.run_retries_enabled
        assert instance.run_retries_max_retries == 2
        assert not instance.run_retries_retry_on_asset_or_op_failure
        assert not instance.telemetry_enabled
