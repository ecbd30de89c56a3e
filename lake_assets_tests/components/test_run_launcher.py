"""Whether a run's process is still there, as the code server tells it."""

import json
from typing import Any

import pytest
from dagster._core.errors import DagsterUserCodeUnreachableError
from dagster._core.launcher.base import WorkerStatus
from dagster._core.storage.dagster_run import DagsterRun
from dagster._core.storage.tags import GRPC_INFO_TAG
from dagster._grpc.client import DagsterGrpcClient
from dagster._grpc.types import CanCancelExecutionRequest, CanCancelExecutionResult
from dagster._serdes import serialize_value

from lake_assets.components.run_launcher import WatchedRunLauncher
from lake_assets_tests.deploy.postgres import free_port


def health(run: DagsterRun) -> WorkerStatus:
    return WatchedRunLauncher().check_run_worker_health(run).status


def run_at(port: int) -> DagsterRun:
    place = json.dumps({"host": "127.0.0.1", "port": port})
    return DagsterRun(job_name="retail_sales_ingest", tags={GRPC_INFO_TAG: place})


@pytest.mark.parametrize(
    ("has_it", "status"), [(True, WorkerStatus.RUNNING), (False, WorkerStatus.FAILED)]
)
def test_a_run_lives_as_long_as_its_code_server_has_it(
    has_it: bool, status: WorkerStatus, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = run_at(4000)

    def answer(client: Any, request: CanCancelExecutionRequest, timeout: int) -> str:
        assert (client.host, client.port, request.run_id) == ("127.0.0.1", 4000, run.run_id)
        return serialize_value(CanCancelExecutionResult(can_cancel=has_it))

    monkeypatch.setattr(DagsterGrpcClient, "can_cancel_execution", answer)
    assert health(run) is status


def test_a_code_server_that_is_silent_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    run = run_at(free_port())
    with pytest.raises(DagsterUserCodeUnreachableError):
        DagsterGrpcClient(
            host="127.0.0.1", port=json.loads(run.tags[GRPC_INFO_TAG])["port"]
        ).can_cancel_execution(CanCancelExecutionRequest(run_id=run.run_id), timeout=5)
    assert health(run) is WorkerStatus.RUNNING


def test_a_run_of_no_code_server_is_left_alone() -> None:
    assert health(DagsterRun(job_name="retail_sales_ingest")) is WorkerStatus.RUNNING
