"""A file that the store does not let us have stays where it is, and keeps no other back."""

import errno
import os
from pathlib import Path
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse

from lake_assets.jobs import checks
from lake_assets.jobs.validate import sentence_of_stuck, stuck, validate, validate_key
from lake_assets.storage import Store, StoreUnavailable
from lake_assets.storage.errors import ObjectUnreadable, explain_os
from lake_assets.storage.s3 import S3Store
from lake_assets_tests.jobs.lakes import (
    assert_accounted,
    contract,
    csv,
    drop,
    hooked,
    keys,
    refused_files,
    run,
    sale,
    sales,
)
from lake_assets_tests.storage.test_s3 import answer, before, error, in_bucket

LAKE = contract()
(DATASET,) = LAKE.datasets
GOOD = csv(sale("T1"))


@pytest.fixture
def bucket(s3_store: Store) -> S3Store:
    assert isinstance(s3_store, S3Store)
    return s3_store


def deny(store: S3Store, operation: str, key: str, status: int, code: str) -> None:
    """S3 answers so to each request of the operation for the key; to a HEAD without a text."""
    path = f"{store.prefix}{key}"

    def hook(request: Any) -> AWSResponse | None:
        if path not in request.url:
            return None
        return error(status, code) if code else answer(status)

    before(store, operation, hook)


def withheld(store: Store, *names: str, code: int = errno.EACCES) -> Store:
    """The same store, which does not give some files in raw/."""

    def hook(called: str, *args: Any) -> None:
        if called in {"read", "open"} and args[0].removeprefix("raw/") in names:
            raise explain_os(OSError(code, ""), args[0])

    return hooked(store, before=hook)


def archived(store: S3Store, name: str) -> None:
    """Put a file into raw/ in a storage class from which it has to be restored."""
    store.client.put_object(
        Bucket=in_bucket(store)["Bucket"],
        Key=f"{store.prefix}raw/{name}",
        Body=csv(sale("T9")),
        StorageClass="GLACIER",
    )


def test_a_file_in_an_archive_class_waits_until_it_is_restored(bucket: S3Store):
    archived(bucket, "a.csv")
    drop(bucket, "b.csv", GOOD)
    outcome = run(bucket, LAKE)
    assert sales(bucket, "gold/") == ["T1"]
    assert keys(bucket, "raw/") == ["raw/a.csv"]
    assert keys(bucket, "validated/") == []
    (found,) = stuck(outcome.verdicts)
    assert (found.source_file, found.reason, found.key) == ("a.csv", "no_access", "raw/a.csv")
    assert "is in an archive storage class. Restore it" in str(found.detail)
    assert outcome.refused
    drop(bucket, "a.csv", csv(sale("T9")))  # as it is when it was restored
    assert not run(bucket, LAKE).refused
    assert sales(bucket, "gold/") == ["T1", "T9"]
    assert_accounted(bucket)


@pytest.mark.parametrize(
    ("operation", "status", "code", "told"),
    [
        ("GetObject", 403, "AccessDenied", "Grant the role"),
        ("GetObject", 400, "InvalidRequest", "SSE-C"),
        ("GetObject", 400, "KMS.DisabledException", "Enable the key"),
        ("HeadObject", 400, "", "SSE-C"),
        ("HeadObject", 403, "", "Grant the role"),
        ("DeleteObject", 403, "AccessDenied", "Grant the role"),
    ],
)
def test_an_object_that_s3_denies_leaves_the_others_alone(
    bucket: S3Store, operation: str, status: int, code: str, told: str
):
    drop(bucket, "a.csv", csv(sale("T9")))
    drop(bucket, "b.csv", GOOD)
    deny(bucket, operation, "raw/a.csv", status, code)
    for _ in range(2):  # and the run after it changes nothing
        (found,) = stuck(run(bucket, LAKE).verdicts)
        assert told in str(found.detail)
        assert sales(bucket, "gold/") == ["T1"]
        assert keys(bucket, "raw/") == ["raw/a.csv"]
        assert keys(bucket, "validated/") == []
        assert len(keys(bucket, "archive/")) == 1


def test_a_refused_file_that_cannot_leave_raw_leaves_nothing_in_rejected(bucket: S3Store):
    drop(bucket, "a.csv", b"")
    drop(bucket, "b.csv", GOOD)
    deny(bucket, "DeleteObject", "raw/a.csv", 403, "AccessDenied")
    (found,) = stuck(run(bucket, LAKE).verdicts)
    assert found.key == "raw/a.csv"
    assert keys(bucket, "rejected/") == []
    assert sales(bucket, "gold/") == ["T1"]


@pytest.mark.parametrize("code", [errno.EACCES, errno.EPERM, errno.EIO])
def test_a_file_that_the_disk_denies_leaves_the_others_alone(local_store: Store, code: int):
    drop(local_store, "a.csv", csv(sale("T9")))
    drop(local_store, "b.csv", GOOD)
    (found,) = stuck(run(withheld(local_store, "a.csv", code=code), LAKE).verdicts)
    assert found.key == "raw/a.csv"
    assert sales(local_store, "gold/") == ["T1"]
    assert keys(local_store, "raw/") == ["raw/a.csv"]
    run(local_store, LAKE)
    assert sales(local_store, "gold/") == ["T1", "T9"]
    assert_accounted(local_store)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read anything")
def test_a_file_without_rights_leaves_the_others_alone(tmp_path: Path, local_store: Store):
    drop(local_store, "a.csv", csv(sale("T9")))
    drop(local_store, "b.csv", GOOD)
    (tmp_path / "lake" / "raw" / "a.csv").chmod(0)
    assert len(stuck(run(local_store, LAKE).verdicts)) == 1
    assert sales(local_store, "gold/") == ["T1"]


def test_a_link_that_leads_nowhere_is_no_file(tmp_path: Path, local_store: Store):
    drop(local_store, "b.csv", GOOD)
    (tmp_path / "lake" / "raw" / "a.csv").symlink_to(tmp_path / "nowhere")
    assert not run(local_store, LAKE).refused
    assert sales(local_store, "gold/") == ["T1"]


def test_more_stuck_files_than_a_batch_holds_keep_no_other_back(local_store: Store):
    lake = contract(max_files=2)
    names = [f"{number}.csv" for number in range(5)]
    for number, name in enumerate(names):
        drop(local_store, name, csv(sale(f"T{number}")))
    drop(local_store, "z.csv", GOOD)
    drop(local_store, "z2.csv", csv(sale("T7")))
    store = withheld(local_store, *names)
    verdicts = validate(store, lake, DATASET)
    assert [one.source_file for one in stuck(verdicts)] == names
    assert [one.source_file for one in verdicts if one.outcome == "validated"] == ["z.csv"]
    assert [one.key for one in stuck(run(store, lake).verdicts)] == [f"raw/{n}" for n in names]
    assert sales(local_store, "gold/") == ["T1", "T7"]
    run(local_store, lake)
    assert_accounted(local_store)


def test_a_store_that_is_not_there_is_no_fault_of_a_file(local_store: Store):
    drop(local_store, "a.csv", GOOD)

    def gone(called: str, *args: Any) -> None:
        if called == "read" and args[0].startswith("raw/"):
            raise StoreUnavailable("Nobody answers.")

    with pytest.raises(StoreUnavailable, match="Nobody answers"):
        run(hooked(local_store, before=gone), LAKE)


def test_one_file_alone_is_told_as_an_error(local_store: Store):
    """The Lambda is called again then; a batch has others to go on with."""
    drop(local_store, "a.csv", GOOD)
    with pytest.raises(ObjectUnreadable):
        validate_key(withheld(local_store, "a.csv"), DATASET, "raw/a.csv")


def test_the_check_of_headers_tells_what_is_stuck(local_store: Store):
    drop(local_store, "a.csv", csv(sale("T9")))
    drop(local_store, "b.csv", GOOD)
    verdicts = run(withheld(local_store, "a.csv"), LAKE).verdicts
    finding = checks.header_contract(verdicts)
    assert not finding.passed
    assert finding.figures == {"files": 2, "refused": 0, "stuck": 1}
    assert "1 file is stuck in raw/. Access to raw/a.csv is denied." in finding.sentence
    assert [(row["file"], row["reason"]) for row in finding.table] == [("a.csv", "no_access")]


@pytest.mark.parametrize(
    ("number", "told"), [(0, ""), (1, "1 file is stuck"), (3, "3 files are stuck")]
)
def test_a_sentence_counts_what_is_stuck(local_store: Store, number: int, told: str):
    names = [f"{at}.csv" for at in range(number)]
    for name in [*names, "z.csv"]:
        drop(local_store, name, GOOD)
    verdicts = validate(withheld(local_store, *names), LAKE, DATASET)
    assert sentence_of_stuck(verdicts).startswith(told)
    assert bool(sentence_of_stuck(verdicts)) == bool(number)


def test_refused_files_are_as_they_were(local_store: Store):
    drop(local_store, "a.csv", csv(sale("T9")))
    drop(local_store, "empty.csv", b"")
    run(withheld(local_store, "a.csv"), LAKE)
    assert list(refused_files(local_store)) == ["rejected/system/empty.csv"]
