"""Alerts to a topic, read back from a queue that is subscribed to it."""

import json
import uuid
from typing import Any

import boto3
import pytest

from lake_assets.alerts.targets.sns import SnsTarget
from lake_assets.alerts.targets.target import DeliveryFailed
from lake_assets.contracts.alerts import AlertKind
from lake_assets_tests.alerts.notices import message, notice

ACCOUNT = "arn:aws:sns:us-east-1:123456789012"


class Topic:
    """A topic of SNS and a queue that hears it."""

    def __init__(self, endpoint: str, ending: str = "") -> None:
        fifo = {"FifoTopic": "true"} if ending else {}
        name = f"a{uuid.uuid4().hex}{ending}"
        queue: Any = {"FifoQueue": "true"} if ending else {}
        self.sns = boto3.client("sns", endpoint_url=endpoint, region_name="us-east-1")
        self.sqs = boto3.client("sqs", endpoint_url=endpoint, region_name="us-east-1")
        self.arn = self.sns.create_topic(Name=name, Attributes=fifo)["TopicArn"]
        self.url = self.sqs.create_queue(QueueName=name, Attributes=queue)["QueueUrl"]
        heard = self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=["QueueArn"])
        self.sns.subscribe(
            TopicArn=self.arn, Protocol="sqs", Endpoint=heard["Attributes"]["QueueArn"]
        )

    def heard(self) -> list[dict[str, Any]]:
        """The notifications in the queue."""
        found = self.sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10)
        return [json.loads(one["Body"]) for one in found.get("Messages", [])]


def test_a_subscriber_gets_subject_text_and_attributes(s3_endpoint: str) -> None:
    topic = Topic(s3_endpoint)
    sent = message(notice("ä"), notice("a.csv", kind=AlertKind.SYSTEM_REJECT))
    SnsTarget(topic.arn, s3_endpoint).send(sent)
    (heard,) = topic.heard()
    assert (heard["Subject"], heard["Message"]) == (sent.subject, sent.text)
    attributes = {name: one["Value"] for name, one in heard["MessageAttributes"].items()}
    assert attributes == {
        "lake": "retail",
        "severity": "error",
        "kinds": "failed_check,system_reject",
        "message_id": sent.id,
    }


def test_a_fifo_topic_gets_what_it_needs_to_drop_a_second_one(s3_endpoint: str) -> None:
    topic = Topic(s3_endpoint, ".fifo")
    for _ in range(2):
        SnsTarget(topic.arn, s3_endpoint).send(message())
    assert len(topic.heard()) == 1


def test_a_topic_that_is_not_there_is_told_by_its_name(s3_endpoint: str) -> None:
    with pytest.raises(DeliveryFailed, match=r"SNS does not take a message to gone: NotFound"):
        SnsTarget(f"{ACCOUNT}:gone", s3_endpoint).send(message())


def test_a_service_that_is_not_there_is_told() -> None:
    target = SnsTarget(f"{ACCOUNT}:alerts", "http://127.0.0.1:1")
    with pytest.raises(DeliveryFailed, match="SNS cannot be reached for alerts"):
        target.send(message())


def test_an_arn_that_is_none_is_told() -> None:
    with pytest.raises(DeliveryFailed, match="the ARN of the SNS topic is none"):
        SnsTarget("alerts").send(message())
