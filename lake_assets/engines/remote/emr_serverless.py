"""Jobs on EMR Serverless."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from lake_assets.engines.remote.deployment import Deployment
from lake_assets.engines.remote.errors import NoSuchTarget
from lake_assets.engines.remote.options import Options
from lake_assets.engines.remote.service import CONFIG, Kind, State, Usage, session
from lake_assets.engines.remote.targets import EmrServerlessTarget

if TYPE_CHECKING:
    from mypy_boto3_emr_serverless.client import EMRServerlessClient
    from mypy_boto3_emr_serverless.type_defs import JobRunTypeDef

# https://docs.aws.amazon.com/emr/latest/EMR-Serverless-UserGuide/job-states.html
KINDS: Final = {
    "SUBMITTED": Kind.WAITING,
    "QUEUED": Kind.WAITING,
    "PENDING": Kind.WAITING,
    "SCHEDULED": Kind.WAITING,
    "RUNNING": Kind.RUNNING,
    "CANCELLING": Kind.RUNNING,
    "SUCCESS": Kind.SUCCEEDED,
    "FAILED": Kind.FAILED,
    "CANCELLED": Kind.STOPPED,
}


def python_conf(python: str, *, driver: str) -> dict[str, str]:
    """What makes driver and executors take an interpreter, and the packed environment.

    `./environment` is where Spark unpacks `--archives ...#environment`, in the directory where
    each process works: https://spark.apache.org/docs/latest/api/python/user_guide/python_packaging.html
    """
    return {
        f"{driver}.PYSPARK_DRIVER_PYTHON": python,
        f"{driver}.PYSPARK_PYTHON": python,
        f"{driver}.PYTHONPATH": "./environment",
        "spark.executorEnv.PYSPARK_PYTHON": python,
        "spark.executorEnv.PYTHONPATH": "./environment",
    }


@dataclass(frozen=True)
class EmrServerlessService:
    """The `Service` protocol on an EMR Serverless application.

    Environment variables of the driver:
    https://docs.aws.amazon.com/emr/latest/EMR-Serverless-UserGuide/jobs-spark.html
    """

    client: "EMRServerlessClient"
    chosen: EmrServerlessTarget
    name: str = "emr-serverless"
    starts_once: bool = True

    @classmethod
    def connect(cls, chosen: EmrServerlessTarget, options: Options) -> Self:
        """The service in the region, or at the endpoint, of the options."""
        made = session(options).client(
            "emr-serverless", endpoint_url=options.endpoint, config=CONFIG
        )
        return cls(made, chosen)

    @property
    def target(self) -> str:
        """The application, to a person."""
        return f"the EMR Serverless application {self.chosen.application_id!r}"

    @property
    def region(self) -> str:
        """Where it runs."""
        return self.client.meta.region_name

    @property
    def needs(self) -> Sequence[str]:
        """The script, and the environment for the workers' processors."""
        return ("script", f"environment/{self.chosen.architecture}")

    def check(self) -> None:
        """Prove that the application is there, and runs on the processors that we pack for."""
        found = self.client.get_application(applicationId=self.chosen.application_id)["application"]
        if found["state"] == "TERMINATED":
            raise NoSuchTarget(
                f"{self.target} is terminated. Create another one, and set its id in the engine."
            )
        has = found.get("architecture", "X86_64").lower()
        if has != self.chosen.architecture:
            raise NoSuchTarget(
                f"{self.target} runs on {has}, and the engine is set to "
                f"{self.chosen.architecture}. Set `architecture: {has}`."
            )

    def start(
        self, arguments: Sequence[str], deployment: Deployment, options: Options, token: str
    ) -> str:
        """Start a run; with a token that was used before, the id of that run."""
        conf = {
            **python_conf(self.chosen.python, driver="spark.emr-serverless.driverEnv"),
            **self.chosen.spark_conf,
        }
        archive = deployment.locate(f"environment/{self.chosen.architecture}")
        parameters = [f"--archives {archive}#environment"]
        parameters += [f"--conf {shlex.quote(f'{key}={value}')}" for key, value in conf.items()]
        started = self.client.start_job_run(
            applicationId=self.chosen.application_id,
            clientToken=token,
            executionRoleArn=self.chosen.role_arn,
            name=f"lake-{token}"[:64],
            jobDriver={
                "sparkSubmit": {
                    "entryPoint": deployment.locate("script"),
                    "entryPointArguments": list(arguments),
                    "sparkSubmitParameters": " ".join(parameters),
                }
            },
            executionTimeoutMinutes=options.run_minutes,
            tags=dict(self.chosen.tags),
        )
        return started["jobRunId"]

    def state(self, run_id: str) -> State:
        """How the run stands."""
        run = self.client.get_job_run(
            applicationId=self.chosen.application_id, jobRunId=run_id
        )["jobRun"]  # fmt: skip
        name, detail = run["state"], run.get("stateDetails", "")
        return State(KINDS.get(name, Kind.UNKNOWN), name, detail, _usage(run))

    def cancel(self, run_id: str) -> None:
        """Cancel the run."""
        self.client.cancel_job_run(applicationId=self.chosen.application_id, jobRunId=run_id)

    def link(self, run_id: str) -> str:
        """The run's page."""
        page = f"https://{self.region}.console.aws.amazon.com/emr/home?region={self.region}"
        return f"{page}#/serverless-applications/{self.chosen.application_id}/job-runs/{run_id}"


def _usage(run: "JobRunTypeDef") -> Usage:
    """What is billed, or what was used while the bill is not there yet."""
    used = run.get("billedResourceUtilization") or run.get("totalResourceUtilization")
    if not used:
        return Usage()
    return Usage(
        vcpu_hours=used.get("vCPUHour"),
        memory_gb_hours=used.get("memoryGBHour"),
        storage_gb_hours=used.get("storageGBHour"),
    )
