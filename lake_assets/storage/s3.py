"""A bucket, or a prefix in one, as a store: AWS S3 or an S3-compatible endpoint."""

import hashlib
import io
import random
import threading
import time
import uuid
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
)

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
from lake_assets.storage.s3_body import Body
from lake_assets.storage.s3_client import explain, make_client
from lake_assets.storage.store import each, probe

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client
    from mypy_boto3_s3.type_defs import CompletedMultipartUploadTypeDef

MIB = 1024**2
PART_BYTES = 64 * MIB  # of an upload
COPY_BYTES = 5 * 1024 * MIB  # the most that one CopyObject takes
COPY_PART_BYTES = 512 * MIB  # at most 10,000 parts: 5 TB, the largest object there is
BUFFER_BYTES = 1 * MIB
REQUESTS = 16  # at once; they wait, they do not compute
ATTEMPTS = 4  # on top of botocore's own, for what botocore does not repeat

# User metadata, all lower case: S3 returns it so.
ARRIVED = "lake-arrived"
SOURCE = "lake-source"
WRITER = "lake-writer"
SHA256 = "lake-sha256"

T = TypeVar("T")


class S3Store:
    """The `Store` protocol on S3.

    Conditions travel with the request that they protect (If-Match, If-None-Match). Where an
    S3-compatible store ignores those of a copy, a HEAD comes first: it leaves a window of
    milliseconds instead of none.
    """

    def __init__(self, bucket: str, prefix: str = "", *, endpoint: str | None = None) -> None:
        self._bucket = bucket
        self._prefix = f"{prefix}/" if prefix else ""
        self._endpoint = endpoint
        self._lock = threading.Lock()
        self._made: S3Client | None = None
        self._conditional: bool | None = None

    def __getstate__(self) -> dict[str, Any]:
        # A client holds sockets and locks: each process makes its own.
        return {"bucket": self._bucket, "prefix": self._prefix, "endpoint": self._endpoint}

    def __setstate__(self, state: dict[str, Any]) -> None:
        prefix = state["prefix"].removesuffix("/")
        S3Store.__init__(self, state["bucket"], prefix, endpoint=state["endpoint"])

    def __repr__(self) -> str:
        return f"S3Store({self.uri!r})"

    @property
    def uri(self) -> str:
        return f"s3://{self._bucket}/{self._prefix}".rstrip("/")

    @property
    def bucket(self) -> str:
        """The bucket's name."""
        return self._bucket

    @property
    def prefix(self) -> str:
        """What all keys in the bucket begin with: empty, or with a trailing slash."""
        return self._prefix

    @property
    def endpoint(self) -> str | None:
        """The URL of a store that is not AWS."""
        return self._endpoint

    @property
    def client(self) -> "S3Client":
        """The boto3 client, made at first use. Safe to share among threads."""
        with self._lock:
            if self._made is None:
                self._made = make_client(self._endpoint)
            return self._made

    @property
    def requests(self) -> int:
        return REQUESTS

    def list(self, prefix: str = "") -> Iterator[ObjectInfo]:
        validate_prefix(prefix)
        with self._explained(prefix):
            pages = self.client.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=self._prefix + prefix
            )
            for page in pages:
                for found in page.get("Contents", []):
                    key, size = found["Key"].removeprefix(self._prefix), found["Size"]
                    if size == 0 and found["Key"].endswith("/"):
                        continue  # how consoles show an empty folder
                    modified = _seconds(found["LastModified"])
                    yield ObjectInfo(key, size, found["ETag"].strip('"'), modified, modified)

    def head(self, key: str) -> ObjectInfo:
        validate_key(key)
        with self._explained(key):
            found = self.client.head_object(Bucket=self._bucket, Key=self._prefix + key)
        modified = _seconds(found["LastModified"])
        return ObjectInfo(
            key=key,
            size=found["ContentLength"],
            etag=found["ETag"].strip('"'),
            modified=modified,
            arrived=_stamped(found["Metadata"], modified),
            source=found["Metadata"].get(SOURCE),
        )

    def read(
        self, key: str, *, if_match: str | None = None, start: int = 0, length: int | None = None
    ) -> bytes:
        validate_key(key)
        validate_range(start, length)
        if length == 0:  # HTTP has no empty range
            self._require(key, if_match)
            return b""
        byte_range = None
        if start or length is not None:
            byte_range = f"bytes={start}-{'' if length is None else start + length - 1}"

        def read_once() -> bytes:
            with self._get(key, if_match, byte_range) as file:
                return file.read()

        try:
            return _repeated(read_once, ReadInterrupted)
        except StoreError as exc:
            if _error_code(exc) != "InvalidRange":
                raise
        self._require(key, if_match)  # it is there, but ends before `start`
        return b""

    def open(self, key: str, *, if_match: str | None = None) -> BinaryIO:
        return self._get(key, if_match, None)

    def put(self, key: str, data: bytes) -> None:
        validate_key(key)
        with self._explained(key):
            self.client.put_object(
                Bucket=self._bucket, Key=self._prefix + key, Body=data, ContentMD5=_md5(data)
            )

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
            with self._explained(key):
                self.client.put_object(
                    Bucket=self._bucket,
                    Key=self._prefix + key,
                    Body=data,
                    ContentMD5=_md5(data),
                    Metadata={WRITER: writer},
                    **condition,
                )
            return True

        try:
            return _repeated(put_once, ObjectBusy)
        except ObjectNotFound:
            return False
        except ObjectChanged:
            # The answer to our own write may have got lost: then its repetition, by botocore or by
            # us, finds our own object in the way.
            return self._metadata(key).get(WRITER) == writer

    def put_each_if_absent(self, keys: Iterable[str], data: bytes) -> Sequence[str]:
        wanted = tuple(keys)
        written = each(self, lambda key: self.put_if_absent(key, data), wanted)
        return [key for key, is_new in zip(wanted, written, strict=True) if not is_new]

    def move(self, src: ObjectInfo, dst: str, *, arrived: datetime | None = None) -> None:
        validate_key(dst)
        stamp = arrived or src.modified
        metadata = {ARRIVED: stamp.astimezone(UTC).isoformat(), SOURCE: src.identity}
        headers = self._require(src.key, src.etag)
        found = None if self.copies_on_condition else self._find(dst)
        if found is None:
            try:
                self._copy(src, dst, metadata, headers)
            except ObjectChanged:
                # One answer, two conditions: the source changed, or the destination came up.
                found = self._find(dst)
                if found is None:
                    raise
        if found and not (self.moved_from(found, src) and found.arrived == stamp):
            raise ObjectExists(f"There is already an object at {self._where(dst)}.")
        self._leave(src)

    def pass_on(self, src: ObjectInfo, dst: str) -> None:
        validate_key(dst)
        if self.copies_on_condition and src.size <= COPY_BYTES:
            try:
                self._copy(src, dst, None, {})
            except ObjectChanged:
                pass  # The destination may be what an earlier attempt has left.
            else:
                self._leave(src)
                return
        standing = self.head(src.key)
        if standing.etag != src.etag:
            raise explain_s3("PreconditionFailed", self._where(src.key))
        found = self._find(dst)
        carried = (standing.source, standing.arrived)
        if found and found.source and (found.source, found.arrived) == carried:
            self._leave(src)
        else:
            self.move(standing, dst, arrived=standing.arrived)

    def _leave(self, src: ObjectInfo) -> None:
        with suppress(ObjectChanged):
            # Changed now means that another object took the key after the copy: it is the next
            # arrival, and `src` has left its key all the same.
            self._delete(src.key, src.etag)

    def moved_from(self, dst: ObjectInfo, src: ObjectInfo) -> bool:
        return dst.source == src.identity

    def delete(self, key: str, *, if_match: str | None = None) -> None:
        validate_key(key)
        if if_match is not None:
            try:
                self._require(key, if_match)
            except ObjectNotFound:
                return
        self._delete(key, if_match)

    def upload(self, key: str, path: Path) -> bool:
        validate_key(key)
        with path.open("rb") as file:
            first = file.read(PART_BYTES)
            if len(first) < PART_BYTES:
                return self.put_if_absent(key, first)
            rest = iter(lambda: file.read(PART_BYTES), b"")
            upload_id, etags = self._upload_parts(key, chain([first], rest), {})
        try:
            with self._aborted_on_error(key, upload_id), self._explained(key):
                self.client.complete_multipart_upload(
                    Bucket=self._bucket,
                    Key=self._prefix + key,
                    UploadId=upload_id,
                    MultipartUpload=_parts(etags),
                    IfNoneMatch="*",
                )
        except ObjectChanged:
            return False
        return True

    def stage(self, key: str, data: bytes, *, rows: int = 0) -> Staged:
        validate_key(key)
        sha256 = hashlib.sha256(data).hexdigest()
        # An object has one part at least, if an empty one.
        starts = range(0, max(len(data), 1), PART_BYTES)
        parts = (data[start : start + PART_BYTES] for start in starts)
        upload_id, etags = self._upload_parts(key, parts, {SHA256: sha256})
        return Staged(key, upload_id, etags, len(data), sha256, rows)

    def publish(self, staged: Staged) -> None:
        validate_key(staged.key)
        try:
            with self._upload_explained(staged.key):
                self.client.complete_multipart_upload(
                    Bucket=self._bucket,
                    Key=self._prefix + staged.key,
                    UploadId=staged.upload_id,
                    MultipartUpload=_parts(staged.part_etags),
                )
        except StagedLost:
            # A repeated completion, unless the object says otherwise.
            found = self._find(staged.key)
            if found is None or found.size != staged.size:
                raise
            same_etag = found.etag == multipart_etag(staged.part_etags)
            if not same_etag and self._metadata(staged.key).get(SHA256) != staged.sha256:
                raise

    def abort(self, staged: Staged) -> None:
        validate_key(staged.key)
        with suppress(StagedLost), self._upload_explained(staged.key):
            self.client.abort_multipart_upload(
                Bucket=self._bucket, Key=self._prefix + staged.key, UploadId=staged.upload_id
            )

    def abandoned(self, older_than: datetime) -> Iterator[Staged]:
        with self._explained(""):
            pages = self.client.get_paginator("list_multipart_uploads").paginate(
                Bucket=self._bucket, Prefix=self._prefix
            )
            for page in pages:
                for found in page.get("Uploads", []):
                    if found["Initiated"] < older_than:
                        key = found["Key"].removeprefix(self._prefix)
                        yield Staged(key, found["UploadId"], (), 0, "")

    def check(self) -> None:
        probe(self)

    def _where(self, key: str) -> str:
        return f"{self.uri}/{key}".rstrip("/")

    @contextmanager
    def _explained(self, key: str) -> Iterator[None]:
        try:
            yield
        except (ClientError, BotoCoreError) as exc:
            raise explain(exc, self._where(key), self._endpoint) from exc

    @contextmanager
    def _upload_explained(self, key: str) -> Iterator[None]:
        try:
            with self._explained(key):
                yield
        except ObjectNotFound as gone:
            # A 404 whose code got lost with the body of the answer: it is the upload that is gone.
            raise explain_s3("NoSuchUpload", self._where(key)) from gone

    def _find(self, key: str) -> ObjectInfo | None:
        try:
            return self.head(key)
        except ObjectNotFound:
            return None

    def _metadata(self, key: str) -> Mapping[str, str]:
        """The user metadata of the object; none if it is gone."""
        with suppress(ObjectNotFound), self._explained(key):
            found = self.client.head_object(Bucket=self._bucket, Key=self._prefix + key)
            return found["Metadata"]
        return {}

    def _require(self, key: str, etag: str | None) -> dict[str, Any]:
        """Raise ObjectNotFound or ObjectChanged unless `etag` (None: any) stands under `key`.

        Returns the headers that describe the content, to go along with it.
        """
        with self._explained(key):
            found = self.client.head_object(Bucket=self._bucket, Key=self._prefix + key)
        if etag not in {None, found["ETag"].strip('"')}:
            raise explain_s3("PreconditionFailed", self._where(key))
        content = {"type": found.get("ContentType"), "encoding": found.get("ContentEncoding")}
        return {f"Content{name.title()}": value for name, value in content.items() if value}

    def _get(self, key: str, if_match: str | None, byte_range: str | None) -> BinaryIO:
        validate_key(key)
        options: dict[str, Any] = {}
        if if_match is not None:
            options["IfMatch"] = f'"{if_match}"'
        if byte_range is not None:
            options["Range"] = byte_range
        with self._explained(key):
            answer = self.client.get_object(Bucket=self._bucket, Key=self._prefix + key, **options)
        return io.BufferedReader(Body(answer["Body"], self._where(key)), BUFFER_BYTES)

    def _delete(self, key: str, etag: str | None) -> None:
        condition: dict[str, Any] = {} if etag is None else {"IfMatch": f'"{etag}"'}

        def delete_once() -> None:
            with self._explained(key):
                self.client.delete_object(Bucket=self._bucket, Key=self._prefix + key, **condition)

        with suppress(ObjectNotFound):
            _repeated(delete_once, ObjectBusy)

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
                    self._copy(src, dst, {}, {})
                except ObjectChanged:
                    continue
                return False
            return True
        finally:
            self.delete(first)
            self.delete(second)

    def _copy(
        self, src: ObjectInfo, dst: str, metadata: dict[str, str] | None, headers: Any
    ) -> None:
        """Copy in the store, iff `src` stands as it did and nothing stands under `dst`.

        `metadata` and `headers` replace those of `src`; None keeps them, in a copy of one part.
        """
        described: dict[str, Any] = {"MetadataDirective": "COPY"}
        if metadata is not None:
            described = {**headers, "Metadata": metadata, "MetadataDirective": "REPLACE"}
        source: dict[str, Any] = {
            "CopySource": {"Bucket": self._bucket, "Key": self._prefix + src.key},
            "CopySourceIfMatch": f'"{src.etag}"',
        }
        target: dict[str, Any] = {"Bucket": self._bucket, "Key": self._prefix + dst}

        def copy_once() -> None:
            with self._explained(src.key):
                self.client.copy_object(
                    **source,
                    **target,
                    **described,
                    IfNoneMatch="*",
                )

        def copy_in_parts() -> None:
            with self._explained(dst):
                upload_id = self.client.create_multipart_upload(
                    **target, **headers, Metadata=metadata or {}
                )["UploadId"]
            with self._aborted_on_error(dst, upload_id), self._explained(src.key):
                etags = []
                for number, start in enumerate(range(0, src.size, COPY_PART_BYTES), start=1):
                    end = min(start + COPY_PART_BYTES, src.size) - 1
                    answer = self.client.upload_part_copy(
                        **source,
                        **target,
                        UploadId=upload_id,
                        PartNumber=number,
                        CopySourceRange=f"bytes={start}-{end}",
                    )
                    etags.append(answer["CopyPartResult"]["ETag"])
                self.client.complete_multipart_upload(
                    **target,
                    UploadId=upload_id,
                    MultipartUpload=_parts(_unquoted(etags)),
                    IfNoneMatch="*",
                )

        _repeated(copy_once if src.size <= COPY_BYTES else copy_in_parts, ObjectBusy)

    def _upload_parts(
        self, key: str, parts: Iterable[bytes], metadata: dict[str, str]
    ) -> tuple[str, tuple[str, ...]]:
        """Begin a multipart upload; its id, and the ETags of its parts."""
        with self._explained(key):
            upload_id = self.client.create_multipart_upload(
                Bucket=self._bucket, Key=self._prefix + key, Metadata=metadata
            )["UploadId"]
        etags = []
        with self._aborted_on_error(key, upload_id), self._explained(key):
            for number, part in enumerate(parts, start=1):
                answer = self.client.upload_part(
                    Bucket=self._bucket,
                    Key=self._prefix + key,
                    UploadId=upload_id,
                    PartNumber=number,
                    Body=part,
                    ContentMD5=_md5(part),
                )
                etags.append(answer["ETag"])
        return upload_id, _unquoted(etags)

    @contextmanager
    def _aborted_on_error(self, key: str, upload_id: str) -> Iterator[None]:
        try:
            yield
        except StoreError:
            with suppress(StoreError):  # the first error is the one to tell
                self.abort(Staged(key, upload_id, (), 0, ""))
            raise


def _repeated(call: Callable[[], T], on: type[StoreError]) -> T:
    """What `call` returns, called again, a little later each time, while it raises `on`."""
    for attempt in range(ATTEMPTS - 1):
        try:
            return call()
        except on:
            time.sleep(random.uniform(0, 0.1 * 2**attempt))
    return call()


def _error_code(exc: StoreError) -> str:
    cause = exc.__cause__
    return cause.response.get("Error", {}).get("Code", "") if isinstance(cause, ClientError) else ""


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


def _md5(data: bytes) -> str:
    return b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()


def _unquoted(etags: Iterable[str]) -> tuple[str, ...]:
    return tuple(etag.strip('"') for etag in etags)


def _parts(etags: tuple[str, ...]) -> "CompletedMultipartUploadTypeDef":
    return {
        "Parts": [
            {"PartNumber": number, "ETag": f'"{etag}"'}
            for number, etag in enumerate(etags, start=1)
        ]
    }
