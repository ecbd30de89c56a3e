"""What a store says about an object, and which keys an object may have."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from lake_assets.storage.errors import InvalidKey

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")  # Unicode's category Cc
MAX_KEY_BYTES = 1024  # https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
STAGING = ".staging"  # where a local store keeps what nobody may see yet


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """One object as the store saw it.

    Attributes:
        key: the object's key, relative to the store's URI.
        size: in bytes.
        etag: an opaque text, without quotes, that changes whenever the content does.
        modified: when the object came to stand under its key, by the store's clock (aware, UTC).
        arrived: when the object arrived in the lake (aware, UTC). It is what `Store.move` stamped
            on it. Elsewhere it means nothing: S3 listings, which do not show the stamp, repeat
            `modified`, and a local file that nobody moved has its own mtime.
        source: on S3, and only from `Store.head`: the `identity` of the object that was moved
            here. Otherwise None.
    """

    key: str
    size: int
    etag: str
    modified: datetime
    arrived: datetime
    source: str | None = None

    @property
    def identity(self) -> str:
        """ASCII text that tells this object from any other, also from its twins.

        Two identical files that arrive under two keys within one second share ETag and time, so
        that the key counts too: hashed, because object metadata takes only short ASCII.
        """
        digest = hashlib.sha256(self.key.encode("utf-8", "surrogatepass")).hexdigest()
        return f"{self.etag}:{self.modified.isoformat()}:{digest[:16]}"


@dataclass(frozen=True, slots=True)
class Staged:
    """A write that no reader sees until it is published.

    Attributes:
        key: where it will stand. Empty if only the staging area knows of it (`Store.abandoned`).
        upload_id: what the store calls it.
        part_etags: of its parts, in order. Empty on a local store, and from `Store.abandoned`.
        size: in bytes.
        sha256: of the content, in hex.
        rows: how many rows it holds, if the caller said so.
    """

    key: str
    upload_id: str
    part_etags: tuple[str, ...]
    size: int
    sha256: str
    rows: int = 0

    def to_json(self) -> dict[str, Any]:
        """The same as plain JSON types."""
        return {
            "key": self.key,
            "upload_id": self.upload_id,
            "part_etags": list(self.part_etags),
            "size": self.size,
            "sha256": self.sha256,
            "rows": self.rows,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """What `to_json` gave. Raises KeyError if a field other than `rows` is missing."""
        return cls(
            key=data["key"],
            upload_id=data["upload_id"],
            part_etags=tuple(data["part_etags"]),
            size=data["size"],
            sha256=data["sha256"],
            rows=data.get("rows", 0),
        )


def validate_key(key: str) -> None:
    """Raise InvalidKey, with the reason, unless `key` can name an object in any store.

    The rules keep a key inside its store (some S3-compatible stores resolve `..`), readable in a
    log, and the same on a disk as on S3.
    """
    if not key:
        raise InvalidKey("The key is empty. Give the object a name.")
    try:
        length = len(key.encode())
    except UnicodeEncodeError:
        raise InvalidKey(f"The key {key!r} is not valid Unicode. Rename the object.") from None
    if length > MAX_KEY_BYTES:
        raise InvalidKey(
            f"The key {key[:40]!r}... has {length} bytes. Rename the object: {MAX_KEY_BYTES} are "
            "allowed."
        )
    if _CONTROL.search(key):
        raise InvalidKey(f"The key {key!r} has control characters. Rename the object.")
    segments = key.split("/")
    if "" in segments:
        raise InvalidKey(
            f"The key {key!r} begins or ends with '/', or has '//' in it. Rename the object."
        )
    if "." in segments or ".." in segments:
        raise InvalidKey(f"The key {key!r} has '.' or '..' as a segment. Rename the object.")
    if segments[0] == STAGING:
        raise InvalidKey(f"The key {key!r} is in {STAGING}/, which stores keep for themselves.")


def validate_prefix(prefix: str) -> None:
    """Raise InvalidKey unless `prefix` is empty or can begin a valid key."""
    if prefix:
        validate_key(prefix.removesuffix("/"))


def validate_range(start: int, length: int | None) -> None:
    """Raise ValueError unless a read of `length` bytes (None: all) from `start` makes sense."""
    if start < 0 or (length is not None and length < 0):
        raise ValueError(f"start={start} and length={length} must not be negative.")


def multipart_etag(part_etags: tuple[str, ...]) -> str | None:
    """The ETag that S3 gives an object made of these parts: the MD5 of their MD5s, and a count.

    None if the parts' ETags are not digests, as some stores with encryption have it.
    """
    try:
        digests = b"".join(bytes.fromhex(etag) for etag in part_etags)
    except ValueError:
        return None
    return f"{hashlib.md5(digests, usedforsecurity=False).hexdigest()}-{len(part_etags)}"
