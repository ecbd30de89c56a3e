"""Jobs as steps of an EMR cluster on EC2 that is there already."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from lake_assets.engines.remote.deployment import Deployment
from lake_assets.engines.remote.emr_serverless import python_conf
from lake_assets.engines.remote.errors import NoSuchTarget
from lake_assets.engines.remote.options import Options
from lake_assets.engines.remote.service import CONFIG, Kind, State, Usage, session
from lake_assets.engines.remote.targets import EmrTarget

if TYPE_CHECKING:
    from mypy_boto3_emr.client import EMRClient
    from mypy_boto3_emr.type_defs import StepStatusTypeDef

# https://docs.aws.amazon.com/emr/latest/APIReference/API_StepStatus.html
KINDS: Final = {
    "PENDING": Kind.WAITING,
    "RUNNING": Kind.RUNNING,
    "CANCEL_PENDING": Kind.RUNNING,
    "COMPLETED": Kind.SUCCEEDED,
    "FAILED": Kind.FAILED,
    "INTERRUPTED": Kind.FAILED,
    "CANCELLED": Kind.STOPPED,
}


@dataclass(frozen=True)
class EmrService:
    """The `Service` protocol on a cluster. A step that fails leaves the cluster to the others."""

    client: "EMRClient"
    chosen: EmrTarget
    name: str = "emr"
    starts_once: bool = False

    @classmethod
    def connect(cls, chosen: EmrTarget, options: Options) -> Self:
        """The service in the region, or at the endpoint, of the options."""
        made = session(options).client("emr", endpoint_url=options.endpoint, config=CONFIG)
        return cls(made, chosen)

    @property
    def target(self) -> str:
        """The cluster, to a person."""
        return f"the EMR cluster {self.chosen.cluster_id!r}"

    @property
    def region(self) -> str:
        """Where it runs."""
        return self.client.meta.region_name

    @property
    def needs(self) -> Sequence[str]:
        """The script, and the environment for the nodes' processors."""
        return ("script", f"environment/{self.chosen.architecture}")

    def check(self) -> None:
        """Prove that the cluster is up and has Spark."""
        cluster = self.client.describe_cluster(ClusterId=self.chosen.cluster_id)["Cluster"]
        state = cluster["Status"].get("State", "")
        if state.startswith("TERMINAT"):
            raise NoSuchTarget(
                f"{self.target} takes no steps: it is {state}. Start another one, and set its id "
                "in the engine."
            )
        applications = {found.get("Name", "").lower() for found in cluster.get("Applications", [])}
        if "spark" not in applications:
            raise NoSuchTarget(
                f"{self.target} has no Spark. Start one with the application Spark, and set its id "
                "in the engine."
            )

    def start(
        self,
        arguments: Sequence[str],
        deployment: Deployment,
        options: Options,  # noqa: ARG002
        token: str,
    ) -> str:
        """Add a step. EMR knows no tokens and no time limits: both are the loop's affair."""
        conf = {
            **python_conf(self.chosen.python, driver="spark.yarn.appMasterEnv"),
            **self.chosen.spark_conf,
        }
        archive = deployment.locate(f"environment/{self.chosen.architecture}")
        submit = ["spark-submit", "--deploy-mode", "cluster", "--archives"]
        submit.append(f"{archive}#environment")
        for key, value in conf.items():
            submit += ["--conf", f"{key}={value}"]
        added = self.client.add_job_flow_steps(
            JobFlowId=self.chosen.cluster_id,
            Steps=[
                {
                    "Name": f"lake-{token}",
                    "ActionOnFailure": "CONTINUE",
                    "HadoopJarStep": {
                        "Jar": "command-runner.jar",
                        "Args": [*submit, deployment.locate("script"), *arguments],
                    },
                }
            ],
        )
        return added["StepIds"][0]

    def state(self, run_id: str) -> State:
        """How the step stands."""
        step = self.client.describe_step(ClusterId=self.chosen.cluster_id, StepId=run_id)["Step"]
        status = step.get("Status", {})
        name = status.get("State", "")
        return State(KINDS.get(name, Kind.UNKNOWN), name, _detail(status), _usage(status))

    def cancel(self, run_id: str) -> None:
        """Cancel the step, also when it runs."""
        self.client.cancel_steps(
            ClusterId=self.chosen.cluster_id,
            StepIds=[run_id],
            StepCancellationOption="TERMINATE_PROCESS",
        )

    def link(self, run_id: str) -> str:  # noqa: ARG002
        """The cluster's page; a step has none of its own."""
        page = f"https://{self.region}.console.aws.amazon.com/emr/home?region={self.region}"
        return f"{page}#/clusterDetails/{self.chosen.cluster_id}"


def _detail(status: "StepStatusTypeDef") -> str:
    failure, reason = status.get("FailureDetails", {}), status.get("StateChangeReason", {})
    told = [failure.get("Reason"), failure.get("Message"), reason.get("Message")]
    if log := failure.get("LogFile"):
        told.append(f"log: {log}")
    return ". ".join(text.rstrip(".") for text in told if text)


def _usage(status: "StepStatusTypeDef") -> Usage:
    times = status.get("Timeline", {})
    began, ended = times.get("StartDateTime"), times.get("EndDateTime")
    if began is None or ended is None:
        return Usage()
    return Usage(cluster_hours=(ended - began).total_seconds() / 3600)
