"""A run launcher that knows whether a run is still alive; ``dagster.yaml`` names it.

Dagster's own does not ask. A run whose process and code server were killed together then stays
STARTED until its longest time is over, holds the pool of its lake, and no file is taken in.
"""

import time
from collections.abc import Callable

from dagster import DagsterRun
from dagster._core.errors import DagsterUserCodeUnreachableError
from dagster._core.launcher import (
    CheckRunHealthResult,
    DefaultRunLauncher,
    WorkerStatus,
)
from dagster._grpc.types import CanCancelExecutionRequest, CanCancelExecutionResult
from dagster._serdes import ConfigurableClassData, deserialize_value

PATIENCE = 30.0
"""Seconds that a code server may be silent: longer than it takes to start it again."""


class WatchfulRunLauncher(DefaultRunLauncher):
    """Launches runs as Dagster's own does, and asks the code server of each if it is there still.

    A run that is taken for dead and is not does no harm: its batch is committed once, whoever is
    first (docs/commit-protocol.md).

    Args:
        inst_data: of Dagster.
        clock: seconds, ever growing.
    """

    def __init__(
        self,
        inst_data: ConfigurableClassData | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(inst_data)
        self._clock = clock
        self._silent_since: dict[str, float] = {}

    @property
    def supports_check_run_worker_health(self) -> bool:
        """Yes: Dagster's run monitoring asks, and fails a run that is gone."""
        return True

    def check_run_worker_health(self, run: DagsterRun) -> CheckRunHealthResult:
        """Whether the code server that started the run still has its process."""
        client = self._get_grpc_client_for_termination(run.run_id)  # type: ignore[no-untyped-call]
        if client is None:
            self._silent_since.pop(run.run_id, None)
            return CheckRunHealthResult(WorkerStatus.SUCCESS, "The run has ended.")
        try:
            answer = client.can_cancel_execution(CanCancelExecutionRequest(run_id=run.run_id))
        except DagsterUserCodeUnreachableError:
            return self._silent(run.run_id)
        self._silent_since.pop(run.run_id, None)
        if deserialize_value(answer, CanCancelExecutionResult).can_cancel:
            return CheckRunHealthResult(WorkerStatus.RUNNING)
        return CheckRunHealthResult(
            WorkerStatus.NOT_FOUND,
            "The process of the run is gone: it was killed, or ran out of memory.",
        )

    def _silent(self, run_id: str) -> CheckRunHealthResult:
        now = self._clock()
        if now - self._silent_since.setdefault(run_id, now) < PATIENCE:
            return CheckRunHealthResult(WorkerStatus.RUNNING, "Its code server does not answer.")
        del self._silent_since[run_id]
        return CheckRunHealthResult(
            WorkerStatus.NOT_FOUND, "The code server that started the run is gone, and it with it."
        )
