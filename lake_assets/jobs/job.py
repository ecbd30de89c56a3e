"""A job: one step of the pipeline over a dataset, as data that can be sent to where it runs.

The contract travels with the job: what is read there is judged by the very contract that the
sender has, whatever version of it is installed.
"""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from lake_assets import __version__
from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.lake import Lake


class Step(BaseModel):
    """What a job does; see the classes below."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Ingest(Step):
    """Everything that waits in validated/ of one arrival date.

    ``apart``: in groups, because a process has died over it; see ``jobs.ingest_apart``.
    """

    step: Literal["ingest"] = "ingest"
    arrival: date
    apart: bool = False


class Compact(Step):
    """Gold of these event dates (ISO)."""

    step: Literal["compact"] = "compact"
    dates: tuple[str, ...]


class Rebuild(Step):
    """Processed rows of these event dates (ISO), from the archive."""

    step: Literal["rebuild"] = "rebuild"
    dates: tuple[str, ...]


class Replay(Step):
    """Archived files of a range of arrival dates, read again; see ``repair.replay.Selection``."""

    step: Literal["replay"] = "replay"
    first: date
    last: date
    files: tuple[str, ...] = ()
    rejects: bool = False
    reasons: tuple[str, ...] = ()
    again: bool = False


class Job(BaseModel):
    """One step, of one dataset, in one store.

    Attributes:
        lake: the whole contract.
        dataset: name of the dataset.
        uri: of the lake's store.
        endpoint: an S3-compatible endpoint, if it is not AWS.
        work: what is done.
        version: of lake_assets, where the job was made.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    lake: Lake
    dataset: str
    uri: str
    endpoint: str | None = None
    work: Annotated[Ingest | Compact | Rebuild | Replay, Field(discriminator="step")]
    version: str = __version__

    def contract(self) -> Dataset:
        """The contract of the dataset.

        Raises:
            ValueError: the lake has no such dataset.
        """
        for found in self.lake.datasets:
            if found.name == self.dataset:
                return found
        known = ", ".join(found.name for found in self.lake.datasets)
        raise ValueError(
            f"the lake {self.lake.lake} has no dataset {self.dataset!r}; it has: {known}"
        )
