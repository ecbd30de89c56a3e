"""Which files a run takes, and in which order."""

from datetime import UTC, date, datetime, timedelta

import pytest

from lake_assets.contracts.lake import Intake
from lake_assets.jobs.arrivals import batch, settled, stamped
from lake_assets.storage import ObjectInfo, Store
from lake_assets_tests.jobs.lakes import ARRIVED, csv, drop, hooked, once, place, sale

MEGABYTE = 1 << 20
NOON = datetime(2025, 6, 1, 12, tzinfo=UTC)


def info(key: str, size: int = 1, arrived: datetime = NOON) -> ObjectInfo:
    return ObjectInfo(key, size, "etag", arrived, arrived)


def test_on_a_disk_a_file_that_may_still_grow_is_left_alone(local_store: Store):
    drop(local_store, "a.csv", b"x")
    modified = local_store.head("raw/a.csv").modified
    intake = Intake(settle_seconds=5)
    just_before = modified + timedelta(seconds=5) - timedelta(microseconds=1)
    assert settled(local_store, "raw/", intake, just_before) == []
    found = settled(local_store, "raw/", intake, modified + timedelta(seconds=5))
    assert [file.key for file in found] == ["raw/a.csv"]


def test_on_s3_a_file_appears_whole_and_does_not_wait(s3_store: Store):
    drop(s3_store, "a.csv", b"x")
    modified = s3_store.head("raw/a.csv").modified
    (found,) = settled(s3_store, "raw/", Intake(settle_seconds=3600), modified)
    assert found.key == "raw/a.csv"


def test_files_come_in_the_order_of_their_arrival_stamps_then_their_keys(store: Store):
    place(store, "b.csv", b"1", ARRIVED)
    place(store, "a.csv", b"2", ARRIVED)
    place(store, "z.csv", b"3", ARRIVED - timedelta(days=3))
    found = stamped(store, store.list("validated/"))
    assert [file.key.removeprefix("validated/") for file in found] == ["z.csv", "a.csv", "b.csv"]
    assert [file.arrived for file in found] == [ARRIVED - timedelta(days=3), ARRIVED, ARRIVED]


def test_a_file_that_another_driver_took_meanwhile_does_not_wait_any_more(local_store: Store):
    place(local_store, "a.csv", csv(sale("T1")))
    place(local_store, "b.csv", csv(sale("T2")))
    watched = hooked(
        local_store, before=once("head", lambda: local_store.delete("validated/a.csv"))
    )
    (found,) = stamped(watched, list(local_store.list("validated/")))
    assert found.key == "validated/b.csv"


def test_a_batch_has_the_files_of_the_oldest_arrival_date():
    late = NOON + timedelta(days=1)
    files = [info("a"), info("b"), info("c", arrived=late)]
    assert [file.key for file in batch(files, Intake(), None, "arrived")] == ["a", "b"]
    assert [file.key for file in batch(files, Intake(), late.date(), "arrived")] == ["c"]
    assert batch(files, Intake(), date(2000, 1, 1), "arrived") == []
    assert batch([], Intake(), None, "arrived") == []


@pytest.mark.parametrize(
    ("limits", "sizes", "taken"),
    [
        ({"max_files": 2}, [1, 1, 1], 2),
        ({"max_files": 1}, [1, 1], 1),
        ({"max_mb": 2}, [MEGABYTE, MEGABYTE, 1], 2),
        ({"max_mb": 1}, [5 * MEGABYTE, 1], 1),
        ({"max_mb": 1}, [1, 5 * MEGABYTE, 1], 1),
    ],
)
def test_a_batch_is_as_large_as_the_limits_allow_and_has_one_file_at_least(limits, sizes, taken):
    files = [info(str(number), size) for number, size in enumerate(sizes)]
    assert batch(files, Intake(**limits), None, "arrived") == files[:taken]
