"""Some rows of Parquet files, wherever they stand, in bounded memory."""

from collections.abc import Sequence

import polars as pl

from lake_assets.jobs.compaction.memory import MemoryBudget
from lake_assets.storage.objects import ObjectInfo
from lake_assets.storage.store import Store, each

OBJECT = "_object"
"""The key of the file that a row was found in; no column of a contract starts so."""

MEMORY = MemoryBudget(512 << 20)
EXPANSION = 2
"""What a byte of Parquet takes while it is searched: itself, and the columns that decide."""


class UnreadableRowsError(Exception):
    """A Parquet file of the lake cannot be read; the message names it."""


def find_rows(
    store: Store, files: Sequence[ObjectInfo], schema: pl.Schema, where: pl.Expr
) -> pl.DataFrame:
    """The rows for which a predicate is true; row groups whose statistics exclude it are skipped.

    Args:
        store: of the lake.
        files: Parquet files of processed/ or gold/.
        schema: the columns wanted, those of the predicate among them. One that a file of another
            contract version lacks is null.
        where: the predicate.

    Returns:
        The columns of ``schema`` and :data:`OBJECT`, in the order of the files and their rows.

    Raises:
        UnreadableRowsError: a file is not Parquet, or not of these columns.
        ObjectNotFound: a file was taken away meanwhile.
    """

    def search(info: ObjectInfo) -> pl.DataFrame:
        with MEMORY.share(EXPANSION * info.size):
            try:
                return (
                    pl.scan_parquet(
                        store.read(info.key),
                        schema=schema,
                        missing_columns="insert",
                        extra_columns="ignore",
                    )
                    .filter(where)
                    .with_columns(pl.lit(info.key).alias(OBJECT))
                    .collect()
                )
            except pl.exceptions.PolarsError as error:
                raise UnreadableRowsError(
                    f"{info.key} cannot be read as Parquet of this contract: {error} "
                    "Run `lake reconcile` to see what else is wrong."
                ) from error

    frames = each(store, search, files)
    empty = pl.DataFrame(schema={**schema, OBJECT: pl.String()})
    return pl.concat([empty, *frames])
