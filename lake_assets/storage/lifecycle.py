"""The bucket's own rule against staged writes that nobody will publish.

A staged write is an uncompleted multipart upload, which is paid for and shown in no listing.
Runs abort those of runs that died; the rule does it where no run comes any more.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpu-abort-incomplete-mpu-lifecycle-config.html
"""

from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from lake_assets.storage.s3 import S3Store
from lake_assets.storage.s3_client import explain

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import LifecycleRuleTypeDef

DAYS = 7
"""Long after any run that will be finished; longer than a contract's ``abandoned_hours``."""


def abort_rule(prefix: str) -> "LifecycleRuleTypeDef":
    """The rule for the lake below a prefix of its bucket (empty: all of it)."""
    return {
        "ID": f"lake_assets: abort staged writes below {prefix or 'the bucket'}"[:255],
        "Status": "Enabled",
        "Filter": {"Prefix": prefix},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": DAYS},
    }


def add_abort_rule(store: S3Store) -> bool:
    """Give the bucket the rule, beside those that it has. False if it has it already.

    Raises:
        StoreUnavailable: the bucket's rules cannot be read or written.
    """
    rule = abort_rule(store.prefix)
    try:
        rules = _rules(store)
        if rule in rules:
            return False
        others = [one for one in rules if one.get("ID") != rule["ID"]]
        store.client.put_bucket_lifecycle_configuration(
            Bucket=store.bucket, LifecycleConfiguration={"Rules": [*others, rule]}
        )
    except (ClientError, BotoCoreError) as exc:
        raise explain(exc, store.uri, store.endpoint) from exc
    return True


def _rules(store: S3Store) -> list[Any]:
    try:
        found = store.client.get_bucket_lifecycle_configuration(Bucket=store.bucket)
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") == "NoSuchLifecycleConfiguration":
            return []
        raise
    return list(found["Rules"])
