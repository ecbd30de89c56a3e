"""Requests on the objects of a bucket, or below a prefix in one; their errors are explained."""

import hashlib
import io
import random
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from lake_assets.storage.errors import ObjectBusy, ObjectNotFound, StoreError, explain_s3
from lake_assets.storage.objects import ObjectInfo
from lake_assets.storage.s3_body import Body
from lake_assets.storage.s3_client import explain, make_client

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

BUFFER_BYTES = 1024**2
ATTEMPTS = 4  # on top of botocore's own, for what botocore does not repeat

# User metadata, all lower case: S3 returns it so.
ARRIVED = "lake-arrived"
SOURCE = "lake-source"

T = TypeVar("T")


class Bucket:
    """A bucket and a prefix in it. Keys are relative to the prefix.

    Every method raises StoreError, of the class that says what is wrong.
    """

    def __init__(self, name: str, prefix: str = "", *, endpoint: str | None = None) -> None:
        self.name = name
        self.prefix = f"{prefix}/" if prefix else ""
        self.endpoint = endpoint
        self._lock = threading.Lock()
        self._made: S3Client | None = None

    def __getstate__(self) -> dict[str, Any]:
        # A client holds sockets and locks: each process makes its own.
        return {"name": self.name, "prefix": self.prefix, "endpoint": self.endpoint}

    def __setstate__(self, state: dict[str, Any]) -> None:
        prefix = state["prefix"].removesuffix("/")
        Bucket.__init__(self, state["name"], prefix, endpoint=state["endpoint"])

    @property
    def uri(self) -> str:
        """``s3://<bucket>/<prefix>``, without a slash at the end."""
        return f"s3://{self.name}/{self.prefix}".rstrip("/")

    @property
    def client(self) -> "S3Client":
        """The boto3 client, made at first use. Safe to share among threads."""
        with self._lock:
            if self._made is None:
                self._made = make_client(self.endpoint)
            return self._made

    def where(self, key: str) -> str:
        """The object, to a person."""
        return f"{self.uri}/{key}".rstrip("/")

    def at(self, key: str) -> dict[str, Any]:
        """What names an object in a request."""
        return {"Bucket": self.name, "Key": self.prefix + key}

    @contextmanager
    def explained(self, key: str) -> Iterator[None]:
        """Errors of boto3 become ours."""
        try:
            yield
        except (ClientError, BotoCoreError) as exc:
            raise explain(exc, self.where(key), self.endpoint) from exc

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        """All objects below the prefix, by key, but for how consoles show an empty folder."""
        with self.explained(prefix):
            pages = self.client.get_paginator("list_objects_v2").paginate(
                Bucket=self.name, Prefix=self.prefix + prefix
            )
            for page in pages:
                for found in page.get("Contents", []):
                    key, size = found["Key"].removeprefix(self.prefix), found["Size"]
                    if size == 0 and found["Key"].endswith("/"):
                        continue
                    modified = _seconds(found["LastModified"])
                    yield ObjectInfo(key, size, found["ETag"].strip('"'), modified, modified)

    def head(self, key: str) -> ObjectInfo:
        """The object, with when it arrived and where it came from."""
        with self.explained(key):
            found = self.client.head_object(**self.at(key))
        modified = _seconds(found["LastModified"])
        return ObjectInfo(
            key=key,
            size=found["ContentLength"],
            etag=found["ETag"].strip('"'),
            modified=modified,
            arrived=_stamped(found["Metadata"], modified),
            source=found["Metadata"].get(SOURCE),
        )

    def find(self, key: str) -> ObjectInfo | None:
        """The object, if it is there."""
        try:
            return self.head(key)
        except ObjectNotFound:
            return None

    def metadata(self, key: str) -> Mapping[str, str]:
        """The user metadata of the object; none if it is gone."""
        with suppress(ObjectNotFound), self.explained(key):
            return self.client.head_object(**self.at(key))["Metadata"]
        return {}

    def require(self, key: str, etag: str | None) -> dict[str, Any]:
        """Raise ObjectNotFound or ObjectChanged unless `etag` (None: any) stands under `key`.

        Returns the headers that describe the content, to go along with it.
        """
        with self.explained(key):
            found = self.client.head_object(**self.at(key))
        if etag not in {None, found["ETag"].strip('"')}:
            raise explain_s3("PreconditionFailed", self.where(key))
        content = {"type": found.get("ContentType"), "encoding": found.get("ContentEncoding")}
        return {f"Content{name.title()}": value for name, value in content.items() if value}

    def get(self, key: str, if_match: str | None, byte_range: str | None) -> BinaryIO:
        """A stream of the object, or of an HTTP range of it."""
        options: dict[str, Any] = {}
        if if_match is not None:
            options["IfMatch"] = f'"{if_match}"'
        if byte_range is not None:
            options["Range"] = byte_range
        with self.explained(key):
            answer = self.client.get_object(**self.at(key), **options)
        return io.BufferedReader(Body(answer["Body"], self.where(key)), BUFFER_BYTES)

    def put(self, key: str, data: bytes, **options: Any) -> None:
        """Write the object; `options` are those of PutObject, conditions among them."""
        with self.explained(key):
            self.client.put_object(**self.at(key), Body=data, ContentMD5=md5(data), **options)

    def delete(self, key: str, etag: str | None) -> None:
        """Delete the object, iff `etag` (None: any) stands there; none there is as good."""
        condition: dict[str, Any] = {} if etag is None else {"IfMatch": f'"{etag}"'}

        def delete_once() -> None:
            with self.explained(key):
                self.client.delete_object(**self.at(key), **condition)

        with suppress(ObjectNotFound):
            repeated(delete_once, ObjectBusy)


def repeated(call: Callable[[], T], on: type[StoreError]) -> T:
    """What `call` returns, called again, a little later each time, while it raises `on`."""
    for attempt in range(ATTEMPTS - 1):
        try:
            return call()
        except on:
            time.sleep(random.uniform(0, 0.1 * 2**attempt))
    return call()


def md5(data: bytes) -> str:
    """The value of a Content-MD5 header."""
    return b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()


def _seconds(when: datetime) -> datetime:
    """Whole seconds: HEAD never tells more, and listings must agree with it."""
    return when.astimezone(UTC).replace(microsecond=0)


def _stamped(metadata: Mapping[str, str], modified: datetime) -> datetime:
    """When the object arrived, by its stamp if it has one that can be read."""
    try:
        stamp = datetime.fromisoformat(metadata[ARRIVED])
    except (KeyError, ValueError):
        return modified
    return stamp.astimezone(UTC) if stamp.tzinfo else modified
