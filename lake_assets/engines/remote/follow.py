"""Start a run, and stay with it until it ends or its time is over."""

from collections.abc import Sequence
from contextlib import suppress
from logging import Logger
from typing import TypeVar

import tenacity

from lake_assets.engines.remote.deployment import Deployment
from lake_assets.engines.remote.errors import (
    LostTouch,
    NeverEnded,
    NeverStarted,
    Passing,
    RemoteRunError,
    ServiceBusy,
    StartUnanswered,
    UnknownState,
    Unreachable,
)
from lake_assets.engines.remote.explain import explain
from lake_assets.engines.remote.options import Options
from lake_assets.engines.remote.service import FAILURES, Clock, Kind, Service, State

GRACE_SECONDS = 60
"""After its time, a run has this long to be ended by the service, which knows better why."""

Answer = TypeVar("Answer")


def _patience(
    options: Options, clock: Clock, log: Logger, *passing: type[RemoteRunError]
) -> tenacity.Retrying:
    """Ask again, ever more slowly, while the answer is one of these errors and time is left."""
    begun = clock.now()

    def is_over(tried: tenacity.RetryCallState) -> bool:
        return clock.now() + tried.upcoming_sleep - begun > options.busy_timeout

    def tell(tried: tenacity.RetryCallState) -> None:
        error = tried.outcome.exception() if tried.outcome else None
        log.warning(f"{error} Asking again in {tried.upcoming_sleep:.0f} s.")

    return tenacity.Retrying(
        retry=tenacity.retry_if_exception_type(passing),
        wait=tenacity.wait_exponential(multiplier=5, max=60),
        stop=is_over,
        sleep=clock.pause,
        before_sleep=tell,
        reraise=True,
    )


def check(service: Service, options: Options, clock: Clock, log: Logger) -> None:
    """Prove that the target is there. Raises RemoteRunError."""

    def ask() -> None:
        try:
            service.check()
        except FAILURES as error:
            raise explain(error, service.target) from error

    _patience(options, clock, log, Passing)(ask)


def start(
    service: Service,
    arguments: Sequence[str],
    deployment: Deployment,
    options: Options,
    token: str,
    clock: Clock,
    log: Logger,
) -> str:
    """Start a run, as soon as the service has room for it; its id.

    What the service refused is asked again. Where no answer came, the run may be there: it is
    asked again only of a service that knows it by its token.

    Raises RemoteRunError.
    """

    def ask() -> str:
        try:
            return service.start(list(arguments), deployment, options, token)
        except FAILURES as error:
            raise explain(error, service.target) from error

    passing = Passing if service.starts_once else ServiceBusy
    try:
        return _patience(options, clock, log, passing)(ask)
    except Unreachable as error:
        if service.starts_once:
            raise
        raise StartUnanswered(
            f"{error} A run of {service.target} was asked for, and may have started: look there, "
            "stop it if it has, then run again."
        ) from error


def follow(service: Service, run_id: str, options: Options, clock: Clock, log: Logger) -> State:
    """The state in which a run ended. Polls that fail are forgiven, up to `poll_failures` in a row.

    Raises:
        NeverStarted: it waited for longer than `start_timeout`.
        NeverEnded: it ran for longer than `run_timeout`.
        UnknownState: the same, in a state that nobody here knows.
        LostTouch: nobody told how it goes.
        RemoteRunError: the question itself was refused.
    """
    submitted = clock.now()
    started: float | None = None
    seen = State(Kind.WAITING, "")
    failures = 0
    while True:
        try:
            state = service.state(run_id)
        except FAILURES as failure:
            error = explain(failure, service.target)
            failures += 1
            if not isinstance(error, Passing):
                raise error from failure
            if failures >= options.poll_failures:
                raise LostTouch(
                    f"{failures} questions in a row about run {run_id} of {service.target} had no "
                    f"answer. Look at {service.link(run_id)}. The last one: {error}"
                ) from failure
            log.warning(f"{error} The run goes on; asking again.")
        else:
            failures = 0
            if state.name != seen.name:
                log.info(f"Run {run_id} of {service.target} is {state.name or 'without a state'}.")
            seen = state
            if state.kind.is_final:
                return state
            if state.kind is Kind.RUNNING and started is None:
                started = clock.now()
        _check_time(service, run_id, seen, submitted, started, options, clock.now())
        clock.pause(options.poll_seconds)


def _check_time(
    service: Service,
    run_id: str,
    state: State,
    submitted: float,
    started: float | None,
    options: Options,
    now: float,
) -> None:
    late = now - submitted > options.start_timeout
    if started is not None:
        late = now - started > options.run_timeout + GRACE_SECONDS
    if not late:
        return
    run = f"Run {run_id} of {service.target}"
    if state.kind is Kind.UNKNOWN:
        raise UnknownState(
            f"{run} is {state.name or 'without a state'}, which this version of lake_assets does "
            f"not know, for too long; it was cancelled. Look at {service.link(run_id)}, and update "
            "lake_assets."
        )
    if started is None:
        raise NeverStarted(
            f"{run} was still {state.name or 'without a state'} after {options.start_timeout:.0f} "
            f"s, and was cancelled. {_said(state)}Raise the service's capacity or the engine's "
            f"`start_timeout`; {service.link(run_id)}"
        )
    raise NeverEnded(
        f"{run} had not ended after {options.run_timeout:.0f} s, and was cancelled. "
        f"{_said(state)}Give it more workers, smaller batches, or a longer `run_timeout`; "
        f"{service.link(run_id)}"
    )


def stop(service: Service, run_id: str, log: Logger) -> None:
    """Cancel a run that nobody waits for any more, as well as that goes."""
    try:
        service.cancel(run_id)
    except FAILURES as failure:
        told = explain(failure, service.target)
        # The log is part of the best effort, too: another error is on its way.
        with suppress(Exception):
            log.error(f"Run {run_id} could not be cancelled, and may go on and cost: {told}")
    else:
        with suppress(Exception):
            log.warning(f"Run {run_id} of {service.target} was cancelled.")


def _said(state: State) -> str:
    return f"The service says: {state.detail.rstrip('.')}. " if state.detail else ""
