"""Which errors of a step are worth another attempt."""

from collections.abc import Callable, Iterator
from typing import Any

import dagster as dg
import pytest

from lake_assets.components.runs import retries
from lake_assets.components.runs.retries import retried
from lake_assets.storage import StoreUnavailable


@pytest.fixture(autouse=True)
def no_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retries, "SECONDS", 0)


def attempts(fail: Callable[[int], None]) -> tuple[int, dg.ExecuteInProcessResult]:
    """How often a step is run whose every attempt begins with ``fail``."""
    begun: list[int] = []

    @dg.multi_asset(specs=[dg.AssetSpec("step")])
    @retried
    def step(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[Any]]:
        begun.append(context.retry_number)
        fail(context.retry_number)
        yield dg.MaterializeResult(asset_key="step")

    result = dg.materialize([step], raise_on_error=False)
    return len(begun), result


def told(result: dg.ExecuteInProcessResult) -> str:
    (event,) = result.get_step_failure_events()
    assert event.step_failure_data.error
    return event.step_failure_data.error.to_string()


def test_a_store_that_answers_again_costs_nothing_but_attempts() -> None:
    def fail(attempt: int) -> None:
        if attempt < 2:
            raise StoreUnavailable("The store does not answer.")

    begun, result = attempts(fail)
    assert begun == 3
    assert result.success


def test_the_error_of_the_last_attempt_is_told() -> None:
    def fail(attempt: int) -> None:
        raise StoreUnavailable(f"The store does not answer at attempt {attempt}.")

    begun, result = attempts(fail)
    assert begun == 3
    assert "does not answer at attempt 2" in told(result)


def test_what_only_a_person_mends_is_not_tried_again() -> None:
    def fail(attempt: int) -> None:
        raise dg.Failure("There is no such Glue job.", allow_retries=False)

    begun, result = attempts(fail)
    assert begun == 1
    assert not result.success


def test_a_run_that_is_cancelled_is_not_tried_again() -> None:
    def fail(attempt: int) -> None:
        raise dg.DagsterExecutionInterruptedError

    begun, result = attempts(fail)
    assert begun == 1
    assert not result.success
