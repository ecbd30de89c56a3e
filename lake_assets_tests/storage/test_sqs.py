"""A queue gives what waits within a time, deletes what it is told to, and says what is wrong."""

from collections.abc import Iterator

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    DataNotFoundError,
    NoCredentialsError,
)

from lake_assets.storage import sqs
from lake_assets.storage.sqs import Queue, Received, region_of
from lake_assets.storage.sqs_errors import (
    NoSuchQueue,
    QueueDenied,
    QueueError,
    QueueUnreachable,
    explain,
)
from lake_assets_tests.queues import Box, make_queue

URL = "https://sqs.eu-west-1.amazonaws.com/123456789012/arrivals"


@pytest.fixture(autouse=True)
def no_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """The emulated queue has one server: nothing is missed by a request that does not wait."""
    monkeypatch.setattr(sqs, "WAIT_SECONDS", 0)


@pytest.fixture
def box(s3_endpoint: str) -> Box:
    """Whose messages stay out of sight for longer than a test."""
    return make_queue(s3_endpoint, visibility_seconds=300)


def ticking(seconds: float) -> Iterator[float]:
    now = 0.0
    while True:
        yield now
        now += seconds


def test_all_messages_are_received_though_one_answer_has_ten(box: Box) -> None:
    box.put(*(f"m{number}" for number in range(25)))
    found = Queue(box.url).receive(100, 60)
    assert sorted(one.body for one in found) == sorted(f"m{number}" for number in range(25))


def test_no_more_are_received_than_wanted(box: Box) -> None:
    box.put(*(f"m{number}" for number in range(25)))
    queue = Queue(box.url)
    assert len(queue.receive(12, 60)) == 12
    assert len(queue.receive(100, 60)) == 13


def test_receiving_stops_when_its_time_is_over(box: Box) -> None:
    box.put(*(f"m{number}" for number in range(60)))
    steps = ticking(4)
    assert len(Queue(box.url).receive(100, 10, lambda: next(steps))) == 20


def test_deleting_stops_when_its_time_is_over(box: Box) -> None:
    box.put(*(f"m{number}" for number in range(60)))
    queue, steps = Queue(box.url), ticking(4)
    found = queue.receive(100, 60)
    assert queue.delete(found, 10, lambda: next(steps)) == 20
    assert len(box) == 40


def test_what_is_deleted_is_gone_and_what_is_not_stays(box: Box) -> None:
    box.put("a", "b", "c")
    queue = Queue(box.url)
    found = queue.receive(100, 60)
    assert queue.delete([one for one in found if one.body != "b"], 60) == 2
    assert len(box) == 1
    assert queue.delete([], 60) == 0


def test_a_message_that_comes_again_at_once_is_received_once(s3_endpoint: str) -> None:
    box = make_queue(s3_endpoint, visibility_seconds=0)
    box.put("a", "b")
    queue = Queue(box.url)
    found = queue.receive(100, 60)
    assert sorted(one.body for one in found) == ["a", "b"]
    assert queue.delete(found, 60) == 2
    assert len(box) == 0


def test_a_queue_that_is_not_there_is_told(box: Box) -> None:
    with pytest.raises(NoSuchQueue, match=r"There is no queue at .*-other\. Create it, or correct"):
        Queue(f"{box.url}-other").receive(1, 60)


@pytest.mark.parametrize(
    "url", ["", "arrivals", "s3://b/k", "https://sqs.eu-west-1.amazonaws.com/"]
)
def test_what_is_no_url_of_a_queue_is_told(url: str) -> None:
    with pytest.raises(NoSuchQueue, match=r"is not the URL of a queue\. Give one like https://sqs"):
        Queue(url)


def test_nobody_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqs, "ATTEMPTS", 1)
    with pytest.raises(QueueUnreachable, match=r"does not answer for http://127\.0\.0\.1:9/1/q"):
        Queue("http://127.0.0.1:9/1/q").receive(1, 60)


@pytest.mark.parametrize(
    ("host", "region"),
    [
        ("sqs.eu-west-1.amazonaws.com", "eu-west-1"),
        ("sqs-fips.us-gov-west-1.amazonaws.com", "us-gov-west-1"),
        ("sqs.cn-north-1.amazonaws.com.cn", "cn-north-1"),
        ("vpce-0a1b-2c3d.sqs.us-east-2.vpce.amazonaws.com", "us-east-2"),
        ("eu-central-1.queue.amazonaws.com", "eu-central-1"),
        ("queue.amazonaws.com", None),
        ("127.0.0.1", None),
        ("localhost.example.org", None),
    ],
)
def test_the_host_names_the_region(host: str, region: str | None) -> None:
    assert region_of(host) == region


def test_the_client_asks_in_the_region_of_the_queue_whatever_is_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    client = Queue(URL).client
    assert client.meta.region_name == "eu-west-1"
    assert client.meta.endpoint_url == "https://sqs.eu-west-1.amazonaws.com"


@pytest.mark.parametrize(
    ("code", "kind", "told"),
    [
        ("AWS.SimpleQueueService.NonExistentQueue", NoSuchQueue, "Create it"),
        ("InvalidAddress", NoSuchQueue, "its region, account and name"),
        ("AccessDenied", QueueDenied, "sqs:ReceiveMessage and sqs:DeleteMessage"),
        ("AccessDeniedException", QueueDenied, "Grant the role"),
        ("KMS.AccessDeniedException", QueueDenied, "kms:Decrypt"),
        ("InvalidClientTokenId", QueueDenied, "Renew them"),
        ("ExpiredToken", QueueDenied, "Renew them"),
        ("RequestThrottled", QueueUnreachable, "busy"),
        ("503", QueueUnreachable, "fails"),
        ("Unheard", QueueError, "SQS answered Unheard"),
        ("", QueueError, "an unknown error"),
    ],
)
def test_each_answer_is_told_with_what_to_do(code: str, kind: type[QueueError], told: str) -> None:
    error = explain(ClientError({"Error": {"Code": code}}, "ReceiveMessage"), URL)
    assert type(error) is kind
    assert told in str(error)
    assert URL in str(error)


@pytest.mark.parametrize(
    ("error", "kind", "told"),
    [
        (NoCredentialsError(), QueueDenied, "no complete AWS credentials"),
        (CredentialRetrievalError(provider="p", error_msg="e"), QueueDenied, "Log in again"),
        (ConnectTimeoutError(endpoint_url=URL), QueueUnreachable, "Check the network"),
        (DataNotFoundError(data_path="d"), QueueError, "DataNotFoundError"),
    ],
)
def test_what_goes_wrong_on_this_side_is_told(
    error: Exception, kind: type[QueueError], told: str
) -> None:
    found = explain(error, URL)  # type: ignore[arg-type]
    assert type(found) is kind
    assert told in str(found)


def test_a_receipt_that_the_queue_does_not_know_deletes_nothing(box: Box) -> None:
    box.put("a")
    assert Queue(box.url).delete([Received("made up", "a")], 60) == 0
    assert len(box) == 1
