"""From an asset to a service and back: Dagster submits, and the wheel alone runs on real Spark."""

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import boto3
import dagster as dg
import pytest

from lake_assets.components.names import ENGINE_TAG
from lake_assets.contracts.engine import EngineName
from lake_assets.engines.local import LocalEngine
from lake_assets.engines.remote.deployment import Deployment
from lake_assets.engines.remote.glue_job import JobDefinition, ensure_job
from lake_assets.engines.remote.names import Engine
from lake_assets.engines.remote.package import deploy, plan
from lake_assets.engines.remote.requirements import Platform
from lake_assets.jobs.job import Compact, Ingest, Job, Replay
from lake_assets.jobs.run_job import run_job
from lake_assets.storage import Store, open_store
from lake_assets.storage.ledger import commits
from lake_assets_tests.components.asset_runs import assets_of, run_assets
from lake_assets_tests.engines import one_lake, one_telco
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
SPARK = {EngineName.GLUE: "3.5.6", EngineName.EMR_SERVERLESS: "4.0.2"}

ASKED = {
    EngineName.GLUE: [("sales", "ingest"), ("sales", "replay"), ("customers", "compact")],
    EngineName.EMR_SERVERLESS: [
        ("activity_logs", "ingest"),
        ("activity_logs", "replay"),
        ("sales", "compact"),
    ],
}
"""What runs on a service, the first of its kind: a run takes half a minute. The rest runs here."""


class Services:
    """Lakes on S3, retail's with files in validated/, and both services with the wheel deployed."""

    def __init__(
        self, store: Store, telco: Store, endpoint: str, root: Path, nothing: Path
    ) -> None:
        self.store, self.telco, self.endpoint = store, telco, endpoint
        self.root, self.nothing = root, nothing
        self.instance = dg.DagsterInstance.ephemeral()

    def stand_in(self, engine: EngineName) -> StandIn:
        found = runtime(SPARK[engine], self.nothing)
        return StandIn(found, self.root, self.endpoint)

    def ingest(self, engine: EngineName, *, raises: bool = True) -> dg.ExecuteInProcessResult:
        """The ingest of retail's arrival date, on a service."""
        job = next(iter(retail_jobs(self.store)))
        return self.run(engine, job, raises=raises)

    def run(
        self, engine: EngineName, job: Job, *, raises: bool = True
    ) -> dg.ExecuteInProcessResult:
        """A job, by the assets that it is the work of, on a service."""
        tags = {ENGINE_TAG: engine.value}
        return run_assets(self.instance, job, raises=raises, **tags)

    def materialization(self, job: Job) -> dg.AssetMaterialization:
        """The latest of the asset that a job is the work of."""
        event = self.instance.get_latest_materialization_event(assets_of(job)[0])
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
    lake_uri, telco_uri, deploy_uri = (f"{s3_uri}/{name}" for name in ("retail", "telco", "deploy"))
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
        "LAKE_TELCO_URI": telco_uri,
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
    telco = open_store(telco_uri, endpoint=s3_endpoint)
    one_lake.fill(store, ROWS)
    return Services(store, telco, s3_endpoint, tmp_path / "runs", nothing)


def retail_jobs(store: Store) -> Iterator[Job]:
    """From validated/ to gold, under two versions of the contract."""
    day = ARRIVED.date()
    for lake, work in (
        (LAKE, Ingest(arrival=day)),
        (RESTATED, Replay(first=day, last=day)),
        (RESTATED, Compact(dates=tuple(one_lake.DAYS))),
    ):
        yield Job(lake=lake, dataset="sales", uri=store.uri, endpoint=endpoint_of(store), work=work)


def all_jobs(retail: Store, telco: Store) -> Iterator[tuple[Store, Job]]:
    """Those of both lakes."""
    yield from ((retail, job) for job in retail_jobs(retail))
    yield from ((telco, job) for job in one_telco.jobs(telco.uri, endpoint_of(telco)))


def endpoint_of(store: Store) -> str | None:
    found: str | None = getattr(store, "endpoint", None)
    return found


Written = tuple[dict[str, bytes], dict[str, bytes]]


def written(retail: Store, telco: Store) -> Written:
    return one_lake.written(retail), one_telco.written(telco)


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """What the local engine writes: the same jobs."""
    retail, telco = (open_store(str(tmp_path_factory.mktemp(name))) for name in ("retail", "telco"))
    one_lake.fill(retail, ROWS)
    one_telco.fill(telco)
    for store, job in all_jobs(retail, telco):
        run_job(store, job, LocalEngine(2))
    return written(retail, telco)


@pytest.mark.spark
@pytest.mark.slow
@pytest.mark.parametrize(
    "engine",
    [EngineName.GLUE, EngineName.EMR_SERVERLESS],
)
def test_a_service_writes_what_the_local_engine_does_and_dagster_knows_it(
    services: Services, expected: Written, engine: EngineName
) -> None:
    one_telco.fill(services.telco)
    waiting = list(ASKED[engine])
    asked: list[Job] = []
    with standing_in(services.stand_in(engine)) as stand_in:
        for store, job in all_jobs(services.store, services.telco):
            kind = job.dataset, job.work.step
            if kind in waiting:
                waiting.remove(kind)
                asked.append(job)
                assert services.run(engine, job).success
                if isinstance(job.work, Ingest):
                    found = services.materialization(job).metadata
                    (record,) = commits(store, job.contract(), job.work.arrival)
                    assert found["rows_read"].value == record.books.rows_read
                    ingested = list(stand_in.runs)[-1]
                    assert found["remote_run_id"].value == ingested
            else:
                run_job(store, job, LocalEngine(2))
        assert "lake_assets.engines" not in stand_in.words(ingested)
    assert not waiting
    assert written(services.store, services.telco) == expected
    if engine is EngineName.GLUE:  # moto counts nothing for EMR Serverless
        assert found["dpu_hours"].value == 2 * 90 / 3600
        assert found["estimated_cost_usd"].value == pytest.approx(0.44 * 2 * 90 / 3600)
    assert str(found["link"].value).startswith("https://us-east-1.console.aws.amazon.com/")
    for job in asked:
        assert services.materialization(job).metadata["engine"].value == engine.value
        if isinstance(job.work, Replay):
            let_in = services.materialization(job).metadata["rows_let_in"].value
            assert let_in > 0  # type: ignore[operator]


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
