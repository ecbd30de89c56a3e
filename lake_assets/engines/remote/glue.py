"""Jobs on AWS Glue 5.x."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from lake_assets.engines.remote.deployment import Deployment
from lake_assets.engines.remote.options import Options
from lake_assets.engines.remote.service import CONFIG, Kind, State, Usage, session
from lake_assets.engines.remote.targets import GlueTarget

if TYPE_CHECKING:
    from mypy_boto3_glue.client import GlueClient
    from mypy_boto3_glue.type_defs import JobRunTypeDef

# https://docs.aws.amazon.com/glue/latest/dg/job-run-statuses.html
KINDS: Final = {
    "STARTING": Kind.WAITING,
    "WAITING": Kind.WAITING,
    "RUNNING": Kind.RUNNING,
    "STOPPING": Kind.RUNNING,
    "SUCCEEDED": Kind.SUCCEEDED,
    "FAILED": Kind.FAILED,
    "ERROR": Kind.FAILED,
    "EXPIRED": Kind.FAILED,
    "TIMEOUT": Kind.TIMED_OUT,
    "STOPPED": Kind.STOPPED,
}
LEAST_SECONDS: Final = 60
"""What a run is billed for at least: https://aws.amazon.com/glue/pricing/"""


@dataclass(frozen=True)
class GlueService:
    """The `Service` protocol on a Glue job, as `lake deploy --glue-job` makes it.

    Script and wheels are named in each run, so that the job's definition does not change when
    another version is deployed, and a run in flight keeps what it has.
    """

    client: "GlueClient"
    chosen: GlueTarget
    name: str = "glue"
    needs: Sequence[str] = ("script", "wheels/x86_64")
    starts_once: bool = False

    @classmethod
    def connect(cls, chosen: GlueTarget, options: Options) -> Self:
        """The service in the region, or at the endpoint, of the options."""
        made = session(options).client("glue", endpoint_url=options.endpoint, config=CONFIG)
        return cls(made, chosen)

    @property
    def target(self) -> str:
        """The job, to a person."""
        return f"the Glue job {self.chosen.job_name!r}"

    @property
    def region(self) -> str:
        """Where it runs."""
        return self.client.meta.region_name

    def check(self) -> None:
        """Prove that the job is there."""
        self.client.get_job(JobName=self.chosen.job_name)

    def start(
        self,
        arguments: Sequence[str],
        deployment: Deployment,
        options: Options,
        token: str,  # noqa: ARG002
    ) -> str:
        """Start a run. Glue knows no tokens: the same call twice is two runs.

        Of `--additional-python-modules`, a zip of wheels with a requirements.txt is what needs no
        package index, and so no way out of the job's network:
        https://docs.aws.amazon.com/glue/latest/dg/aws-glue-programming-python-libraries.html
        `--scriptLocation` overrides that of the job:
        https://docs.aws.amazon.com/glue/latest/dg/aws-glue-programming-etl-glue-arguments.html
        """
        ours = dict(zip(arguments[::2], arguments[1::2], strict=True))
        started = self.client.start_job_run(
            JobName=self.chosen.job_name,
            Arguments={
                **self.chosen.arguments,
                "--scriptLocation": deployment.locate("script"),
                "--additional-python-modules": deployment.locate("wheels/x86_64"),
                "--python-modules-installer-option": "--no-index",
                **ours,
            },
            WorkerType=self.chosen.worker_type,  # type: ignore[arg-type]  # AWS adds types
            NumberOfWorkers=self.chosen.workers,
            Timeout=options.run_minutes,
        )
        return started["JobRunId"]

    def state(self, run_id: str) -> State:
        """How the run stands."""
        run = self.client.get_job_run(JobName=self.chosen.job_name, RunId=run_id)["JobRun"]
        name = run.get("JobRunState", "")
        detail = run.get("ErrorMessage", "") or run.get("StateDetail", "")
        return State(KINDS.get(name, Kind.UNKNOWN), name, detail, self._usage(run))

    def cancel(self, run_id: str) -> None:
        """Stop the run."""
        self.client.batch_stop_job_run(JobName=self.chosen.job_name, JobRunIds=[run_id])

    def link(self, run_id: str) -> str:
        """The run's page."""
        page = f"https://{self.region}.console.aws.amazon.com/gluestudio/home?region={self.region}"
        return f"{page}#/job/{self.chosen.job_name}/run/{run_id}"

    def _usage(self, run: "JobRunTypeDef") -> Usage:
        if counted := run.get("DPUSeconds"):  # where workers come and go
            return Usage(dpu_hours=counted / 3600)
        dpus = run.get("MaxCapacity") or self._dpus()
        seconds = run.get("ExecutionTime") or 0
        if dpus is None or not seconds:
            return Usage()
        return Usage(dpu_hours=dpus * max(seconds, LEAST_SECONDS) / 3600)

    def _dpus(self) -> float | None:
        """DPUs of all workers; a worker of type G.<n>X is n of them."""
        size = re.fullmatch(r"[GR]\.(\d+)X", self.chosen.worker_type)
        return int(size[1]) * self.chosen.workers if size else None
