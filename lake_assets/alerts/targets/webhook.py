"""To a webhook that takes what Slack's incoming webhooks take."""

import json
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlsplit

from lake_assets.alerts.message import Message
from lake_assets.alerts.slack import slack
from lake_assets.alerts.targets.target import DeliveryFailed

CONNECT_SECONDS = 3.0
READ_SECONDS = 5.0
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True)
class WebhookTarget:
    """A URL to which JSON is posted. Its path is a secret, and in no text of ours.

    Attributes:
        variable: the environment variable that the URL is from, for our sentences.
        url: https, or http to this machine.
        read_seconds: how long an answer may take.
    """

    variable: str
    url: str = field(repr=False)
    read_seconds: float = READ_SECONDS

    def send(self, message: Message) -> None:
        """Post the message. Redirects are not followed, and nothing is tried twice here.

        Raises:
            DeliveryFailed: any answer but one of 200 to 299, or none in time.
        """
        import urllib3

        try:
            parts = urlsplit(self.url)
            host = parts.hostname or ""
        except ValueError:
            raise DeliveryFailed(f"{self.variable} holds no URL") from None
        if not (parts.scheme == "https" or (parts.scheme == "http" and host in LOOPBACK)):
            raise DeliveryFailed(f"{self.variable} must hold a URL that begins with https://")
        timeout = urllib3.Timeout(connect=CONNECT_SECONDS, read=self.read_seconds)
        try:
            # Without the context the connection would stay open until the next tick, or for ever.
            with urllib3.PoolManager(num_pools=1) as pool:
                answer = pool.request(
                    "POST",
                    self.url,
                    body=json.dumps(slack(message)).encode(),
                    headers={
                        "Content-Type": "application/json; charset=utf-8",
                        "Idempotency-Key": message.id,
                    },
                    timeout=timeout,
                    retries=False,
                    redirect=False,
                    preload_content=False,  # what it answers may be long, and is not looked at
                )
                answer.close()
        except (urllib3.exceptions.HTTPError, ValueError) as error:
            # Its text has the URL.
            raise DeliveryFailed(
                f"the webhook of {self.variable} at {host} does not answer: {type(error).__name__}"
            ) from None
        if not 200 <= answer.status < 300:
            raise DeliveryFailed(
                f"the webhook of {self.variable} at {host} answers {answer.status}",
                _retry_after(answer.headers.get("Retry-After")),
            )


def _retry_after(value: str | None) -> timedelta:
    """What the header asks for, where that is a number of seconds."""
    return timedelta(seconds=min(int(value), 86_400)) if value and value.isdigit() else timedelta(0)
