"""By which date the rows of a dataset are partitioned."""

from datetime import date
from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from lake_assets.contracts.model import ContractModel, Name


class PartitionBy(StrEnum):
    """Whose date a row's partition is."""

    EVENT = "event"  # that of a column of the row
    ARRIVAL = "arrival"  # that of the file that the row came in


class Partitioning(ContractModel):
    """Rows are partitioned by the date of ``column``, or by the date (UTC) their file arrived.

    Event dates outside the range are rejected. An arrival is a fact: none is rejected.
    """

    by: PartitionBy = Field(
        default=PartitionBy.EVENT,
        description="`event`: the date of `column`. `arrival`: the date (UTC) on which the row's "
        "file arrived; then there is no `column`.",
    )
    column: Name | None = Field(
        default=None,
        description="A required timestamp or date column; only where rows go `by: event`.",
    )
    start: date
    max_days_ahead: int = Field(default=1, ge=0, description="Days after the arrival, at most.")

    @model_validator(mode="after")
    def _says_what_it_needs(self) -> Self:
        if self.by is PartitionBy.EVENT and self.column is None:
            raise ValueError(
                "`partition` needs the `column` whose date counts; or say `by: arrival`, if the "
                "date counts on which a row's file arrived"
            )
        if self.by is PartitionBy.ARRIVAL:
            unused = [name for name in ("column", "max_days_ahead") if self._is_set(name)]
            if unused:
                raise ValueError(
                    f"`partition` goes `by: arrival`, where {' and '.join(unused)} would mean "
                    "nothing; drop that, or say `by: event`"
                )
        return self

    def _is_set(self, name: str) -> bool:
        return bool(getattr(self, name) != type(self).model_fields[name].default)

    @property
    def days_ahead(self) -> int:
        """Days after today that a partition may have."""
        return self.max_days_ahead if self.by is PartitionBy.EVENT else 0
