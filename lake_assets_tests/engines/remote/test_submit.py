"""One loop for all services: each way that a submission can end."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from typing import Any

import dagster as dg
import pytest
from botocore.exceptions import EndpointConnectionError, NoCredentialsError
from dagster_aws.pipes import PipesS3ContextInjector
from dagster_pipes import PipesContext

from lake_assets.engines.remote import errors
from lake_assets.engines.remote.deployment import MANIFEST, Deployment
from lake_assets.engines.remote.options import Options
from lake_assets.engines.remote.service import Kind, State
from lake_assets.engines.remote.submit import submit
from lake_assets.storage.errors import StoreUnavailable
from lake_assets.storage.s3 import S3Store
from lake_assets_tests.engines.remote.conftest import (
    RUNNING,
    SUCCEEDED,
    WAITING,
    FakeService,
    Submitter,
    deploy,
    refusal,
    reports,
)

GONE = EndpointConnectionError(endpoint_url="https://glue.example")


def objects(store: S3Store) -> list[str]:
    return [found.key for found in store.list("pipes/")]


def test_a_run_that_reports_gives_its_report_and_what_it_cost(
    submitter: Submitter, store: S3Store
) -> None:
    seen: list[object] = []

    def job(pipes: PipesContext) -> None:
        seen.append(pipes.extras["job"])
        reports({"rows": 3})(pipes)

    service = FakeService(store, [WAITING, RUNNING, SUCCEEDED], job)
    run = submitter.submit(service, extras={"job": {"step": "ingest"}})
    assert run.report == {"rows": 3}
    assert seen == [{"step": "ingest"}]
    found = {name: value.value for name, value in run.metadata.items()}
    assert found == {
        "engine": "fake",
        "remote_run_id": "jr_1",
        "link": "https://console.example/jr_1",
        "state": "SUCCEEDED",
        "seconds": 20,
        "dpu_hours": 0.5,
        "estimated_cost_usd": 0.22,
        "rates_usd": {"dpu_hours": 0.44},
    }
    assert isinstance(run.metadata["link"], dg.UrlMetadataValue)
    [(arguments, _)] = service.started
    assert arguments[:2] == ["--engine", "spark"]
    assert "Run jr_1 of the fake job 'retail': https://console.example/jr_1" in submitter.log
    assert "working on it" in submitter.log
    assert "are not those that run here" not in submitter.log
    assert service.cancelled == []


def test_what_was_exchanged_is_deleted(submitter: Submitter, store: S3Store) -> None:
    there: list[str] = []

    def job(pipes: PipesContext) -> None:
        there.extend(objects(store))
        reports({})(pipes)

    submitter.submit(FakeService(store, job=job))
    assert [key.rpartition("/")[2] for key in there] == ["context.json"]
    assert objects(store) == []


def test_what_cannot_be_deleted_is_told_and_the_report_stands(
    submitter: Submitter, store: S3Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: S3Store, key: str) -> None:
        raise StoreUnavailable("S3 denied access.")

    monkeypatch.setattr(S3Store, "delete", refuse)
    assert submitter.submit(FakeService(store, job=reports({}))).report == {}
    assert "still in the bucket: S3 denied access." in submitter.log


def test_success_without_a_report_is_a_failure(submitter: Submitter, store: S3Store) -> None:
    with pytest.raises(errors.NoReport, match=r"Run jr_1 of the fake job 'retail' .*not report"):
        submitter.submit(FakeService(store))


def test_messages_that_are_no_report_do_not_count(submitter: Submitter, store: S3Store) -> None:
    def job(pipes: PipesContext) -> None:
        pipes.report_custom_message({"rows": 3})
        pipes.report_custom_message("report")

    with pytest.raises(errors.NoReport):
        submitter.submit(FakeService(store, job=job))


def test_two_reports_are_a_failure(submitter: Submitter, store: S3Store) -> None:
    with pytest.raises(errors.ManyReports, match="2 reports"):
        submitter.submit(FakeService(store, job=reports({}, {})))


def test_a_report_that_is_no_object_is_a_failure(submitter: Submitter, store: S3Store) -> None:
    with pytest.raises(errors.BadReport, match="a str, not an object"):
        submitter.submit(FakeService(store, job=reports("done")))


@pytest.mark.parametrize(
    ("kind", "name", "error"),
    [
        (Kind.FAILED, "FAILED", errors.RunFailed),
        (Kind.FAILED, "EXPIRED", errors.RunFailed),
        (Kind.TIMED_OUT, "TIMEOUT", errors.RunTimedOut),
        (Kind.STOPPED, "CANCELLED", errors.RunStopped),
    ],
)
def test_any_end_but_success_tells_what_the_service_says(
    submitter: Submitter,
    store: S3Store,
    kind: Kind,
    name: str,
    error: type[errors.RemoteRunError],
) -> None:
    service = FakeService(store, [RUNNING, State(kind, name, "Executor lost.")])
    with pytest.raises(error, match=rf"ended as {name}. The service says: Executor lost\. Look"):
        submitter.submit(service)
    assert service.cancelled == []


def test_a_report_does_not_make_a_failed_run_a_success(
    submitter: Submitter, store: S3Store
) -> None:
    service = FakeService(store, [State(Kind.FAILED, "FAILED")], reports({}))
    with pytest.raises(errors.RunFailed):
        submitter.submit(service)


def test_a_failure_shows_the_last_words_of_the_job(submitter: Submitter, store: S3Store) -> None:
    def job(pipes: PipesContext) -> None:
        for number in range(40):
            pipes.log.info(f"step {number}")
        raise ZeroDivisionError("no rows")

    service = FakeService(store, [State(Kind.FAILED, "FAILED")], job)
    with pytest.raises(errors.RunFailed) as raised:
        submitter.submit(service)
    words = str(raised.value).partition("last words:\n")[2].splitlines()
    assert words == [*(f"step {number}" for number in range(26, 40)), "ZeroDivisionError: no rows"]


def test_what_a_job_writes_to_its_streams_comes_through(
    submitter: Submitter, store: S3Store, capsys: pytest.CaptureFixture[str], s3_endpoint: str
) -> None:
    program = """
import boto3, sys, dagster_pipes as dp
client = boto3.client("s3", endpoint_url=sys.argv[1])
with dp.open_dagster_pipes(
    params_loader=dp.PipesCliArgsParamsLoader(),
    context_loader=dp.PipesS3ContextLoader(client),
    message_writer=dp.PipesS3MessageWriter(client),
) as pipes:
    print("to the left", flush=True)
    pipes.report_custom_message({"report": {"engine": sys.argv[3]}})
"""

    class InAProcess(FakeService):
        def _run(self, arguments: Sequence[str]) -> None:
            command = [sys.executable, "-c", program, s3_endpoint, *arguments]
            subprocess.run(command, check=True, timeout=60)

    run = submitter.submit(InAProcess(store, job=reports()))
    assert run.report == {"engine": "spark"}
    assert "to the left" in capsys.readouterr().out


def test_a_run_that_never_starts_is_cancelled(submitter: Submitter, store: S3Store) -> None:
    service = FakeService(store, [WAITING])
    with pytest.raises(errors.NeverStarted, match=r"still STARTING after 60 s.*no capacity") as e:
        submitter.submit(service, start_timeout=60)
    assert service.cancelled == ["jr_1"]
    assert 60 < submitter.time.time <= 70
    assert e.value.retryable


def test_a_run_that_never_ends_is_cancelled(submitter: Submitter, store: S3Store) -> None:
    service = FakeService(store, [WAITING, RUNNING])
    with pytest.raises(errors.NeverEnded, match="not ended after 600 s") as raised:
        submitter.submit(service, run_timeout=600)
    assert service.cancelled == ["jr_1"]
    assert 660 < submitter.time.time <= 690
    assert not raised.value.retryable


def test_time_to_start_does_not_count_for_a_run_that_has_started(
    submitter: Submitter, store: S3Store
) -> None:
    service = FakeService(store, [*[RUNNING] * 100, SUCCEEDED], reports({}))
    assert submitter.submit(service, start_timeout=60).report == {}


def test_a_state_that_nobody_knows_is_neither_success_nor_for_ever(
    submitter: Submitter, store: S3Store
) -> None:
    service = FakeService(store, [State(Kind.UNKNOWN, "DREAMING")], reports({}))
    with pytest.raises(errors.UnknownState, match="is DREAMING, which this version"):
        submitter.submit(service)
    assert service.cancelled == ["jr_1"]


@pytest.mark.parametrize("error", [KeyboardInterrupt, dg.DagsterExecutionInterruptedError])
def test_an_interrupted_submitter_cancels_the_run(
    submitter: Submitter, store: S3Store, error: type[BaseException]
) -> None:
    def interrupt(seconds: float) -> None:
        raise error

    service = FakeService(store, [RUNNING])
    with pytest.raises((error, dg.DagsterExecutionInterruptedError)):
        submitter.submit(service, pause=interrupt)
    assert service.cancelled == ["jr_1"]
    assert "was cancelled" in submitter.log
    assert objects(store) == []


def test_a_run_that_cannot_be_cancelled_is_told_and_the_first_error_stands(
    submitter: Submitter, store: S3Store
) -> None:
    service = FakeService(store, [WAITING], cancelling=refusal("AccessDeniedException", "no"))
    with pytest.raises(errors.NeverStarted):
        submitter.submit(service)
    assert "could not be cancelled, and may go on and cost" in submitter.log


def test_polls_that_fail_do_not_lose_the_run(submitter: Submitter, store: S3Store) -> None:
    throttled = refusal("ThrottlingException", "Rate exceeded")
    service = FakeService(store, [RUNNING, GONE, throttled, RUNNING, SUCCEEDED], reports({}))
    assert submitter.submit(service, poll_failures=3).report == {}
    assert "The run goes on; asking again." in submitter.log


def test_polls_that_keep_failing_end_the_run(submitter: Submitter, store: S3Store) -> None:
    service = FakeService(store, [RUNNING, GONE])
    with pytest.raises(errors.LostTouch, match="3 questions in a row about run jr_1"):
        submitter.submit(service, poll_failures=3)
    assert service.cancelled == ["jr_1"]


def test_a_poll_that_is_denied_ends_the_run_at_once(submitter: Submitter, store: S3Store) -> None:
    service = FakeService(store, [refusal("AccessDeniedException", "not glue:GetJobRun")])
    with pytest.raises(errors.Denied, match="not glue:GetJobRun"):
        submitter.submit(service)
    assert service.polls == 1
    assert service.cancelled == ["jr_1"]


def test_too_many_runs_at_once_are_waited_for(submitter: Submitter, store: S3Store) -> None:
    full = refusal("ConcurrentRunsExceededException", "Concurrent runs exceeded for retail")
    service = FakeService(store, job=reports({}), refusals=[full, full, full])
    assert submitter.submit(service).report == {}
    assert submitter.time.time == 5 + 10 + 20
    assert "Concurrent runs exceeded for retail). Run again later" in submitter.log


def test_too_many_runs_for_too_long_are_a_failure(submitter: Submitter, store: S3Store) -> None:
    full = refusal("ConcurrentRunsExceededException", "Concurrent runs exceeded")
    service = FakeService(store, refusals=[full] * 99)
    with pytest.raises(errors.ServiceBusy, match="raise its limit") as raised:
        submitter.submit(service, busy_timeout=100)
    assert submitter.time.time <= 100
    assert service.started == []
    assert raised.value.retryable


@pytest.mark.parametrize("starts_once", [True, False])
def test_a_start_without_an_answer_is_repeated_only_where_it_stays_one_run(
    submitter: Submitter, store: S3Store, starts_once: bool
) -> None:
    service = FakeService(store, job=reports({}), refusals=[GONE], starts_once=starts_once)
    if starts_once:
        assert submitter.submit(service).report == {}
    else:
        with pytest.raises(errors.StartUnanswered, match="may have started: look there") as e:
            submitter.submit(service)
        assert service.started == []
        assert not e.value.retryable  # another run could be a second one


class Interrupted(BaseException):
    """As Dagster raises it in the thread that waits."""


def test_a_run_that_is_cancelled_while_it_starts_is_stopped(
    submitter: Submitter, store: S3Store
) -> None:
    handled = threading.Event()

    def interrupt(_signal: int, _frame: object) -> None:
        handled.set()
        raise Interrupted

    class Starting(FakeService):
        def start(self, *arguments: Any) -> str:
            os.kill(os.getpid(), signal.SIGUSR1)
            assert handled.wait(60)
            return super().start(*arguments)

    before = signal.signal(signal.SIGUSR1, interrupt)
    service = Starting(store, [RUNNING])
    try:
        with pytest.raises(Interrupted):
            submitter.submit(service)
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert service.cancelled == ["jr_1"]


def test_a_job_that_does_not_exist_is_told_before_anything_is_written(
    submitter: Submitter, store: S3Store
) -> None:
    service = FakeService(store, checking=refusal("EntityNotFoundException", "Entity not found"))
    with pytest.raises(errors.NoSuchTarget, match=r"no such thing as the fake job.*glue-job") as e:
        submitter.submit(service)
    assert not e.value.retryable
    assert service.started == []
    assert objects(store) == []


@pytest.mark.parametrize(
    ("code", "said", "told"),
    [
        ("AccessDeniedException", "may not perform: iam:PassRole on role/r", "Grant it iam:Pass"),
        ("InvalidInputException", "Role arn:aws:iam::1:role/x should be given assume", "ARN"),
        ("ValidationException", "Invalid execution role", "may assume it"),
        ("AccessDenied", "not authorized: glue:StartJobRun", "right that is named"),
    ],
)
def test_a_wrong_role_is_told(
    submitter: Submitter, store: S3Store, code: str, said: str, told: str
) -> None:
    service = FakeService(store, refusals=[refusal(code, said)])
    with pytest.raises(errors.Denied, match=told) as raised:
        submitter.submit(service)
    assert said in str(raised.value)
    assert not raised.value.retryable


def test_a_bucket_in_another_region_is_told_with_both(submitter: Submitter, store: S3Store) -> None:
    service = FakeService(store, region="eu-west-1")
    with pytest.raises(errors.WrongRegion, match="is in us-east-1, and the service in eu-west-1"):
        submitter.submit(service)
    assert service.started == []


def test_a_bucket_that_is_not_there_is_told(submitter: Submitter, store: S3Store) -> None:
    with pytest.raises(errors.StorageFailed, match="bucket of s3://no-such-lake does not exist"):
        submitter.submit(FakeService(store), deploy_uri="s3://no-such-lake")


def test_a_bucket_that_cannot_be_written_is_told(
    submitter: Submitter, store: S3Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*arguments: object) -> None:
        raise refusal("AccessDenied")

    monkeypatch.setattr(PipesS3ContextInjector, "inject_context", refuse)
    service = FakeService(store)
    with pytest.raises(errors.StorageFailed, match=r"S3 denied access to s3://.*s3:PutObject"):
        submitter.submit(service)
    assert service.started == []


def test_nothing_deployed_is_told_with_the_command(submitter: Submitter, store: S3Store) -> None:
    store.delete(MANIFEST)
    with pytest.raises(errors.NotDeployed, match=f"Run `lake deploy --to {store.uri}`"):
        submitter.submit(FakeService(store))


def test_another_version_deployed_is_told_with_both(submitter: Submitter, store: S3Store) -> None:
    deploy(store, "0.0.9")
    with pytest.raises(errors.OtherVersion, match=r"lake_assets 0\.0\.9 is deployed"):
        submitter.submit(FakeService(store))


def test_other_code_of_the_same_version_is_told_and_runs(
    submitter: Submitter, store: S3Store
) -> None:
    found = Deployment.read(store)
    other = found.artifacts["wheel"].model_copy(update={"digest": "other"})
    left = found.model_copy(update={"artifacts": {**found.artifacts, "wheel": other}})
    store.put(MANIFEST, left.model_dump_json().encode())
    assert submitter.submit(FakeService(store, job=reports({}))).report == {}
    assert f"Run `lake deploy --to {store.uri}` to send yours." in submitter.log


def test_an_artifact_that_is_gone_is_told_before_the_run(
    submitter: Submitter, store: S3Store
) -> None:
    store.delete("artifacts/wheels/x86_64")
    service = FakeService(store, needs=("script", "wheels/x86_64"))
    with pytest.raises(errors.NotDeployed, match=r"wheels/x86_64 is gone.*--for glue"):
        submitter.submit(service)
    assert service.started == []


def test_an_engine_that_was_not_deployed_for_is_told(submitter: Submitter, store: S3Store) -> None:
    found = Deployment.read(store)
    only = {"script": found.artifacts["script"]}
    left = found.model_copy(update={"artifacts": only})
    store.put(MANIFEST, left.model_dump_json().encode())
    service = FakeService(store, needs=("script", "environment/arm64"))
    with pytest.raises(errors.NotDeployed, match="--for emr-serverless --arch arm64"):
        submitter.submit(service)


def test_missing_credentials_are_told(submitter: Submitter, store: S3Store) -> None:
    service = FakeService(store, checking=NoCredentialsError())
    with pytest.raises(errors.NoCredentials, match="AWS_PROFILE"):
        submitter.submit(service)


def test_missing_credentials_for_the_bucket_are_told(
    store: S3Store, monkeypatch: pytest.MonkeyPatch, s3_endpoint: str
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    options = Options(deploy_uri=store.uri, endpoint=s3_endpoint)
    with pytest.raises(errors.NoCredentials, match="AWS_PROFILE"):
        submit(dg.build_op_context(), FakeService(store), {}, options)


def test_an_asset_materializes_with_what_the_run_says(submitter: Submitter, store: S3Store) -> None:
    @dg.asset
    def fact(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        service = FakeService(store, job=reports({"rows": 3}))
        run = submit(context, service, {}, submitter.options, clock=submitter.time.clock)
        return dg.MaterializeResult(metadata=run.metadata)

    result = dg.materialize([fact], instance=submitter.instance)
    [event] = result.asset_materializations_for_node("fact")
    assert event.metadata["remote_run_id"].value == "jr_1"
