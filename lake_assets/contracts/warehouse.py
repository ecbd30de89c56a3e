"""The warehouse section of a lake: which tables are made from its published snapshots."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Self, TypeVar

from pydantic import Field, StringConstraints, model_validator

from lake_assets.contracts.column import Column, ColumnType
from lake_assets.contracts.dataset import LINEAGE_COLUMNS, Dataset
from lake_assets.contracts.lookups import looked_up_columns
from lake_assets.contracts.model import ContractModel, Name

TableName = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]*$", max_length=63)]
"""A database, schema or table: upper-case letters, digits, underscores."""

INGEST_TS = "ingest_ts"
"""When a row's file arrived in the lake."""

Item = TypeVar("Item")

OWN_TABLES = ("LOAD_LEDGER", "TOUCHED_KEYS", "LOADER_TURN")
"""Tables that the loader keeps beside the staging tables."""

OWN_FIELDS = (
    *LINEAGE_COLUMNS, "row_hash", "lake_date", "loaded_at", "version", "effective_from",
    "effective_to", "is_current",
)  # fmt: skip
"""Columns that the loader adds."""


class Stage(ContractModel):
    """A staging table: the rows of a dataset's current snapshots as they are."""

    table: TableName = Field(description="Its name.")
    dataset: Name = Field(description="A dataset of the lake whose gold has `snapshots`.")


class Dimension(ContractModel):
    """A dimension: one row a key; with ``history``, one row a version of a key."""

    table: TableName = Field(description="Its name.")
    stage: TableName = Field(description="The staging table that it is made from.")
    key: Name = Field(description="The column that is the key of the dataset.")
    surrogate: Name = Field(
        description="The surrogate key: a digest of the key, and of the time from which a version "
        "counts. It is the same after any load, and in any warehouse."
    )
    history: list[Name] = Field(
        default_factory=list,
        description="Columns whose changes begin a new version (type 2). Without them there is one "
        "row a key, the latest (type 1).",
    )
    effective: Name = Field(
        default=INGEST_TS,
        description="With `history`, when a row's values began to count: a required timestamp of "
        "the dataset, or when the row's file arrived in the lake. Never the time of the load.",
    )
    columns: list[Name] = Field(
        default_factory=list,
        description="Columns of the table besides the key, of the dataset's own. None: all of "
        "these.",
    )

    @model_validator(mode="after")
    def _history_is_kept(self) -> Self:
        if self.effective != INGEST_TS and not self.history:
            raise ValueError(
                f"dimension {self.table}: `effective` says when versions begin, and there are none "
                "without `history`"
            )
        if self.columns and (lost := sorted(set(self.history) - set(self.columns))):
            raise ValueError(
                f"dimension {self.table}: {lost} of `history` must stand in `columns` too"
            )
        return self


class DimensionLink(ContractModel):
    """A fact's way to a dimension: to the version that counted at the fact's time."""

    table: TableName = Field(description="The dimension.")
    on: Name = Field(description="The fact's column with the dimension's key.")
    name: Name | None = Field(
        default=None,
        description="The fact's column with the surrogate key; that of the dimension if not told.",
    )


class Fact(ContractModel):
    """A fact table: one row a key, whatever dates and files it came in."""

    table: TableName = Field(description="Its name.")
    stage: TableName = Field(description="The staging table that it is made from.")
    key: Name = Field(description="The column that is the key of the dataset.")
    at: Name = Field(description="When it happened: a required timestamp of the dataset.")
    dimensions: list[DimensionLink] = Field(
        default_factory=list, description="Those that it leads to."
    )
    columns: list[Name] = Field(
        default_factory=list,
        description="Columns of the table besides the key, `at`, and those that lead to "
        "dimensions. None: all that gold has.",
    )


class Warehouse(ContractModel):
    """Staging tables, dimensions and facts, in one database."""

    database: TableName = Field(description="Where all tables are.")
    staging_schema: TableName = Field(
        default="STAGING", description="Where staging tables and the loader's own are."
    )
    star_schema: TableName = Field(default="DW", description="Where dimensions and facts are.")
    stages: list[Stage] = Field(min_length=1, description="Staging tables, one a dataset.")
    dimensions: list[Dimension] = Field(
        default_factory=list, description="Made from staging tables."
    )
    facts: list[Fact] = Field(default_factory=list, description="Made from staging tables, too.")

    @model_validator(mode="after")
    def _tables_are_apart(self) -> Self:
        tables = [
            *(one.table for one in self.stages),
            *(one.table for one in self.dimensions),
            *(one.table for one in self.facts),
        ]
        if twice := sorted({name for name in tables if tables.count(name) > 1}):
            raise ValueError(f"warehouse: {twice} names two tables")
        if taken := sorted(set(tables) & set(OWN_TABLES)):
            raise ValueError(f"warehouse: {taken} is a table of the loader; take another name")
        if self.staging_schema == self.star_schema:
            raise ValueError("warehouse: staging_schema and star_schema must be two schemas")
        datasets = [one.dataset for one in self.stages]
        if len(set(datasets)) < len(datasets):
            raise ValueError("warehouse: a dataset has one staging table, not two")
        return self


def check_warehouse(warehouse: Warehouse, datasets: Sequence[Dataset]) -> None:
    """Make sure that every table can be made.

    Args:
        warehouse: the section.
        datasets: of the lake, with their lookups bound.

    Raises:
        ValueError: one cannot; the message names it.
    """
    named = {dataset.name: dataset for dataset in datasets}
    stages: dict[str, Dataset] = {}
    for stage in warehouse.stages:
        where = f"warehouse: {stage.table}"
        stages[stage.table] = found = _found(where, "dataset", stage.dataset, named)
        if not found.gold.snapshots:
            raise ValueError(
                f"{where}: the gold of {found.name} is replaced in place, so that a load could "
                "read half of it; give it `gold.snapshots: true`"
            )
        if clash := sorted(gold_columns(found).keys() & set(OWN_FIELDS) - {*LINEAGE_COLUMNS}):
            raise ValueError(f"{where}: {clash} are columns of the loader's own; rename them")
    for dimension in warehouse.dimensions:
        _check_dimension(dimension, stages)
    dimensions = {one.table: one for one in warehouse.dimensions}
    for fact in warehouse.facts:
        _check_fact(fact, stages, dimensions)


def gold_columns(dataset: Dataset) -> dict[str, Column]:
    """What gold has of a dataset: its own columns, and those that it looks up."""
    return {column.name: column for column in [*dataset.columns, *looked_up_columns(dataset)]}


def _check_dimension(dimension: Dimension, stages: Mapping[str, Dataset]) -> None:
    where = f"warehouse: {dimension.table}"
    dataset = _found(where, "staging table", dimension.stage, stages)
    columns = gold_columns(dataset)
    _check_key(where, dimension.key, dataset)
    _refuse_unknown(where, dimension.columns, columns)
    _refuse_twice(where, [dimension.key, *dimension.columns])
    own = {column.name for column in dataset.columns}
    for field in ("history", "columns"):
        if foreign := sorted(set(getattr(dimension, field)) - own):
            raise ValueError(
                f"{where}: {field} names {foreign}, which {dataset.name} does not have itself: "
                "what is looked up changes at a time that its rows do not know"
            )
    if dimension.key in dimension.history:
        raise ValueError(f"{where}: history names the key, which never changes")
    _check_time(where, "effective", dimension.effective, dataset)
    _check_free(where, dimension.surrogate, columns)


def _check_fact(
    fact: Fact, stages: Mapping[str, Dataset], dimensions: Mapping[str, Dimension]
) -> None:
    where = f"warehouse: {fact.table}"
    dataset = _found(where, "staging table", fact.stage, stages)
    columns = gold_columns(dataset)
    _check_key(where, fact.key, dataset)
    _check_time(where, "at", fact.at, dataset)
    _refuse_unknown(where, fact.columns, columns)
    _refuse_twice(where, [fact.key, *fact.columns])
    names = []
    for link in fact.dimensions:
        dimension = _found(where, "dimension", link.table, dimensions)
        there = gold_columns(stages[dimension.stage])[dimension.key]
        _refuse_unknown(where, [link.on], columns)
        if columns[link.on].type is not there.type:
            raise ValueError(
                f"{where}: {link.on} is {columns[link.on].type} and {dimension.table}'s "
                f"{dimension.key} is {there.type}; they could never be equal"
            )
        names.append(link.name or dimension.surrogate)
        _check_free(where, names[-1], columns)
    if len(set(names)) < len(names):
        raise ValueError(
            f"{where}: two dimensions have the same column for their surrogate key; give one a "
            "`name`"
        )


def _check_key(where: str, key: str, dataset: Dataset) -> None:
    if dataset.key != [key]:
        raise ValueError(
            f"{where}: the key is {key}, and that of {dataset.name} is {', '.join(dataset.key)}; "
            "with another one, rows would be lost"
        )
    if dataset.column(key).type not in (ColumnType.STRING, ColumnType.INTEGER):
        raise ValueError(f"{where}: the key {key} must be a string or an integer")


def _check_time(where: str, field: str, name: str, dataset: Dataset) -> None:
    if name == INGEST_TS:
        return
    found = next((one for one in dataset.columns if one.name == name), None)
    # A date will do, too: its versions begin at midnight.
    if found is None or not found.required or found.type.value not in ("timestamp", "date"):
        raise ValueError(
            f"{where}: {field} is {name}, which is no required timestamp of {dataset.name}; take "
            f"one, or {INGEST_TS}"
        )


def _check_free(where: str, name: str, columns: Mapping[str, Column]) -> None:
    if name in columns or name in OWN_FIELDS:
        raise ValueError(f"{where}: there is a column {name} already; name the surrogate otherwise")


def _refuse_twice(where: str, names: Sequence[str]) -> None:
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"{where}: {twice} would be a column twice")


def _refuse_unknown(where: str, names: Iterable[str], known: Mapping[str, Column]) -> None:
    if unknown := sorted(set(names) - known.keys()):
        raise ValueError(f"{where}: gold has no column {unknown}; it has {', '.join(known)}")


def _found(where: str, what: str, name: str, known: Mapping[str, Item]) -> Item:
    if name not in known:
        raise ValueError(f"{where}: there is no {what} {name!r}; there are {', '.join(known)}")
    return known[name]
