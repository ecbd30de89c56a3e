"""What can go wrong with a queue, each as a sentence that a person can act on."""

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnectionError

from lake_assets.storage.aws_credentials import REFUSED, explain_credentials

_MISSING = {"AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist", "InvalidAddress", "404"}
_DENIED = {"AccessDenied", "AccessDeniedException", "KmsAccessDenied", "403"}
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


def explain(error: ClientError | BotoCoreError, url: str) -> QueueError:
    """The error of ours that says what an answer of SQS means for the queue at ``url``."""
    if sentence := explain_credentials(error, url):
        return QueueDenied(sentence)
    match error:
        case ClientError():
            return _explain_code(error.response.get("Error", {}).get("Code", ""), url)
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
    if code in REFUSED:
        return QueueDenied(
            f"SQS does not accept the credentials for {url} ({code}). Renew them, or check "
            "AWS_PROFILE and the access key in use."
        )
    if code in _BUSY:
        return QueueUnreachable(f"SQS is busy or fails for {url} ({code}), also after a retry.")
    return QueueError(f"SQS answered {code or 'an unknown error'} for {url}.")
