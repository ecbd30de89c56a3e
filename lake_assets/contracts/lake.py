"""A lake: one bucket or directory, the datasets in it, and how arrivals are taken in."""

from collections.abc import Sequence
from datetime import date
from typing import Self

from pydantic import Field, field_validator, model_validator

from lake_assets.contracts.alerts import Alerts
from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.engine import EngineChoice
from lake_assets.contracts.lookups import bind_lookups, unbound
from lake_assets.contracts.model import ContractModel, Name
from lake_assets.contracts.partitioning import PartitionBy
from lake_assets.contracts.quality_types import check_reference
from lake_assets.contracts.warehouse import Warehouse, check_warehouse
from lake_assets.contracts.zones import Unknown, check_nested, check_unknown

QUEUE_URL = r"^https?://[^/\s]+/\S+$"


class Intake(ContractModel):
    """How much one run takes, and how often the arrival sensor looks."""

    max_files: int = Field(default=2_000, ge=1, description="Files a batch, at most.")
    max_mb: int = Field(default=20_480, ge=1, description="Megabytes a batch, at most.")
    settle_seconds: float = Field(
        default=2.0,
        ge=0,
        description="A file must be this old: on a disk, it may still be being written.",
    )
    interval_seconds: int = Field(
        default=4,
        ge=1,
        description="Pause between two looks. Dagster looks every five seconds at most.",
    )
    queue_url: str | None = Field(
        default=None,
        pattern=QUEUE_URL,
        description="The SQS queue that gets S3's events of this lake, and of no other: then files "
        "are taken when S3 tells of them. `LAKE_<NAME>_QUEUE_URL` wins.",
    )
    reconcile_seconds: int = Field(
        default=60,
        ge=1,
        description="With a queue, pause between two looks at the listing, which finds what no "
        "event told of. `interval_seconds` is then the pause between two looks into the queue.",
    )
    abandoned_hours: float = Field(
        default=48,
        gt=0,
        description="Staged writes that no commit names are aborted when they are this old.",
    )
    stuck_minutes: float = Field(
        default=60,
        gt=0,
        description="A file in raw/ or validated/, or a date whose gold is not made, is stuck when "
        "it has waited so long; the check `nothing_stuck` then fails.",
    )
    standing_check_cron: str = Field(
        default="17 * * * *",
        pattern=r"^\S+( \S+){4}$",
        description="When the checks `nothing_stuck` and `nothing_left_failed` are evaluated: five "
        "fields of cron, in UTC.",
    )
    task_mb: int = Field(default=32, ge=1, description="Input that one task reads, about.")


class Lake(ContractModel):
    """The attributes of a lake's ``defs.yaml``."""

    lake: Name
    description: str = ""
    owners: list[str] = Field(default_factory=list)
    uri: str | None = Field(
        default=None,
        description="file:///dir or s3://bucket[/prefix]; settings of the environment win.",
    )
    arrivals_start: date = Field(description="First arrival partition.")
    intake: Intake = Intake()
    engine: EngineChoice = Field(default=EngineChoice(), description="Where jobs run.")
    alerts: Alerts = Field(
        default=Alerts(), description="Who is told when something is wrong, of what, how often."
    )
    unknown: Unknown | None = Field(
        default=None,
        description="What happens to files that are dropped where no dataset takes any. Without "
        "it they stay where they are.",
    )
    datasets: list[Dataset] = Field(min_length=1)
    warehouse: Warehouse | None = Field(
        default=None, description="Tables that a warehouse makes from published snapshots."
    )

    @field_validator("datasets")
    @classmethod
    def _belong_to_no_other_lake(cls, datasets: list[Dataset]) -> list[Dataset]:
        return [unbound(dataset) for dataset in datasets]

    @model_validator(mode="after")
    def _datasets_are_apart(self) -> Self:
        names = [dataset.name for dataset in self.datasets]
        if len(set(names)) < len(names):
            raise ValueError(f"lake {self.lake!r} names two datasets alike")
        _check_zones(self.lake, self.datasets)
        for route in self.alerts.routes:
            known = {*names, self.unknown.name} if self.unknown else set(names)
            if unknown := sorted(set(route.datasets) - known):
                raise ValueError(
                    f"lake {self.lake!r}: the route {route.name!r} is for {unknown}, which is no "
                    f"dataset here; the datasets are {names}"
                )
        return self

    @model_validator(mode="after")
    def _zones_are_apart(self) -> Self:
        check_nested(
            (f"{zone} of {dataset.name}", prefix)
            for dataset in self.datasets
            for zone, prefix in dataset.zones.prefixes.items()
        )
        if self.unknown:
            check_unknown(self.unknown, {one.name: one.zones for one in self.datasets})
        return self

    @model_validator(mode="after")
    def _arrivals_have_partitions(self) -> Self:
        for dataset in self.datasets:
            partition = dataset.partition
            if partition.by is PartitionBy.ARRIVAL and partition.start > self.arrivals_start:
                raise ValueError(
                    f"dataset {dataset.name!r}: partition.start is {partition.start}, and files "
                    f"may arrive since {self.arrivals_start} (arrivals_start): their rows would "
                    "have no partition. Let it start then, or earlier"
                )
        return self

    @model_validator(mode="after")
    def _references_lead_somewhere(self) -> Self:
        named = {dataset.name: dataset for dataset in self.datasets}
        for dataset in self.datasets:
            for reference in dataset.quality.references:
                if reference.to.dataset not in named:
                    raise ValueError(
                        f"dataset {dataset.name!r}: quality.references: there is no dataset "
                        f"{reference.to.dataset!r} in this lake; it has {', '.join(named)}"
                    )
                target = named[reference.to.dataset]
                try:
                    check_reference(reference, dataset.columns, target.columns)
                except ValueError as error:
                    raise ValueError(f"dataset {dataset.name!r}: {error}") from error
        return self

    @model_validator(mode="after")
    def _lookups_can_be_done(self) -> Self:
        bind_lookups(self.datasets)
        return self

    @model_validator(mode="after")
    def _warehouse_can_be_made(self) -> Self:
        if self.warehouse:
            check_warehouse(self.warehouse, self.datasets)
        return self

    def dataset(self, name: str) -> Dataset:
        """The dataset of that name.

        Raises:
            KeyError: there is none.
        """
        for dataset in self.datasets:
            if dataset.name == name:
                return dataset
        raise KeyError(name)


def _check_zones(lake: str, datasets: Sequence[Dataset]) -> None:
    """Zones are apart; the gold zone may be shared, if the tables in it are."""
    prefixes = [
        prefix + (f"{dataset.gold.table}/" if zone == "gold" else "")
        for dataset in datasets
        for zone, prefix in dataset.zones.prefixes.items()
    ]
    if len(set(prefixes)) < len(prefixes):
        raise ValueError(
            f"lake {lake!r}: two datasets share a zone; give each its own. Only a gold zone "
            "may be shared, by tables of other names"
        )
    golds = {dataset.zones.gold for dataset in datasets}
    if clash := sorted(golds.intersection(prefixes)):
        raise ValueError(
            f"lake {lake!r}: {clash[0]!r} is the gold zone of one dataset and another zone of "
            "another; keep them apart"
        )
