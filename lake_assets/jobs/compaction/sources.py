"""What a date's table is made of: its processed rows, the table before, and those looked up."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from threading import Lock
from typing import Any

import polars as pl

from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.gold import Lookup
from lake_assets.jobs.compaction.metrics import TableVersion
from lake_assets.jobs.compaction.processed_rows import LeftOut, left_out
from lake_assets.jobs.tables.current import Table, newest_table, table_before
from lake_assets.kernels.lookups import lookup_schema, lookup_table
from lake_assets.storage.objects import ObjectInfo
from lake_assets.storage.store import Store
from lake_assets.storage.zones import processed_prefix

NOT_IN_ROWS = {"at_once_mb", "crawler_name", "one_task_mb"}
"""Of the contract's gold section: no byte of a table depends on them."""


@dataclass(frozen=True, slots=True)
class Sources:
    """What goes into the gold table of a date.

    Attributes:
        inputs: the processed files.
        gone: what tells the rows of superseded files.
        carried: the table whose rows go on; None if there is none, or the date has no input.
        lookups: the tables looked up, in the contract's order; without files where there is none.
    """

    inputs: tuple[ObjectInfo, ...]
    gone: tuple[LeftOut, ...]
    carried: Table | None
    lookups: tuple[Table, ...]

    @property
    def size(self) -> int:
        """Bytes of all that is read."""
        tables = [*self.lookups, *([self.carried] if self.carried else [])]
        return sum(info.size for info in self.inputs) + sum(table.size for table in tables)

    def identity(self, dataset: Dataset) -> str:
        """16 hexadecimal digits of the SHA-256 over what goes in: the same input, the same."""
        told = {
            "processed": [(info.key, info.etag) for info in self.inputs],
            "superseded": [(name, run, str(arrived)) for name, run, arrived in self.gone],
            "carried": asdict(self.carried.version) if self.carried else None,
            "lookups": [asdict(table.version) for table in self.lookups],
            "gold": _section(dataset),
            "contract_version": dataset.contract_version,
        }
        document = json.dumps(told, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(document.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _section(dataset: Dataset) -> dict[str, Any]:
    """The contract's gold section, as far as rows depend on it."""
    found = dataset.gold.model_dump(mode="json", exclude=NOT_IN_ROWS)
    for lookup in found["lookups"]:
        del lookup["max_missing"]
    return found


def find_sources(store: Store, dataset: Dataset, day: str) -> Sources:
    """Those of a date (ISO), as they are now.

    A few listings and audits; of the tables nothing is read.
    """
    inputs = tuple(store.list(processed_prefix(dataset, day)))
    # A date without rows has no table: the next one carries on what is before it.
    carried = table_before(store, dataset, day) if dataset.gold.carry and inputs else None
    lookups = tuple(looked_up(store, lookup) for lookup in dataset.gold.lookups)
    return Sources(inputs, tuple(sorted(left_out(store, dataset, day))), carried, lookups)


def looked_up(store: Store, lookup: Lookup) -> Table:
    """The newest table of the dataset that is looked up; without files if it has none."""
    return newest_table(store, lookup.target) or Table(TableVersion(lookup.dataset), ())


class LookupTables:
    """What is looked up, in memory: read once for all dates that one process compacts.

    It can be pickled, and is empty where it comes to.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._read: dict[int, tuple[Table, pl.DataFrame]] = {}

    def __reduce__(self) -> tuple[type["LookupTables"], tuple[()]]:
        return LookupTables, ()

    def of(self, store: Store, dataset: Dataset, tables: Iterable[Table]) -> list[pl.DataFrame]:
        """One table a lookup of the contract: key and wanted columns.

        Raises:
            StoreError: a file cannot be read.
            MultipliedError: a key is in a table twice.
            polars.exceptions.PolarsError: a file has the columns in other types; that dataset's
                newest table has to be made again.
        """
        found = []
        with self._lock:  # who comes second takes what the first has read
            for at, table in enumerate(tables):
                if at not in self._read or self._read[at][0] != table:
                    lookup = dataset.gold.lookups[at]
                    rows = lookup_table(_read(store, lookup, table.files), lookup, dataset)
                    self._read[at] = table, rows
                found.append(self._read[at][1])
        return found


def _read(store: Store, lookup: Lookup, files: Iterable[ObjectInfo]) -> pl.DataFrame:
    schema = lookup_schema(lookup)

    def frames() -> Iterator[pl.DataFrame]:
        yield pl.DataFrame(schema=schema)
        for info in files:
            yield pl.scan_parquet(
                store.read(info.key),
                schema=schema,
                missing_columns="insert",
                extra_columns="ignore",
            ).collect()

    return pl.concat(frames())
