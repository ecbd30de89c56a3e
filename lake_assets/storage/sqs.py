"""A queue of SQS, into which S3 puts its events.

The URL says where the queue is: its host is the endpoint, of AWS or of an emulator, and names the
region. https://docs.aws.amazon.com/general/latest/gr/sqs-service.html
"""

import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import boto3.session
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    HTTPClientError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    TokenRetrievalError,
    UnauthorizedSSOTokenError,
)
from botocore.exceptions import ConnectionError as NoConnectionError

if TYPE_CHECKING:
    from mypy_boto3_sqs.client import SQSClient

AT_ONCE = 10  # messages; SQS gives and deletes no more in one request
WAIT_SECONDS = 1  # only a request that waits asks all servers of a queue: others miss messages
CONNECT_SECONDS = 3
ANSWER_SECONDS = 5  # beyond the wait: a sensor has a minute for all that it does
ATTEMPTS = 2

_REGION = re.compile(r"(?:^|[.-])sqs(?:-fips)?\.([a-z]+(?:-[a-z]+)+-\d+)\.|^([a-z0-9-]+)\.queue\.")
_MISSING = {"AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist", "InvalidAddress", "404"}
_DENIED = {"AccessDenied", "AccessDeniedException", "KmsAccessDenied", "403"}
_CREDENTIALS = {
    "ExpiredToken", "ExpiredTokenException", "IncompleteSignature", "InvalidAccessKeyId",
    "InvalidClientTokenId", "InvalidSecurity", "MissingAuthenticationToken",
    "SignatureDoesNotMatch", "UnrecognizedClientException",
}  # fmt: skip
_BUSY = {
    "InternalError", "InternalFailure", "OverLimit", "RequestThrottled", "ServiceUnavailable",
    "Throttling", "ThrottlingException", "500", "502", "503", "504",
}  # fmt: skip


class QueueError(Exception):
    """The queue does not do what we ask. The message says what to do."""


class NoSuchQueue(QueueError):
    """There is no queue at the URL."""


class QueueDenied(QueueError):
    """The queue is not for us."""


class QueueUnreachable(QueueError):
    """Nobody answers, or not now. The same call may succeed later."""


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
            session = boto3.session.Session()
            self._made = session.client(
                "sqs",
                endpoint_url=self._endpoint,
                region_name=self._region or session.region_name or "us-east-1",
                config=Config(
                    connect_timeout=CONNECT_SECONDS,
                    read_timeout=WAIT_SECONDS + ANSWER_SECONDS,
                    retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
                ),
            )
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


def explain(error: ClientError | BotoCoreError, url: str) -> QueueError:
    """The error of ours that says what an answer of SQS means for the queue at ``url``."""
    match error:
        case ClientError():
            return _explain_code(error.response.get("Error", {}).get("Code", ""), url)
        case NoCredentialsError() | PartialCredentialsError() | ProfileNotFound():
            return QueueDenied(
                f"There are no complete AWS credentials to read {url} with. Set AWS_PROFILE, or "
                "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run Dagster with a role."
            )
        case CredentialRetrievalError() | TokenRetrievalError() | UnauthorizedSSOTokenError():
            return QueueDenied(
                f"The AWS credentials to read {url} with cannot be renewed. Log in again, for "
                "example with `aws sso login`."
            )
        case HTTPClientError() | NoConnectionError():
            return QueueUnreachable(
                f"SQS does not answer for {url} ({type(error).__name__}). Check the network and "
                "the host in the URL."
            )
    return QueueError(f"boto3 could not ask for {url}: {type(error).__name__}.")


def _explain_code(code: str, url: str) -> QueueError:
    # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/CommonErrors.html
    if code in _MISSING:
        return NoSuchQueue(
            f"There is no queue at {url}. Create it, or correct the URL: its region, account and "
            "name."
        )
    if code in _DENIED or code.startswith("KMS."):
        return QueueDenied(
            f"SQS denied access to {url} ({code}). Grant the role of Dagster sqs:ReceiveMessage "
            "and sqs:DeleteMessage on the queue, and kms:Decrypt if the queue has a KMS key."
        )
    if code in _CREDENTIALS:
        return QueueDenied(
            f"SQS does not accept the credentials for {url} ({code}). Renew them, or check "
            "AWS_PROFILE and the access key in use."
        )
    if code in _BUSY:
        return QueueUnreachable(f"SQS is busy or fails for {url} ({code}), also after a retry.")
    return QueueError(f"SQS answered {code or 'an unknown error'} for {url}.")
