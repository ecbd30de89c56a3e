"""Runs on the code server, with an eye on whether it still has them."""

import json

from dagster._core.launcher.base import CheckRunHealthResult, WorkerStatus
from dagster._core.launcher.default_run_launcher import DefaultRunLauncher
from dagster._core.storage.dagster_run import DagsterRun
from dagster._core.storage.tags import GRPC_INFO_TAG

SECONDS = 10
"""For the code server to answer."""


class WatchedRunLauncher(DefaultRunLauncher):
    """Dagster's default, and run monitoring can tell that a run has died.

    A run is a process of the code server, and dies with it: a new image, too little memory, a lost
    machine. Dagster's own launcher cannot tell, and the run stays STARTED, with the slot of its
    lake, until its time is up. This one asks the server for the run.

    For `dagster api grpc` only. `dagster code-server start` hands the question to its newest
    server, which does not know the runs of the one before.
    """

    @property
    def supports_check_run_worker_health(self) -> bool:
        return True

    def check_run_worker_health(self, run: DagsterRun) -> CheckRunHealthResult:
        """Failed, if the server answers and has no such run. Silence proves nothing."""
        from dagster._core.errors import DagsterUserCodeUnreachableError
        from dagster._grpc.client import DagsterGrpcClient
        from dagster._grpc.types import CanCancelExecutionRequest, CanCancelExecutionResult
        from dagster._serdes import deserialize_value

        if GRPC_INFO_TAG not in run.tags:
            return CheckRunHealthResult(WorkerStatus.RUNNING, "No code server is known for it.")
        place = json.loads(run.tags[GRPC_INFO_TAG])
        client = DagsterGrpcClient(
            host=place.get("host"),
            port=place.get("port"),
            socket=place.get("socket"),
            use_ssl=bool(place.get("use_ssl", False)),
        )
        try:
            answer = client.can_cancel_execution(
                CanCancelExecutionRequest(run_id=run.run_id), timeout=SECONDS
            )
        except DagsterUserCodeUnreachableError:
            return CheckRunHealthResult(WorkerStatus.RUNNING, "The code server does not answer.")
        if deserialize_value(answer, CanCancelExecutionResult).can_cancel:
            return CheckRunHealthResult(WorkerStatus.RUNNING)
        return CheckRunHealthResult(
            WorkerStatus.FAILED, "The code server was started anew, and the run's process is gone."
        )
