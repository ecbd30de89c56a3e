"""Object stores behind one small protocol: a local directory, or S3.

Importing this package does not import boto3; opening an `s3://` URI does.
"""

from lake_assets.storage.errors import (
    InvalidKey,
    ObjectBusy,
    ObjectChanged,
    ObjectExists,
    ObjectNotFound,
    ReadInterrupted,
    StagedLost,
    StoreError,
    StoreUnavailable,
)
from lake_assets.storage.objects import ObjectInfo, Staged, validate_key
from lake_assets.storage.open import open_store
from lake_assets.storage.store import Store

__all__ = [
    "InvalidKey",
    "ObjectBusy",
    "ObjectChanged",
    "ObjectExists",
    "ObjectInfo",
    "ObjectNotFound",
    "ReadInterrupted",
    "Staged",
    "StagedLost",
    "Store",
    "StoreError",
    "StoreUnavailable",
    "open_store",
    "validate_key",
]
