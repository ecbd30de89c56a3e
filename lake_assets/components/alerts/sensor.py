"""One sensor a lake that looks for what is wrong, and tells the routes of the contract."""

import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

import dagster as dg

from lake_assets.alerts.grouping import advance
from lake_assets.alerts.incident import Notice, Seen
from lake_assets.alerts.message import Message, compose
from lake_assets.alerts.outbox import Sent, add, deliver
from lake_assets.alerts.routes import targets
from lake_assets.alerts.runbook import what_to_do
from lake_assets.alerts.state import INGESTS, Ingest, Listed, State, kept, read
from lake_assets.components.alerts.events import told_by
from lake_assets.components.alerts.files import ingested_files, kept_of, refusals, refused_files
from lake_assets.components.alerts.links import Links
from lake_assets.components.alerts.runs import finished, is_of_lake
from lake_assets.components.names import asset_key, store_key
from lake_assets.components.resources import store_of
from lake_assets.contracts.lake import Lake
from lake_assets.contracts.zones import UNKNOWN
from lake_assets.settings import load_settings

LOOK_BACK = timedelta(hours=1)
"""How far back the very first look goes."""

INTERVAL_SECONDS = 30


def utc_now() -> datetime:
    """The time; tests set it."""
    return datetime.now(UTC)


def alert_sensors(lake: Lake) -> list[dg.SensorDefinition]:
    """The sensor of a lake that has routes; else none."""
    return [alert_sensor(lake)] if lake.alerts.routes else []


def alert_sensor(lake: Lake) -> dg.SensorDefinition:
    """Tells of failed checks and runs, refused files and late rows, and of their recovery.

    All it knows stands in its cursor, which is stored after the messages are sent: if the tick dies
    between, they are sent again with the same ids.
    """

    @dg.sensor(
        name=f"{lake.lake}_alerts",
        minimum_interval_seconds=INTERVAL_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        required_resource_keys={store_key(lake)},
        description="Tells of failed checks and runs, refused files and late rows: "
        + ", ".join(f"`{route.name}`" for route in lake.alerts.routes),
    )
    def alerts(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        now = utc_now()
        state = read(context.cursor, since=now - LOOK_BACK)
        state, seen = _looked(context, lake, state, now)
        remind = timedelta(hours=lake.alerts.remind_hours)
        book, notices = advance(state.book, seen, now, remind)
        found, off = targets(lake.alerts.routes, os.environ)
        routes = [route for route in lake.alerts.routes if route.name in found]
        group = timedelta(seconds=lake.alerts.group_seconds)
        outbox, sent = deliver(
            add(state.outbox, notices, routes), found, partial(_composed, lake), now, group
        )
        state = state.model_copy(update={"incidents": kept(list(book.values())), "outbox": outbox})
        for failure in filter(None, (one.error for one in sent)):
            context.log.warning(failure)
        return dg.SensorResult(skip_reason=_summary(state, sent, off), cursor=state.to_json())

    return alerts


def _looked(
    context: dg.SensorEvaluationContext, lake: Lake, state: State, now: datetime
) -> tuple[State, list[Seen]]:
    """What was seen in Dagster's history and in the store since the last look."""
    links = Links((load_settings().dagster_url or "").rstrip("/"))
    seen: list[Seen] = []
    ingests = list(state.ingests)
    runs, cursors = finished(context.instance, state.runs, state.since, now)
    for run, ended in runs:
        if is_of_lake(lake, run):
            told, done = told_by(context.instance, lake, run, ended, links)
            seen += told
            ingests += done
    state = state.model_copy(update={"runs": cursors, "ingests": tuple(ingests[-INGESTS:])})
    return _looked_in_store(context, lake, state, seen, links, now)


def _looked_in_store(
    context: dg.SensorEvaluationContext,
    lake: Lake,
    state: State,
    seen: list[Seen],
    links: Links,
    now: datetime,
) -> tuple[State, list[Seen]]:
    """A store that does not answer must not keep us from telling of the runs that it fails."""
    from lake_assets.storage.errors import StoreError

    refused = dict(state.refused)
    waiting: Sequence[Ingest] = state.ingests
    try:
        store = store_of(context, lake)
        for kept in kept_of(lake):
            listed = refused.get(kept.name, Listed(until=state.since))
            known = refusals(state.incidents, (), kept.name)
            found, refused[kept.name] = refused_files(store, kept, listed, known, now)
            zone = "rejected" if kept.name == UNKNOWN else "validated"
            page = links.asset(asset_key(lake, zone, kept.name))
            seen += [one.model_copy(update={"link": page}) for one in found]
            if kept.name == UNKNOWN:
                continue
            dataset = lake.dataset(kept.name)
            known = refusals(state.incidents, found, kept.name)
            for ingest in [one for one in waiting if one.dataset == dataset.name]:
                seen += ingested_files(store, dataset, ingest, known)
                waiting = [one for one in waiting if one != ingest]
    except StoreError as error:
        context.log.warning(f"Refused files and late rows are looked for at the next tick: {error}")
    return state.model_copy(update={"refused": refused, "ingests": tuple(waiting)}), seen


def _composed(lake: Lake, notices: Sequence[Notice], left_out: int) -> Message:
    return compose(lake.lake, notices, partial(what_to_do, lake), left_out)


def _summary(state: State, sent: Sequence[Sent], off: Sequence[str]) -> str:
    """What the tick shows: what was told, what is wrong, what waits, what is off."""
    is_open = sum(one.is_open for one in state.incidents)
    parts = [f"{one.notices} told to {one.route}." for one in sent if not one.error]
    parts += [f"{one.waiting} wait: {one.error}." for one in sent if one.error]
    parts.append(f"{is_open} open." if is_open else "Nothing is wrong.")
    if waiting := len(state.outbox.owed):
        parts.append(f"{waiting} to be told.")
    return " ".join([*parts, *off])
