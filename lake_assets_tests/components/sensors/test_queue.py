"""The queue and the listing, tick by tick: each file once, whatever becomes of its events."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import dagster as dg
import pytest

from lake_assets.components.names import BATCH_TAG
from lake_assets.components.sensors import queue
from lake_assets.settings import SettingsError
from lake_assets.storage import StoreUnavailable, sqs
from lake_assets.storage.ledger import standing
from lake_assets.storage.sqs import Queue
from lake_assets.storage.sqs_errors import NoSuchQueue, QueueUnreachable
from lake_assets_tests.components.conftest import World, contract, definitions, sale
from lake_assets_tests.components.sensors.test_listing import evaluate, skip_message, tick
from lake_assets_tests.queues import WAYS, Box, make_queue, notify
from lake_assets_tests.storage.test_s3_events import TEST_EVENT, notification

QUEUE, LISTING = "retail_queue", "retail_sales_arrivals"
ROW = sale("T1", "2025-01-01")


@dataclass
class Queued:
    """A lake in a bucket, and the queue that gets its events."""

    world: World
    box: Box

    @property
    def bucket(self) -> str:
        return self.world.store.uri.removeprefix("s3://")

    def event(self, key: str, **options: Any) -> dict[str, Any]:
        """What S3 says of an object in the bucket."""
        text = json.dumps(notification(key, **options))
        event: dict[str, Any] = json.loads(text.replace('"lake"', f'"{self.bucket}"'))
        return event

    def ask(self) -> list[dg.RunRequest]:
        """One evaluation of the queue's sensor."""
        return tick(self.world, QUEUE)

    def why(self) -> str:
        """Why one evaluation requests no run."""
        return skip_message(self.world, QUEUE)

    def start(self, request: dg.RunRequest) -> dg.DagsterRun:
        """What the daemon does with a request: from then on there is a run."""
        assert request.job_name
        job = self.world.defs.resolve_job_def(request.job_name)
        tags = dict(request.tags)
        status = dg.DagsterRunStatus.NOT_STARTED
        return self.world.instance.create_run_for_job(job, tags=tags, status=status)

    def run(self, request: dg.RunRequest) -> None:
        """The run of a request, from start to end."""
        assert request.job_name
        job = self.world.defs.resolve_job_def(request.job_name)
        done = job.execute_in_process(
            instance=self.world.instance,
            partition_key=request.partition_key,
            tags=dict(request.tags),
        )
        assert done.success

    def ingested(self) -> dict[str, str]:
        """What became of each file, by its name."""
        records = standing(self.world.store, self.world.lake.datasets[0])
        found = [(one.source_file, str(one.outcome)) for rec in records for one in rec.inputs]
        assert len(dict(found)) == len(found)
        return dict(found)


@pytest.fixture
def lake(s3_world: World, s3_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Queued:
    """S3 tells the queue itself; a message that is not deleted is in sight again at once."""
    monkeypatch.setattr(sqs, "WAIT_SECONDS", 0)
    box = make_queue(s3_endpoint)
    monkeypatch.setenv("LAKE_RETAIL_QUEUE_URL", box.url)
    s3_world.defs = definitions(s3_world.lake)
    found = Queued(s3_world, box)
    notify(box, found.bucket)
    box.purge()  # S3 tries the way with a message of its own
    return found


def test_an_event_asks_for_the_very_run_that_the_listing_asks_for(lake: Queued) -> None:
    lake.world.drop("a b+c.csv", ROW)
    lake.world.drop("d.csv", ROW)
    (by_event,), (by_listing,) = lake.ask(), tick(lake.world, LISTING)
    own = "dagster/sensor_name"
    assert by_event.tags[own] == QUEUE
    assert {**by_event.tags, own: ""} == {**by_listing.tags, own: ""}
    assert by_event.partition_key == by_listing.partition_key == lake.world.today
    assert by_event.job_name == by_listing.job_name == "retail_sales_ingest"
    assert by_event.run_key is None
    size = sum(info.size for info in lake.world.store.list("raw/"))
    assert {name: by_event.tags[f"lake_assets/{name}"] for name in ("lake", "dataset")} == {
        "lake": "retail",
        "dataset": "sales",
    }
    assert by_event.tags["lake_assets/files"] == "2"
    assert by_event.tags["lake_assets/bytes"] == str(size)


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_events_come_directly_through_sns_or_through_eventbridge(
    s3_world: World,
    s3_endpoint: str,
    monkeypatch: pytest.MonkeyPatch,
    way: Callable[[Box, str], None],
) -> None:
    monkeypatch.setattr(sqs, "WAIT_SECONDS", 0)
    box = make_queue(s3_endpoint)
    monkeypatch.setenv("LAKE_RETAIL_QUEUE_URL", box.url)
    s3_world.defs = definitions(s3_world.lake)
    lake = Queued(s3_world, box)
    way(box, lake.bucket)
    lake.world.drop("my sales+1.csv", ROW)
    (request,) = lake.ask()
    lake.run(request)
    assert lake.ask() == []
    assert len(box) == 0
    assert lake.ingested() == {"my sales+1.csv": "ingested"}


def test_a_message_stays_until_its_file_has_left_raw(lake: Queued) -> None:
    lake.world.drop("a.csv", ROW)
    (first,), (second,) = lake.ask(), lake.ask()  # no run came of the first
    assert first.tags[BATCH_TAG] == second.tags[BATCH_TAG]
    assert len(lake.box) == 1
    lake.run(second)
    assert len(lake.box) == 1
    assert lake.why().startswith("1 message: 1 of files that are gone. No file waits in s3://")
    assert len(lake.box) == 0


def test_an_empty_queue_is_no_reason_to_list(lake: Queued) -> None:
    lake.world.drop("a.csv", ROW)
    lake.box.purge()
    assert "No message waits in" in lake.why()


def test_a_lost_event_is_made_up_for_by_the_listing(lake: Queued) -> None:
    lake.world.drop("a.csv", ROW)
    lake.box.purge()
    assert lake.ask() == []
    (request,) = tick(lake.world, LISTING)
    lake.run(request)
    assert lake.ingested() == {"a.csv": "ingested"}


def test_a_lost_event_is_made_up_for_by_the_next_one(lake: Queued) -> None:
    lake.world.drop("a.csv", ROW)
    lake.box.purge()
    lake.world.drop("b.csv", sale("T2", "2025-01-01"))
    (request,) = lake.ask()
    lake.run(request)
    assert lake.ingested() == {"a.csv": "ingested", "b.csv": "ingested"}


def test_a_doubled_event_is_one_run(lake: Queued) -> None:
    lake.world.drop("a.csv", ROW)
    lake.box.put(lake.event("raw/a.csv"), lake.event("raw/a.csv"))
    (request,) = lake.ask()
    lake.run(request)
    assert lake.ask() == []
    assert len(lake.box) == 0
    assert lake.ingested() == {"a.csv": "ingested"}


def test_a_late_event_is_no_run(lake: Queued) -> None:
    lake.world.drop("a.csv", ROW)
    lake.world.ingest()
    assert lake.ask() == []
    assert len(lake.box) == 0


def test_events_out_of_order_are_one_run(lake: Queued) -> None:
    names = ["a.csv", "b.csv", "c.csv"]
    for number, name in enumerate(names):
        lake.world.drop(name, sale(f"T{number}", "2025-01-01"))
    lake.box.purge()
    lake.box.put(lake.event("raw/a.csv", event="ObjectRemoved:Delete"))
    lake.box.put(*(lake.event(f"raw/{name}") for name in reversed(names)))
    (request,) = lake.ask()
    lake.run(request)
    assert lake.ask() == []
    assert len(lake.box) == 0
    assert lake.ingested() == dict.fromkeys(names, "ingested")


def test_an_event_of_a_file_that_was_replaced_is_about_the_new_one(lake: Queued) -> None:
    lake.world.drop("a.csv", ROW)
    lake.world.drop("a.csv", sale("T2", "2025-01-01"))
    (request,) = lake.ask()
    lake.run(request)
    assert lake.ask() == []
    assert lake.ingested() == {"a.csv": "ingested"}


@pytest.mark.parametrize("first", [QUEUE, LISTING])
def test_two_sensors_make_one_run_whichever_is_first(lake: Queued, first: str) -> None:
    second = {QUEUE: LISTING, LISTING: QUEUE}[first]
    lake.world.drop("a.csv", ROW)
    (request,) = tick(lake.world, first)
    lake.start(request)
    assert tick(lake.world, second) == []
    assert tick(lake.world, first) == []


def test_two_sensors_that_ask_before_there_is_a_run_take_each_file_once(lake: Queued) -> None:
    """The daemon may evaluate both in the same moment. Then the second run finds nothing."""
    lake.world.drop("a.csv", ROW)
    (one,), (other,) = lake.ask(), tick(lake.world, LISTING)
    lake.run(one)
    lake.run(other)
    assert lake.ingested() == {"a.csv": "ingested"}
    assert lake.ask() == tick(lake.world, LISTING) == []


def test_messages_are_left_in_the_queue_while_runs_are_under_way(
    lake: Queued, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake.world.drop("a.csv", ROW)
    (request,) = lake.ask()
    run = lake.start(request)
    monkeypatch.setattr(Queue, "receive", lambda *_: pytest.fail("it was read"))
    assert lake.why() == "Runs are taking files in; the messages wait in the queue."
    monkeypatch.undo()
    lake.world.instance.report_run_failed(run)


def test_a_batch_that_failed_is_left_alone_by_both(lake: Queued) -> None:
    lake.world.drop("a.csv", ROW)
    (request,) = lake.ask()
    lake.world.instance.report_run_failed(lake.start(request))
    assert "the next try is at" in skip_message(lake.world, LISTING)
    assert "1 of files that wait" in lake.why()
    assert "the next try is at" in lake.why()
    assert len(lake.box) == 1


def test_messages_that_are_not_for_the_lake_are_counted_told_and_deleted(
    lake: Queued, capfd: pytest.CaptureFixture[str]
) -> None:
    lake.world.drop("a.csv", ROW)
    lake.world.ingest()
    lake.box.purge()
    lake.box.put(
        TEST_EVENT,
        lake.event("raw/a.csv"),
        lake.event("raw/a.csv", event="ObjectRemoved:Delete"),
        lake.event("raw/", size=0),
        lake.event("gold/a.csv"),
        notification("raw/a.csv"),
        "x" * 1000,
        {"a": 1},
        {"Records": []},
    )
    assert lake.why().startswith(
        "9 messages: 1 of files that are gone, 1 S3's test, 1 about an empty folder, 1 about an "
        "object outside of every raw zone, 1 about another place than the lake, 1 not about a new "
        "object, 1 without an event, 2 that nobody understands."
    )
    told = capfd.readouterr().err
    assert "A message is deleted that is no event of S3. This message is not JSON: 'xxx" in told
    assert "x" * 201 not in told
    assert len(lake.box) == 0


def test_a_file_that_the_lambda_has_let_in_is_taken_up_at_once(lake: Queued) -> None:
    lake.world.drop("a.csv", ROW)
    (waiting,) = lake.world.store.list("raw/")
    lake.world.store.move(waiting, "validated/a.csv")
    (request,) = lake.ask()
    lake.run(request)
    assert lake.ask() == []
    assert lake.ingested() == {"a.csv": "ingested"}


def test_a_message_of_several_files_stays_for_the_last_of_them(lake: Queued) -> None:
    lake.world.drop("a.csv", ROW)
    lake.world.ingest()
    lake.world.drop("b.csv", sale("T2", "2025-01-01"))
    lake.box.purge()
    both = [lake.event(f"raw/{name}.csv")["Records"][0] for name in "ab"]
    lake.box.put({"Records": both})
    (request,) = lake.ask()
    assert len(lake.box) == 1
    lake.run(request)
    lake.ask()
    assert len(lake.box) == 0


class Ended(BaseException):
    """The process is gone: no code of ours runs any more."""


@pytest.mark.parametrize("where", ["look", "_summary", "_delete"])
def test_a_tick_that_dies_on_its_way_loses_nothing_and_takes_nothing_twice(
    lake: Queued, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    lake.world.drop("a.csv", ROW)
    lake.world.ingest()
    lake.world.drop("b.csv", sale("T2", "2025-01-01"))  # two messages: one of a file that is gone

    def die(*_: object) -> None:
        raise Ended

    with monkeypatch.context() as patch:
        patch.setattr(queue, where, die)
        with pytest.raises(Ended):
            lake.ask()
    assert len(lake.box) == 2
    (request,) = lake.ask()
    lake.run(request)
    assert lake.ask() == []
    assert len(lake.box) == 0
    assert lake.ingested() == {"a.csv": "ingested", "b.csv": "ingested"}


def test_a_tick_that_dies_after_it_deleted_has_deleted_only_what_is_done_with(
    lake: Queued, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake.world.drop("a.csv", ROW)
    lake.world.ingest()
    lake.world.drop("b.csv", sale("T2", "2025-01-01"))
    delete = Queue.delete

    def delete_and_die(*arguments: Any) -> int:
        delete(*arguments)
        raise Ended

    with monkeypatch.context() as patch:
        patch.setattr(Queue, "delete", delete_and_die)
        with pytest.raises(Ended):
            lake.ask()
    assert len(lake.box) == 1
    (request,) = lake.ask()
    lake.run(request)
    assert lake.ingested() == {"a.csv": "ingested", "b.csv": "ingested"}


def test_a_queue_that_deletes_nothing_is_no_reason_to_request_no_run(
    lake: Queued, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    lake.world.drop("a.csv", ROW)
    lake.box.put(TEST_EVENT)

    def fail(*_: object) -> int:
        raise QueueUnreachable("SQS does not answer.")

    monkeypatch.setattr(Queue, "delete", fail)
    assert len(lake.ask()) == 1
    assert "Messages come again that are done with. SQS does not answer." in capfd.readouterr().err


def test_a_tick_ends_in_time_however_many_messages_there_are(
    lake: Queued, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake.box.hide(300)
    lake.box.put(*[TEST_EVENT] * 60)
    steps = iter(range(0, 10_000, 4))
    monkeypatch.setattr(queue, "clock", lambda: float(next(steps)))
    # Within ten seconds the clock lets it ask twice; the rest waits for the next tick.
    assert lake.why() == "20 messages: 20 S3's test."
    assert len(lake.box) == 40


def test_a_tick_reads_no_more_messages_than_its_cap(
    lake: Queued, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "MESSAGES_A_TICK", 7)
    lake.box.hide(300)
    lake.box.put(*[TEST_EVENT] * 10)
    assert lake.why() == "7 messages: 7 S3's test."
    assert len(lake.box) == 3


def test_a_queue_that_is_missing_is_told_and_the_listing_goes_on(
    lake: Queued, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAKE_RETAIL_QUEUE_URL", f"{lake.box.url}-gone")
    lake.world.defs = definitions(lake.world.lake)
    lake.world.drop("a.csv", ROW)
    with pytest.raises(NoSuchQueue, match=r"There is no queue at .*-gone"):
        lake.ask()
    assert len(tick(lake.world, LISTING)) == 1


def test_a_bucket_that_is_missing_fails_the_tick_and_keeps_the_messages(lake: Queued) -> None:
    lake.world.drop("a.csv", ROW)
    bucket = boto3.resource("s3", endpoint_url=lake.box.endpoint).Bucket(lake.bucket)
    bucket.objects.delete()
    bucket.delete()
    with pytest.raises(StoreUnavailable, match="does not exist"):
        lake.ask()
    assert len(lake.box) == 1


def test_a_lake_on_a_disk_has_no_use_for_a_queue(
    world: World, s3_endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = make_queue(s3_endpoint)
    box.put(TEST_EVENT)
    monkeypatch.setenv("LAKE_RETAIL_QUEUE_URL", box.url)
    world.defs = definitions(world.lake)
    with pytest.raises(SettingsError, match=r"Unset LAKE_RETAIL_QUEUE_URL and intake\.queue_url"):
        evaluate(world, QUEUE)
    assert len(box) == 1


def test_only_a_lake_with_a_queue_has_the_sensor_and_then_lists_less_often(
    lake: Queued, monkeypatch: pytest.MonkeyPatch
) -> None:
    def pauses(defs: dg.Definitions) -> Iterator[tuple[str, int | None]]:
        for sensor in defs.sensors or []:
            if sensor.name in {QUEUE, LISTING}:
                assert isinstance(sensor, dg.SensorDefinition)
                yield sensor.name, sensor.minimum_interval_seconds

    assert dict(pauses(lake.world.defs)) == {QUEUE: 4, LISTING: 60}
    monkeypatch.delenv("LAKE_RETAIL_QUEUE_URL")
    assert dict(pauses(definitions(contract()))) == {LISTING: 4}
    intake = contract().intake.model_copy(
        update={"queue_url": lake.box.url, "interval_seconds": 5, "reconcile_seconds": 300}
    )
    named = contract().model_copy(update={"intake": intake})
    assert dict(pauses(definitions(named))) == {QUEUE: 5, LISTING: 300}


def test_each_dataset_of_a_lake_is_served_and_one_that_is_busy_keeps_no_other_back(
    lake: Queued,
) -> None:
    (sales,) = lake.world.lake.datasets
    zones = {name: f"returns/{prefix}" for name, prefix in sales.zones.prefixes.items()}
    returns = sales.model_copy(
        update={"name": "returns", "zones": sales.zones.model_copy(update=zones)}
    )
    gold = returns.gold.model_copy(update={"table": "fact_returns"})
    returns = returns.model_copy(update={"gold": gold})
    lake.world.defs = definitions(lake.world.lake.model_copy(update={"datasets": [sales, returns]}))
    lake.world.drop("a.csv", ROW)
    lake.world.store.put("returns/raw/b.csv", b"x")
    lake.box.put(lake.event("returns/raw/b.csv"))
    requests = {request.job_name: request for request in lake.ask()}
    assert set(requests) == {"retail_sales_ingest", "retail_returns_ingest"}
    lake.start(requests["retail_sales_ingest"])
    assert [request.job_name for request in lake.ask()] == ["retail_returns_ingest"]
    assert len(lake.box) == 2
