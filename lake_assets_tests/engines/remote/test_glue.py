"""Glue: what is asked of it, and what its answers mean."""

import uuid
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from lake_assets.engines.remote.deployment import Deployment
from lake_assets.engines.remote.errors import Denied, NoSuchTarget, Refused
from lake_assets.engines.remote.explain import explain
from lake_assets.engines.remote.glue import GlueService
from lake_assets.engines.remote.glue_job import JobDefinition, ensure_job
from lake_assets.engines.remote.options import Options
from lake_assets.engines.remote.service import FAILURES, Kind, Usage
from lake_assets.engines.remote.targets import GlueTarget
from lake_assets.storage.s3 import S3Store
from lake_assets_tests.engines.remote.conftest import deploy

ROLE = "arn:aws:iam::123456789012:role/lake"
ARGUMENTS = ["--engine", "spark", "--dagster-pipes-context", "abc"]


@pytest.fixture
def deployment(store: S3Store) -> Deployment:
    return deploy(store)


@pytest.fixture
def options(store: S3Store, s3_endpoint: str) -> Options:
    return Options(deploy_uri=store.uri, endpoint=s3_endpoint, run_timeout=601)


@pytest.fixture
def service(options: Options) -> GlueService:
    """An AWS in this process; it has no job of this name."""
    return GlueService.connect(GlueTarget(job_name=uuid.uuid4().hex, workers=4), options)


@pytest.fixture
def stubbed(store: S3Store) -> Iterator[tuple[GlueService, Stubber]]:
    """Answers that the test gives; requests are checked against Glue's own model."""
    client = boto3.client("glue", region_name="eu-west-1")
    with Stubber(client) as stub:
        yield GlueService(client, GlueTarget(job_name="retail", workers=4)), stub
        stub.assert_no_pending_responses()


def test_a_run_names_what_was_deployed_and_the_time_it_has(
    stubbed: tuple[GlueService, Stubber], deployment: Deployment, options: Options
) -> None:
    service, stub = stubbed
    stub.add_response(
        "start_job_run",
        {"JobRunId": "jr_1"},
        {
            "JobName": "retail",
            "Arguments": {
                "--engine": "spark",
                "--dagster-pipes-context": "abc",
                "--scriptLocation": f"{deployment.uri}/artifacts/script",
                "--additional-python-modules": f"{deployment.uri}/artifacts/wheels/x86_64",
                "--python-modules-installer-option": "--no-index",
            },
            "WorkerType": "G.1X",
            "NumberOfWorkers": 4,
            "Timeout": 11,
        },
    )
    assert service.start(ARGUMENTS, deployment, options, "t") == "jr_1"


def test_arguments_of_the_engine_go_along_and_are_left_as_they_are(
    deployment: Deployment, options: Options, service: GlueService
) -> None:
    more = {"--TempDir": "s3://b/tmp/"}
    name = service.chosen.job_name
    chosen = GlueTarget(job_name=name, arguments=more)
    ensure_job(service.client, JobDefinition(name, ROLE), deployment)
    mine = GlueService(service.client, chosen)
    run_id = mine.start(ARGUMENTS, deployment, options, "t")
    run = service.client.get_job_run(JobName=name, RunId=run_id)["JobRun"]
    assert run["Arguments"]["--TempDir"] == "s3://b/tmp/"
    assert chosen.arguments == more == {"--TempDir": "s3://b/tmp/"}


def test_a_run_starts_and_tells_its_state(
    service: GlueService, deployment: Deployment, options: Options
) -> None:
    name = service.chosen.job_name
    ensure_job(service.client, JobDefinition(name, ROLE), deployment)
    service.check()
    run_id = service.start(ARGUMENTS, deployment, options, "t")
    assert service.state(run_id).kind is Kind.SUCCEEDED
    assert service.link(run_id) == (
        "https://us-east-1.console.aws.amazon.com/gluestudio/home?region=us-east-1"
        f"#/job/{name}/run/{run_id}"
    )


def test_a_job_that_is_not_there_is_told(service: GlueService) -> None:
    with pytest.raises(FAILURES) as raised:
        service.check()
    assert isinstance(explain(raised.value, service.target), NoSuchTarget)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("STARTING", Kind.WAITING),
        ("WAITING", Kind.WAITING),
        ("RUNNING", Kind.RUNNING),
        ("STOPPING", Kind.RUNNING),
        ("SUCCEEDED", Kind.SUCCEEDED),
        ("FAILED", Kind.FAILED),
        ("ERROR", Kind.FAILED),
        ("EXPIRED", Kind.FAILED),
        ("TIMEOUT", Kind.TIMED_OUT),
        ("STOPPED", Kind.STOPPED),
        ("DREAMING", Kind.UNKNOWN),
    ],
)
def test_every_state_means_something(
    stubbed: tuple[GlueService, Stubber], name: str, kind: Kind
) -> None:
    service, stub = stubbed
    run = {"JobRunState": name, "ErrorMessage": "Command failed"}
    stub.add_response("get_job_run", {"JobRun": run}, {"JobName": "retail", "RunId": "jr_1"})
    state = service.state("jr_1")
    assert (state.kind, state.name, state.detail) == (kind, name, "Command failed")


@pytest.mark.parametrize(
    ("run", "hours"),
    [
        ({"MaxCapacity": 4.0, "ExecutionTime": 1800}, 2.0),
        ({"MaxCapacity": 4.0, "ExecutionTime": 15}, 4 / 60),  # a minute at least
        ({"ExecutionTime": 900}, 1.0),  # four workers of one DPU
        ({"DPUSeconds": 720.0, "ExecutionTime": 1800, "MaxCapacity": 4.0}, 0.2),
        ({"ExecutionTime": 0}, None),
    ],
)
def test_dpu_hours_are_counted_as_they_are_billed(
    stubbed: tuple[GlueService, Stubber], run: dict[str, object], hours: float | None
) -> None:
    service, stub = stubbed
    stub.add_response("get_job_run", {"JobRun": {"JobRunState": "SUCCEEDED", **run}})
    assert service.state("jr_1").usage == Usage(dpu_hours=hours)


def test_cancelling_stops_the_run(stubbed: tuple[GlueService, Stubber]) -> None:
    service, stub = stubbed
    stub.add_response("batch_stop_job_run", {}, {"JobName": "retail", "JobRunIds": ["jr_1"]})
    service.cancel("jr_1")


def test_the_job_is_created_once(service: GlueService, deployment: Deployment) -> None:
    wanted = JobDefinition(service.chosen.job_name, ROLE)
    assert ensure_job(service.client, wanted, deployment) == "created"
    job = service.client.get_job(JobName=wanted.name)["Job"]
    assert (job["GlueVersion"], job["Role"], job["MaxRetries"]) == ("5.1", ROLE, 0)
    assert job["Command"]["ScriptLocation"] == f"{deployment.uri}/artifacts/script"
    assert job["ExecutionProperty"] == {"MaxConcurrentRuns": 10}
    assert ensure_job(service.client, wanted, deployment) == "unchanged"


def test_an_update_keeps_what_others_have_set(
    service: GlueService, stubbed: tuple[GlueService, Stubber], deployment: Deployment
) -> None:
    wanted = JobDefinition(service.chosen.job_name, ROLE)
    ensure_job(service.client, wanted, deployment)
    job: Any = service.client.get_job(JobName=wanted.name)["Job"]
    theirs: dict[str, Any] = {"Connections": {"Connections": ["private"]}, "Timeout": 99}
    arguments: dict[str, str] = {**job["DefaultArguments"], "--TempDir": "s3://b/tmp/"}
    there = {**job, **theirs, "DefaultArguments": arguments, "GlueVersion": "5.0"}
    other, stub = stubbed
    stub.add_response("get_job", {"Job": there})
    update = {
        **theirs,
        "DefaultArguments": arguments,
        "Role": ROLE,
        "Command": job["Command"],
        "GlueVersion": "5.1",
        "WorkerType": "G.1X",
        "NumberOfWorkers": 2,
        "MaxRetries": 0,
        "ExecutionProperty": {"MaxConcurrentRuns": 10},
    }
    kept = {name: job[name] for name in ("ExecutionClass", "JobMode", "LogUri") if name in job}
    asked = {"JobName": wanted.name, "JobUpdate": {**kept, **update}}
    stub.add_response("update_job", {}, asked)
    assert ensure_job(other.client, JobDefinition(wanted.name), deployment) == "updated"


def test_a_new_job_needs_a_role(service: GlueService, deployment: Deployment) -> None:
    with pytest.raises(Refused, match="--glue-role ARN"):
        ensure_job(service.client, JobDefinition(service.chosen.job_name), deployment)


def test_a_role_that_may_not_be_passed_on_is_told(
    stubbed: tuple[GlueService, Stubber], deployment: Deployment
) -> None:
    service, stub = stubbed
    stub.add_client_error("get_job", "EntityNotFoundException")
    said = "User: u is not authorized to perform: iam:PassRole on resource: lake"
    stub.add_client_error("create_job", "AccessDeniedException", said)
    with pytest.raises(Denied, match="Grant it iam:PassRole"):
        ensure_job(service.client, JobDefinition("retail", ROLE), deployment)
