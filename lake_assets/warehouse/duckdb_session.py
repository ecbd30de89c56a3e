"""DuckDB as a warehouse in one file, with the star schema that Snowflake would have."""

import hashlib
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from lake_assets.jobs.tables.manifest import ManifestFile
from lake_assets.storage.store import Store
from lake_assets.warehouse.columns import missing_columns
from lake_assets.warehouse.errors import WarehouseError
from lake_assets.warehouse.load import remake
from lake_assets.warehouse.session import Rows
from lake_assets.warehouse.sql import Dialect, literal, quoted
from lake_assets.warehouse.staging import insert_files
from lake_assets.warehouse.star import StageTable, Star
from lake_assets.warehouse.tables import (
    add_columns,
    create_own,
    create_schemas,
    create_staging,
    create_star,
)

if TYPE_CHECKING:
    import duckdb


PATIENCE = 60
"""Seconds that a load waits for another one."""

pause = time.sleep


class DuckDBSession:
    """The `Session` protocol on a file that no other process has open."""

    dialect = Dialect.DUCKDB

    def __init__(self, connection: "duckdb.DuckDBPyConnection") -> None:
        self._connection = connection

    def execute(self, sql: str) -> Rows:
        import duckdb

        try:
            return list(self._connection.execute(sql).fetchall())
        except duckdb.Error as error:
            raise WarehouseError(f"DuckDB says: {error}") from error

    def copy(
        self, store: Store, stage: StageTable, files: Sequence[ManifestFile], lake_date: str | None
    ) -> None:
        with TemporaryDirectory(prefix="lake-warehouse-") as folder:
            paths = [
                fetch(store, file, Path(folder) / f"{n:04d}.parquet")
                for n, file in enumerate(files)
            ]
            self.execute(insert_files(stage, [path.as_posix() for path in paths], lake_date))


def fetch(store: Store, file: ManifestFile, target: Path) -> Path:
    """A file of a snapshot, which is the one that the manifest means.

    Raises:
        WarehouseError: it has other bytes.
        StoreError: it cannot be read.
    """
    with store.open(file.key) as source, target.open("wb") as copy:
        shutil.copyfileobj(source, copy)
    with target.open("rb") as copy:
        digest = hashlib.file_digest(copy, "sha256").hexdigest()
    if digest != file.sha256:
        raise WarehouseError(
            f"{file.key} is not the file that its manifest names: its SHA-256 is another. Make "
            "that date's gold again; nothing was loaded."
        )
    return target


@contextmanager
def open_duckdb(path: Path, star: Star) -> Iterator[DuckDBSession]:
    """A session on a file, with the tables and columns made if they are not there.

    Raises:
        WarehouseError: DuckDB is not installed, cannot open the file, or another process had it
            open for longer than :data:`PATIENCE`.
    """
    try:
        import duckdb
    except ImportError as error:
        raise WarehouseError(
            "DuckDB is not installed. Install it: pip install 'lake-assets[duckdb]'"
        ) from error
    with duckdb.connect() as connection:
        session = DuckDBSession(connection)
        attach(session, path, star)
        for statement in creation(star):
            session.execute(statement)
        _add_columns(star, session)
        yield session


def attach(session: DuckDBSession, path: Path, star: Star) -> None:
    """Open the file; while another process has it open, wait. Raises as :func:`open_duckdb`."""
    import tenacity

    tries = tenacity.Retrying(
        retry=tenacity.retry_if_exception(_is_taken),
        wait=tenacity.wait_random(0.05, 0.5),
        stop=tenacity.stop_after_delay(PATIENCE),
        sleep=pause,
    )
    try:
        tries(session.execute, f"ATTACH {literal(str(path))} AS {quoted(star.declared.database)}")
    except tenacity.RetryError as error:
        raise WarehouseError(
            f"{path} was open in another process for {PATIENCE} seconds, and DuckDB lets in one at "
            f"a time. Close it there, or load again later. {error.last_attempt.exception()}"
        ) from error


def _is_taken(error: BaseException) -> bool:
    return isinstance(error, WarehouseError) and "Could not set lock" in str(error)


def _add_columns(star: Star, session: DuckDBSession) -> None:
    """What the contract has got since the tables were made; those that are required have to fail.

    A dimension or a fact may get one whose values are staged already.
    """
    lost = missing_columns(session, star)
    if any(not field.required for fields in lost.values() for field in fields):
        for statement in add_columns(star, Dialect.DUCKDB):
            session.execute(statement)
        staged = {stage.name for stage in star.stages}
        still = missing_columns(session, star)
        if lost.keys() - staged and not still:
            remake(star, session)


def creation(star: Star) -> list[str]:
    """What makes all tables, and leaves those that are there."""
    return [
        *create_schemas(star),
        *create_staging(star, Dialect.DUCKDB),
        *create_star(star, Dialect.DUCKDB),
        *create_own(star, Dialect.DUCKDB),
    ]
