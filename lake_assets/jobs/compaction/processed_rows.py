"""The processed rows of one date, read a few files at a time."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial

import polars as pl

from lake_assets.contracts.dataset import Dataset
from lake_assets.kernels.evolution import EvolutionError, evolve, sources
from lake_assets.kernels.gold import processed_schema, without_files
from lake_assets.kernels.values.types import LINEAGE
from lake_assets.storage.objects import ObjectInfo
from lake_assets.storage.store import Store, each
from lake_assets.storage.versions import superseded_files

READ_BYTES = 16 << 20
"""Small files are read together until they have so many bytes."""
READ_ROWS = 1 << 19
"""Of a larger file at most so many rows are in memory at once."""
MOST_CHUNKS = 32

LeftOut = tuple[str, str, datetime]
Fields = tuple[tuple[str, pl.DataType], ...]


def processed_rows(
    store: Store, inputs: Sequence[ObjectInfo], dataset: Dataset
) -> Iterator[pl.DataFrame]:
    """The rows of these Parquet files, in tables of bounded size.

    A table has the columns of :func:`processed_schema`. Files of other contract versions are read
    as rows of this one: see ``kernels.evolution``.

    Raises:
        StoreError: a file cannot be read.
        EvolutionError: a file of another contract version cannot be read without a loss.
        polars.exceptions.PolarsError: a file is not Parquet, or not of these columns.
    """
    for group in groups(inputs):
        parts = _fetched(store, group)
        small = sum(info.size for info in group) <= READ_BYTES
        # No name is left for a table that was handed out: it would stay in memory.
        if small and (tables := _as_of_today(parts, dataset)):
            yield _complete(tables.pop(), dataset, group)
            continue
        for alike, scan in _by_schema(group, parts, dataset):
            rows = partial(_evolved, dataset=dataset, group=alike)
            yield from map(rows, _slices(scan, whole=small))


def left_out(store: Store, dataset: Dataset, day: str) -> list[LeftOut]:
    """What tells the rows of superseded files on an event date (ISO), for ``without_files``."""
    return [
        (version.source_file, version.ingest_run_id, version.arrived)
        for version in superseded_files(store, dataset, day)
    ]


class CurrentRows:
    """The rows of one date that gold is made of, in tables as of :func:`processed_rows`.

    That is all of them, but for those of superseded files, of which :func:`left_out` tells:
    ``superseded`` counts these while the tables are read.
    """

    def __init__(
        self,
        store: Store,
        dataset: Dataset,
        inputs: Sequence[ObjectInfo],
        left_out: Sequence[LeftOut],
    ) -> None:
        self._tables = processed_rows(store, inputs, dataset)
        self._left_out = left_out
        self.superseded = 0

    def __iter__(self) -> Iterator[pl.DataFrame]:
        return map(self._current, self._tables)  # a loop here would hold each table for too long

    def _current(self, table: pl.DataFrame) -> pl.DataFrame:
        kept = without_files(table, self._left_out)
        self.superseded += table.height - kept.height
        return kept


def groups(inputs: Sequence[ObjectInfo]) -> Iterator[list[ObjectInfo]]:
    """Neighbours that together have at most :data:`READ_BYTES`, larger ones alone."""
    group: list[ObjectInfo] = []
    size = 0
    for info in inputs:
        if group and size + info.size > READ_BYTES:
            yield group
            group, size = [], 0
        group.append(info)
        size += info.size
    if group:
        yield group


def _fetched(store: Store, group: Sequence[ObjectInfo]) -> list[bytes]:
    return each(store, store.read, [info.key for info in group])


def _as_of_today(parts: Sequence[bytes], dataset: Dataset) -> list[pl.DataFrame]:
    """One table, of the rows of all parts; none if a part is of other columns.

    One scan takes a tenth of the time that reading small files one by one takes, and no schema is
    read by itself, which would take half as long again.
    """
    try:
        return [pl.scan_parquet(list(parts), schema=processed_schema(dataset)).collect()]
    except (pl.exceptions.SchemaError, pl.exceptions.ColumnNotFoundError):
        return []


def _by_schema(
    group: Sequence[ObjectInfo], parts: Sequence[bytes], dataset: Dataset
) -> Iterator[tuple[list[ObjectInfo], pl.LazyFrame]]:
    """The files that have the same columns for the contract, and one scan of them."""
    seen: dict[Fields, Fields] = {}
    alike: dict[Fields, list[int]] = {}
    for at, (info, part) in enumerate(zip(group, parts, strict=True)):
        schema = pl.Schema(pl.read_parquet_schema(part))
        fields = tuple(schema.items())
        if fields not in seen:
            try:
                names = sources(schema, dataset).values()
            except EvolutionError as error:
                raise EvolutionError(f"{info.key}: {error}") from error
            seen[fields] = tuple((name, schema[name]) for name in sorted(names))
        alike.setdefault(seen[fields], []).append(at)
    for fields, places in alike.items():
        files = [parts[at] for at in places]
        scan = pl.scan_parquet(files, schema=pl.Schema(fields), extra_columns="ignore")
        yield [group[at] for at in places], scan


def _slices(scan: pl.LazyFrame, *, whole: bool) -> Iterator[pl.DataFrame]:
    if whole:
        yield scan.collect()
        return
    total = scan.select(pl.len()).collect().item()
    for first in range(0, total, READ_ROWS):
        yield scan.slice(first, READ_ROWS).collect()


def _evolved(rows: pl.DataFrame, dataset: Dataset, group: Sequence[ObjectInfo]) -> pl.DataFrame:
    try:
        return _complete(evolve(rows, dataset), dataset, group)
    except EvolutionError as error:
        raise EvolutionError(f"{_named(group)}: {error}") from error


def _complete(rows: pl.DataFrame, dataset: Dataset, group: Sequence[ObjectInfo]) -> pl.DataFrame:
    """The rows as they are, if what every processed row has is there."""
    required = [column.name for column in dataset.columns if column.required]
    for name in (*required, *LINEAGE):
        if rows[name].null_count():
            raise pl.exceptions.SchemaError(
                f"{_named(group)} lacks values of {name}, which every processed row has. If a file "
                "there is not of this lake, take it away; else rebuild the date from the archive."
            )
    # Many small chunks make everything after this several times slower.
    return rows.rechunk() if rows.n_chunks() > MOST_CHUNKS else rows


def _named(group: Sequence[ObjectInfo]) -> str:
    if len(group) == 1:
        return group[0].key
    return f"One of the {len(group)} files from {group[0].key} to {group[-1].key}"
