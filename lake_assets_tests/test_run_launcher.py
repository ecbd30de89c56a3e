"""Whether a run is alive: asked of its code server, which may not answer."""

from typing import Any

import dagster as dg
import pytest
from dagster._core.errors import DagsterUserCodeUnreachableError
from dagster._core.launcher import WorkerStatus
from dagster._grpc.types import CanCancelExecutionResult
from dagster._serdes import serialize_value

from lake_assets.run_launcher import PATIENCE, WatchfulRunLauncher

RUN = dg.DagsterRun("a_job", run_id="11111111-1111-1111-1111-111111111111")


class CodeServer:
    """Says what it is told to say; None is silence."""

    def __init__(self, *answers: bool | None) -> None:
        self.answers = list(answers)

    def can_cancel_execution(self, request: Any) -> str:
        assert request.run_id == RUN.run_id
        answer = self.answers.pop(0)
        if answer is None:
            raise DagsterUserCodeUnreachableError("nobody there")
        return serialize_value(CanCancelExecutionResult(can_cancel=answer))


def launcher(
    monkeypatch: pytest.MonkeyPatch, server: CodeServer | None, *times: float
) -> WatchfulRunLauncher:
    clock = iter(times)
    found = WatchfulRunLauncher(clock=lambda: next(clock))
    monkeypatch.setattr(found, "_get_grpc_client_for_termination", lambda _: server)
    return found


def test_it_offers_to_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    assert launcher(monkeypatch, None).supports_check_run_worker_health


def test_a_run_whose_server_has_its_process_is_running(monkeypatch: pytest.MonkeyPatch) -> None:
    found = launcher(monkeypatch, CodeServer(True))
    assert found.check_run_worker_health(RUN).status is WorkerStatus.RUNNING


def test_a_run_whose_server_has_no_process_of_it_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    found = launcher(monkeypatch, CodeServer(False))
    assert found.check_run_worker_health(RUN).status is WorkerStatus.NOT_FOUND


def test_a_run_that_has_ended_meanwhile_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    assert launcher(monkeypatch, None).check_run_worker_health(RUN).status is WorkerStatus.SUCCESS


def test_a_server_that_is_silent_for_a_while_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    server = CodeServer(None, None, True, None)
    found = launcher(monkeypatch, server, 0, PATIENCE - 1, PATIENCE * 5)
    told = [found.check_run_worker_health(RUN).status for _ in range(4)]
    assert told == [WorkerStatus.RUNNING] * 4


def test_a_server_that_stays_silent_has_taken_the_run_with_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = launcher(monkeypatch, CodeServer(None, None), 0, PATIENCE)
    told = [found.check_run_worker_health(RUN).status for _ in range(2)]
    assert told == [WorkerStatus.RUNNING, WorkerStatus.NOT_FOUND]
