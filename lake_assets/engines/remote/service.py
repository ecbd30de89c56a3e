"""What the loop needs of a service: a handful of verbs, and one picture of a run's state."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import boto3.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from lake_assets.engines.remote.deployment import Deployment
from lake_assets.engines.remote.options import Options

Failure = ClientError | BotoCoreError
FAILURES = (ClientError, BotoCoreError)


class Kind(StrEnum):
    """What a service's name for a state means to the loop."""

    WAITING = "waiting"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    TIMED_OUT = "timed out"
    STOPPED = "stopped"
    UNKNOWN = "unknown"

    @property
    def is_final(self) -> bool:
        """Whether nothing comes after it."""
        return self in {Kind.SUCCEEDED, Kind.FAILED, Kind.TIMED_OUT, Kind.STOPPED}


@dataclass(frozen=True)
class Usage:
    """What a run took, as the service counts it; None where it does not."""

    dpu_hours: float | None = None
    vcpu_hours: float | None = None
    memory_gb_hours: float | None = None
    storage_gb_hours: float | None = None
    cluster_hours: float | None = None


@dataclass(frozen=True)
class State:
    """How a run stands: the kind, the service's own name for it, and what it says about it."""

    kind: Kind
    name: str
    detail: str = ""
    usage: Usage = Usage()


class Service(Protocol):
    """A place where a job can be submitted. Methods raise what boto3 raises; the loop explains."""

    @property
    def name(self) -> str:
        """The engine's name: glue, emr-serverless, emr."""

    @property
    def target(self) -> str:
        """The job, application or cluster, to a person: "the Glue job 'retail'"."""

    @property
    def region(self) -> str:
        """Where it runs."""

    @property
    def needs(self) -> Sequence[str]:
        """The names of the artifacts that a run takes from the deployment."""

    @property
    def starts_once(self) -> bool:
        """Whether `start` with the same token twice is one run."""

    def check(self) -> None:
        """Prove that the target is there. Raises NoSuchTarget, or what boto3 raises."""

    def start(
        self, arguments: Sequence[str], deployment: Deployment, options: Options, token: str
    ) -> str:
        """Start a run with these arguments of the job (`--k`, `v`, ...); its id."""

    def state(self, run_id: str) -> State:
        """How the run stands."""

    def cancel(self, run_id: str) -> None:
        """Ask for the end of the run."""

    def link(self, run_id: str) -> str:
        """The page of the run in the AWS console."""


@dataclass(frozen=True)
class Clock:
    """Time as the loop knows it; tests bring their own."""

    now: Callable[[], float] = time.monotonic
    pause: Callable[[float], None] = time.sleep


def session(options: Options) -> boto3.session.Session:
    """Where clients come from."""
    return boto3.session.Session(region_name=options.region)


# The loop repeats what may be repeated, and counts it: a start that botocore sends again on its
# own could be a second run.
CONFIG = Config(connect_timeout=5, read_timeout=30, retries={"total_max_attempts": 1})
