"""S3's events, from a queue: they make a lake look at once at what its listing would show later.

An event is only a hint for speed. What waits is what the listing of raw/ shows, so an event that is
lost, doubled, late or out of order changes nothing: the listing sensor finds the file, or the file
is gone already.
"""

import time
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import dagster as dg

from lake_assets.components.names import INGEST, Named, store_key
from lake_assets.components.resources import store_of
from lake_assets.components.sensors.due import look, under_way
from lake_assets.components.sensors.unknown import look_for_unknown
from lake_assets.contracts.lake import Lake
from lake_assets.settings import SettingsError

if TYPE_CHECKING:
    from dagster._core.definitions.target import ExecutableDefinition

    from lake_assets.jobs.hints import Hint
    from lake_assets.storage.sqs import Queue, Received
    from lake_assets.storage.store import Store

MESSAGES_A_TICK = 2_000
RECEIVE_SECONDS = 10.0
DELETE_SECONDS = 10.0
"""Dagster ends a tick after a minute; the listings need most of that in a large lake."""
LINES = 10
"""Messages of a tick that are shown in its log, of those that nobody understands."""

clock = time.monotonic


def queue_sensor(
    lake: Lake, jobs: "Sequence[ExecutableDefinition]", url: str
) -> dg.SensorDefinition:
    """Requests runs for the datasets of which the messages in a queue tell.

    A message is deleted when its file is not in raw/ any more, or when it tells of none. A tick
    that dies has deleted no other, and those come again: after the queue's visibility timeout.

    Args:
        lake: the contract.
        jobs: the ingest jobs of its datasets.
        url: of the queue, which is for this lake alone.
    """

    @dg.sensor(
        name=f"{lake.lake}_queue",
        jobs=jobs,
        minimum_interval_seconds=lake.intake.interval_seconds,
        default_status=dg.DefaultSensorStatus.RUNNING,
        required_resource_keys={store_key(lake)},
        description=f"Reads S3's events from `{url}` and starts runs for the files they tell of.",
    )
    def queue(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        from lake_assets.jobs.hints import hint_of
        from lake_assets.storage.sqs import Queue

        whose: list[Named] = [*lake.datasets, *([lake.unknown] if lake.unknown else [])]
        if all(under_way(context.instance, lake, one, INGEST) for one in whose):
            return dg.SkipReason("Runs are taking files in; the messages wait in the queue.")
        store = store_of(context, lake)
        if not store.uri.startswith("s3:"):
            raise SettingsError(
                f"The lake {lake.lake} has a queue, {url}, and is at {store.uri}: S3 tells nothing "
                f"of files there. Unset LAKE_{lake.lake.upper()}_QUEUE_URL and intake.queue_url."
            )
        source = Queue(url)
        # First the messages, then the listing: what a message tells of stood there before.
        received = source.receive(MESSAGES_A_TICK, RECEIVE_SECONDS, clock)
        if not received:
            return dg.SkipReason(f"No message waits in {url}.")
        told = [(message, hint_of(lake, store.uri, message.body)) for message in received]
        zones = {one.name: one.zones.raw for one in lake.datasets}
        if lake.unknown:
            zones[lake.unknown.name] = lake.unknown.raw
        standing = {name: _standing(store, name, raw, told) for name, raw in zones.items()}
        spent = [message for message, hint in told if not _stands(hint, standing)]
        # Also where a file is gone: the Lambda may have let it in, to wait for a run.
        names = {name for _, hint in told for name in hint.keys}
        looks = [
            look(context.instance, store, lake, one) for one in lake.datasets if one.name in names
        ]
        if lake.unknown and lake.unknown.name in names:
            looks.append(look_for_unknown(context.instance, store, lake, lake.unknown))
        requests = [found.request for found in looks if found.request]
        summary = _summary([hint for _, hint in told], len(spent))
        _log_unknown(context, [hint for _, hint in told if not _stands(hint, standing)])
        context.log.info(summary)
        _delete(context, source, spent)
        if requests:
            return dg.SensorResult(requests)
        return dg.SkipReason(" ".join([summary, *(found.reason for found in looks)]))

    return queue


def _standing(
    store: "Store", name: str, raw: str, told: "Sequence[tuple[Received, Hint]]"
) -> frozenset[str]:
    """The keys below ``raw``, those of a dataset, of which messages tell."""
    keys = {key for _, hint in told for key in hint.keys.get(name, ())}
    if not keys:
        return frozenset()
    return frozenset(info.key for info in store.list(raw) if info.key in keys)


def _stands(hint: "Hint", standing: dict[str, frozenset[str]]) -> bool:
    """Whether a file of which the message tells is in raw/."""
    return any(not keys.isdisjoint(standing[name]) for name, keys in hint.keys.items())


def _summary(hints: "Sequence[Hint]", spent: int) -> str:
    """``12 messages: 8 of files that wait, 3 of files that are gone, 1 not about a new object.``"""
    ignored = sum((hint.ignored for hint in hints), Counter[str]())
    gone = sum(1 for hint in hints if hint.keys) - (len(hints) - spent)
    unknown = sum(1 for hint in hints if hint.unknown)
    parts = [(len(hints) - spent, "of files that wait"), (gone, "of files that are gone")]
    parts += [(count, why) for why, count in sorted(ignored.items())]
    parts.append((unknown, "that nobody understands"))
    told = ", ".join(f"{count} {what}" for count, what in parts if count)
    return f"{len(hints)} message{'s' if len(hints) > 1 else ''}: {told}."


def _log_unknown(context: dg.SensorEvaluationContext, hints: "Sequence[Hint]") -> None:
    """They hold nothing that the listing does not show, so they go; but not silently."""
    for hint in [hint for hint in hints if hint.unknown][:LINES]:
        context.log.warning(f"A message is deleted that is no event of S3. {hint.unknown}")


def _delete(
    context: dg.SensorEvaluationContext, source: "Queue", spent: "Sequence[Received]"
) -> None:
    """Messages that are not deleted come again, which is no reason to request no run."""
    from lake_assets.storage.sqs_errors import QueueError

    try:
        deleted = source.delete(spent, DELETE_SECONDS, clock)
    except QueueError as error:
        context.log.warning(f"Messages come again that are done with. {error}")
    else:
        if deleted < len(spent):
            context.log.info(f"{len(spent) - deleted} messages come again that are done with.")
