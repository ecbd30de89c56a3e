"""A column of a dataset: its names, its type, and how its text is read."""

from enum import StrEnum
from typing import Self

from pydantic import Field, field_validator, model_validator

from lake_assets.contracts.model import ContractModel, Name
from lake_assets.contracts.pattern import check_apart, parse_pattern


class ColumnType(StrEnum):
    """The types a contract may use; what they are in Arrow is in ``kernels.types``."""

    STRING = "string"
    INTEGER = "integer"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"
    TIMESTAMP = "timestamp"


class Column(ContractModel):
    """One column.

    ``required`` means two things: the header must have it, and every row must fill it.
    """

    name: Name
    type: ColumnType = ColumnType.STRING
    required: bool = False
    description: str = ""
    aliases: list[Name] = Field(
        default_factory=list,
        description="Other headers for this column, as they read once normalised.",
    )
    formats: list[str] = Field(
        default_factory=list,
        description="Timestamp patterns, tried as a set: two readings make a value ambiguous.",
    )
    precision: int = Field(default=18, ge=1, le=38)
    scale: int = Field(default=2, ge=0, le=18)

    @field_validator("formats")
    @classmethod
    def _patterns_have_a_meaning(cls, formats: list[str]) -> list[str]:
        for text in formats:
            parse_pattern(text)
        check_apart(formats)
        return formats

    @model_validator(mode="after")
    def _formats_belong_to_timestamps(self) -> Self:
        if (self.type is ColumnType.TIMESTAMP) != bool(self.formats):
            raise ValueError(
                f"column {self.name!r}: `formats` is for type timestamp, which needs at least one"
            )
        if self.scale > self.precision:
            raise ValueError(f"column {self.name!r}: scale is larger than precision")
        return self
