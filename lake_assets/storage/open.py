"""From a URI to a store."""

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

from lake_assets.storage.errors import StoreUnavailable
from lake_assets.storage.local import LocalStore
from lake_assets.storage.objects import validate_key
from lake_assets.storage.store import Store

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):/")
_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,254}")
_FORMS = "Give a directory (`/dir` or `file:///dir`), or `s3://bucket` or `s3://bucket/prefix`."


def open_store(uri: str, *, endpoint: str | None = None) -> Store:
    """The store at `uri`: `/dir`, `file:///dir`, `s3://bucket` or `s3://bucket/prefix`.

    `endpoint` is the URL of an S3-compatible store (the setting LAKE_S3_ENDPOINT); None is AWS.
    It does not matter to a directory. Nothing is read or written yet: see `Store.check`.

    Raises StoreUnavailable if the URI has another form, InvalidKey if its prefix cannot be one.
    """
    scheme = _SCHEME.match(uri)
    if not uri:
        raise StoreUnavailable(f"The lake's URI is empty. {_FORMS}")
    if scheme is None:
        return LocalStore(Path(uri).expanduser())
    match scheme[1].lower():
        case "file":
            return LocalStore(_directory(uri))
        case "s3":
            return _s3(uri, endpoint)
        case name:
            # The rest is not repeated: it may hold a password.
            raise StoreUnavailable(f"The lake's URI begins with {name}:, unknown here. {_FORMS}")


def _directory(uri: str) -> Path:
    parts = urlsplit(uri)
    if parts.netloc not in {"", "localhost"}:
        raise StoreUnavailable(
            f"The lake's URI {uri!r} names a host. Write three slashes before the path: {_FORMS}"
        )
    return Path(unquote(parts.path))


def _s3(uri: str, endpoint: str | None) -> Store:
    # boto3 costs a third of a second: only those who use S3 pay it.
    from lake_assets.storage.s3 import S3Store

    bucket, _, prefix = uri.partition("://")[2].partition("/")
    if not _BUCKET.fullmatch(bucket):
        # Not repeated either: some write s3://key:secret@bucket.
        raise StoreUnavailable(
            "The lake's s3:// URI does not have the name of a bucket after the two slashes. "
            f"Credentials do not belong there. {_FORMS}"
        )
    prefix = prefix.rstrip("/")
    if prefix:
        validate_key(prefix)
    return S3Store(bucket, prefix, endpoint=endpoint)
