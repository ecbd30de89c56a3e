"""Alerts to a webhook, through a real server."""

import socket
from collections.abc import Iterator
from datetime import timedelta

import pytest

from lake_assets.alerts.slack import slack
from lake_assets.alerts.targets.target import DeliveryFailed
from lake_assets.alerts.targets.webhook import WebhookTarget
from lake_assets_tests.alerts.notices import message
from lake_assets_tests.alerts.receiver import SECRET, Receiver, receiver


@pytest.fixture
def heard() -> Iterator[Receiver]:
    with receiver() as heard:
        yield heard


def failure(target: WebhookTarget) -> DeliveryFailed:
    """What sending raises; its text never has the secret."""
    with pytest.raises(DeliveryFailed) as raised:
        target.send(message())
    assert SECRET not in str(raised.value)
    assert raised.value.__cause__ is None
    return raised.value


def test_what_slack_takes_is_posted(heard: Receiver) -> None:
    WebhookTarget("HOOK", heard.url).send(message())
    assert heard.bodies == [slack(message())]
    assert heard.paths[0].endswith(SECRET)


@pytest.mark.parametrize("status", [301, 400, 404, 500, 503])
def test_any_answer_but_success_is_a_failure_and_nothing_is_tried_again(
    heard: Receiver, status: int
) -> None:
    heard.answers = [(status, {"Location": heard.url})]
    error = failure(WebhookTarget("HOOK", heard.url))
    assert str(error) == f"the webhook of HOOK at 127.0.0.1 answers {status}"
    assert error.retry_after == timedelta(0)
    assert len(heard.bodies) == 1


def test_a_webhook_may_ask_for_a_pause(heard: Receiver) -> None:
    heard.answers = [(429, {"Retry-After": "90"}), (429, {"Retry-After": "soon"})]
    target = WebhookTarget("HOOK", heard.url)
    assert failure(target).retry_after == timedelta(seconds=90)
    assert failure(target).retry_after == timedelta(0)


def test_an_answer_that_does_not_come_is_not_waited_for(heard: Receiver) -> None:
    heard.silent.set()
    error = failure(WebhookTarget("HOOK", heard.url, read_seconds=0.05))
    assert str(error) == "the webhook of HOOK at 127.0.0.1 does not answer: ReadTimeoutError"


def test_nobody_there_is_told_without_the_secret() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: nobody answers
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/services/{SECRET}"
        error = failure(WebhookTarget("HOOK", url))
    assert "127.0.0.1 does not answer" in str(error)


@pytest.mark.parametrize(
    "url",
    [
        f"http://example.org/{SECRET}",
        f"ftp://127.0.0.1/{SECRET}",
        f"hooks.example.org/{SECRET}",
        f"http://[::1/{SECRET}",
        f"https://{SECRET}@[/x",
    ],
)
def test_a_url_that_is_not_https_is_refused_without_being_shown(url: str) -> None:
    assert "HOOK" in str(failure(WebhookTarget("HOOK", url)))


def test_a_target_does_not_show_its_url(heard: Receiver) -> None:
    assert SECRET not in repr(WebhookTarget("HOOK", heard.url))
