"""What every target can do, and how it says that it could not."""

from datetime import timedelta
from typing import Protocol

from lake_assets.alerts.message import Message


class DeliveryFailed(Exception):
    """A target has not taken a message. The text holds no secret: it is logged and shown."""

    def __init__(self, sentence: str, retry_after: timedelta = timedelta(0)) -> None:
        super().__init__(sentence)
        self.retry_after = retry_after
        """How long the target asks not to be tried again."""


class Target(Protocol):
    """Somewhere to send messages."""

    def send(self, message: Message) -> None:
        """Send a message, once.

        Raises:
            DeliveryFailed: it was not taken, or we do not know.
        """
