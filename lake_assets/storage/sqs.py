"""A queue of SQS, into which S3 puts its events.

The URL says where the queue is: its host is the endpoint, of AWS or of an emulator, and names the
region. https://docs.aws.amazon.com/general/latest/gr/sqs-service.html
"""

import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from lake_assets.storage.aws import open_session
from lake_assets.storage.sqs_errors import NoSuchQueue, explain

if TYPE_CHECKING:
    from mypy_boto3_sqs.client import SQSClient

AT_ONCE = 10  # messages; SQS gives and deletes no more in one request
WAIT_SECONDS = 1  # only a request that waits asks all servers of a queue: others miss messages
CONNECT_SECONDS = 3
ANSWER_SECONDS = 5  # beyond the wait: a sensor has a minute for all that it does
ATTEMPTS = 2

_REGION = re.compile(r"(?:^|[.-])sqs(?:-fips)?\.([a-z]+(?:-[a-z]+)+-\d+)\.|^([a-z0-9-]+)\.queue\.")


@dataclass(frozen=True, slots=True)
class Received:
    """A message, out of sight of other readers for as long as the queue's visibility timeout.

    Attributes:
        receipt: what deletes it.
        body: the text in it.
    """

    receipt: str
    body: str


class Queue:
    """A queue by its URL. Whatever is not deleted comes again: nothing is lost by reading."""

    def __init__(self, url: str) -> None:
        """Raises NoSuchQueue if the text is not the URL of a queue."""
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or not parts.path.strip("/"):
            raise NoSuchQueue(
                f"{url!r} is not the URL of a queue. Give one like "
                "https://sqs.eu-west-1.amazonaws.com/123456789012/arrivals."
            )
        self.url = url
        self._endpoint = f"{parts.scheme}://{parts.netloc}"
        self._region = region_of(parts.hostname)
        self._made: SQSClient | None = None

    @property
    def client(self) -> "SQSClient":
        """The boto3 client, made at first use."""
        if self._made is None:
            session = open_session()
            region = session.get_config_variable("region")
            client = session.create_client(
                "sqs",
                endpoint_url=self._endpoint,
                region_name=self._region or region or "us-east-1",
                config=Config(
                    connect_timeout=CONNECT_SECONDS,
                    read_timeout=WAIT_SECONDS + ANSWER_SECONDS,
                    retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
                ),
            )
            self._made = cast("SQSClient", client)
        return self._made

    def receive(
        self, most: int, seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> list[Received]:
        """The messages that wait, as far as they come within the time.

        Args:
            most: stop at so many.
            seconds: ask no more after this time; the last answer may take some seconds longer.
            clock: seconds that only grow.

        Raises:
            QueueError: what was received until then comes again.
        """
        until = clock() + seconds
        found: dict[str, Received] = {}
        while len(found) < most and clock() < until:
            with self._explained():
                answer = self.client.receive_message(
                    QueueUrl=self.url,
                    MaxNumberOfMessages=min(AT_ONCE, most - len(found)),
                    WaitTimeSeconds=WAIT_SECONDS,
                )
            messages = answer.get("Messages", [])
            known = set(found)
            found |= {
                one["MessageId"]: Received(one["ReceiptHandle"], one["Body"]) for one in messages
            }
            if found.keys() == known:  # none, or only such as have become visible again
                break
        return list(found.values())

    def delete(
        self,
        messages: Sequence[Received],
        seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> int:
        """Delete messages, as many as the time allows; how many. The others come again.

        Raises:
            QueueError: some may be deleted, some not.
        """
        until = clock() + seconds
        deleted = 0
        for start in range(0, len(messages), AT_ONCE):
            if clock() >= until:
                break
            some = messages[start : start + AT_ONCE]
            with self._explained():
                answer = self.client.delete_message_batch(
                    QueueUrl=self.url,
                    Entries=[
                        {"Id": str(number), "ReceiptHandle": message.receipt}
                        for number, message in enumerate(some)
                    ],
                )
            deleted += len(answer.get("Successful", []))
        return deleted

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (ClientError, BotoCoreError) as error:
            raise explain(error, self.url) from error


def region_of(host: str) -> str | None:
    """The AWS region in a queue's host name; None where it names none, as an emulator's."""
    found = _REGION.search(host)
    return (found[1] or found[2]) if found else None
