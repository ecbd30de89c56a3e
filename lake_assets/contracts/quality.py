"""What the asset checks of a dataset allow: limits with two levels, and what rows should be like.

Rules reject rows; these do not. They say when somebody has to be told.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, field_validator, model_validator

from lake_assets.contracts.model import ContractModel, Name

Share = Annotated[float, Field(ge=0, le=1)]


class Limit(ContractModel):
    """How large a share of the rows may be, with two levels: `{warn: 0.02, fail: 0.05}`.

    A share that is not above a level keeps it. A failure shows red in Dagster, and a warning
    yellow; neither stops a run.
    """

    warn: Share | None = Field(default=None, description="Above this share the check warns.")
    fail: Share | None = Field(default=None, description="Above this share the check fails.")

    @model_validator(mode="after")
    def _warning_comes_first(self) -> Self:
        if self.warn is None and self.fail is None:
            raise ValueError("a limit needs `warn`, `fail`, or both: {warn: 0.02, fail: 0.05}")
        if self.warn is not None and self.fail is not None and self.warn > self.fail:
            raise ValueError(
                f"warn {self.warn} is above fail {self.fail}, so that it never warns; swap them"
            )
        return self


def _bare(level: str) -> Callable[[Any], Any]:
    """What a number by itself means."""

    def read(value: Any) -> Any:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return {level: value} if is_number else value

    return read


FailLimit = Annotated[Limit, BeforeValidator(_bare("fail"), json_schema_input_type=Share | Limit)]
"""A limit of which a bare number is ``fail``."""
WarnLimit = Annotated[Limit, BeforeValidator(_bare("warn"), json_schema_input_type=Share | Limit)]
"""A limit of which a bare number is ``warn``."""


class Tolerated(ContractModel):
    """What some rows may break."""

    max_share: WarnLimit = Field(
        default=Limit(warn=0),
        description="Share of a date's gold rows that may break it. A bare number warns.",
    )


class Accepted(Tolerated):
    """The values that a column may have; null is none of them, and allowed here."""

    values: list[str | int | float] = Field(
        min_length=1, description="Compared exactly, upper and lower case told apart."
    )


class Range(Tolerated):
    """The values between which those of a number, timestamp or date column are; null is allowed."""

    minimum: int | float | datetime | None = Field(
        default=None, description="The smallest value that is fine; a timestamp without offset "
        "is UTC."
    )  # fmt: skip
    maximum: int | float | datetime | None = Field(
        default=None, description="The largest value that is fine."
    )

    @field_validator("minimum", "maximum")
    @classmethod
    def _in_utc(cls, bound: float | datetime | None) -> float | datetime | None:
        if isinstance(bound, datetime) and bound.tzinfo:
            return bound.astimezone(UTC).replace(tzinfo=None)
        return bound

    @model_validator(mode="after")
    def _has_an_inside(self) -> Self:
        if self.minimum is None and self.maximum is None:
            raise ValueError("a range needs `minimum`, `maximum`, or both")
        if self.minimum is not None and self.maximum is not None:
            are_dates = {isinstance(self.minimum, datetime), isinstance(self.maximum, datetime)}
            if len(are_dates) > 1:
                raise ValueError(
                    f"minimum {self.minimum} and maximum {self.maximum} are a date and a number"
                )
            if self.minimum > self.maximum:  # type: ignore[operator]
                raise ValueError(f"minimum {self.minimum} is above maximum {self.maximum}")
        return self


class Unique(Tolerated):
    """Columns that no two rows of a date may share, besides the key. Null equals nothing."""

    columns: list[Name] = Field(min_length=1, description="Taken together.")


class Target(ContractModel):
    """The columns of another dataset's gold that hold what is referred to."""

    dataset: Name = Field(description="A dataset of the same lake.")
    columns: list[Name] = Field(min_length=1, description="In the order of those that refer.")


class Reference(Tolerated):
    """Columns whose values have to be in another dataset's gold. A row with a null refers to none.

    The table is all of it: the keys of every date, as they are when the check runs.
    """

    columns: list[Name] = Field(min_length=1, description="Taken together.")
    to: Target = Field(description="Where their values have to be.")


class Volume(ContractModel):
    """How many gold rows a date should have: about as many as the same weekday had before.

    The usual is the median of the weeks before; a change counts if it is above a level, and above
    three times the spread that those weeks had among themselves (the median absolute deviation,
    scaled to a standard deviation). A date that is not over yet is not judged.
    """

    weeks: int = Field(default=6, ge=1, le=52, description="The weeks before that are looked at.")
    least: int = Field(
        default=3, ge=1, description="With fewer of those dates in gold, the check passes."
    )
    warn: float | None = Field(
        default=0.5,
        ge=0,
        description="Above this change, as a share of the usual rows, the check warns.",
    )
    fail: float | None = Field(default=None, ge=0, description="Above this one it fails.")

    @model_validator(mode="after")
    def _can_be_judged(self) -> Self:
        if self.least > self.weeks:
            raise ValueError(f"least {self.least} dates cannot be found in {self.weeks} weeks")
        if self.warn is not None and self.fail is not None and self.warn > self.fail:
            raise ValueError(f"warn {self.warn} is above fail {self.fail}; swap them")
        return self


class Freshness(ContractModel):
    """How old the last ingested file, and the last gold, may get."""

    warn_hours: float | None = Field(
        default=None, ge=0.1, description="After so many hours Dagster shows a warning."
    )
    fail_hours: float = Field(
        ge=0.1, description="After so many hours Dagster shows the assets as failing."
    )

    @model_validator(mode="after")
    def _warning_comes_first(self) -> Self:
        if self.warn_hours is not None and self.warn_hours >= self.fail_hours:
            raise ValueError(
                f"warn_hours {self.warn_hours} has to be below fail_hours {self.fail_hours}"
            )
        return self


class Quality(ContractModel):
    """What the asset checks of each partition allow. Shares are from 0 to 1."""

    max_reject_rate: FailLimit = Field(
        default=Limit(fail=0.05),
        description="Rejected rows as a share of the rows of an arrival run. A bare number fails.",
    )
    max_duplicate_rate: WarnLimit = Field(
        default=Limit(warn=0.10),
        description="Superseded rows as a share of the rows of a date. A bare number warns.",
    )
    max_null_rate: dict[Name, WarnLimit] = Field(
        default_factory=dict,
        description="Column -> nulls as a share of a date's gold rows. A bare number warns. "
        "Without an entry: any for an optional column; for a required one, a single null fails.",
    )
    accepted: dict[Name, Accepted] = Field(
        default_factory=dict, description="Column -> the values that it may have."
    )
    ranges: dict[Name, Range] = Field(
        default_factory=dict, description="Column -> its smallest and largest value."
    )
    unique: list[Unique] = Field(
        default_factory=list, description="Columns that are unique within a date, besides the key."
    )
    references: list[Reference] = Field(
        default_factory=list, description="Columns whose values are in another dataset's gold."
    )
    volume: Volume | None = Field(
        default=Volume(), description="How many rows a date should have; `null` leaves that open."
    )
    freshness: Freshness | None = Field(
        default=None, description="How often files should come; without it, nobody is told."
    )

    def columns(self) -> dict[str, set[str]]:
        """Where in the contract -> the columns of the dataset that are named there."""
        return {
            "quality.max_null_rate": set(self.max_null_rate),
            "quality.accepted": set(self.accepted),
            "quality.ranges": set(self.ranges),
            "quality.unique": {name for each in self.unique for name in each.columns},
            "quality.references": {name for each in self.references for name in each.columns},
        }
