"""The keys of other datasets' gold, to which references lead."""

import polars as pl

from lake_assets.contracts.lake import Lake
from lake_assets.contracts.quality import Target
from lake_assets.jobs.checks.counted import column_tables
from lake_assets.jobs.tables.current import table_files
from lake_assets.kernels.gold import processed_schema
from lake_assets.storage.store import Store


class Tables:
    """The distinct keys of other datasets' gold: all files of it that count, each read once.

    The work grows with the table referred to, which is a list of stores, articles or customers;
    of it the key's columns are decoded, and only their distinct values are kept. Make one of these
    for each run, so that the dates of a run share what was read.
    """

    def __init__(self, store: Store, lake: Lake) -> None:
        self._store = store
        self._lake = lake
        self._keys: dict[tuple[str, ...], pl.DataFrame] = {}

    def keys(self, target: Target) -> pl.DataFrame:
        """The target's columns, in its order, without nulls, each combination once."""
        known = (target.dataset, *target.columns)
        if known not in self._keys:
            self._keys[known] = self._read(target)
        return self._keys[known]

    def _read(self, target: Target) -> pl.DataFrame:
        dataset = self._lake.dataset(target.dataset)
        names = list(dict.fromkeys(target.columns))
        like = processed_schema(dataset)
        files = table_files(self._store, dataset)
        found = pl.DataFrame(schema={name: like[name] for name in names})
        for table in column_tables(self._store, files, names, dataset):
            found = pl.concat([found, table.drop_nulls().unique()]).unique()
        return found.select(target.columns)
