"""EMR on EC2: what is asked of it, and what its answers mean."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from lake_assets.engines.remote.emr import EmrService
from lake_assets.engines.remote.errors import NoSuchTarget
from lake_assets.engines.remote.explain import explain
from lake_assets.engines.remote.options import Options
from lake_assets.engines.remote.service import FAILURES, Kind, Usage
from lake_assets.engines.remote.targets import EmrTarget
from lake_assets.storage.s3 import S3Store
from lake_assets_tests.engines.remote.conftest import deploy

Stubbed = tuple[EmrService, Stubber]


@pytest.fixture
def options(store: S3Store, s3_endpoint: str) -> Options:
    return Options(deploy_uri=store.uri, endpoint=s3_endpoint)


@pytest.fixture
def stubbed(store: S3Store) -> Iterator[Stubbed]:
    """Answers that the test gives; requests are checked against the service's own model."""
    client = boto3.client("emr", region_name="eu-west-1")
    with Stubber(client) as stub:
        yield EmrService(client, EmrTarget(cluster_id="j-1")), stub
        stub.assert_no_pending_responses()


def test_a_step_leaves_the_cluster_to_others_and_brings_its_python(
    stubbed: Stubbed, store: S3Store, options: Options
) -> None:
    service, stub = stubbed
    python = "/usr/bin/python3.11"
    conf = [
        f"spark.yarn.appMasterEnv.PYSPARK_DRIVER_PYTHON={python}",
        f"spark.yarn.appMasterEnv.PYSPARK_PYTHON={python}",
        "spark.yarn.appMasterEnv.PYTHONPATH=./environment",
        f"spark.executorEnv.PYSPARK_PYTHON={python}",
        "spark.executorEnv.PYTHONPATH=./environment",
    ]
    archive = f"{store.uri}/artifacts/environment/x86_64#environment"
    command = ["spark-submit", "--deploy-mode", "cluster", "--archives", archive]
    command += [word for each in conf for word in ("--conf", each)]
    command += [f"{store.uri}/artifacts/script", "--engine", "spark"]
    step = {
        "Name": "lake-token",
        "ActionOnFailure": "CONTINUE",
        "HadoopJarStep": {"Jar": "command-runner.jar", "Args": command},
    }
    stub.add_response(
        "add_job_flow_steps", {"StepIds": ["s-1"]}, {"JobFlowId": "j-1", "Steps": [step]}
    )
    assert service.start(["--engine", "spark"], deploy(store), options, "token") == "s-1"


def test_a_step_starts_on_a_cluster_that_has_spark(store: S3Store, options: Options) -> None:
    client = EmrService.connect(EmrTarget(cluster_id="?"), options).client
    made = client.run_job_flow(
        Name="lake",
        ReleaseLabel="emr-7.9.0",
        Applications=[{"Name": "Spark"}],
        Instances={
            "InstanceCount": 1,
            "MasterInstanceType": "m5.xlarge",
            "KeepJobFlowAliveWhenNoSteps": True,
        },
    )
    service = EmrService(client, EmrTarget(cluster_id=made["JobFlowId"]))
    service.check()
    run_id = service.start(["--engine", "spark"], deploy(store), options, "token")
    assert not service.state(run_id).kind.is_final
    assert made["JobFlowId"] in service.link(run_id)


def test_a_cluster_that_is_not_there_is_told(store: S3Store, options: Options) -> None:
    service = EmrService.connect(EmrTarget(cluster_id="j-none"), options)
    with pytest.raises(FAILURES) as raised:
        service.check()
    assert isinstance(explain(raised.value, service.target), NoSuchTarget)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("state", "applications", "told"),
    [
        ("TERMINATED_WITH_ERRORS", ["Spark"], "takes no steps: it is TERMINATED_WITH_ERRORS"),
        ("WAITING", ["Hive"], "has no Spark"),
    ],
)
def test_a_cluster_that_cannot_take_the_step_is_told(
    stubbed: Stubbed, state: str, applications: list[str], told: str
) -> None:
    service, stub = stubbed
    named = [{"Name": name} for name in applications]
    cluster = {"Status": {"State": state}, "Applications": named}
    stub.add_response("describe_cluster", {"Cluster": cluster})
    with pytest.raises(NoSuchTarget, match=told):
        service.check()


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("PENDING", Kind.WAITING),
        ("RUNNING", Kind.RUNNING),
        ("CANCEL_PENDING", Kind.RUNNING),
        ("COMPLETED", Kind.SUCCEEDED),
        ("FAILED", Kind.FAILED),
        ("INTERRUPTED", Kind.FAILED),
        ("CANCELLED", Kind.STOPPED),
        ("DREAMING", Kind.UNKNOWN),
    ],
)
def test_every_state_means_something(stubbed: Stubbed, name: str, kind: Kind) -> None:
    service, stub = stubbed
    failure = {"Reason": "Unknown Error.", "LogFile": "s3://logs/steps/s-1/stderr.gz"}
    status: dict[str, Any] = {"State": name, "FailureDetails": failure}
    stub.add_response("describe_step", {"Step": {"Id": "s-1", "Status": status}})
    state = service.state("s-1")
    assert (state.kind, state.name) == (kind, name)
    assert state.detail == "Unknown Error. log: s3://logs/steps/s-1/stderr.gz"


def test_the_time_of_a_step_is_cluster_time(stubbed: Stubbed) -> None:
    service, stub = stubbed
    times = {
        "StartDateTime": datetime(2026, 1, 1, 10, 0, tzinfo=UTC),
        "EndDateTime": datetime(2026, 1, 1, 10, 30, tzinfo=UTC),
    }
    status = {"State": "COMPLETED", "Timeline": times}
    stub.add_response("describe_step", {"Step": {"Status": status}})
    assert service.state("s-1").usage == Usage(cluster_hours=0.5)


def test_cancelling_ends_a_step_that_runs(stubbed: Stubbed) -> None:
    service, stub = stubbed
    stub.add_response(
        "cancel_steps",
        {},
        {
            "ClusterId": "j-1",
            "StepIds": ["s-1"],
            "StepCancellationOption": "TERMINATE_PROCESS",
        },
    )
    service.cancel("s-1")
