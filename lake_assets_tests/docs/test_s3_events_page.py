"""What the page on S3 events says to set up works, and the rights that it gives are enough."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import moto.settings
import pytest

from lake_assets.components.sensors import due, queue
from lake_assets.jobs.hints import hint_of
from lake_assets.storage import sqs
from lake_assets.storage.sqs import Queue, Received
from lake_assets.storage.sqs_errors import QueueDenied
from lake_assets_tests.docs import pages
from lake_assets_tests.jobs.lakes import contract
from lake_assets_tests.queues import Box, make_queue

PAGE = pages.PROJECT / "docs" / "how-to" / "react-to-s3-events.md"
ARN = "arn:aws:sqs:eu-west-1:123456789012:retail-arrivals"
LAKE = contract()


@pytest.fixture
def box(s3_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Box:
    monkeypatch.setattr(sqs, "WAIT_SECONDS", 0)
    return make_queue(s3_endpoint, visibility_seconds=300)


@pytest.fixture
def bucket(s3_uri: str) -> str:
    return s3_uri.removeprefix("s3://")


def shown(name: str, box: Box, bucket: str) -> Any:
    """A file that the page shows, for this bucket and queue; a policy has no name."""
    (text,) = [
        block.text
        for block in pages.blocks(PAGE)
        if block.file == name or (not name and "Statement" in block.text and not block.file)
    ]
    return json.loads(text.replace(ARN, box.arn).replace("my-lake", bucket))


def keys_told(box: Box, bucket: str) -> set[str]:
    """The keys in raw zones of which the messages tell, and nothing else."""
    hints = [
        hint_of(LAKE, f"s3://{bucket}/retail", one.body) for one in Queue(box.url).receive(100, 60)
    ]
    assert all(hint.keys or hint.ignored["S3's test"] for hint in hints)
    return {key for hint in hints for key in hint.keys.get("sales", ())}


def drop_three(box: Box, bucket: str) -> None:
    for key in ("retail/raw/a.csv", "retail/validated/b.csv", "telco/raw/c.csv"):
        box.of("s3").put_object(Bucket=bucket, Key=key, Body=b"x")


def test_the_buckets_configuration_tells_of_files_in_raw_alone(box: Box, bucket: str) -> None:
    box.of("s3").put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration=shown("events.json", box, bucket)
    )
    drop_three(box, bucket)
    assert keys_told(box, bucket) == {"raw/a.csv"}


def test_the_pattern_for_eventbridge_tells_of_files_in_raw_alone(box: Box, bucket: str) -> None:
    events = box.of("events")
    pattern = json.dumps(shown("pattern.json", box, bucket))
    events.put_rule(Name=bucket[:60], EventPattern=pattern)
    events.put_targets(Rule=bucket[:60], Targets=[{"Id": "queue", "Arn": box.arn}])
    box.of("s3").put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={"EventBridgeConfiguration": {}}
    )
    drop_three(box, bucket)
    assert keys_told(box, bucket) == {"raw/a.csv"}


def test_the_queues_attributes_are_taken_and_let_the_bucket_alone_send(
    box: Box, bucket: str
) -> None:
    attributes = shown("queue.json", box, bucket)
    box.client.set_queue_attributes(QueueUrl=box.url, Attributes=attributes)
    (statement,) = json.loads(attributes["Policy"])["Statement"]
    assert statement["Resource"] == box.arn
    assert statement["Condition"]["ArnEquals"] == {"aws:SourceArn": f"arn:aws:s3:::{bucket}"}
    # Longer than a tick may take, or a message comes again while its tick is at work.
    assert int(attributes["VisibilityTimeout"]) > 60


@pytest.fixture
def become(box: Box, bucket: str) -> Iterator[Callable[[dict[str, Any]], None]]:
    """Give this process only the rights of a policy, from now on."""
    iam = boto3.client("iam", endpoint_url=box.endpoint)

    def user(policy: dict[str, Any]) -> None:
        iam.create_user(UserName=bucket)
        # AWS takes the right to delete for batches, too; the emulator names each request a right.
        text = json.dumps(policy).replace("DeleteMessage", "DeleteMessageBatch")
        iam.put_user_policy(UserName=bucket, PolicyName="q", PolicyDocument=text)
        key = iam.create_access_key(UserName=bucket)["AccessKey"]
        patch.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
        patch.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])
        patch.setattr(moto.settings, "INITIAL_NO_AUTH_ACTION_COUNT", 0)

    with pytest.MonkeyPatch.context() as patch:
        yield user


def test_the_rights_on_the_page_are_enough(
    box: Box, bucket: str, become: Callable[[dict[str, Any]], None]
) -> None:
    box.put("a")
    become(shown("", box, bucket))
    queue = Queue(box.url)
    (found,) = queue.receive(100, 60)
    assert queue.delete([found], 60) == 1


@pytest.mark.parametrize("right", ["sqs:ReceiveMessage", "sqs:DeleteMessage"])
def test_with_fewer_rights_than_on_the_page_the_missing_ones_are_named(
    box: Box, bucket: str, become: Callable[[dict[str, Any]], None], right: str
) -> None:
    policy = shown("", box, bucket)
    policy["Statement"][0]["Action"].remove(right)
    become(policy)
    queue = Queue(box.url)
    with pytest.raises(QueueDenied, match="Grant the role of Dagster sqs:ReceiveMessage and sqs:D"):
        queue.receive(1, 60) if "Receive" in right else queue.delete([Received("r", "a")], 60)


def test_the_page_names_the_caps_that_the_sensor_has() -> None:
    from lake_assets.contracts.lake import Intake

    text = PAGE.read_text("utf-8")
    seconds, most = re.findall(r"reads for (\w+) seconds or ([\d,]+) messages", text)[0]
    assert (seconds, queue.RECEIVE_SECONDS) == ("ten", 10)
    assert int(most.replace(",", "")) == queue.MESSAGES_A_TICK
    assert f"{Intake().interval_seconds} if not set" in text
    assert f"{Intake().reconcile_seconds} if not set" in text
    assert f"after {due.FIRST_WAIT.seconds} seconds" in text
    assert due.LONGEST_WAIT.seconds == 3600
