"""EMR Serverless: what is asked of it, and what its answers mean."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from pydantic import ValidationError

from lake_assets.engines.remote.emr_serverless import EmrServerlessService
from lake_assets.engines.remote.errors import NoSuchTarget
from lake_assets.engines.remote.explain import explain
from lake_assets.engines.remote.options import Options
from lake_assets.engines.remote.service import FAILURES, Kind, Usage
from lake_assets.engines.remote.targets import EmrServerlessTarget
from lake_assets.storage.s3 import S3Store
from lake_assets_tests.engines.remote.conftest import deploy

ROLE = "arn:aws:iam::123456789012:role/lake"
CHOSEN = EmrServerlessTarget(
    application_id="00f1", role_arn=ROLE, spark_conf={"spark.executor.cores": "4"}
)
NOW = datetime(2026, 1, 1, tzinfo=UTC)
Stubbed = tuple[EmrServerlessService, Stubber]


@pytest.fixture
def options(store: S3Store, s3_endpoint: str) -> Options:
    return Options(deploy_uri=store.uri, endpoint=s3_endpoint, run_timeout=600)


@pytest.fixture
def stubbed(store: S3Store) -> Iterator[Stubbed]:
    """Answers that the test gives; requests are checked against the service's own model."""
    client = boto3.client("emr-serverless", region_name="eu-west-1")
    with Stubber(client) as stub:
        yield EmrServerlessService(client, CHOSEN), stub
        stub.assert_no_pending_responses()


def run_of(state: str, **more: Any) -> dict[str, Any]:
    """What get_job_run answers."""
    run = {
        "applicationId": "00f1",
        "jobRunId": "r1",
        "arn": "arn:aws:emr-serverless:eu-west-1:123456789012:/applications/00f1/jobruns/r1",
        "createdBy": "arn:aws:iam::123456789012:user/me",
        "createdAt": NOW,
        "updatedAt": NOW,
        "executionRole": ROLE,
        "state": state,
        "stateDetails": "none",
        "releaseLabel": "emr-7.9.0",
        "jobDriver": {"sparkSubmit": {"entryPoint": "s3://b/s.py"}},
    }
    return {"jobRun": {**run, **more}}


def application_of(state: str = "STARTED", architecture: str = "X86_64") -> dict[str, Any]:
    """What get_application answers."""
    application = {
        "applicationId": "00f1",
        "arn": "arn:aws:emr-serverless:eu-west-1:123456789012:/applications/00f1",
        "releaseLabel": "emr-7.9.0",
        "type": "SPARK",
        "state": state,
        "createdAt": NOW,
        "updatedAt": NOW,
        "architecture": architecture,
    }
    return {"application": application}


def test_a_run_brings_its_environment_and_its_python(
    stubbed: Stubbed, store: S3Store, options: Options
) -> None:
    service, stub = stubbed
    python = "/usr/bin/python3.11"
    parameters = (
        f"--archives {store.uri}/artifacts/environment/x86_64#environment"
        f" --conf spark.emr-serverless.driverEnv.PYSPARK_DRIVER_PYTHON={python}"
        f" --conf spark.emr-serverless.driverEnv.PYSPARK_PYTHON={python}"
        " --conf spark.emr-serverless.driverEnv.PYTHONPATH=./environment"
        f" --conf spark.executorEnv.PYSPARK_PYTHON={python}"
        " --conf spark.executorEnv.PYTHONPATH=./environment"
        " --conf spark.executor.cores=4"
    )
    stub.add_response(
        "start_job_run",
        {"applicationId": "00f1", "jobRunId": "r1", "arn": run_of("SUBMITTED")["jobRun"]["arn"]},
        {
            "applicationId": "00f1",
            "clientToken": "token",
            "executionRoleArn": ROLE,
            "name": "lake-token",
            "jobDriver": {
                "sparkSubmit": {
                    "entryPoint": f"{store.uri}/artifacts/script",
                    "entryPointArguments": ["--engine", "spark"],
                    "sparkSubmitParameters": parameters,
                }
            },
            "executionTimeoutMinutes": 10,
            "tags": {},
        },
    )
    assert service.start(["--engine", "spark"], deploy(store), options, "token") == "r1"


def test_a_run_starts_and_tells_its_state(store: S3Store, options: Options) -> None:
    client = EmrServerlessService.connect(CHOSEN, options).client
    made = client.create_application(
        name="lake", releaseLabel="emr-7.9.0", type="SPARK", clientToken="t"
    )
    chosen = CHOSEN.model_copy(update={"application_id": made["applicationId"]})
    service = EmrServerlessService(client, chosen)
    service.check()
    run_id = service.start(["--engine", "spark"], deploy(store), options, "token")
    assert service.state(run_id).kind is Kind.SUCCEEDED  # as soon as it starts, in this AWS
    assert service.link(run_id).endswith(f"/{made['applicationId']}/job-runs/{run_id}")


def test_cancelling_ends_the_run(stubbed: Stubbed) -> None:
    service, stub = stubbed
    asked = {"applicationId": "00f1", "jobRunId": "r1"}
    stub.add_response("cancel_job_run", asked, asked)
    service.cancel("r1")


def test_an_application_that_is_not_there_is_told(store: S3Store, options: Options) -> None:
    service = EmrServerlessService.connect(CHOSEN, options)
    with pytest.raises(FAILURES) as raised:
        service.check()
    assert isinstance(explain(raised.value, service.target), NoSuchTarget)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("application", "told"),
    [
        (application_of("TERMINATED"), "is terminated"),
        (application_of(architecture="ARM64"), "Set `architecture: arm64`"),
    ],
)
def test_an_application_that_cannot_take_the_run_is_told(
    stubbed: Stubbed, application: dict[str, Any], told: str
) -> None:
    service, stub = stubbed
    stub.add_response("get_application", application)
    with pytest.raises(NoSuchTarget, match=told):
        service.check()


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("SUBMITTED", Kind.WAITING),
        ("QUEUED", Kind.WAITING),
        ("PENDING", Kind.WAITING),
        ("SCHEDULED", Kind.WAITING),
        ("RUNNING", Kind.RUNNING),
        ("CANCELLING", Kind.RUNNING),
        ("SUCCESS", Kind.SUCCEEDED),
        ("FAILED", Kind.FAILED),
        ("CANCELLED", Kind.STOPPED),
        ("DREAMING", Kind.UNKNOWN),
    ],
)
def test_every_state_means_something(stubbed: Stubbed, name: str, kind: Kind) -> None:
    service, stub = stubbed
    stub.add_response("get_job_run", run_of(name, stateDetails="Job failed"))
    state = service.state("r1")
    assert (state.kind, state.name, state.detail) == (kind, name, "Job failed")


def test_what_is_billed_goes_before_what_was_used(stubbed: Stubbed) -> None:
    service, stub = stubbed
    used = {"vCPUHour": 1.0, "memoryGBHour": 4.0, "storageGBHour": 20.0}
    billed = {"vCPUHour": 1.5, "memoryGBHour": 6.0, "storageGBHour": 0.0}
    stub.add_response("get_job_run", run_of("SUCCESS"))
    stub.add_response("get_job_run", run_of("SUCCESS", totalResourceUtilization=used))
    both = run_of("SUCCESS", totalResourceUtilization=used, billedResourceUtilization=billed)
    stub.add_response("get_job_run", both)
    assert service.state("r1").usage == Usage()
    assert service.state("r1").usage == Usage(
        vcpu_hours=1.0, memory_gb_hours=4.0, storage_gb_hours=20.0
    )
    assert service.state("r1").usage == Usage(
        vcpu_hours=1.5, memory_gb_hours=6.0, storage_gb_hours=0.0
    )


def test_a_role_that_is_no_arn_is_refused() -> None:
    with pytest.raises(ValidationError, match="role_arn"):
        EmrServerlessTarget(application_id="00f1", role_arn="lake")
