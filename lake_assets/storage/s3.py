"""A bucket, or a prefix in one, as a store: AWS S3 or an S3-compatible endpoint."""

import hashlib
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from botocore.exceptions import ClientError

from lake_assets.storage import s3_multipart as multipart
from lake_assets.storage.errors import (
    ObjectBusy,
    ObjectChanged,
    ObjectExists,
    ObjectNotFound,
    ReadInterrupted,
    StagedLost,
    StoreError,
    explain_s3,
)
from lake_assets.storage.objects import (
    ObjectInfo,
    Staged,
    multipart_etag,
    validate_key,
    validate_prefix,
    validate_range,
)
from lake_assets.storage.s3_bucket import ARRIVED, SOURCE, Bucket, repeated
from lake_assets.storage.store import each, probe

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

REQUESTS = 16  # at once; they wait, they do not compute

# User metadata, all lower case: S3 returns it so.
WRITER = "lake-writer"
SHA256 = "lake-sha256"


class S3Store:
    """The `Store` protocol on S3.

    Conditions travel with the request that they protect (If-Match, If-None-Match). Where an
    S3-compatible store ignores those of a copy, a HEAD comes first: it leaves a window of
    milliseconds instead of none.
    """

    def __init__(self, bucket: str, prefix: str = "", *, endpoint: str | None = None) -> None:
        self._bucket = Bucket(bucket, prefix, endpoint=endpoint)
        self._conditional: bool | None = None

    def __repr__(self) -> str:
        return f"S3Store({self.uri!r})"

    @property
    def uri(self) -> str:
        return self._bucket.uri

    @property
    def bucket(self) -> str:
        """The bucket's name."""
        return self._bucket.name

    @property
    def prefix(self) -> str:
        """What all keys in the bucket begin with: empty, or with a trailing slash."""
        return self._bucket.prefix

    @property
    def endpoint(self) -> str | None:
        """The URL of a store that is not AWS."""
        return self._bucket.endpoint

    @property
    def client(self) -> "S3Client":
        """The boto3 client, made at first use. Safe to share among threads."""
        return self._bucket.client

    @property
    def requests(self) -> int:
        return REQUESTS

    def list(self, prefix: str = "") -> Iterator[ObjectInfo]:
        validate_prefix(prefix)
        return self._bucket.list(prefix)

    def head(self, key: str) -> ObjectInfo:
        validate_key(key)
        return self._bucket.head(key)

    def read(
        self, key: str, *, if_match: str | None = None, start: int = 0, length: int | None = None
    ) -> bytes:
        validate_key(key)
        validate_range(start, length)
        if length == 0:  # HTTP has no empty range
            self._bucket.require(key, if_match)
            return b""
        byte_range = None
        if start or length is not None:
            byte_range = f"bytes={start}-{'' if length is None else start + length - 1}"

        def read_once() -> bytes:
            with self._bucket.get(key, if_match, byte_range) as file:
                return file.read()

        try:
            return repeated(read_once, ReadInterrupted)
        except StoreError as exc:
            if _error_code(exc) != "InvalidRange":
                raise
        self._bucket.require(key, if_match)  # it is there, but ends before `start`
        return b""

    def open(self, key: str, *, if_match: str | None = None) -> BinaryIO:
        validate_key(key)
        return self._bucket.get(key, if_match, None)

    def put(self, key: str, data: bytes) -> None:
        validate_key(key)
        self._bucket.put(key, data)

    def put_if_absent(self, key: str, data: bytes) -> bool:
        return self._put_on_condition(key, data, {"IfNoneMatch": "*"})

    def put_over(self, key: str, data: bytes, standing: ObjectInfo | None) -> bool:
        if standing is None:
            return self.put_if_absent(key, data)
        return self._put_on_condition(key, data, {"IfMatch": f'"{standing.etag}"'})

    def _put_on_condition(self, key: str, data: bytes, condition: dict[str, Any]) -> bool:
        validate_key(key)
        writer = uuid.uuid4().hex

        def put_once() -> bool:
            self._bucket.put(key, data, Metadata={WRITER: writer}, **condition)
            return True

        try:
            return repeated(put_once, ObjectBusy)
        except ObjectNotFound:
            return False
        except ObjectChanged:
            # The answer to our own write may have got lost: then its repetition, by botocore or by
            # us, finds our own object in the way.
            return self._bucket.metadata(key).get(WRITER) == writer

    def put_each_if_absent(self, keys: Iterable[str], data: bytes) -> Sequence[str]:
        wanted = tuple(keys)
        written = each(self, lambda key: self.put_if_absent(key, data), wanted)
        return [key for key, is_new in zip(wanted, written, strict=True) if not is_new]

    def move(self, src: ObjectInfo, dst: str, *, arrived: datetime | None = None) -> None:
        validate_key(dst)
        stamp = arrived or src.modified
        metadata = {ARRIVED: stamp.astimezone(UTC).isoformat(), SOURCE: src.identity}
        headers = self._bucket.require(src.key, src.etag)
        found = None if self.copies_on_condition else self._bucket.find(dst)
        if found is None:
            try:
                multipart.copy(self._bucket, src, dst, metadata, headers)
            except ObjectChanged:
                # One answer, two conditions: the source changed, or the destination came up.
                found = self._bucket.find(dst)
                if found is None:
                    raise
        if found and not (self.moved_from(found, src) and found.arrived == stamp):
            raise ObjectExists(f"There is already an object at {self._bucket.where(dst)}.")
        self._leave(src)

    def pass_on(self, src: ObjectInfo, dst: str) -> None:
        validate_key(dst)
        if self.copies_on_condition and src.size <= multipart.COPY_BYTES:
            try:
                multipart.copy(self._bucket, src, dst, None, {})
            except ObjectChanged:
                pass  # The destination may be what an earlier attempt has left.
            else:
                self._leave(src)
                return
        standing = self.head(src.key)
        if standing.etag != src.etag:
            raise explain_s3("PreconditionFailed", self._bucket.where(src.key))
        found = self._bucket.find(dst)
        carried = (standing.source, standing.arrived)
        if found and found.source and (found.source, found.arrived) == carried:
            self._leave(src)
        else:
            self.move(standing, dst, arrived=standing.arrived)

    def _leave(self, src: ObjectInfo) -> None:
        with suppress(ObjectChanged):
            # Changed now means that another object took the key after the copy: it is the next
            # arrival, and `src` has left its key all the same.
            self._bucket.delete(src.key, src.etag)

    def moved_from(self, dst: ObjectInfo, src: ObjectInfo) -> bool:
        return dst.source == src.identity

    def delete(self, key: str, *, if_match: str | None = None) -> None:
        validate_key(key)
        if if_match is not None:
            try:
                self._bucket.require(key, if_match)
            except ObjectNotFound:
                return
        self._bucket.delete(key, if_match)

    def upload(self, key: str, path: Path) -> bool:
        validate_key(key)
        with path.open("rb") as file:
            first = file.read(multipart.PART_BYTES)
            if len(first) < multipart.PART_BYTES:
                return self.put_if_absent(key, first)
            rest = iter(lambda: file.read(multipart.PART_BYTES), b"")
            upload_id, etags = multipart.upload_parts(self._bucket, key, chain([first], rest), {})
        try:
            with multipart.aborted_on_error(self._bucket, key, upload_id):
                multipart.complete(self._bucket, key, upload_id, etags, IfNoneMatch="*")
        except ObjectChanged:
            return False
        return True

    def stage(self, key: str, data: bytes, *, rows: int = 0) -> Staged:
        validate_key(key)
        sha256 = hashlib.sha256(data).hexdigest()
        # An object has one part at least, if an empty one.
        starts = range(0, max(len(data), 1), multipart.PART_BYTES)
        parts = (data[start : start + multipart.PART_BYTES] for start in starts)
        upload_id, etags = multipart.upload_parts(self._bucket, key, parts, {SHA256: sha256})
        return Staged(key, upload_id, etags, len(data), sha256, rows)

    def publish(self, staged: Staged) -> None:
        validate_key(staged.key)
        try:
            multipart.complete(self._bucket, staged.key, staged.upload_id, staged.part_etags)
        except StagedLost:
            # A repeated completion, unless the object says otherwise.
            found = self._bucket.find(staged.key)
            if found is None or found.size != staged.size:
                raise
            same_etag = found.etag == multipart_etag(staged.part_etags)
            if not same_etag and self._bucket.metadata(staged.key).get(SHA256) != staged.sha256:
                raise

    def abort(self, staged: Staged) -> None:
        validate_key(staged.key)
        multipart.abort(self._bucket, staged.key, staged.upload_id)

    def abandoned(self, older_than: datetime) -> Iterator[Staged]:
        with self._bucket.explained(""):
            pages = self.client.get_paginator("list_multipart_uploads").paginate(
                Bucket=self.bucket, Prefix=self.prefix
            )
            for page in pages:
                for found in page.get("Uploads", []):
                    if found["Initiated"] < older_than:
                        key = found["Key"].removeprefix(self.prefix)
                        yield Staged(key, found["UploadId"], (), 0, "")

    def check(self) -> None:
        probe(self)

    @property
    def copies_on_condition(self) -> bool:
        """Whether the store honours the conditions of a copy. AWS does, others may ignore them."""
        if self._conditional is None:
            self._conditional = self._try_conditional_copies()
        return self._conditional

    def _try_conditional_copies(self) -> bool:
        first, second = f".probe/{uuid.uuid4().hex}", f".probe/{uuid.uuid4().hex}"
        self.put(first, b"1")
        try:
            there = self.head(first)
            trials = [(replace(there, etag="other"), second), (there, first)]
            for src, dst in trials:
                try:
                    multipart.copy(self._bucket, src, dst, {}, {})
                except ObjectChanged:
                    continue
                return False
            return True
        finally:
            self.delete(first)
            self.delete(second)


def _error_code(exc: StoreError) -> str:
    cause = exc.__cause__
    return cause.response.get("Error", {}).get("Code", "") if isinstance(cause, ClientError) else ""
