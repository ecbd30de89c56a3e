"""The bucket's rule against staged writes that nobody publishes."""

import pytest

from lake_assets.storage.errors import StoreUnavailable
from lake_assets.storage.lifecycle import DAYS, abort_rule, add_abort_rule
from lake_assets.storage.s3 import S3Store
from lake_assets_tests.storage.test_s3 import before, error


def rules(store: S3Store) -> list[dict[str, object]]:
    found = store.client.get_bucket_lifecycle_configuration(Bucket=store.bucket)["Rules"]
    return [dict(rule) for rule in found]


def test_the_rule_is_added_once_and_covers_the_lake_alone(s3_store: S3Store) -> None:
    assert add_abort_rule(s3_store) is True
    assert add_abort_rule(s3_store) is False
    (rule,) = rules(s3_store)
    assert rule["Filter"] == {"Prefix": "some/lake/"}
    assert rule["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": DAYS}
    assert rule["Status"] == "Enabled"


def test_rules_that_the_bucket_has_stay_and_an_older_form_of_ours_goes(s3_store: S3Store) -> None:
    theirs = {
        "ID": "theirs",
        "Status": "Enabled",
        "Filter": {"Prefix": "logs/"},
        "Expiration": {"Days": 30},
    }
    old = dict(abort_rule("some/lake/"), AbortIncompleteMultipartUpload={"DaysAfterInitiation": 1})
    s3_store.client.put_bucket_lifecycle_configuration(
        Bucket=s3_store.bucket,
        LifecycleConfiguration={"Rules": [theirs, old]},  # type: ignore[list-item]
    )
    add_abort_rule(s3_store)
    found = {rule["ID"]: rule for rule in rules(s3_store)}
    assert found["theirs"]["Expiration"] == {"Days": 30}
    assert len(found) == 2
    assert {"DaysAfterInitiation": DAYS} in [
        rule.get("AbortIncompleteMultipartUpload") for rule in found.values()
    ]


def test_a_role_that_may_not_is_told(s3_store: S3Store) -> None:
    before(s3_store, "PutBucketLifecycleConfiguration", lambda _: error(403, "AccessDenied"))
    with pytest.raises(StoreUnavailable, match="denied"):
        add_abort_rule(s3_store)
