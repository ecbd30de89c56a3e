"""A dataset: the contract of one kind of file and of the table made from it."""

from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from lake_assets.contracts.alerts import Runbook
from lake_assets.contracts.column import TIMES, Column
from lake_assets.contracts.engine import EngineChoice
from lake_assets.contracts.format import CsvFormat, Format
from lake_assets.contracts.gold import Gold as Gold
from lake_assets.contracts.model import ContractModel, Name
from lake_assets.contracts.partitioning import PartitionBy, Partitioning
from lake_assets.contracts.quality import Quality
from lake_assets.contracts.quality_types import check_values
from lake_assets.contracts.rule import Rule, columns_of
from lake_assets.contracts.types import check_condition, types_of
from lake_assets.contracts.zones import Zones

LINEAGE_COLUMNS = ("source_file", "line_number", "ingest_run_id", "ingest_ts", "contract_version")
"""Columns that every processed and gold row carries besides the contract's own."""

OWN_COLUMNS = {*LINEAGE_COLUMNS, "row_hash", "raw_row", "date", "reject_reason", "reject_reasons"}
"""Names that a contract's column cannot have."""

DATE_IN_RANGE = "BUSINESS_LOGIC_FAIL:event_date_in_range"
"""The reject reason of an event date outside the range of :class:`Partitioning`."""


class Versions(StrEnum):
    """What another file of a name that was ingested before means.

    ``append``: its rows come to those of the earlier file, and gold's key decides.
    ``supersede``: gold takes the latest file of a name, and none of the earlier ones' rows.
    """

    APPEND = "append"
    SUPERSEDE = "supersede"


class Dataset(ContractModel):
    """The contract of one dataset."""

    name: Name
    description: str = ""
    contract_version: str = "1"
    versions: Versions = Field(
        default=Versions.APPEND,
        description="Another file of a name that was ingested before: "
        "append (gold's key decides) or supersede (the earlier file's rows leave gold).",
    )
    format: Format = CsvFormat()
    zones: Zones = Zones()
    columns: list[Column] = Field(min_length=1)
    rules: list[Rule] = Field(default_factory=list)
    key: list[Name] = Field(min_length=1, description="The columns that identify a gold row.")
    partition: Partitioning
    gold: Gold
    quality: Quality = Quality()
    engine: EngineChoice | None = Field(
        default=None, description="Where jobs run, if it is not where those of the lake do."
    )
    late_after_days: int | None = Field(
        default=None,
        ge=0,
        description="Rows that arrive more than so many days after their event date are told as "
        "late data. Without it, none are.",
    )
    runbook: Runbook = Field(
        default_factory=dict,
        description="Kind of alert -> what to do, in place of the lake's own line.",
    )

    @model_validator(mode="after")
    def _names_refer_to_columns(self) -> Self:
        names = [column.name for column in self.columns]
        known = set(names)
        if len(known) < len(names):
            raise ValueError(f"dataset {self.name!r} declares a column twice")
        taken = OWN_COLUMNS | {
            f"{column.name}_{what}"
            for column in self.columns
            for what in ("raw", "parsed")
            if column.type in TIMES
        }
        if clash := known & taken:
            raise ValueError(f"dataset {self.name!r}: {sorted(clash)} are names of our own columns")
        headers = [name for column in self.columns for name in (column.name, *column.aliases)]
        if twice := sorted({name for name in headers if headers.count(name) > 1}):
            raise ValueError(
                f"dataset {self.name!r}: {twice} would name two columns; drop one alias"
            )
        uses = {
            "key": set(self.key),
            "partition.column": {name for name in [self.partition.column] if name},
            "gold.row_hash": set(self.gold.row_hash),
            **{f"gold.lookups of {one.dataset!r}": set(one.on) for one in self.gold.lookups},
            **self.quality.columns(),
            **{f"rule {r.name!r}": columns_of(r.expression) for r in self.rules},
            **{
                f"gold.audit_counts.{name}": columns_of(expression)
                for name, expression in self.gold.audit_counts.items()
            },
        }
        for where, used in uses.items():
            if unknown := sorted(used - known):
                raise ValueError(
                    f"dataset {self.name!r}: {where} names {unknown}, which is no column here; "
                    f"the columns are {names}"
                )
        rules = [rule.name for rule in self.rules]
        if len(set(rules)) < len(rules):
            raise ValueError(f"dataset {self.name!r} names two rules alike")
        if DATE_IN_RANGE in {f"{rule.reason}:{rule.name}" for rule in self.rules}:
            raise ValueError(
                f"dataset {self.name!r}: {DATE_IN_RANGE} is the reason for dates outside "
                "`partition`; name the rule otherwise"
            )
        types = types_of(self.columns)
        for rule in self.rules:
            try:
                check_condition(rule.expression, types)
            except ValueError as error:
                raise ValueError(f"dataset {self.name!r}: rule {rule.name!r}: {error}") from error
        for name, expression in self.gold.audit_counts.items():
            try:
                check_condition(expression, types)
            except ValueError as error:
                raise ValueError(
                    f"dataset {self.name!r}: gold.audit_counts.{name}: {error}"
                ) from error
        try:
            check_values(self.quality, self.columns)
        except ValueError as error:
            raise ValueError(f"dataset {self.name!r}: {error}") from error
        return self

    @model_validator(mode="after")
    def _rows_have_a_partition(self) -> Self:
        if self.partition.by is PartitionBy.ARRIVAL:
            if self.late_after_days is not None:
                raise ValueError(
                    f"dataset {self.name!r}: rows are partitioned by their arrival, so that none "
                    "is late; drop late_after_days"
                )
            return self
        column = self.column(self.partition.column or "")
        if column.type not in TIMES or not column.required:
            raise ValueError(
                f"dataset {self.name!r}: partition.column must be a required timestamp or date "
                "column"
            )
        return self

    @property
    def csv(self) -> CsvFormat:
        """The format of files that are CSV; for code that reads no others.

        Raises:
            TypeError: they are not.
        """
        if not isinstance(self.format, CsvFormat):
            raise TypeError(f"the files of dataset {self.name!r} are {self.format.type}, not csv")
        return self.format

    @model_validator(mode="after")
    def _looked_up_names_are_free(self) -> Self:
        new = [name for lookup in self.gold.lookups for name in lookup.columns]
        taken = {column.name for column in self.columns} | OWN_COLUMNS
        if clash := sorted({name for name in new if name in taken or new.count(name) > 1}):
            raise ValueError(
                f"dataset {self.name!r}: gold.lookups would make the columns {clash} twice; give "
                "them other names"
            )
        return self

    def column(self, name: str) -> Column:
        """The column of that name.

        Raises:
            KeyError: there is none.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)
