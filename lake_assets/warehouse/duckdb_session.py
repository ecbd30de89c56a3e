"""DuckDB as a warehouse in one file, with the star schema that Snowflake would have."""

import hashlib
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from lake_assets.jobs.tables.manifest import ManifestFile
from lake_assets.storage.store import Store
from lake_assets.warehouse.session import Rows, WarehouseError
from lake_assets.warehouse.sql import Dialect, literal, quoted, sql_type
from lake_assets.warehouse.staging import insert_files
from lake_assets.warehouse.star import DimensionTable, FactTable, StageTable, Star
from lake_assets.warehouse.tables import create_own, create_schemas, create_staging, create_star

if TYPE_CHECKING:
    import duckdb


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
    """A session on a file, with the tables made if they are not there.

    Raises:
        WarehouseError: DuckDB is not installed, or cannot open the file.
    """
    try:
        import duckdb
    except ImportError as error:
        raise WarehouseError(
            "DuckDB is not installed. Install it: pip install 'lake-assets[duckdb]'"
        ) from error
    with duckdb.connect() as connection:
        session = DuckDBSession(connection)
        session.execute(f"ATTACH {literal(str(path))} AS {quoted(star.declared.database)}")
        for statement in creation(star):
            session.execute(statement)
        _check_columns(session, star)
        yield session


def _check_columns(session: DuckDBSession, star: Star) -> None:
    """Tables that were made before the contract got a column do not have it.

    Raises:
        WarehouseError: with the statements that add what is missing.
    """
    found = session.execute(
        "SELECT schema_name, table_name, column_name FROM duckdb_columns() "
        f"WHERE database_name = {literal(star.declared.database)}"
    )
    has = {(f"{schema}.{table}".upper(), column.upper()) for schema, table, column in found}
    tables: list[tuple[str, str, StageTable | DimensionTable | FactTable]] = [
        *((star.declared.staging_schema, one.declared.table, one) for one in star.stages),
        *((star.declared.star_schema, one.declared.table, one) for one in star.dimensions),
        *((star.declared.star_schema, one.declared.table, one) for one in star.facts),
    ]
    missing = [
        f"ALTER TABLE {table.name} ADD COLUMN {quoted(field.name)} "
        f"{sql_type(field.type, Dialect.DUCKDB)};"
        for schema, name, table in tables
        for field in table.fields
        if (f"{schema}.{name}".upper(), field.name.upper()) not in has
    ]
    if missing:
        raise WarehouseError(
            "The contract has columns that tables of this warehouse lack. Add them: "
            + " ".join(missing)
        )


def creation(star: Star) -> list[str]:
    """What makes all tables, and leaves those that are there."""
    return [
        *create_schemas(star),
        *create_staging(star, Dialect.DUCKDB),
        *create_star(star, Dialect.DUCKDB),
        *create_own(star, Dialect.DUCKDB),
    ]
