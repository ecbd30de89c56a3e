"""To a topic of SNS: its subscribers get the text by mail, queue or phone."""

from dataclasses import dataclass
from typing import Any

from lake_assets.alerts.message import Message
from lake_assets.alerts.targets.target import DeliveryFailed

MAX_BYTES = 256 * 1024
"""Of a message. https://docs.aws.amazon.com/sns/latest/api/API_Publish.html"""


@dataclass(frozen=True)
class SnsTarget:
    """A topic, in the region of its ARN; credentials are AWS's own affair.

    Attributes:
        topic_arn: of the topic.
        endpoint: where SNS is, if it is not AWS's own.
    """

    topic_arn: str
    endpoint: str | None = None

    def send(self, message: Message) -> None:
        """Publish the message, with its lake, severity, kinds and id as attributes to filter by.

        Raises:
            DeliveryFailed: SNS refuses it or does not answer.
        """
        import boto3.session
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError, ClientError

        parts = self.topic_arn.split(":")
        if len(parts) != 6 or parts[2] != "sns":
            raise DeliveryFailed("the ARN of the SNS topic is none: arn:aws:sns:<region>:...")
        region, name = parts[3], parts[5]
        config = Config(connect_timeout=3, read_timeout=5, retries={"total_max_attempts": 2})
        try:
            # Not boto3.client: its default session is no more thread-safe than its making.
            client = boto3.session.Session().client(
                "sns", region_name=region, endpoint_url=self.endpoint, config=config
            )
            client.publish(TopicArn=self.topic_arn, **_published(message, name))
        except ClientError as error:
            code = error.response["Error"]["Code"]
            raise DeliveryFailed(f"SNS does not take a message to {name}: {code}") from None
        except BotoCoreError as error:
            raise DeliveryFailed(
                f"SNS cannot be reached for {name}: {type(error).__name__}"
            ) from None


def _published(message: Message, topic: str) -> dict[str, Any]:
    kinds = sorted({one.incident.identity.kind for one in message.notices})
    attributes = {
        "lake": message.lake,
        "severity": message.severity,
        "kinds": ",".join(kinds),
        "message_id": message.id,
    }
    published: dict[str, Any] = {
        "Subject": message.subject,
        "Message": message.text.encode()[:MAX_BYTES].decode("utf-8", "ignore"),
        "MessageAttributes": {
            name: {"DataType": "String", "StringValue": str(value)}
            for name, value in attributes.items()
        },
    }
    if topic.endswith(".fifo"):
        published |= {"MessageGroupId": message.lake, "MessageDeduplicationId": message.id}
    return published
