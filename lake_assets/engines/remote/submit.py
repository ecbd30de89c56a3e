"""One loop for all services: hand a job over, follow it, and believe it if it reported."""

import threading
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from logging import Logger
from typing import Any, Final

import dagster as dg

from lake_assets.engines.remote.cost import estimate
from lake_assets.engines.remote.deployment import Deployment
from lake_assets.engines.remote.errors import (
    BadReport,
    ManyReports,
    NoReport,
    RemoteRunError,
    RunFailed,
    RunStopped,
    RunTimedOut,
    StorageFailed,
)
from lake_assets.engines.remote.exchange import Exchange, check_region
from lake_assets.engines.remote.follow import check, follow, start, stop
from lake_assets.engines.remote.options import Options
from lake_assets.engines.remote.service import FAILURES, Clock, Kind, Service, State
from lake_assets.storage.errors import StoreError
from lake_assets.storage.open import open_store
from lake_assets.storage.s3 import S3Store
from lake_assets.storage.s3_client import explain

Context = dg.OpExecutionContext | dg.AssetExecutionContext
SYSTEM_CLOCK: Final = Clock()

_ENDINGS: Final[dict[Kind, type[RemoteRunError]]] = {
    Kind.FAILED: RunFailed,
    Kind.TIMED_OUT: RunTimedOut,
    Kind.STOPPED: RunStopped,
}


@dataclass(frozen=True)
class RemoteRun:
    """A run that succeeded: what the job reported, and metadata for Dagster."""

    report: dict[str, Any]
    metadata: dict[str, dg.MetadataValue]


def submit(
    context: Context,
    service: Service,
    extras: Mapping[str, Any],
    options: Options,
    *,
    clock: Clock = SYSTEM_CLOCK,
) -> RemoteRun:
    """Run a job on a service, and wait for its report.

    The job gets `--engine spark` and the two arguments of Dagster Pipes; it finds ``extras`` in
    its Pipes context, and sends one custom message, `{"report": {...}}`. In an asset, Pipes wants
    results to be yielded or returned as `MaterializeResult`.

    However this ends but well, the run is cancelled before: a timeout, an interruption of the
    context, a service that cannot be asked any more.

    Args:
        context: of the op or asset that waits.
        service: where the job runs.
        extras: for the job; what JSON can hold.
        options: times, rates, and the bucket.
        clock: for tests.

    Raises:
        RemoteRunError: a class for each way to fail; see `errors`.
    """
    store = open_store(options.deploy_uri, endpoint=options.endpoint)
    assert isinstance(store, S3Store)  # Options takes no other URI
    check_region(store, service.region)
    deployment = Deployment.read(store)
    deployment.check(store, service.needs)
    if not deployment.is_this_code():
        context.log.warning(
            f"The files of lake_assets at {store.uri} are not those that run here, although both "
            f"call themselves {deployment.version}. Run `lake deploy --to {store.uri}` to send "
            "yours."
        )
    check(service, options, clock, context.log)

    token = uuid.uuid4().hex
    exchange = Exchange(store, token, options.message_seconds)
    try:
        with dg.open_pipes_session(
            context=context,
            extras=dict(extras),
            context_injector=exchange.injector,
            message_reader=exchange.reader,
        ) as pipes:
            arguments = ["--engine", "spark"]
            for name, value in pipes.get_bootstrap_cli_arguments().items():
                arguments += [name, value]
            run_id = _started(service, arguments, deployment, options, token, clock, context.log)
            try:
                context.log.info(f"Run {run_id} of {service.target}: {service.link(run_id)}")
                begun = clock.now()
                state = follow(service, run_id, options, clock, context.log)
                seconds = clock.now() - begun
            except BaseException:
                stop(service, run_id, context.log)
                raise
        # The session is closed: all that the job sent has been read.
        report = _judge(service, run_id, state, pipes.get_custom_messages(), exchange.reader.tail)
    except FAILURES as error:  # those of the service are explained already: it is the bucket
        raise StorageFailed(str(explain(error, store.uri, options.endpoint))) from error
    finally:
        _clear(exchange, context)
    return RemoteRun(report, _metadata(service, run_id, state, seconds, options))


def _started(
    service: Service,
    arguments: Sequence[str],
    deployment: Deployment,
    options: Options,
    token: str,
    clock: Clock,
    log: Logger,
) -> str:
    """Start a run; if we are interrupted meanwhile, it is stopped as soon as its id is known."""
    given_up = threading.Event()

    def pause(seconds: float) -> None:
        clock.pause(seconds)
        if given_up.is_set():
            raise Interrupted

    watched = Clock(clock.now, pause)
    started: list[str] = []
    failed: list[Exception] = []

    def ask() -> None:
        try:
            started.append(start(service, arguments, deployment, options, token, watched, log))
        except Exception as error:
            failed.append(error)

    thread = threading.Thread(target=ask, name="start", daemon=True)
    try:
        thread.start()
        thread.join()
    except BaseException:
        given_up.set()
        thread.join()  # until it is known what has started
        for run_id in started:
            stop(service, run_id, log)
        raise
    if failed:
        raise failed[0]
    return started[0]


class Interrupted(Exception):
    """Nobody waits for the start of a run any more."""


def _judge(
    service: Service, run_id: str, state: State, messages: Sequence[object], tail: str
) -> dict[str, Any]:
    """The report of a run that ended well, or the error that says why it did not."""
    run = f"Run {run_id} of {service.target}"
    if state.kind is not Kind.SUCCEEDED:
        said = state.detail.strip().rstrip(".") or "nothing more"
        told = f"The job's last words:\n{tail}" if tail else "The job itself said nothing."
        raise _ENDINGS[state.kind](
            f"{run} ended as {state.name}. The service says: {said}. Look at "
            f"{service.link(run_id)}. {told}"
        )
    reports = [m["report"] for m in messages if isinstance(m, Mapping) and "report" in m]
    if not reports:
        raise NoReport(
            f"{run} ended as {state.name}, and the job did not report what it did, so that nobody "
            "can tell whether it did anything. Check that its script is the one of `lake deploy`, "
            f"and that its role may write to the bucket; {service.link(run_id)}"
        )
    if len(reports) > 1:
        raise ManyReports(
            f"{run} sent {len(reports)} reports, so that the job ran more than once. Turn off the "
            f"service's own retries (Glue: MaxRetries 0); {service.link(run_id)}"
        )
    report = reports[0]
    if not isinstance(report, Mapping):
        raise BadReport(
            f"{run} sent as its report a {type(report).__name__}, not an object. Deploy the "
            "version of lake_assets that submits: `lake deploy`."
        )
    return dict(report)


def _metadata(
    service: Service, run_id: str, state: State, seconds: float, options: Options
) -> dict[str, dg.MetadataValue]:
    found: dict[str, dg.MetadataValue] = {
        "engine": dg.MetadataValue.text(service.name),
        "remote_run_id": dg.MetadataValue.text(run_id),
        "link": dg.MetadataValue.url(service.link(run_id)),
        "state": dg.MetadataValue.text(state.name),
        "seconds": dg.MetadataValue.float(round(seconds, 1)),
    }
    for name, amount in vars(state.usage).items():
        if amount is not None:
            found[name] = dg.MetadataValue.float(round(amount, 6))
    cost, rates = estimate(state.usage, options.rates)
    if cost is not None:
        found["estimated_cost_usd"] = dg.MetadataValue.float(round(cost, 6))
        found["rates_usd"] = dg.MetadataValue.json(rates)
    return found


def _clear(exchange: Exchange, context: Context) -> None:
    try:
        exchange.clear()
    except StoreError as error:
        context.log.warning(f"What was exchanged with the job is still in the bucket: {error}")
