"""From an asset to a service and back: Dagster submits, and the wheel alone runs on real Spark."""

import os
import signal
import threading
from collections.abc import Sequence
from pathlib import Path

import boto3
import dagster as dg
import pytest

from lake_assets.components.names import ENGINE_TAG
from lake_assets.contracts.engine import EngineName
from lake_assets.contracts.lake import Lake
from lake_assets.engines.local import LocalEngine
from lake_assets.engines.remote.deployment import Deployment
from lake_assets.engines.remote.glue_job import JobDefinition, ensure_job
from lake_assets.engines.remote.names import Engine
from lake_assets.engines.remote.package import deploy, plan
from lake_assets.engines.remote.requirements import Platform
from lake_assets.jobs.job import Compact, Ingest, Job, Replay
from lake_assets.jobs.run_job import run_job
from lake_assets.storage import Store, open_store
from lake_assets_tests.components.conftest import definitions
from lake_assets_tests.engines import one_lake
from lake_assets_tests.engines.remote.index import index
from lake_assets_tests.engines.remote.stand_in import StandIn, standing_in
from lake_assets_tests.jobs.lakes import ARRIVED, ledger
from lake_assets_tests.runtimes import runtime

__all__ = ["index"]

pytestmark = pytest.mark.timeout(280)
ROLE = "arn:aws:iam::123456789012:role/lake"
ROWS = 13_000
"""Of the largest file, which is cut in two."""
LAKE = one_lake.lake(one_task_mb=512)
RESTATED = one_lake.restated(LAKE)
ARRIVAL = ARRIVED.date().isoformat()
SPARK = {EngineName.GLUE: "3.5.6", EngineName.EMR_SERVERLESS: "4.0.2"}


class Services:
    """A lake on S3 with files in validated/, and both services with its wheel deployed."""

    def __init__(self, store: Store, endpoint: str, root: Path, nothing: Path) -> None:
        self.store, self.endpoint, self.root, self.nothing = store, endpoint, root, nothing
        self.instance = dg.DagsterInstance.ephemeral()

    def stand_in(self, engine: EngineName) -> StandIn:
        found = runtime(SPARK[engine], self.nothing)
        return StandIn(found, self.root, self.endpoint)

    def ingest(self, engine: EngineName, *, raises: bool = True) -> dg.ExecuteInProcessResult:
        """The ingest of the arrival date, on a service."""
        return (
            definitions(LAKE)
            .resolve_job_def("retail_sales_ingest")
            .execute_in_process(
                instance=self.instance,
                partition_key=ARRIVAL,
                tags={ENGINE_TAG: engine.value},
                raise_on_error=raises,
            )
        )

    def backfill(
        self, engine: EngineName, lake: Lake, days: Sequence[str], *assets: str
    ) -> dg.ExecuteInProcessResult:
        """One run over a range of dates, on a service."""
        return (
            definitions(lake)
            .resolve_implicit_global_asset_job_def()
            .execute_in_process(
                instance=self.instance,
                asset_selection=[dg.AssetKey(["retail", *asset.split("/")]) for asset in assets],
                tags={
                    ENGINE_TAG: engine.value,
                    "dagster/asset_partition_range_start": days[0],
                    "dagster/asset_partition_range_end": days[-1],
                },
            )
        )

    def materialization(self, *path: str) -> dg.AssetMaterialization:
        event = self.instance.get_latest_materialization_event(dg.AssetKey(["retail", *path]))
        assert event
        assert event.asset_materialization
        return event.asset_materialization


@pytest.fixture
def services(
    s3_uri: str,
    s3_endpoint: str,
    tmp_path: Path,
    index: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Services:
    """The true requirements are in the runtimes; those of the index only make the way of them."""
    lake_uri, deploy_uri = f"{s3_uri}/retail", f"{s3_uri}/deploy"
    deployed = open_store(deploy_uri, endpoint=s3_endpoint)
    deploy(deployed, plan([Engine.GLUE, Engine.EMR_SERVERLESS], Platform()))
    client = boto3.client("glue", endpoint_url=s3_endpoint)
    job = JobDefinition(f"lake-{s3_uri[-8:]}", ROLE)
    ensure_job(client, job, Deployment.read(deployed))
    application = boto3.client("emr-serverless", endpoint_url=s3_endpoint).create_application(
        clientToken="one", name="lake", releaseLabel="emr-7.9.0", type="SPARK"
    )
    nothing = tmp_path / "nothing"
    brought = runtime(SPARK[EngineName.EMR_SERVERLESS], nothing)
    for name, value in {
        "LAKE_RETAIL_URI": lake_uri,
        "LAKE_S3_ENDPOINT": s3_endpoint,
        "LAKE_REMOTE__DEPLOY_URI": deploy_uri,
        "LAKE_REMOTE__ENDPOINT": s3_endpoint,
        "LAKE_REMOTE__POLL_SECONDS": "0.2",
        "LAKE_REMOTE__MESSAGE_SECONDS": "0.2",
        "LAKE_GLUE__JOB_NAME": job.name,
        "LAKE_EMR_SERVERLESS__APPLICATION_ID": application["applicationId"],
        "LAKE_EMR_SERVERLESS__ROLE_ARN": ROLE,
        "LAKE_EMR_SERVERLESS__PYTHON": str(brought.python),
    }.items():
        monkeypatch.setenv(name, value)
    store = open_store(lake_uri, endpoint=s3_endpoint)
    one_lake.fill(store, ROWS)
    return Services(store, s3_endpoint, tmp_path / "runs", nothing)


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What the local engine writes: the same three jobs."""
    store = open_store(str(tmp_path_factory.mktemp("local")))
    one_lake.fill(store, ROWS)
    for lake, work in (
        (LAKE, Ingest(arrival=ARRIVED.date())),
        (RESTATED, Replay(first=ARRIVED.date(), last=ARRIVED.date())),
        (RESTATED, Compact(dates=tuple(one_lake.DAYS))),
    ):
        job = Job(lake=lake, dataset="sales", uri=store.uri, work=work)
        run_job(store, job, LocalEngine(2))
    return one_lake.written(store)


@pytest.mark.spark
@pytest.mark.slow
@pytest.mark.parametrize(
    "engine",
    [EngineName.GLUE, EngineName.EMR_SERVERLESS],
)
def test_a_service_writes_what_the_local_engine_does_and_dagster_knows_it(
    services: Services, expected: dict[str, bytes], engine: EngineName
) -> None:
    with standing_in(services.stand_in(engine)) as stand_in:
        assert services.ingest(engine).success
        (ingested,) = stand_in.runs
        assert "lake_assets.engines" not in stand_in.words(ingested)
        (record,) = ledger(services.store)
        assert services.backfill(engine, RESTATED, [ARRIVAL], "replayed/replayed_sales").success
        gold = ("gold/fact_sales", "audit/audit_fact_sales")
        assert services.backfill(engine, RESTATED, one_lake.DAYS, *gold).success
    assert one_lake.written(services.store) == expected
    found = services.materialization("archive", "archive_sales").metadata
    assert found["rows_read"].value == record.books.rows_read
    assert found["engine"].value == engine.value
    assert found["remote_run_id"].value == ingested
    assert str(found["link"].value).startswith("https://us-east-1.console.aws.amazon.com/")
    if engine is EngineName.GLUE:  # moto counts nothing for EMR Serverless
        assert found["dpu_hours"].value == 2 * 90 / 3600
        assert found["estimated_cost_usd"].value == pytest.approx(0.44 * 2 * 90 / 3600)
    for asset in (("replayed", "replayed_sales"), ("gold", "fact_sales")):
        assert services.materialization(*asset).metadata["engine"].value == engine.value
    replayed = services.materialization("replayed", "replayed_sales").metadata
    assert replayed["rows_let_in"].value > 0  # type: ignore[operator]


def failure(result: dg.ExecuteInProcessResult) -> str:
    """Why the run failed, in its own words."""
    (event,) = result.get_step_failure_events()
    data = event.step_failure_data
    assert data.user_failure_data
    return str(data.user_failure_data.description)


def test_a_success_without_a_report_fails_the_asset(services: Services) -> None:
    stand_in = services.stand_in(EngineName.GLUE)
    stand_in.sabotage = lambda _: ["true"]
    with standing_in(stand_in):
        told = failure(services.ingest(EngineName.GLUE, raises=False))
    assert "ended as SUCCEEDED, and the job did not report" in told
    assert not ledger(services.store)


def test_cancelling_in_dagster_cancels_the_remote_run(services: Services) -> None:
    """Dagster interrupts the process of a run that is terminated with a signal."""
    stand_in = services.stand_in(EngineName.GLUE)
    stand_in.sabotage = lambda _: ["sleep", "600"]

    def terminate_when_begun() -> None:
        quiet = threading.Event()
        while stand_in.polls < 2:
            quiet.wait(0.05)
        os.kill(os.getpid(), signal.SIGUSR1)

    def interrupt(_signal: int, _frame: object) -> None:
        raise dg.DagsterExecutionInterruptedError

    before = signal.signal(signal.SIGUSR1, interrupt)
    try:
        threading.Thread(target=terminate_when_begun, daemon=True).start()
        with standing_in(stand_in), pytest.raises(dg.DagsterExecutionInterruptedError):
            services.ingest(EngineName.GLUE)
    finally:
        signal.signal(signal.SIGUSR1, before)
    (run_id,) = stand_in.runs
    assert run_id in stand_in.cancelled
    assert stand_in.runs[run_id].poll() == -signal.SIGKILL
