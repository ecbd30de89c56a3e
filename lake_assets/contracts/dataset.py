"""A dataset: the contract of one kind of file and of the table made from it."""

import codecs
import re
from datetime import date
from enum import StrEnum
from typing import Self

from pydantic import Field, field_validator, model_validator

from lake_assets.contracts.alerts import Runbook
from lake_assets.contracts.column import Column, ColumnType
from lake_assets.contracts.engine import EngineChoice
from lake_assets.contracts.gold import Gold as Gold
from lake_assets.contracts.model import ContractModel, Name
from lake_assets.contracts.quality import Quality
from lake_assets.contracts.quality_types import check_values
from lake_assets.contracts.regex import check_regex
from lake_assets.contracts.rule import Rule, columns_of
from lake_assets.contracts.types import check_condition, types_of

LINEAGE_COLUMNS = ("source_file", "line_number", "ingest_run_id", "ingest_ts", "contract_version")
"""Columns that every processed and gold row carries besides the contract's own."""

OWN_COLUMNS = {*LINEAGE_COLUMNS, "row_hash", "raw_row", "date", "reject_reason", "reject_reasons"}
"""Names that a contract's column cannot have."""

DATE_IN_RANGE = "BUSINESS_LOGIC_FAIL:event_date_in_range"
"""The reject reason of a date outside the range of :class:`Partitioning`."""


DETECT = "detect"
"""Among the encodings: whatever the bytes look most like."""


class Versions(StrEnum):
    """What another file of a name that was ingested before means.

    ``append``: its rows come to those of the earlier file, and gold's key decides.
    ``supersede``: gold takes the latest file of a name, and none of the earlier ones' rows.
    """

    APPEND = "append"
    SUPERSEDE = "supersede"


class Undecodable(StrEnum):
    """What bytes that are not in the file's encoding cost."""

    REJECT = "reject"  # the row that they stand in
    REFUSE = "refuse"  # the whole file


class CsvFormat(ContractModel):
    """How the files are written, and the limits that keep a bad one from doing harm."""

    delimiters: list[str] = Field(default=[",", ";", "\t", "|"], min_length=1)
    encodings: list[str] = Field(
        default=["utf-8", DETECT],
        min_length=1,
        description="Tried in order on a file without a byte order mark. `detect` is what the "
        "bytes look most like.",
    )
    undecodable: Undecodable = Field(
        default=Undecodable.REJECT,
        description="Bytes that are not in the file's encoding `reject` their row, or `refuse` "
        "the whole file.",
    )
    preamble_lines: int = Field(
        default=0,
        ge=0,
        le=1000,
        description="Up to so many lines before the header may be text that is no header.",
    )
    totals: str | None = Field(
        default=None,
        description="A regular expression. Records at the very end of a file that match it are "
        "totals, skipped and counted as skipped.",
    )
    nulls: list[str] = Field(
        default=["", "-", "n/a", "na", "null", "none", "nan"],
        description="Cells that mean 'no value', compared trimmed and in lower case.",
    )
    max_record_lines: int = Field(default=50, ge=1, description="Lines one record may span.")
    max_file_mb: int = Field(default=10_240, ge=1, description="A larger file is refused.")
    max_expanded_mb: int = Field(
        default=10_240, ge=1, description="A compressed file that expands to more is refused."
    )
    max_expansion_ratio: int = Field(
        default=200,
        ge=1,
        description="A compressed file that expands to more than so many times its size is "
        "refused. Its first 16 MB are free.",
    )
    max_line_kb: int = Field(
        default=2048, ge=1, description="A file with a longer physical line is refused."
    )
    max_field_kb: int = Field(default=1024, ge=1, description="How long one cell may be.")
    max_columns: int = Field(
        default=16_384, ge=1, description="How many cells a header may have; Excel has so many."
    )

    @field_validator("delimiters")
    @classmethod
    def _delimiters_can_divide(cls, delimiters: list[str]) -> list[str]:
        for text in delimiters:
            if len(text) != 1 or not text.isascii() or text.isalnum() or text in '"\r\n\0':
                raise ValueError(
                    f"delimiter {text!r} must be one ASCII sign: no letter, digit, quote, line end"
                )
        if len(set(delimiters)) < len(delimiters):
            raise ValueError(f"delimiters {delimiters} name one twice; drop it")
        return delimiters

    @field_validator("encodings")
    @classmethod
    def _encodings_are_known(cls, encodings: list[str]) -> list[str]:
        for name in encodings:
            if name == DETECT:
                continue
            try:
                "a".encode(name)
            except LookupError as error:
                raise ValueError(
                    f"{error}; use a name such as utf-8 or windows-1252, or {DETECT}"
                ) from error
        known = [name if name == DETECT else codecs.lookup(name).name for name in encodings]
        if len(set(known)) < len(known):
            raise ValueError(f"encodings {encodings} name one twice; drop it")
        return encodings

    @field_validator("totals")
    @classmethod
    def _totals_can_be_found(cls, pattern: str | None) -> str | None:
        if pattern is not None:
            check_regex(pattern)
            if re.search(pattern, ""):
                raise ValueError(
                    f"totals {pattern!r} matches every record, even an empty one; say more of what "
                    "a total looks like"
                )
        return pattern


class Partitioning(ContractModel):
    """Rows are partitioned by the date of ``column``; dates outside the range are rejected."""

    column: Name
    start: date
    max_days_ahead: int = Field(default=1, ge=0, description="Days after the arrival, at most.")


class Zones(ContractModel):
    """Key prefixes of the zones below the lake's URI, each ending in ``/``."""

    raw: str = "raw/"
    validated: str = "validated/"
    rejected_system: str = "rejected/system/"
    rejected_rows: str = "rejected/data_quality/"
    processed: str = "processed/"
    gold: str = "gold/"
    archive: str = "archive/validated/"
    ledger: str = "audit/ingest/"
    content: str = "audit/content/"
    versions: str = "audit/versions/"
    restating: str = "audit/restating/"
    superseded: str = "audit/superseded/"
    gold_audit: str = "audit/gold_compaction/"

    @model_validator(mode="after")
    def _prefixes_are_apart(self) -> Self:
        prefixes = list(dict(self).values())
        for prefix in prefixes:
            if not prefix.endswith("/") or prefix.startswith("/") or ".." in prefix:
                raise ValueError(f"zone {prefix!r} must be a relative prefix that ends in '/'")
        for one in prefixes:
            if sum(other.startswith(one) for other in prefixes) > 1:
                raise ValueError(f"zone {one!r} is, or contains, another zone; keep them apart")
        return self


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
    format: CsvFormat = CsvFormat()
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
            if column.type is ColumnType.TIMESTAMP
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
            "partition.column": {self.partition.column},
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
        column = self.column(self.partition.column)
        if column.type is not ColumnType.TIMESTAMP or not column.required:
            raise ValueError(
                f"dataset {self.name!r}: partition.column must be a required timestamp column"
            )
        return self

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
