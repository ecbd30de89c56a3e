"""The definition of the Glue job that `lake deploy --glue-job` makes."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from lake_assets.engines.remote.deployment import Deployment
from lake_assets.engines.remote.errors import Refused
from lake_assets.engines.remote.explain import explain
from lake_assets.engines.remote.service import FAILURES

if TYPE_CHECKING:
    from mypy_boto3_glue.client import GlueClient

KEPT: Final = (
    "Connections", "DefaultArguments", "Description", "ExecutionClass", "JobMode", "LogUri",
    "MaintenanceWindow", "NonOverridableArguments", "NotificationProperty", "Role",
    "SecurityConfiguration", "SourceControlDetails", "Timeout",
)  # fmt: skip
"""What others may have set on the job: an update replaces all that it does not name."""


@dataclass(frozen=True)
class JobDefinition:
    """What is asked for. Workers and time limit are set again by each run."""

    name: str
    role: str | None = None
    glue_version: str = "5.1"
    worker_type: str = "G.1X"
    workers: int = 2
    concurrent_runs: int = 10


def ensure_job(client: "GlueClient", wanted: JobDefinition, deployment: Deployment) -> str:
    """Create the job, or update it; "created", "updated" or "unchanged".

    Glue does not repeat runs by itself: a second report would come for one submission.

    Raises:
        RemoteRunError: the role is missing, wrong or may not be passed on, or Glue refuses.
    """
    try:
        return _ensure(client, wanted, deployment)
    except FAILURES as error:
        raise explain(error, f"the Glue job {wanted.name!r}") from error


def _ensure(client: "GlueClient", wanted: JobDefinition, deployment: Deployment) -> str:
    ours: dict[str, Any] = {
        "Command": {
            "Name": "glueetl",
            "ScriptLocation": deployment.locate("script"),
            "PythonVersion": "3",
        },
        "GlueVersion": wanted.glue_version,
        "WorkerType": wanted.worker_type,
        "NumberOfWorkers": wanted.workers,
        "MaxRetries": 0,
        "ExecutionProperty": {"MaxConcurrentRuns": wanted.concurrent_runs},
    }
    arguments = {
        "--job-language": "python",
        "--additional-python-modules": deployment.locate("wheels/x86_64"),
        "--python-modules-installer-option": "--no-index",
        "--enable-continuous-cloudwatch-log": "true",
    }
    if wanted.role:
        ours["Role"] = wanted.role
    try:
        found: dict[str, Any] = dict(client.get_job(JobName=wanted.name)["Job"])
    except client.exceptions.EntityNotFoundException:
        if not wanted.role:
            raise Refused(
                f"There is no Glue job {wanted.name!r} yet, and it needs a role to run as. Give "
                "--glue-role ARN."
            ) from None
        client.create_job(Name=wanted.name, DefaultArguments=arguments, **ours)
        return "created"
    defaults = found.get("DefaultArguments", {})
    ours["DefaultArguments"] = {**defaults, **arguments}
    if all(found.get(name) == value for name, value in ours.items()):
        return "unchanged"
    kept = {name: found[name] for name in KEPT if name in found}
    client.update_job(JobName=wanted.name, JobUpdate={**kept, **ours})  # type: ignore[typeddict-item]
    return "updated"
