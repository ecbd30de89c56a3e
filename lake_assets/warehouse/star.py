"""The tables of a lake's warehouse, with their columns, from its contract."""

from collections.abc import Iterable
from dataclasses import dataclass

from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.lake import Lake
from lake_assets.contracts.warehouse import (
    Dimension,
    DimensionLink,
    Fact,
    Stage,
    Warehouse,
    gold_columns,
)
from lake_assets.contracts.widening import type_name, typed
from lake_assets.warehouse.sql import Field, dotted

LINEAGE = (
    Field("source_file", "string", required=True),
    Field("line_number", "integer", required=True),
    Field("ingest_run_id", "string", required=True),
    Field("ingest_ts", "timestamp", required=True),
    Field("contract_version", "string", required=True),
)
ROW_HASH = Field("row_hash", "string", required=True)
LAKE_DATE = Field("lake_date", "date", required=True)
"""The partition of the lake from whose snapshot a row came."""
LOADED_AT = Field("loaded_at", "timestamp", required=True)
VERSION = (
    Field("version", "integer", required=True),
    Field("effective_from", "timestamp", required=True),
    Field("effective_to", "timestamp"),
    Field("is_current", "boolean", required=True),
)
"""Of a dimension with history. The first version counts for whatever was before it, too."""


class NoWarehouse(Exception):
    """The lake declares no warehouse; the message says so."""


@dataclass(frozen=True, slots=True)
class StageTable:
    """A staging table: the rows of all current snapshots, each once."""

    declared: Stage
    dataset: Dataset
    name: str
    files: str
    """What Snowflake calls the place of its files: an external stage."""
    lake: str
    """The lake's name."""

    @property
    def gold(self) -> list[Field]:
        """The columns of the Parquet files, in order."""
        own = [
            Field(column.name, type_name(typed(column)), column.required, column.personal)
            for column in gold_columns(self.dataset).values()
        ]
        return [*own, ROW_HASH, *LINEAGE]

    @property
    def fields(self) -> list[Field]:
        """Those of the table."""
        return [LAKE_DATE, *self.gold]

    @property
    def day_column(self) -> str:
        """Whose date is a row's partition."""
        return self.dataset.partition.column or "ingest_ts"

    @property
    def key(self) -> str:
        """The key column; dimensions and facts have no other."""
        return self.dataset.key[0]


@dataclass(frozen=True, slots=True)
class DimensionTable:
    """A dimension, and the staging table that it is made from."""

    declared: Dimension
    stage: StageTable
    name: str

    @property
    def surrogate(self) -> Field:
        """A digest in hexadecimal."""
        return Field(self.declared.surrogate, "string", required=True)

    @property
    def values(self) -> list[Field]:
        """The columns that come from gold: the key first, lineage last.

        None that are looked up: a row has these as they were when its date's gold was made, which
        nobody makes again for each row when they change. They stand in the other's dimension.
        """
        own = [column.name for column in self.stage.dataset.columns]
        return _picked(self.stage, [self.declared.key, *(self.declared.columns or own)])

    @property
    def fields(self) -> list[Field]:
        """Those of the table."""
        version = VERSION if self.declared.history else ()
        return [self.surrogate, *self.values, *version, LOADED_AT]


@dataclass(frozen=True, slots=True)
class Link:
    """A fact's way to a dimension."""

    declared: DimensionLink
    dimension: DimensionTable

    @property
    def name(self) -> str:
        """The fact's column with the surrogate key."""
        return self.declared.name or self.dimension.declared.surrogate


@dataclass(frozen=True, slots=True)
class FactTable:
    """A fact table, and the staging table that it is made from."""

    declared: Fact
    stage: StageTable
    links: tuple[Link, ...]
    name: str

    @property
    def values(self) -> list[Field]:
        """The columns that come from gold: the key first, lineage last."""
        names = [self.declared.key, self.declared.at, *(link.declared.on for link in self.links)]
        more = self.declared.columns or gold_columns(self.stage.dataset)
        return _picked(self.stage, [*names, *more])

    @property
    def surrogates(self) -> list[Field]:
        """Null where the dimension has no such key."""
        return [Field(link.name, "string") for link in self.links]

    @property
    def fields(self) -> list[Field]:
        """Those of the table."""
        return [*self.values, *self.surrogates, LOADED_AT]


@dataclass(frozen=True, slots=True)
class Star:
    """All tables of a lake's warehouse."""

    lake: Lake
    declared: Warehouse
    stages: tuple[StageTable, ...]
    dimensions: tuple[DimensionTable, ...]
    facts: tuple[FactTable, ...]

    @property
    def columns(self) -> dict[str, list[Field]]:
        """Of each table that is made from gold, by its full name."""
        tables: tuple[StageTable | DimensionTable | FactTable, ...]
        tables = (*self.stages, *self.dimensions, *self.facts)
        return {table.name: table.fields for table in tables}

    @property
    def load_order(self) -> list[StageTable]:
        """Those that dimensions are made from first, so that facts find them."""
        feeding = {one.stage.name for one in self.dimensions}
        return sorted(self.stages, key=lambda stage: stage.name not in feeding)

    def staging(self, table: str) -> str:
        """The full name of a table beside the staging tables."""
        return dotted(self.declared.database, self.declared.staging_schema, table)

    @property
    def ledger(self) -> str:
        """What is loaded: (dataset, date, snapshot, file, etag, rows, loaded_at)."""
        return self.staging("LOAD_LEDGER")

    @property
    def touched(self) -> str:
        """Keys that a load has to look at again; empty between two loads."""
        return self.staging("TOUCHED_KEYS")

    @property
    def turn(self) -> str:
        """One row, which a load writes first: another load waits for it."""
        return self.staging("LOADER_TURN")


def star_of(lake: Lake) -> Star:
    """The tables of a lake's warehouse.

    Raises:
        NoWarehouse: it declares none.
    """
    if lake.warehouse is None:
        raise NoWarehouse(f"the lake {lake.lake} has no `warehouse` in its defs.yaml")
    declared = lake.warehouse
    base, schemas = declared.database, (declared.staging_schema, declared.star_schema)
    stages = {
        one.table: StageTable(
            one,
            lake.dataset(one.dataset),
            dotted(base, schemas[0], one.table),
            dotted(base, schemas[0], f"{one.table}_FILES"),
            lake.lake,
        )
        for one in declared.stages
    }
    dimensions = {
        one.table: DimensionTable(one, stages[one.stage], dotted(base, schemas[1], one.table))
        for one in declared.dimensions
    }
    facts = tuple(
        FactTable(
            one,
            stages[one.stage],
            tuple(Link(link, dimensions[link.table]) for link in one.dimensions),
            dotted(base, schemas[1], one.table),
        )
        for one in declared.facts
    )
    return Star(lake, declared, tuple(stages.values()), tuple(dimensions.values()), facts)


def _picked(stage: StageTable, names: Iterable[str]) -> list[Field]:
    """The fields of these names, each once, and those of lineage behind them."""
    known = {field.name: field for field in stage.gold}
    wanted = dict.fromkeys(names) | dict.fromkeys(field.name for field in LINEAGE)
    lineage = {field.name for field in LINEAGE}
    ordered = [name for name in wanted if name not in lineage]
    return [known[name] for name in [*ordered, *(field.name for field in LINEAGE)]]
