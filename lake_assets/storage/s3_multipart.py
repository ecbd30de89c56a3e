"""Objects in parts: uploads that nobody sees until they are completed, and copies of any size."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from lake_assets.storage.errors import (
    ObjectBusy,
    ObjectNotFound,
    StagedLost,
    StoreError,
    explain_s3,
)
from lake_assets.storage.objects import ObjectInfo
from lake_assets.storage.s3_bucket import Bucket, md5, repeated

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import CompletedMultipartUploadTypeDef

MIB = 1024**2
PART_BYTES = 64 * MIB  # of an upload
COPY_BYTES = 5 * 1024 * MIB  # the most that one CopyObject takes
COPY_PART_BYTES = 512 * MIB  # at most 10,000 parts: 5 TB, the largest object there is


def upload_parts(
    bucket: Bucket, key: str, parts: Iterable[bytes], metadata: dict[str, str]
) -> tuple[str, tuple[str, ...]]:
    """Begin a multipart upload; its id, and the ETags of its parts."""
    with bucket.explained(key):
        upload_id = bucket.client.create_multipart_upload(**bucket.at(key), Metadata=metadata)[
            "UploadId"
        ]
    etags = []
    with aborted_on_error(bucket, key, upload_id), bucket.explained(key):
        for number, part in enumerate(parts, start=1):
            answer = bucket.client.upload_part(
                **bucket.at(key),
                UploadId=upload_id,
                PartNumber=number,
                Body=part,
                ContentMD5=md5(part),
            )
            etags.append(answer["ETag"])
    return upload_id, _unquoted(etags)


def complete(
    bucket: Bucket, key: str, upload_id: str, etags: tuple[str, ...], **condition: Any
) -> None:
    """Make an upload the object.

    Raises:
        StagedLost: there is no such upload, or not any more.
    """
    with _upload_explained(bucket, key):
        bucket.client.complete_multipart_upload(
            **bucket.at(key), UploadId=upload_id, MultipartUpload=_parts(etags), **condition
        )


def abort(bucket: Bucket, key: str, upload_id: str) -> None:
    """Forget an upload; none there is as good."""
    with suppress(StagedLost), _upload_explained(bucket, key):
        bucket.client.abort_multipart_upload(**bucket.at(key), UploadId=upload_id)


@contextmanager
def aborted_on_error(bucket: Bucket, key: str, upload_id: str) -> Iterator[None]:
    """An error within leaves no upload behind."""
    try:
        yield
    except StoreError:
        with suppress(StoreError):  # the first error is the one to tell
            abort(bucket, key, upload_id)
        raise


def copy(
    bucket: Bucket, src: ObjectInfo, dst: str, metadata: dict[str, str] | None, headers: Any
) -> None:
    """Copy in the store, iff `src` stands as it did and nothing stands under `dst`.

    `metadata` and `headers` replace those of `src`; None keeps them, in a copy of one part.

    Raises:
        ObjectChanged: either is not so.
    """
    described: dict[str, Any] = {"MetadataDirective": "COPY"}
    if metadata is not None:
        described = {**headers, "Metadata": metadata, "MetadataDirective": "REPLACE"}
    source: dict[str, Any] = {
        "CopySource": bucket.at(src.key),
        "CopySourceIfMatch": f'"{src.etag}"',
    }

    def copy_once() -> None:
        with bucket.explained(src.key):
            bucket.client.copy_object(**source, **bucket.at(dst), **described, IfNoneMatch="*")

    def copy_in_parts() -> None:
        with bucket.explained(dst):
            upload_id = bucket.client.create_multipart_upload(
                **bucket.at(dst), **headers, Metadata=metadata or {}
            )["UploadId"]
        with aborted_on_error(bucket, dst, upload_id), bucket.explained(src.key):
            etags = []
            for number, start in enumerate(range(0, src.size, COPY_PART_BYTES), start=1):
                end = min(start + COPY_PART_BYTES, src.size) - 1
                answer = bucket.client.upload_part_copy(
                    **source,
                    **bucket.at(dst),
                    UploadId=upload_id,
                    PartNumber=number,
                    CopySourceRange=f"bytes={start}-{end}",
                )
                etags.append(answer["CopyPartResult"]["ETag"])
            bucket.client.complete_multipart_upload(
                **bucket.at(dst),
                UploadId=upload_id,
                MultipartUpload=_parts(_unquoted(etags)),
                IfNoneMatch="*",
            )

    repeated(copy_once if src.size <= COPY_BYTES else copy_in_parts, ObjectBusy)


@contextmanager
def _upload_explained(bucket: Bucket, key: str) -> Iterator[None]:
    try:
        with bucket.explained(key):
            yield
    except ObjectNotFound as gone:
        # A 404 whose code got lost with the body of the answer: it is the upload that is gone.
        raise explain_s3("NoSuchUpload", bucket.where(key)) from gone


def _unquoted(etags: Iterable[str]) -> tuple[str, ...]:
    return tuple(etag.strip('"') for etag in etags)


def _parts(etags: tuple[str, ...]) -> "CompletedMultipartUploadTypeDef":
    return {
        "Parts": [
            {"PartNumber": number, "ETag": f'"{etag}"'}
            for number, etag in enumerate(etags, start=1)
        ]
    }
