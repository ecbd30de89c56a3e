"""A directory as a store: real files in the layout of the keys, so that `ls` shows the lake."""

import errno
import fcntl
import hashlib
import os
import shutil
import stat
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from lake_assets.storage.errors import (
    InvalidKey,
    ObjectChanged,
    ObjectExists,
    ObjectNotFound,
    StagedLost,
    StoreUnavailable,
    explain_os,
)
from lake_assets.storage.objects import (
    STAGING,
    ObjectInfo,
    Staged,
    validate_key,
    validate_prefix,
    validate_range,
)
from lake_assets.storage.store import probe

COPY_BYTES = 1 << 22
_LOCK = ".lock"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class LocalStore:
    """The `Store` protocol on a directory that exists.

    Whatever is written is complete and on the disk in `.staging/` before it gets its name.
    Symbolic links are not objects: what they lead to may lie outside of the lake.
    """

    def __init__(self, root: Path) -> None:
        self._root = Path(os.path.abspath(root))
        self._staging = self._root / STAGING

    @property
    def uri(self) -> str:
        return self._root.as_uri()

    def __repr__(self) -> str:
        return f"LocalStore({self.uri!r})"

    @property
    def requests(self) -> int:
        return 1  # a disk answers at once: threads would wait for each other more than for it

    def list(self, prefix: str = "") -> Iterator[ObjectInfo]:
        validate_prefix(prefix)
        self._require_root()
        folder = prefix.rpartition("/")[0]
        yield from self._walk(f"{folder}/" if folder else "", prefix)

    def head(self, key: str) -> ObjectInfo:
        path = self._path(key)
        with self._explained(key):
            return _info(key, _stat(path))

    def read(
        self, key: str, *, if_match: str | None = None, start: int = 0, length: int | None = None
    ) -> bytes:
        validate_range(start, length)
        with self.open(key, if_match=if_match) as file, self._explained(key):
            file.seek(start)
            return file.read(-1 if length is None else length)

    def open(self, key: str, *, if_match: str | None = None) -> BinaryIO:
        path = self._path(key)
        with self._explained(key):
            _stat(path)
            file = path.open("rb")
            # The open file's own identity: the name may have got another file meanwhile.
            if if_match not in {None, _etag(os.fstat(file.fileno()))}:
                file.close()
                raise self._changed(key)
            return file

    def put(self, key: str, data: bytes) -> None:
        target = self._path(key)
        with self._explained(key), self._written(data) as temporary:
            self._make_folder(target)
            os.replace(temporary, target)

    def put_if_absent(self, key: str, data: bytes) -> bool:
        with self._explained(key), self._written(data) as temporary:
            return self._link(temporary, key)

    def put_over(self, key: str, data: bytes, standing: ObjectInfo | None) -> bool:
        if standing is None:
            return self.put_if_absent(key, data)
        target = self._path(key)
        with self._explained(key), self._written(data) as temporary, self._locked():
            try:
                if _etag(_stat(target)) != standing.etag:
                    return False
            except FileNotFoundError:
                return False
            os.replace(temporary, target)
        return True

    def put_each_if_absent(self, keys: Iterable[str], data: bytes) -> Sequence[str]:
        # One file with many names: making a file takes fifty times as long as naming one.
        standing = []
        with self._explained(STAGING), self._written(data) as temporary:
            for key in keys:
                target = self._path(key)
                with self._explained(key):
                    self._make_folder(target)
                    try:
                        os.link(temporary, target)
                    except FileExistsError:
                        _is_taken(target)
                        standing.append(key)
                    except OSError:  # no hard links on this file system, or not so many
                        if not self.put_if_absent(key, data):
                            standing.append(key)
        return standing

    def upload(self, key: str, path: Path) -> bool:
        temporary = self._staging / uuid.uuid4().hex
        with path.open("rb") as source, self._explained(key):
            self._make_folder(temporary)
            try:
                with temporary.open("xb") as target:
                    shutil.copyfileobj(source, target, COPY_BYTES)
                    target.flush()
                    os.fsync(target.fileno())
                return self._link(temporary, key)
            finally:
                temporary.unlink(missing_ok=True)

    def move(self, src: ObjectInfo, dst: str, *, arrived: datetime | None = None) -> None:
        self._rename(src, dst, arrived or src.modified)

    def pass_on(self, src: ObjectInfo, dst: str) -> None:
        self._rename(src, dst, None)

    def _rename(self, src: ObjectInfo, dst: str, stamp: datetime | None) -> None:
        source, target = self._listed_path(src.key), self._path(dst)
        with self._explained(src.key), self._locked():
            if _etag(_stat(source)) != src.etag:
                raise self._changed(src.key)
            with self._explained(dst):
                if _is_taken(target):
                    if not self.moved_from(self.head(dst), src):
                        raise ObjectExists(f"There is already a file at {self._where(dst)}.")
                    source.unlink()
                    return
                self._make_folder(target)
                # A rename leaves no moment with the file under both names, as two links would:
                # a new link renews the ctime, so that a run after an interruption would date the
                # arrival by the interruption. The stamp comes first, because a file in custody
                # without one would keep its mtime, which `cp -p` and `unzip` take from anywhere.
                if stamp:
                    stamp_ns = (stamp - _EPOCH) // timedelta(microseconds=1) * 1000
                    os.utime(source, ns=(stamp_ns, stamp_ns))
                os.rename(source, target)

    def moved_from(self, dst: ObjectInfo, src: ObjectInfo) -> bool:
        # The inode and the size: the mtime is where the move put its stamp.
        return dst.etag.split("-")[:2] == src.etag.split("-")[:2]

    def delete(self, key: str, *, if_match: str | None = None) -> None:
        path = self._path(key)
        self._require_root()
        with suppress(ObjectNotFound), self._explained(key):
            if if_match not in {None, _etag(_stat(path))}:
                raise self._changed(key)
            path.unlink()

    def stage(self, key: str, data: bytes, *, rows: int = 0) -> Staged:
        self._path(key)
        upload_id = uuid.uuid4().hex
        with self._explained(key):
            self._write(self._staging / upload_id, data)
        return Staged(key, upload_id, (), len(data), hashlib.sha256(data).hexdigest(), rows)

    def publish(self, staged: Staged) -> None:
        target = self._path(staged.key)
        with self._explained(staged.key):
            self._make_folder(target)
            try:
                os.replace(self._staged_path(staged), target)
            except FileNotFoundError:
                if not _holds(target, staged):
                    raise StagedLost(
                        f"The staged write of {self._where(staged.key)} is gone. Run the task "
                        "that made it again."
                    ) from None

    def abort(self, staged: Staged) -> None:
        with self._explained(staged.key):
            self._staged_path(staged).unlink(missing_ok=True)

    def abandoned(self, older_than: datetime) -> Iterator[Staged]:
        self._require_root()
        with self._explained(STAGING), suppress(FileNotFoundError):
            for name in sorted(os.listdir(self._staging)):
                if not name.isalnum():  # the lock, or not ours
                    continue
                with suppress(FileNotFoundError):
                    found = _stat(self._staging / name)
                    if _utc(found.st_mtime_ns) < older_than:
                        yield Staged("", name, (), 0, "")

    def check(self) -> None:
        self._require_root()
        probe(self)

    def _link(self, temporary: Path, key: str) -> bool:
        """Give a complete file its name, unless that is taken."""
        target = self._path(key)
        self._make_folder(target)
        with self._locked():
            if _is_taken(target):
                return False
            try:
                os.link(temporary, target)
            except FileExistsError:
                return False
            except OSError:
                # A file system without hard links. The lock still keeps other runs out.
                os.rename(temporary, target)
        return True

    def _path(self, key: str) -> Path:
        validate_key(key)
        return self._root / key

    def _listed_path(self, key: str) -> Path:
        """Of a file that a listing showed: any name that stays in the lake."""
        if not {".", "..", ""}.isdisjoint(key.split("/")) or key.startswith(f"{STAGING}/"):
            raise InvalidKey(f"The key {key!r} is not one that a listing shows.")
        return self._root / key

    def _staged_path(self, staged: Staged) -> Path:
        if not staged.upload_id.isalnum():
            raise InvalidKey(f"{staged.upload_id!r} is not the name of a staged write.")
        return self._staging / staged.upload_id

    def _where(self, key: str) -> str:
        return f"{self.uri}/{key}"

    def _changed(self, key: str) -> ObjectChanged:
        return ObjectChanged(
            f"The file at {self._where(key)} is not the one that was seen before. List it again."
        )

    def _require_root(self) -> None:
        # Never made silently: an absent directory may be a typing error, or a disk not mounted.
        if not self._root.exists():
            raise StoreUnavailable(
                f"The lake's directory {self.uri} does not exist. Create it, or correct the "
                "lake's URI."
            )
        if not self._root.is_dir():
            raise StoreUnavailable(
                f"{self.uri} is a file. Set the lake's URI to a directory that exists."
            )

    def _make_folder(self, target: Path) -> None:
        """Make the directories between the root and `target`."""
        if target.parent.is_dir():
            return
        self._require_root()
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
        except FileExistsError as exc:
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR)) from exc

    @contextmanager
    def _explained(self, key: str) -> Iterator[None]:
        try:
            yield
        except OSError as exc:
            raise explain_os(exc, self._where(key)) from exc

    def _walk(self, folder: str, prefix: str) -> Iterator[ObjectInfo]:
        """The objects in `folder` (empty, or with a trailing slash), depth first, by key."""
        with self._explained(folder):
            for name in _names(self._root / folder):
                key = f"{folder}{name}"
                # Of a directory above the prefix, only what leads to the prefix is looked at.
                if key == f"{STAGING}/" or not key.startswith(prefix[: len(key)]):
                    continue
                if name.endswith("/"):
                    yield from self._walk(key, prefix)
                elif key.startswith(prefix):
                    with suppress(FileNotFoundError):  # gone since it was listed
                        yield _info(key, _stat(self._root / key))

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One at a time, among threads and processes. A killed process leaves it unlocked."""
        self._make_folder(self._staging / _LOCK)
        with (self._staging / _LOCK).open("ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    @contextmanager
    def _written(self, data: bytes) -> Iterator[Path]:
        path = self._staging / uuid.uuid4().hex
        self._write(path, data)
        try:
            yield path
        finally:
            path.unlink(missing_ok=True)

    def _write(self, path: Path, data: bytes) -> None:
        self._make_folder(path)
        try:
            with path.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        except OSError:
            path.unlink(missing_ok=True)
            raise


def _utc(nanoseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=nanoseconds // 1000)


def _etag(found: os.stat_result) -> str:
    return f"{found.st_ino:x}-{found.st_size:x}-{found.st_mtime_ns:x}"


def _info(key: str, found: os.stat_result) -> ObjectInfo:
    # The ctime is when the file got its name here. The mtime comes with it through `cp -p`.
    modified, stamped = _utc(found.st_ctime_ns), _utc(found.st_mtime_ns)
    return ObjectInfo(key, found.st_size, _etag(found), modified, arrived=stamped)


def _stat(path: Path) -> os.stat_result:
    """Of a regular file. Raises FileNotFoundError for anything else: it is not an object."""
    with suppress(NotADirectoryError):
        found = path.lstat()
        if stat.S_ISREG(found.st_mode):
            return found
    raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))


def _is_taken(path: Path) -> bool:
    """Whether a file has this name. Raises IsADirectoryError if a directory has it."""
    if path.is_dir() and not path.is_symlink():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    return os.path.lexists(path)


def _names(folder: Path) -> list[str]:
    """In the order of their keys: a directory sorts as its name with the slash."""
    try:
        with os.scandir(folder) as entries:
            return sorted(
                f"{entry.name}/" if entry.is_dir(follow_symlinks=False) else entry.name
                for entry in entries
            )
    except (FileNotFoundError, NotADirectoryError):
        return []


def _holds(path: Path, staged: Staged) -> bool:
    """Whether the file has the content that was staged."""
    try:
        if _stat(path).st_size != staged.size:
            return False
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == staged.sha256
    except FileNotFoundError:
        return False
