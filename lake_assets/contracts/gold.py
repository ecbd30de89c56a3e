"""The gold section of a contract: the analytics table, and what it takes from others."""

from typing import TYPE_CHECKING, Any

from pydantic import Field, PrivateAttr, field_validator, model_validator

from lake_assets.contracts.model import ContractModel, Name
from lake_assets.contracts.quality import Limit, WarnLimit
from lake_assets.contracts.rule import parse_expression

if TYPE_CHECKING:
    from lake_assets.contracts.dataset import Dataset


class Lookup(ContractModel):
    """Columns of another dataset's gold, found by its key: a left join that multiplies no row."""

    dataset: Name = Field(description="A dataset of the same lake whose gold has `carry`.")
    on: dict[Name, Name] = Field(
        min_length=1,
        description='Column here -> column of the other\'s key; all of that key. Write `"on":` in '
        "quotes: YAML takes a bare `on` for `true`, and so do `dg check` and some editors.",
    )
    columns: dict[Name, Name] = Field(
        min_length=1, description="New column here -> column there. Null where nothing is found."
    )
    max_missing: WarnLimit = Field(
        default=Limit(warn=0),
        description="Rows that find nothing, as a share of a date's gold rows. A bare number "
        "warns. A row with a null among the columns of `on` looks for nothing.",
    )

    _target: "Dataset | None" = PrivateAttr(default=None)

    @model_validator(mode="before")
    @classmethod
    def _on_is_a_word(cls, given: Any) -> Any:
        # YAML 1.1, which most Python programs read, takes a bare `on` for `true`.
        if isinstance(given, dict) and True in given and "on" not in given:
            return {"on" if key is True else key: value for key, value in given.items()}
        return given

    @property
    def target(self) -> "Dataset":
        """The dataset that is looked up, as the lake that was loaded has it.

        Raises:
            LookupError: the dataset stands alone, in no lake.
        """
        if self._target is None:
            raise LookupError(
                f"the lookup of {self.dataset!r} belongs to no lake; take its dataset out of a "
                "loaded `Lake`"
            )
        return self._target

    @property
    def is_bound(self) -> bool:
        """Whether a lake has told which dataset is meant."""
        return self._target is not None

    def bind(self, target: "Dataset") -> None:
        """Tell which dataset is meant; a lake does so when it is loaded."""
        self._target = target


class Gold(ContractModel):
    """The analytics table: one row a key, the latest arrival wins."""

    table: Name
    row_hash: list[Name] = Field(min_length=1, description="Columns of the md5, in order.")
    target_file_mb: int = Field(default=256, ge=1)
    one_task_mb: int = Field(
        default=512,
        ge=0,
        description="Processed Parquet of a date that one task compacts; engines of several "
        "machines spread a larger date. With `snapshots`, `carry` or `lookups`, a date is always "
        "one task.",
    )
    at_once_mb: int = Field(
        default=32,
        ge=0,
        description="Processed Parquet of the dates that a batch touched whose gold is made in the "
        "ingest run itself, so that no other run has to start; more is left to the automation. "
        "0: never.",
    )
    crawler_name: str | None = Field(
        default=None, description="Glue crawler to start when gold was written."
    )
    audit_counts: dict[Name, str] = Field(
        default_factory=dict,
        description="Name -> expression; metrics.json counts the gold rows for which it is true.",
    )
    snapshots: bool = Field(
        default=False,
        description="Each compaction that yields something new writes a snapshot of the date, "
        "`date=.../snapshot=<number>-<id>/`, with a manifest, and none is ever changed. Without "
        "it, a date's files are replaced in place.",
    )
    carry: bool = Field(
        default=False,
        description="The table of a date holds the latest row of each key up to that date: those "
        "of the last table before it go on. Dates are then made in order.",
    )
    lookups: list[Lookup] = Field(
        default_factory=list,
        description="Columns that gold takes from other datasets, behind the contract's own.",
    )

    @property
    def has_options(self) -> bool:
        """Whether a date is more than its own rows, replaced in place: then it is one task."""
        return self.snapshots or self.carry or bool(self.lookups)

    @field_validator("audit_counts")
    @classmethod
    def _can_be_evaluated(cls, counts: dict[str, str]) -> dict[str, str]:
        for expression in counts.values():
            parse_expression(expression)
        return counts
