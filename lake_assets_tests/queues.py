"""Queues of the S3 that tests share, and S3's events on their way into them."""

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import boto3


@dataclass(frozen=True)
class Box:
    """A queue: what puts messages into it and counts them. No reader of ours."""

    client: Any
    endpoint: str
    url: str
    arn: str

    def put(self, *documents: object) -> None:
        """Send messages: texts as they are, anything else as JSON."""
        for document in documents:
            body = document if isinstance(document, str) else json.dumps(document)
            self.client.send_message(QueueUrl=self.url, MessageBody=body)

    def purge(self) -> None:
        """Lose all messages. SQS has a request for that, which it takes once a minute."""
        while len(self):
            found = self.client.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10)
            for one in found.get("Messages", []):
                self.client.delete_message(QueueUrl=self.url, ReceiptHandle=one["ReceiptHandle"])

    def hide(self, seconds: int) -> None:
        """How long a message that was received stays out of sight."""
        self.client.set_queue_attributes(
            QueueUrl=self.url, Attributes={"VisibilityTimeout": str(seconds)}
        )

    def __len__(self) -> int:
        """Messages that are not deleted, in sight or not."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.client.get_queue_attributes(QueueUrl=self.url, AttributeNames=names)
        return sum(int(found["Attributes"][name]) for name in names)

    def of(self, service: str) -> Any:
        """A client of another service, in the same place."""
        return boto3.client(service, endpoint_url=self.endpoint)  # type: ignore[call-overload]


def make_queue(endpoint: str, visibility_seconds: int = 0) -> Box:
    """A new queue; by default a message that was received is in sight again at once."""
    client = boto3.client("sqs", endpoint_url=endpoint)
    url = client.create_queue(QueueName=f"q-{uuid.uuid4().hex}")["QueueUrl"]
    found = client.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    box = Box(client, endpoint, url, found["Attributes"]["QueueArn"])
    box.hide(visibility_seconds)
    return box


def notify(box: Box, bucket: str) -> None:
    """S3 sends its notifications to the queue itself."""
    _configure(box, bucket, "Queue", box.arn)


def notify_through_sns(box: Box, bucket: str) -> None:
    """S3 sends its notifications to a topic, and that to the queue."""
    sns = box.of("sns")
    topic = sns.create_topic(Name=f"t-{uuid.uuid4().hex}")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=box.arn)
    _configure(box, bucket, "Topic", topic)


def notify_through_eventbridge(box: Box, bucket: str) -> None:
    """S3 sends its events to EventBridge, where a rule puts them into the queue."""
    events, name = box.of("events"), f"r-{uuid.uuid4().hex}"
    pattern = {
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "detail": {"bucket": {"name": [bucket]}, "object": {"key": [{"prefix": "raw/"}]}},
    }
    events.put_rule(Name=name, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": box.arn}])
    box.of("s3").put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={"EventBridgeConfiguration": {}}
    )


def _configure(box: Box, bucket: str, kind: str, arn: str) -> None:
    rules = [{"Name": "prefix", "Value": "raw/"}]
    told = {
        f"{kind}Arn": arn,
        "Events": ["s3:ObjectCreated:*"],
        "Filter": {"Key": {"FilterRules": rules}},
    }
    box.of("s3").put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={f"{kind}Configurations": [told]}
    )


WAYS: dict[str, Callable[[Box, str], None]] = {
    "direct": notify,
    "SNS": notify_through_sns,
    "EventBridge": notify_through_eventbridge,
}
