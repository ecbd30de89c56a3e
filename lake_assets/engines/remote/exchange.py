"""Where a submitter and its job meet: Pipes' context and messages, below `pipes/` in the bucket."""

import json
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError
from dagster_aws.pipes import PipesS3ContextInjector, PipesS3MessageReader

from lake_assets.engines.remote.errors import StorageFailed, WrongRegion
from lake_assets.engines.remote.explain import explain
from lake_assets.storage.errors import explain_s3
from lake_assets.storage.s3 import S3Store

LINES: Final = 15
"""Of what the job said last, in the error of a run that failed."""


class MessageReader(PipesS3MessageReader):
    """Reads messages below a prefix, keeps the last lines, and survives a network that does not.

    Pipes' own reader writes to the root of the bucket, and its thread dies with the connection.
    """

    def __init__(self, store: S3Store, prefix: str, interval: float) -> None:
        super().__init__(
            bucket=store.bucket,
            client=store.client,
            interval=interval,
            include_stdio_in_messages=True,
        )
        self._prefix = prefix
        self._lines: deque[str] = deque(maxlen=LINES)

    @property
    def tail(self) -> str:
        """The last lines that the job logged, wrote or failed with; may be empty."""
        return "\n".join(self._lines)

    @contextmanager
    def get_params(self) -> Iterator[dict[str, Any]]:
        """Where the job writes."""
        with super().get_params() as params:
            yield {**params, "key_prefix": f"{self._prefix}messages"}

    def messages_are_readable(self, params: Any) -> bool:
        """Whether the first message is there."""
        try:
            return bool(super().messages_are_readable(params))
        except BotoCoreError:
            return False  # asked again

    def download_messages_chunk(self, index: int, params: Any) -> str | None:
        """The chunk of this number, once it is there."""
        try:
            chunk: str | None = super().download_messages_chunk(index, params)
        except BotoCoreError:
            return None  # asked again
        for line in (chunk or "").split("\n"):
            self._lines.extend(_told(line))
        return chunk


class Exchange:
    """The place of one submission."""

    def __init__(self, store: S3Store, token: str, message_seconds: float) -> None:
        self._store = store
        self._place = f"pipes/{token}/"
        prefix = f"{store.prefix}{self._place}"
        self.reader = MessageReader(store, prefix, message_seconds)
        self.injector = PipesS3ContextInjector(
            bucket=store.bucket, client=store.client, key_prefix=prefix
        )

    def clear(self) -> None:
        """Delete what was exchanged: all of it is in Dagster's log. Raises StoreError."""
        for found in list(self._store.list(self._place)):
            self._store.delete(found.key)


def check_region(store: S3Store, region: str) -> None:
    """Prove that a bucket is there, and in the region of the service.

    HEAD tells the region also where it refuses the rest:
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html

    Raises:
        WrongRegion: it is in another one.
        StorageFailed: it is not there, or not ours.
        NoCredentials, Unreachable: it cannot be asked.
    """
    failure: ClientError | None = None
    try:
        answer: Any = store.client.head_bucket(Bucket=store.bucket)
    except ClientError as error:
        failure, answer = error, error.response
    except BotoCoreError as error:
        raise explain(error, f"the bucket of {store.uri}") from error
    headers = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    found = headers.get("x-amz-bucket-region")
    if found and found != region:
        raise WrongRegion(
            f"The bucket of {store.uri} is in {found}, and the service in {region}. Deploy to a "
            f"bucket in {region}, or set the engine's region to {found}."
        )
    if failure is not None:
        code = failure.response.get("Error", {}).get("Code", "")
        told = explain_s3("NoSuchBucket" if code == "404" else code, store.uri)
        raise StorageFailed(str(told)) from failure


def _told(line: str) -> list[str]:
    """The lines for a person in one message of the protocol."""
    try:
        message = json.loads(line)
        method, params = message["method"], message["params"] or {}
    except (ValueError, TypeError, KeyError):
        return []
    match method:
        case "log":
            return str(params.get("message", "")).splitlines()
        case "log_external_stream":
            return str(params.get("text", "")).splitlines()
        case "closed" if failure := params.get("exception"):
            return str(failure.get("message", "")).splitlines()
    return []
