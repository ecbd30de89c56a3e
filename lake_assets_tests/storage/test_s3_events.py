"""S3's events are understood through each way that they come."""

import json
from typing import Any

import pytest

from lake_assets.storage.s3_events import Message, Notice, UnknownEvent, messages, notices


def notification(key: str, event: str = "ObjectCreated:Put", size: int = 9) -> dict[str, Any]:
    """As S3 sends it to Lambda; the key as S3 encodes it."""
    s3 = {"bucket": {"name": "lake"}, "object": {"key": key, "size": size, "eTag": "e"}}
    return {"Records": [{"eventSource": "aws:s3", "eventName": event, "s3": s3}]}


def bridged(key: str, kind: str = "Object Created") -> dict[str, Any]:
    """As EventBridge sends it."""
    detail = {"bucket": {"name": "lake"}, "object": {"key": key, "size": 9, "etag": "e"}}
    return {"source": "aws.s3", "detail-type": kind, "detail": detail}


def published(*documents: object) -> dict[str, Any]:
    """As SNS sends it to Lambda."""
    return {
        "Records": [
            {"EventSource": "aws:sns", "Sns": {"Message": json.dumps(document)}}
            for document in documents
        ]
    }


def forwarded(document: object) -> dict[str, Any]:
    """As SNS sends it to a queue."""
    return {"Type": "Notification", "Message": json.dumps(document)}


def queued(*documents: object) -> dict[str, Any]:
    """As SQS sends it to Lambda, the messages numbered from m0."""
    return {
        "Records": [
            {"eventSource": "aws:sqs", "messageId": f"m{number}", "body": json.dumps(document)}
            for number, document in enumerate(documents)
        ]
    }


TEST_EVENT = {"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "lake"}
HERE = notification("raw/a.csv")
PUT = Notice("ObjectCreated:Put", "lake", "raw/a.csv", 9)


@pytest.mark.parametrize(
    "event",
    [
        HERE,
        published(HERE),
        queued(HERE),
        queued(forwarded(HERE)),
    ],
    ids=["direct", "SNS", "SQS", "SNS to SQS"],
)
def test_a_notification_says_the_same_whatever_it_came_through(event: dict[str, Any]) -> None:
    assert list(notices(event)) == [PUT]


@pytest.mark.parametrize("wrap", [dict, queued], ids=["direct", "SQS"])
def test_an_event_of_eventbridge_is_understood(wrap: Any) -> None:
    [notice] = notices(wrap(bridged("raw/a.csv")))
    assert notice == Notice("Object Created", "lake", "raw/a.csv", 9)
    assert notice.created


def test_each_record_of_an_event_is_given() -> None:
    several = {"Records": HERE["Records"] + notification("raw/b.csv")["Records"]}
    assert [notice.key for notice in notices(published(several, HERE))] == [
        "raw/a.csv",
        "raw/b.csv",
        "raw/a.csv",
    ]


@pytest.mark.parametrize(
    ("sent", "key"),
    [
        ("raw/my+sales.csv", "raw/my sales.csv"),
        ("raw/a%2Bb%25.csv", "raw/a+b%.csv"),
        ("raw/caf%C3%A9%2F1.csv", "raw/café/1.csv"),
    ],
)
def test_keys_of_notifications_are_decoded(sent: str, key: str) -> None:
    assert [notice.key for notice in notices(notification(sent))] == [key]


def test_keys_of_eventbridge_are_taken_as_they_are() -> None:
    assert [notice.key for notice in notices(bridged("raw/a+b%20c.csv"))] == ["raw/a+b%20c.csv"]


@pytest.mark.parametrize("wrap", [dict, queued, published], ids=["direct", "SQS", "SNS"])
def test_a_test_event_has_no_key_and_creates_nothing(wrap: Any) -> None:
    [notice] = notices(wrap(TEST_EVENT))
    assert notice == Notice("s3:TestEvent", "lake", "")
    assert not notice.created


@pytest.mark.parametrize(
    ("event", "created"),
    [
        (notification("a", "ObjectCreated:CompleteMultipartUpload"), True),
        (notification("a", "ObjectCreated:Copy"), True),
        (notification("a", "ObjectRemoved:Delete"), False),
        (notification("a", "ObjectTagging:Put"), False),
        (bridged("a", "Object Deleted"), False),
    ],
)
def test_only_events_of_creation_count_as_such(event: dict[str, Any], created: bool) -> None:
    assert [notice.created for notice in notices(event)] == [created]


def test_a_deleted_object_has_no_size() -> None:
    event = notification("a", "ObjectRemoved:Delete")
    del event["Records"][0]["s3"]["object"]["size"]
    assert [notice.size for notice in notices(event)] == [0]


@pytest.mark.parametrize(
    ("key", "size", "marks"), [("raw/", 0, True), ("raw/", 3, False), ("raw/empty.csv", 0, False)]
)
def test_an_empty_object_whose_key_ends_in_a_slash_marks_a_folder(
    key: str, size: int, marks: bool
) -> None:
    assert [notice.marks_folder for notice in notices(notification(key, size=size))] == [marks]


def test_the_messages_of_a_queue_are_told_apart() -> None:
    assert messages(queued(HERE, TEST_EVENT)) == [
        Message("m0", json.dumps(HERE)),
        Message("m1", json.dumps(TEST_EVENT)),
    ]


@pytest.mark.parametrize("event", [HERE, published(HERE), bridged("a"), TEST_EVENT, {}])
def test_what_is_not_from_a_queue_has_no_messages(event: dict[str, Any]) -> None:
    assert messages(event) is None


def test_a_message_without_an_identifier_is_refused() -> None:
    with pytest.raises(UnknownEvent, match="no messageId"):
        messages({"Records": [{"eventSource": "aws:sqs", "body": "{}"}]})


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ("hello", "not JSON: 'hello'"),
        ("[]", "no event of S3: \\[\\]"),
        ({"detail-type": "Scheduled Event", "source": "aws.events"}, "no event of S3: .*events"),
        ({"Records": [{"eventSource": "aws:dynamodb"}]}, "of aws:dynamodb, not of S3, SNS or SQS"),
        ({"Records": ["text"]}, "lacks what they have: AttributeError"),
        ({"Records": [{"eventSource": "aws:s3"}]}, "lacks what they have: KeyError 's3'"),
        ({"source": "aws.s3"}, "lacks what they have: KeyError 'detail'"),
        ({"big": "x" * 900}, r"x\.\.\.$"),
    ],
)
def test_what_is_no_event_of_s3_is_told_with_what_it_is(document: object, sentence: str) -> None:
    with pytest.raises(UnknownEvent, match=sentence):
        list(notices(document))
