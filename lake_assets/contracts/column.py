"""A column of a dataset: its names, its type, and how its text is read."""

from enum import StrEnum
from functools import cache
from typing import Final, Self
from zoneinfo import available_timezones

from pydantic import Field, field_validator, model_validator

from lake_assets.contracts.model import ContractModel, Name
from lake_assets.contracts.pattern import check_apart, check_dates, parse_pattern


class ColumnType(StrEnum):
    """The types a contract may use; what they are in Arrow is in ``kernels.values.types``."""

    STRING = "string"
    INTEGER = "integer"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"
    TIMESTAMP = "timestamp"
    JSON = "json"  # an object or array, kept as text
    DATE = "date"


class DecimalMark(StrEnum):
    """What divides the whole part of a number from its decimals."""

    AUTO = "auto"  # what the texts of the column show; 1.234 is ambiguous if they show nothing
    POINT = "point"
    COMMA = "comma"


class Percent(StrEnum):
    """What ``12.5%`` is."""

    REJECT = "reject"  # no number
    FRACTION = "fraction"  # 0.125
    POINTS = "points"  # 12.5


class Fold(StrEnum):
    """What a local time is that the clocks showed twice, when they were put back."""

    REJECT = "reject"  # ambiguous
    EARLIER = "earlier"
    LATER = "later"


NUMBERS: Final = (ColumnType.INTEGER, ColumnType.DECIMAL)
TIMES: Final = (ColumnType.TIMESTAMP, ColumnType.DATE)
"""Read by ``formats``. Their texts are kept beside them in rejects."""
OPTIONS: Final = {
    "formats": TIMES,
    "timezone": (ColumnType.TIMESTAMP,),
    "fold": (ColumnType.TIMESTAMP,),
    "precision": (ColumnType.DECIMAL,),
    "scale": (ColumnType.DECIMAL,),
    "decimal_mark": NUMBERS,
    "percent": (ColumnType.DECIMAL,),
    "within_text": (ColumnType.DECIMAL,),
    "true_values": (ColumnType.BOOLEAN,),
    "false_values": (ColumnType.BOOLEAN,),
}
"""The types for which an option says anything."""


class Column(ContractModel):
    """One column.

    ``required`` means two things: the header must have it, and every row must fill it.
    """

    name: Name
    type: ColumnType = ColumnType.STRING
    required: bool = False
    description: str = ""
    personal: bool = Field(
        default=False,
        description="Says something of a person: its values are masked wherever samples of rows "
        "are shown, and never go into alerts.",
    )
    aliases: list[Name] = Field(
        default_factory=list,
        description="Other headers for this column, as they read once normalised, and its names "
        "in older versions of the contract.",
    )
    formats: list[str] = Field(
        default_factory=list,
        description="Patterns of a timestamp or a date, tried as a set: two readings make a value "
        "ambiguous.",
    )
    timezone: str = Field(
        default="UTC",
        description="IANA name of the time zone of texts without an offset: `Europe/Paris`.",
    )
    fold: Fold = Field(
        default=Fold.REJECT,
        description="Which of the two instants a local time is that the clocks showed twice; "
        "`reject` makes it ambiguous.",
    )
    precision: int = Field(default=18, ge=1, le=38)
    scale: int = Field(default=2, ge=0, le=18)
    decimal_mark: DecimalMark = Field(
        default=DecimalMark.AUTO,
        description="What divides whole part and decimals: `auto` takes it from the texts, and "
        "rejects 1.234 as ambiguous if they leave it open.",
    )
    percent: Percent = Field(
        default=Percent.REJECT,
        description="What `12.5%` is: 0.125 as a `fraction`, 12.5 in `points`, or no number.",
    )
    within_text: bool = Field(
        default=False,
        description="Take the amount out of words: `From $109.90`. Lenient: of several, the "
        "first that has a currency.",
    )
    true_values: list[str] = Field(
        default=["true", "t", "yes", "y", "on", "1"],
        min_length=1,
        description="Texts that mean true, in any case. Quote them in YAML.",
    )
    false_values: list[str] = Field(
        default=["false", "f", "no", "n", "off", "0"],
        min_length=1,
        description="Texts that mean false, likewise.",
    )

    @field_validator("formats")
    @classmethod
    def _patterns_have_a_meaning(cls, formats: list[str]) -> list[str]:
        for text in formats:
            parse_pattern(text)
        check_apart(formats)
        return formats

    @field_validator("timezone")
    @classmethod
    def _timezone_is_known(cls, name: str) -> str:
        if name not in _zones():
            raise ValueError(f"there is no time zone {name!r}; use an IANA name: Europe/Paris")
        return name

    @field_validator("true_values", "false_values")
    @classmethod
    def _words_are_as_cells_are_compared(cls, words: list[str]) -> list[str]:
        return list(dict.fromkeys(word.strip().lower() for word in words))

    @model_validator(mode="after")
    def _options_belong_to_the_type(self) -> Self:
        for option in OPTIONS:
            default = type(self).model_fields[option].get_default(call_default_factory=True)
            if self.type not in OPTIONS[option] and getattr(self, option) != default:
                types = " and ".join(OPTIONS[option])
                raise ValueError(
                    f"column {self.name!r}: `{option}` is for type {types}, not {self.type}"
                )
        return self

    @model_validator(mode="after")
    def _options_have_a_meaning(self) -> Self:
        if self.type in TIMES and not self.formats:
            raise ValueError(f"column {self.name!r}: a {self.type} needs at least one of `formats`")
        if self.type is ColumnType.DATE:
            try:
                check_dates(self.formats)
            except ValueError as error:
                raise ValueError(f"column {self.name!r}: {error}") from error
        if self.scale > self.precision:
            raise ValueError(f"column {self.name!r}: scale is larger than precision")
        if both := sorted(set(self.true_values) & set(self.false_values)):
            raise ValueError(f"column {self.name!r}: {both} would be both true and false")
        return self


@cache
def _zones() -> frozenset[str]:
    """IANA's names; not those that mean whatever this machine is set to."""
    return frozenset(available_timezones() - {"Factory", "localtime"})
