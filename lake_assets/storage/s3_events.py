"""What S3 says about its objects, through any of the ways that its events come.

S3 sends notifications to Lambda itself, to SNS, to SQS, or to SNS that sends them on to SQS; and
events to EventBridge, which may put them into a queue, too. Each way wraps the words of S3 in its
own. Sources:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html and
https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

TEST = "s3:TestEvent"
CREATED = ("ObjectCreated:", "s3:ObjectCreated:", "Object Created")
"""How the names of events begin that say that an object came to stand under its key."""


class UnknownEvent(ValueError):
    """The document is none of those that this module knows."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing that happened to one object.

    Attributes:
        event: its name, as S3 gives it: ``ObjectCreated:Put``, ``Object Created``, ...
        bucket: the name.
        key: the object's key in the bucket, decoded; empty in a test event.
        size: of the object in bytes; 0 where S3 does not give it.
    """

    event: str
    bucket: str
    key: str
    size: int = 0

    @property
    def created(self) -> bool:
        """Whether the object came to stand under its key."""
        return self.event.startswith(CREATED)

    @property
    def marks_folder(self) -> bool:
        """Whether the object is only how consoles show an empty folder."""
        return self.size == 0 and self.key.endswith("/")


@dataclass(frozen=True, slots=True)
class Message:
    """One of the messages of a queue: it is delivered again as a whole, or not.

    Attributes:
        identifier: of the message in the queue.
        body: the text in it.
    """

    identifier: str
    body: str


def messages(event: Mapping[str, Any]) -> list[Message] | None:
    """The messages of a batch from SQS; None if the event came another way.

    Raises:
        UnknownEvent: it is a batch, and a message has no identifier or no body.
    """
    records = event.get("Records")
    if not isinstance(records, list) or not records or _source(records[0]) != "aws:sqs":
        return None
    try:
        return [Message(str(record["messageId"]), str(record["body"])) for record in records]
    except (KeyError, TypeError) as error:
        raise UnknownEvent("A message of the queue has no messageId or no body.") from error


def notices(document: object) -> Iterator[Notice]:
    """What S3 says in an event, however it is wrapped; of a queue's batch, in each message.

    Args:
        document: the event as Lambda gives it, or the text in a message.

    Raises:
        UnknownEvent: with what was found instead of an event of S3.
    """
    try:
        yield from _notices(document)
    except (KeyError, TypeError, AttributeError) as error:
        raise UnknownEvent(
            f"This event of S3 lacks what they have: {type(error).__name__} {error}. Found: "
            f"{_shown(document)}"
        ) from error


def _notices(document: Any) -> Iterator[Notice]:
    if isinstance(document, str):
        document = _parsed(document)
    if not isinstance(document, Mapping):
        raise UnknownEvent(f"This is no event of S3: {_shown(document)}")
    if document.get("Event") == TEST:
        yield Notice(TEST, document["Bucket"], "")
    elif document.get("source") == "aws.s3":
        found = document["detail"]["object"]
        bucket = document["detail"]["bucket"]["name"]
        # EventBridge gives the key as it is.
        yield Notice(document["detail-type"], bucket, found["key"], found.get("size", 0))
    elif document.get("Type") == "Notification":  # SNS, in a queue
        yield from _notices(document["Message"])
    elif isinstance(document.get("Records"), list):
        for record in document["Records"]:
            yield from _of_record(record)
    else:
        raise UnknownEvent(f"This is no event of S3: {_shown(document)}")


def _of_record(record: Any) -> Iterator[Notice]:
    match _source(record):
        case "aws:s3":
            bucket, found = record["s3"]["bucket"]["name"], record["s3"]["object"]
            key = unquote_plus(found["key"])  # as in a form: a space is a plus
            yield Notice(record["eventName"], bucket, key, found.get("size", 0))
        case "aws:sns":
            yield from _notices(record["Sns"]["Message"])
        case "aws:sqs":
            yield from _notices(record["body"])
        case source:
            raise UnknownEvent(f"This is a record of {source}, not of S3, SNS or SQS.")


def _source(record: Any) -> str:
    """Who wrote a record. SNS has the name of the field in upper case."""
    return str(record.get("eventSource") or record.get("EventSource"))


def _parsed(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        raise UnknownEvent(f"This message is not JSON: {_shown(text)}") from None


def _shown(document: object) -> str:
    text = repr(document)
    return text if len(text) <= 200 else f"{text[:200]}..."
