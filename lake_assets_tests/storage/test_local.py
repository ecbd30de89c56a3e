import errno
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lake_assets.storage import (
    InvalidKey,
    ObjectChanged,
    ObjectExists,
    ObjectInfo,
    ObjectNotFound,
    Staged,
    StoreError,
    StoreUnavailable,
)
from lake_assets.storage.local import LocalStore


@pytest.fixture
def root(tmp_path: Path) -> Path:
    path = tmp_path / "lake"
    path.mkdir()
    return path


@pytest.fixture
def store(root: Path) -> LocalStore:
    return LocalStore(root)


def drop(root: Path, key: str, data: bytes = b"rows") -> Path:
    """A file from outside, as a producer leaves it."""
    path = root / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def keys(store: LocalStore) -> list[str]:
    return [info.key for info in store.list()]


def staging(root: Path) -> list[str]:
    return [name for name in os.listdir(root / ".staging") if name != ".lock"]


def test_objects_are_plain_files_under_their_keys(root: Path, store: LocalStore) -> None:
    store.put("gold/date=2025-06-12/part-0000.parquet", b"columns")
    assert (root / "gold/date=2025-06-12/part-0000.parquet").read_bytes() == b"columns"


def test_nothing_is_left_in_staging_by_complete_writes(root: Path, store: LocalStore) -> None:
    store.put("a", b"")
    store.put_if_absent("b", b"")
    store.put_if_absent("b", b"")
    store.publish(store.stage("c", b""))
    assert staging(root) == []


def test_only_regular_files_are_objects(root: Path, store: LocalStore, tmp_path: Path) -> None:
    drop(root, "raw/x.csv")
    drop(tmp_path, "secret/passwd")
    (root / "raw/link.csv").symlink_to(tmp_path / "secret/passwd")
    (root / "raw/folder").symlink_to(tmp_path / "secret")
    os.mkfifo(root / "raw/pipe")
    (root / "raw/empty").mkdir()
    assert keys(store) == ["raw/x.csv"]
    for key in ("raw/link.csv", "raw/pipe", "raw/empty", "raw"):
        with pytest.raises(ObjectNotFound):
            store.open(key)
        store.delete(key)
    assert (tmp_path / "secret/passwd").exists()
    assert (root / "raw/empty").is_dir()


def test_a_file_named_like_a_lock_elsewhere_is_an_object(root: Path, store: LocalStore) -> None:
    drop(root, "raw/.staging/x")
    assert keys(store) == ["raw/.staging/x"]


def test_the_arrival_is_when_the_file_came_here_not_what_cp_p_preserved(
    root: Path, store: LocalStore
) -> None:
    path = drop(root, "raw/x.csv")
    os.utime(path, (0, 0))
    found = store.head("raw/x.csv")
    assert found.modified > datetime.now(UTC) - timedelta(minutes=5)
    store.move(found, "validated/x.csv")
    assert store.head("validated/x.csv").arrived == found.modified


def test_a_move_killed_before_its_last_step_leaves_the_file_where_it_was(
    root: Path, store: LocalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop(root, "raw/x.csv")

    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("os.rename", killed)
        with pytest.raises(KeyboardInterrupt):
            store.move(store.head("raw/x.csv"), "validated/x.csv")
    assert keys(store) == ["raw/x.csv"]
    store.move(store.head("raw/x.csv"), "validated/x.csv")
    assert keys(store) == ["validated/x.csv"]


def test_two_names_of_one_file_are_a_half_made_move_and_get_finished(
    root: Path, store: LocalStore
) -> None:
    path = drop(root, "raw/x.csv")
    (root / "validated").mkdir()
    os.link(path, root / "validated/x.csv")
    found = store.head("raw/x.csv")
    assert store.moved_from(store.head("validated/x.csv"), found)
    store.move(found, "validated/x.csv")
    assert keys(store) == ["validated/x.csv"]


def test_of_two_files_that_race_for_one_key_one_gets_it(root: Path, store: LocalStore) -> None:
    files = 16
    for number in range(files):
        drop(root, f"raw/{number:02}", b"%d" % number)
    start = threading.Barrier(8)

    def move(numbers: range) -> int:
        start.wait(timeout=30)
        moved = 0
        for number in numbers:
            try:
                store.move(store.head(f"raw/{number:02}"), "validated/x")
            except ObjectExists:
                continue
            moved += 1
        return moved

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(move, [range(first, files, 8) for first in range(8)]))
    assert sum(results) == 1
    assert len(keys(store)) == files


def test_of_many_who_create_an_object_one_succeeds(store: LocalStore) -> None:
    start = threading.Barrier(8)

    def create(number: int) -> bool:
        start.wait(timeout=30)
        return store.put_if_absent("audit/run.json", b"%d" % number)

    with ThreadPoolExecutor(8) as pool:
        created = list(pool.map(create, range(8)))
    assert created.count(True) == 1
    assert store.read("audit/run.json") == b"%d" % created.index(True)


def test_a_file_system_without_hard_links_will_do(
    store: LocalStore, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise OSError(errno.EOPNOTSUPP, "no links here")

    monkeypatch.setattr("os.link", refuse)
    assert store.put_if_absent("k", b"first") is True
    assert store.put_if_absent("k", b"second") is False
    assert store.read("k") == b"first"
    store.put_each_if_absent(["k", "m", "n"], b"third")
    assert [store.read(key) for key in "kmn"] == [b"first", b"third", b"third"]
    assert staging(root) == []


def test_a_file_with_a_name_that_no_key_may_have_is_listed_and_can_be_moved_aside(
    root: Path, store: LocalStore
) -> None:
    drop(root, "raw/a\nb.csv")
    (found,) = store.list("raw/")
    with pytest.raises(InvalidKey):
        store.read(found.key)
    store.move(found, "rejected/badly-named.csv")
    assert keys(store) == ["rejected/badly-named.csv"]


@pytest.mark.parametrize("key", ["../outside", ".staging/0", "/etc/passwd", "a/../../b"])
def test_what_no_listing_shows_cannot_be_moved_into_the_lake(store: LocalStore, key: str) -> None:
    now = datetime.now(UTC)
    with pytest.raises(InvalidKey):
        store.move(ObjectInfo(key, 0, "", now, now), "raw/x")


@pytest.mark.parametrize("upload_id", ["../raw/x", "", ".lock"])
def test_a_forged_upload_id_reaches_nothing(store: LocalStore, upload_id: str) -> None:
    forged = Staged("k", upload_id, (), 0, "")
    with pytest.raises(InvalidKey):
        store.publish(forged)
    with pytest.raises(InvalidKey):
        store.abort(forged)


def test_what_a_killed_writer_left_is_abandoned_once_it_is_old(
    root: Path, store: LocalStore
) -> None:
    left = drop(root, ".staging/0123456789abcdef", b"half a wri")
    an_hour_ago = datetime.now(UTC) - timedelta(hours=1)
    assert list(store.abandoned(an_hour_ago)) == []
    os.utime(left, (0, 0))
    (found,) = store.abandoned(an_hour_ago)
    store.abort(found)
    assert not left.exists()


def test_what_is_not_ours_in_staging_is_left_alone(root: Path, store: LocalStore) -> None:
    drop(root, ".staging/notes.txt")
    store.put_if_absent("k", b"")
    assert list(store.abandoned(datetime.now(UTC) + timedelta(days=1))) == []


def test_a_file_that_is_replaced_while_it_is_opened_is_noticed(
    root: Path, store: LocalStore
) -> None:
    drop(root, "x", b"old")
    etag = store.head("x").etag
    drop(root, "other", b"new")
    os.replace(root / "other", root / "x")
    with pytest.raises(ObjectChanged):
        store.open("x", if_match=etag)


def test_an_absent_directory_is_not_taken_for_an_empty_lake(tmp_path: Path) -> None:
    store = LocalStore(tmp_path / "not" / "mounted")
    for use in (
        lambda: list(store.list()),
        lambda: store.put("k", b""),
        lambda: store.put_if_absent("k", b""),
        lambda: store.stage("k", b""),
        lambda: store.delete("k"),
        store.check,
    ):
        with pytest.raises(StoreUnavailable, match=r"does not exist\. Create it"):
            use()
    assert not (tmp_path / "not").exists()


def test_a_file_in_place_of_the_lakes_directory_is_refused(tmp_path: Path) -> None:
    path = drop(tmp_path, "lake")
    with pytest.raises(StoreUnavailable, match="is a file"):
        LocalStore(path).check()


def test_a_directory_where_a_file_is_expected_is_named(root: Path, store: LocalStore) -> None:
    drop(root, "gold/x/part")
    drop(root, "raw/y")
    for use in (
        lambda: store.put("gold/x", b""),
        lambda: store.put_if_absent("gold/x", b""),
        lambda: store.publish(store.stage("gold/x", b"")),
        lambda: store.move(store.head("raw/y"), "gold/x"),
    ):
        with pytest.raises(StoreUnavailable, match=r"There is a directory at .*/gold/x, where a"):
            use()


def test_a_file_where_a_directory_is_expected_is_named(root: Path, store: LocalStore) -> None:
    drop(root, "gold")
    for key in ("gold/x", "gold/x/y"):
        with pytest.raises(StoreUnavailable, match=f"a file on the way to .*/{key}, where a dir"):
            store.put(key, b"")


def test_a_name_too_long_for_the_disk_is_a_bad_key(store: LocalStore) -> None:
    with pytest.raises(InvalidKey, match="as long as"):
        store.put("x" * 300, b"")


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        (errno.EROFS, "read-only"),
        (errno.EACCES, "denied"),
        (errno.EPERM, "denied"),
        (errno.ENOSPC, "full"),
        (errno.EDQUOT, "full"),
        (errno.EXDEV, "one file system"),
        (errno.EIO, "EIO"),
    ],
)
def test_a_disk_that_refuses_a_write_is_explained_and_nothing_is_left(
    root: Path, store: LocalStore, monkeypatch: pytest.MonkeyPatch, number: int, sentence: str
) -> None:
    store.put("k", b"old")

    def refuse(*_: Any) -> None:
        raise OSError(number, "the system's own words")

    monkeypatch.setattr("os.fsync", refuse)
    with pytest.raises(StoreUnavailable) as refused:
        store.put("k", b"new")
    assert sentence in str(refused.value)
    assert f"{store.uri}/k" in str(refused.value)
    assert store.read("k") == b"old"
    assert staging(root) == []


def test_a_file_system_without_locks_is_explained(
    store: LocalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise OSError(errno.ENOLCK, "no locks")

    monkeypatch.setattr("fcntl.flock", refuse)
    with pytest.raises(StoreUnavailable, match="does not lock files"):
        store.put_if_absent("k", b"")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_directory_that_may_not_be_written_is_explained(root: Path, store: LocalStore) -> None:
    root.chmod(0o500)
    try:
        with pytest.raises(StoreError, match="denied"):
            store.check()
    finally:
        root.chmod(0o700)
