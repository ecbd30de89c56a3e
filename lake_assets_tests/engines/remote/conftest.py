"""A service that does what a test says, a clock that does not wait, and Dagster around them."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import dagster as dg
import pytest
from botocore.exceptions import ClientError
from dagster_pipes import PipesContext, PipesMappingParamsLoader
from dagster_pipes import PipesS3ContextLoader as ContextLoader
from dagster_pipes import PipesS3MessageWriter as MessageWriter

from lake_assets import __version__
from lake_assets.engines.remote.deployment import MANIFEST, Artifact, Deployment, own_digest
from lake_assets.engines.remote.options import Options
from lake_assets.engines.remote.service import Clock, Kind, State, Usage
from lake_assets.engines.remote.submit import RemoteRun, submit
from lake_assets.storage.open import open_store
from lake_assets.storage.s3 import S3Store

SUCCEEDED = State(Kind.SUCCEEDED, "SUCCEEDED", usage=Usage(dpu_hours=0.5))
RUNNING = State(Kind.RUNNING, "RUNNING")
WAITING = State(Kind.WAITING, "STARTING", "no capacity")
Job = Callable[[PipesContext], None]


def refusal(code: str, message: str = "") -> ClientError:
    """What boto3 raises for an answer of AWS."""
    return ClientError({"Error": {"Code": code, "Message": message}}, "AnyOperation")


class FakeClock:
    """Time passes when somebody waits."""

    def __init__(self) -> None:
        self.time = 0.0

    @property
    def clock(self) -> Clock:
        return Clock(lambda: self.time, self.pause)

    def pause(self, seconds: float) -> None:
        self.time += seconds


class QuietWriter(MessageWriter):
    """Pipes' own, but it leaves the streams of the test process alone."""

    def open(self, params: Any) -> Any:
        return super().open({**params, self.INCLUDE_STDIO_IN_MESSAGES_KEY: False})


@dataclass
class FakeService:
    """The states come in turn, the last one for ever; the job runs when it is started."""

    store: S3Store
    states: Sequence[State | Exception] = (SUCCEEDED,)
    job: Job | None = None
    refusals: list[Exception] = field(default_factory=list)
    name: str = "fake"
    target: str = "the fake job 'retail'"
    region: str = "us-east-1"
    needs: Sequence[str] = ("script",)
    starts_once: bool = False
    started: list[tuple[list[str], str]] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)
    checking: Exception | None = None
    cancelling: Exception | None = None
    polls: int = 0

    def check(self) -> None:
        if self.checking:
            raise self.checking

    def start(
        self, arguments: Sequence[str], deployment: Deployment, options: Options, token: str
    ) -> str:
        if self.refusals:
            raise self.refusals.pop(0)
        self.started.append((list(arguments), token))
        if self.job:
            self._run(arguments)
        return "jr_1"

    def _run(self, arguments: Sequence[str]) -> None:
        given = dict(zip(arguments[::2], arguments[1::2], strict=True))
        params = {
            "DAGSTER_PIPES_CONTEXT": given["--dagster-pipes-context"],
            "DAGSTER_PIPES_MESSAGES": given["--dagster-pipes-messages"],
        }
        loader = ContextLoader(self.store.client)
        try:
            with PipesContext(
                PipesMappingParamsLoader(params), loader, QuietWriter(self.store.client)
            ) as pipes:
                assert self.job
                self.job(pipes)
        except ArithmeticError:
            pass  # the job fails, not the one who started it

    def state(self, run_id: str) -> State:
        found = self.states[min(self.polls, len(self.states) - 1)]
        self.polls += 1
        if isinstance(found, Exception):
            raise found
        return found

    def cancel(self, run_id: str) -> None:
        if self.cancelling:
            raise self.cancelling
        self.cancelled.append(run_id)

    def link(self, run_id: str) -> str:
        return f"https://console.example/{run_id}"


def reports(*found: object) -> Job:
    """A job that reports these."""

    def job(pipes: PipesContext) -> None:
        pipes.log.info("working on it")
        for report in found:
            pipes.report_custom_message({"report": report})

    return job


@pytest.fixture
def store(s3_uri: str, s3_endpoint: str) -> S3Store:
    """A bucket in which the script is deployed."""
    found = open_store(f"{s3_uri}/deploy", endpoint=s3_endpoint)
    assert isinstance(found, S3Store)
    deploy(found)
    return found


def deploy(store: S3Store, version: str = __version__) -> Deployment:
    """Put every artifact there, of a few bytes."""
    names = ("script", "wheel", "wheels/x86_64", "environment/x86_64", "environment/arm64")
    artifacts = {name: Artifact(key=f"artifacts/{name}", digest="d", bytes=3) for name in names}
    for artifact in artifacts.values():
        store.put(artifact.key, b"abc")
    own = artifacts["wheel"].model_copy(update={"digest": own_digest()})
    artifacts["wheel"] = own
    found = Deployment(
        uri=store.uri, version=version, python="3.11", requirements=(), artifacts=artifacts
    )
    store.put(MANIFEST, found.model_dump_json().encode())
    return found


@dataclass
class Submitter:
    """Submits from an op in Dagster, and keeps its log."""

    instance: dg.DagsterInstance
    options: Options
    time: FakeClock = field(default_factory=FakeClock)

    def submit(
        self,
        service: FakeService,
        *,
        extras: dict[str, Any] | None = None,
        pause: Callable[[float], None] | None = None,
        **options: Any,
    ) -> RemoteRun:
        chosen = Options.model_validate({**self.options.model_dump(), **options})
        clock = Clock(self.time.clock.now, pause or self.time.pause)
        found: list[RemoteRun] = []

        @dg.op
        def work(context: dg.OpExecutionContext) -> None:
            found.append(submit(context, service, extras or {}, chosen, clock=clock))

        @dg.job
        def remote() -> None:
            work()

        remote.execute_in_process(instance=self.instance)
        return found[0]

    @property
    def log(self) -> str:
        """All that was logged, by line."""
        [run] = self.instance.get_runs()
        return "\n".join(entry.user_message for entry in self.instance.all_logs(run.run_id))


@pytest.fixture
def submitter(
    store: S3Store, s3_endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Submitter]:
    """Dagster with nothing in it. Both sides of Pipes look more often, and give up sooner."""
    often = SimpleNamespace(sleep=lambda seconds: time.sleep(seconds / 100))
    monkeypatch.setattr("dagster_pipes.time", often)
    monkeypatch.setattr("dagster._core.pipes.utils.DEFAULT_SLEEP_INTERVAL", 0.01)
    monkeypatch.setattr("dagster._core.pipes.utils.WAIT_FOR_LOGS_AFTER_EXECUTION_INTERVAL", 0)
    options = Options(deploy_uri=store.uri, endpoint=s3_endpoint)
    with dg.DagsterInstance.ephemeral() as instance:
        yield Submitter(instance, options)
