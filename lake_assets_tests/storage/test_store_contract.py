"""What every store promises, tried on each."""

import dataclasses
import pickle
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lake_assets.storage import (
    InvalidKey,
    ObjectChanged,
    ObjectExists,
    ObjectNotFound,
    Staged,
    StagedLost,
    Store,
    s3_multipart,
)

LATER = datetime.now(UTC) + timedelta(days=2)
LONG_AGO = datetime(2001, 1, 1, tzinfo=UTC)


def keys(store: Store, prefix: str = "") -> list[str]:
    return [info.key for info in store.list(prefix)]


def test_what_was_put_is_read(store: Store) -> None:
    store.put("raw/a b+ü.csv", b"a,b\r\n")
    assert store.read("raw/a b+ü.csv") == b"a,b\r\n"


def test_putting_again_replaces_the_object_and_its_etag(store: Store) -> None:
    store.put("k", b"old")
    before = store.head("k")
    store.put("k", b"newer")
    after = store.head("k")
    assert store.read("k") == b"newer"
    assert (after.size, after.etag != before.etag) == (5, True)


def test_an_object_is_put_over_the_one_that_was_seen_there_and_no_other(store: Store) -> None:
    assert store.put_over("k", b"first", None)
    assert not store.put_over("k", b"again", None)
    seen = store.head("k")
    assert store.put_over("k", b"second", seen)
    assert not store.put_over("k", b"third", seen)
    assert store.read("k") == b"second"
    store.delete("k")
    assert not store.put_over("k", b"fourth", seen)
    assert keys(store) == []


def test_one_of_several_that_put_over_the_same_object_wins(store: Store) -> None:
    store.put("k", b"0")
    seen = store.head("k")
    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(lambda n: store.put_over("k", b"%d" % (n + 1), seen), range(8)))
    assert sum(won) == 1
    assert store.read("k") == b"%d" % (won.index(True) + 1)


def test_head_and_listing_tell_the_same(store: Store) -> None:
    store.put("k", b"data")
    assert list(store.list()) == [store.head("k")]


def test_head_tells_the_time_in_utc(store: Store) -> None:
    store.put("k", b"data")
    modified = store.head("k").modified
    assert modified.utcoffset() == timedelta(0)
    assert abs(modified - datetime.now(UTC)) < timedelta(minutes=5)


def test_a_listing_is_recursive_and_sorted_by_key(store: Store) -> None:
    names = ["b", "a/z", "a.b", "a/b/c", "a-b", "a0", "ä", "B"]
    for name in names:
        store.put(name, b"")
    assert keys(store) == sorted(names)


@pytest.mark.parametrize(
    ("prefix", "found"),
    [
        ("", ["raw/re", "raw/retail/x", "raw/telco/x", "rawer/x"]),
        ("raw", ["raw/re", "raw/retail/x", "raw/telco/x", "rawer/x"]),
        ("raw/", ["raw/re", "raw/retail/x", "raw/telco/x"]),
        ("raw/re", ["raw/re", "raw/retail/x"]),
        ("raw/retail/x", ["raw/retail/x"]),
        ("raw/retail/x/", []),
        ("raw/re/x", []),
        ("nothing/here", []),
    ],
)
def test_a_listing_holds_what_begins_with_the_prefix(
    store: Store, prefix: str, found: list[str]
) -> None:
    for key in ("raw/retail/x", "raw/re", "raw/telco/x", "rawer/x"):
        store.put(key, b"")
    assert keys(store, prefix) == found


def test_an_absent_object_is_not_found(store: Store) -> None:
    store.put("there/it/is", b"")
    for key in ("absent", "there", "there/it/is/not"):
        with pytest.raises(ObjectNotFound, match=f"{store.uri}/{key}"):
            store.head(key)
        with pytest.raises(ObjectNotFound):
            store.read(key)
        with pytest.raises(ObjectNotFound):
            store.open(key)


@pytest.mark.parametrize(
    ("start", "length", "expected"),
    [
        (0, None, b"0123456789"),
        (4, None, b"456789"),
        (4, 3, b"456"),
        (8, 100, b"89"),
        (10, 5, b""),
        (99, None, b""),
        (3, 0, b""),
        (0, 0, b""),
    ],
)
def test_a_part_of_an_object_can_be_read(
    store: Store, start: int, length: int | None, expected: bytes
) -> None:
    store.put("k", b"0123456789")
    assert store.read("k", start=start, length=length) == expected


def test_an_empty_object_is_read_as_nothing(store: Store) -> None:
    store.put("k", b"")
    assert store.read("k") == store.read("k", length=5) == b""
    with store.open("k") as file:
        assert file.read() == b""


@pytest.mark.parametrize("bad", [{"start": -1}, {"length": -1}])
def test_a_negative_range_is_a_mistake_of_the_caller(store: Store, bad: dict[str, Any]) -> None:
    store.put("k", b"data")
    with pytest.raises(ValueError, match="negative"):
        store.read("k", **bad)


def test_reading_with_the_right_etag_works(store: Store) -> None:
    store.put("k", b"data")
    etag = store.head("k").etag
    assert store.read("k", if_match=etag) == b"data"
    with store.open("k", if_match=etag) as file:
        assert file.read() == b"data"


@pytest.mark.parametrize("part", [{}, {"start": 1, "length": 2}, {"length": 0}, {"start": 99}])
def test_reading_an_object_that_changed_is_refused(store: Store, part: dict[str, Any]) -> None:
    store.put("k", b"old")
    etag = store.head("k").etag
    store.put("k", b"changed")
    with pytest.raises(ObjectChanged, match=store.uri):
        store.read("k", if_match=etag, **part)
    with pytest.raises(ObjectChanged):
        store.open("k", if_match=etag)


def test_a_stream_gives_lines_and_pieces(store: Store) -> None:
    store.put("k", b"one\ntwo\n" + b"x" * 3_000_000)
    with store.open("k") as file:
        assert file.readline() == b"one\n"
        assert file.read(4) == b"two\n"
        assert sum(len(piece) for piece in iter(lambda: file.read(1 << 20), b"")) == 3_000_000
    assert file.closed


def test_put_if_absent_writes_once(store: Store) -> None:
    assert store.put_if_absent("audit/run.json", b"first") is True
    assert store.put_if_absent("audit/run.json", b"second") is False
    assert store.read("audit/run.json") == b"first"


def test_the_same_bytes_are_written_under_each_free_key(store: Store) -> None:
    store.put("notes/b", b"stands")
    standing = store.put_each_if_absent(["notes/a", "notes/b", "other/c"], b"new")
    assert list(standing) == ["notes/b"]
    found = {info.key: store.read(info.key) for info in store.list()}
    assert found == {"notes/a": b"new", "notes/b": b"stands", "other/c": b"new"}
    store.put("notes/a", b"changed")
    store.delete("other/c")
    assert store.read("notes/a") == b"changed", "no key depends on the others"


@pytest.mark.parametrize("size", [0, 10, 11 * 2**20], ids=["empty", "small", "in parts"])
def test_an_upload_writes_a_file_once_and_as_it_is(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(s3_multipart, "PART_BYTES", 5 * 2**20)
    path = tmp_path / "file.csv"
    path.write_bytes(b"x" * size)
    assert store.upload("raw/file.csv", path) is True
    path.write_bytes(b"y" * size)
    assert store.upload("raw/file.csv", path) is False
    assert store.read("raw/file.csv") == b"x" * size
    assert list(store.abandoned(datetime.now(UTC) + timedelta(days=1))) == []


def test_a_moved_object_leaves_its_old_key_and_keeps_its_bytes(store: Store) -> None:
    store.put("raw/x.csv", b"rows")
    store.move(store.head("raw/x.csv"), "validated/x.csv")
    assert keys(store) == ["validated/x.csv"]
    assert store.read("validated/x.csv") == b"rows"


def test_the_first_move_stamps_the_arrival_and_the_next_one_carries_it_on(store: Store) -> None:
    store.put("raw/x.csv", b"rows")
    dropped = store.head("raw/x.csv")
    store.move(dropped, "validated/x.csv")
    validated = store.head("validated/x.csv")
    assert validated.arrived == dropped.modified
    store.pass_on(validated, "archive/x.csv")
    assert store.head("archive/x.csv").arrived == dropped.modified
    assert keys(store) == ["archive/x.csv"]


def test_a_stamp_of_our_choice_is_passed_on_too(store: Store) -> None:
    store.put("raw/x.csv", b"rows")
    long_ago = datetime(2020, 2, 29, 23, 59, 59, 123456, tzinfo=UTC)
    store.move(store.head("raw/x.csv"), "validated/x.csv", arrived=long_ago)
    store.pass_on(store.head("validated/x.csv"), "archive/x.csv")
    assert store.head("archive/x.csv").arrived == long_ago


def test_passing_on_never_overwrites_and_takes_nothing_else_along(store: Store) -> None:
    for name in ("first", "second"):
        store.put("raw/x", name.encode())
        store.move(store.head("raw/x"), f"validated/{name}")
    first, second = store.head("validated/first"), store.head("validated/second")
    store.pass_on(first, "archive/x")
    with pytest.raises(ObjectExists):
        store.pass_on(second, "archive/x")
    with pytest.raises(ObjectNotFound):
        store.pass_on(first, "archive/x")
    with pytest.raises(ObjectChanged):
        store.pass_on(dataclasses.replace(second, etag="0-0-0"), "archive/y")
    assert store.read("archive/x") == b"first"
    assert store.read("validated/second") == b"second"


def test_a_stamp_given_in_another_zone_comes_back_in_utc(store: Store) -> None:
    store.put("raw/x", b"")
    stamp = datetime.fromisoformat("2025-01-01T01:00:00+02:00")
    store.move(store.head("raw/x"), "validated/x", arrived=stamp)
    arrived = store.head("validated/x").arrived
    assert (arrived, arrived.utcoffset()) == (stamp, timedelta(0))


def test_an_object_from_a_listing_can_be_moved(store: Store) -> None:
    store.put("raw/x", b"rows")
    (found,) = store.list("raw/")
    store.move(found, "validated/x")
    assert store.moved_from(store.head("validated/x"), found)


def test_a_move_never_overwrites(store: Store) -> None:
    store.put("raw/x", b"new")
    store.put("validated/x", b"already there")
    with pytest.raises(ObjectExists, match=f"{store.uri}/validated/x"):
        store.move(store.head("raw/x"), "validated/x")
    assert store.read("raw/x") == b"new"
    assert store.read("validated/x") == b"already there"


def test_a_move_takes_the_twin_of_an_object_for_another_one(store: Store) -> None:
    store.put("raw/a/x", b"same")
    store.put("raw/b/x", b"same")
    first, second = store.list("raw/")
    store.move(first, "validated/x")
    assert not store.moved_from(store.head("validated/x"), second)
    with pytest.raises(ObjectExists):
        store.move(second, "validated/x")
    assert keys(store) == ["raw/b/x", "validated/x"]


def test_an_object_that_changed_is_not_moved(store: Store) -> None:
    store.put("raw/x", b"old")
    seen = store.head("raw/x")
    store.put("raw/x", b"changed")
    with pytest.raises(ObjectChanged, match=f"{store.uri}/raw/x"):
        store.move(seen, "validated/x")
    assert keys(store) == ["raw/x"]


def test_moving_what_is_gone_says_so(store: Store) -> None:
    store.put("raw/x", b"")
    seen = store.head("raw/x")
    store.delete("raw/x")
    with pytest.raises(ObjectNotFound, match=f"{store.uri}/raw/x"):
        store.move(seen, "validated/x")


def test_moved_from_tells_a_result_of_a_move_from_any_other_object(store: Store) -> None:
    store.put("raw/x", b"rows")
    store.put("other", b"rows")
    seen = store.head("raw/x")
    store.move(seen, "validated/x")
    assert store.moved_from(store.head("validated/x"), seen)
    assert not store.moved_from(store.head("other"), seen)


def test_a_move_under_a_bad_key_is_refused(store: Store) -> None:
    store.put("raw/x", b"")
    with pytest.raises(InvalidKey):
        store.move(store.head("raw/x"), "validated/../../x")


def test_a_deleted_object_is_gone_and_deleting_is_repeatable(store: Store) -> None:
    store.put("k", b"")
    etag = store.head("k").etag
    store.delete("k")
    store.delete("k")
    store.delete("k", if_match=etag)
    store.delete("never/was")
    assert keys(store) == []


def test_deleting_by_etag_spares_an_object_that_changed(store: Store) -> None:
    store.put("k", b"old")
    etag = store.head("k").etag
    store.put("k", b"changed")
    with pytest.raises(ObjectChanged):
        store.delete("k", if_match=etag)
    store.delete("k", if_match=store.head("k").etag)
    assert keys(store) == []


def test_a_staged_write_is_seen_by_nobody_until_it_is_published(store: Store) -> None:
    staged = store.stage("gold/part-0000.parquet", b"columns", rows=3)
    assert (staged.size, staged.rows) == (7, 3)
    assert keys(store) == []
    with pytest.raises(ObjectNotFound):
        store.head("gold/part-0000.parquet")
    store.publish(staged)
    assert keys(store) == ["gold/part-0000.parquet"]
    assert store.read("gold/part-0000.parquet") == b"columns"


def test_publishing_replaces_what_was_there(store: Store) -> None:
    store.put("gold/x", b"old")
    store.publish(store.stage("gold/x", b"new"))
    assert store.read("gold/x") == b"new"


@pytest.mark.parametrize("data", [b"", b"data"])
def test_publishing_is_repeatable_also_from_the_json_form(store: Store, data: bytes) -> None:
    staged = Staged.from_json(store.stage("k", data).to_json())
    store.publish(staged)
    store.publish(staged)
    assert store.read("k") == data


def test_publishing_what_was_aborted_says_that_it_is_lost(store: Store) -> None:
    staged = store.stage("k", b"data")
    store.abort(staged)
    with pytest.raises(StagedLost, match=f"{store.uri}/k"):
        store.publish(staged)
    assert keys(store) == []


@pytest.mark.parametrize("other", [b"other", b"something else"])
def test_a_lost_write_is_not_taken_for_the_object_of_another(store: Store, other: bytes) -> None:
    staged = store.stage("k", b"datum")
    store.abort(staged)
    store.put("k", other)
    with pytest.raises(StagedLost):
        store.publish(staged)
    assert store.read("k") == other


def test_aborting_is_repeatable_and_does_not_touch_what_is_published(store: Store) -> None:
    published, dropped = store.stage("k", b"kept"), store.stage("k", b"dropped")
    store.publish(published)
    for staged in (published, dropped, dropped):
        store.abort(staged)
    assert store.read("k") == b"kept"


def test_abandoned_writes_are_found_and_can_be_aborted(store: Store) -> None:
    staged, published = store.stage("a", b"data"), store.stage("b", b"data")
    store.publish(published)
    (found,) = store.abandoned(LATER)
    assert found.upload_id == staged.upload_id
    assert found.key in {"", "a"}
    store.abort(found)
    assert list(store.abandoned(LATER)) == []
    with pytest.raises(StagedLost):
        store.publish(staged)


def test_a_young_staged_write_is_not_abandoned(store: Store) -> None:
    store.stage("a", b"data")
    assert list(store.abandoned(LONG_AGO)) == []


@pytest.mark.parametrize("key", ["", "/abs", "a/../b", "a//b", "a/", "a\nb", ".staging/x"])
def test_a_bad_key_is_refused_everywhere(store: Store, key: str) -> None:
    staged = dataclasses.replace(store.stage("k", b""), key=key)
    with pytest.raises(InvalidKey):
        store.head(key)
    with pytest.raises(InvalidKey):
        store.read(key)
    with pytest.raises(InvalidKey):
        store.read(key, length=0)
    with pytest.raises(InvalidKey):
        store.open(key)
    with pytest.raises(InvalidKey):
        store.put(key, b"")
    with pytest.raises(InvalidKey):
        store.put_if_absent(key, b"")
    with pytest.raises(InvalidKey):
        store.delete(key)
    with pytest.raises(InvalidKey):
        store.stage(key, b"")
    with pytest.raises(InvalidKey):
        store.publish(staged)


def test_a_good_store_passes_its_check_and_stays_empty(store: Store) -> None:
    store.check()
    assert keys(store) == []


def test_a_store_works_after_pickling_as_workers_get_it(store: Store) -> None:
    store.put("k", b"data")
    copy: Store = pickle.loads(pickle.dumps(store))
    assert copy.uri == store.uri
    assert copy.read("k") == b"data"


def test_several_threads_share_a_store(store: Store) -> None:
    names = [f"t/{number:02}" for number in range(24)]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda name: store.put(name, name.encode()), names))
        assert list(pool.map(store.read, names)) == [name.encode() for name in names]
    assert keys(store) == names
