"""Which lakes have sample files, and what makes them."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from lake_assets.samples.retail import retail_files
from lake_assets.samples.telco import TELCO_DATASETS, telco_files
from lake_assets.samples.truth import SampleFile


@dataclass(frozen=True, slots=True)
class Generator:
    """What makes the files of a lake."""

    make: Callable[[Collection[str], Mapping[str, Any]], Iterator[SampleFile]]
    """From datasets and `options` to files, without ids in their truth."""
    datasets: tuple[str, ...]
    options: tuple[str, ...]
    """The names of the options that it takes."""
    demo: Mapping[str, Any]
    """The options of a demo of some seconds."""
    full_demo: Mapping[str, Any] | None = None
    """Those of a demo of the size that the lake is made for; None if that is the same."""
    late: tuple[str, Mapping[str, Any]] = ("", {})
    """The dataset and the options of more files, that a demo's user drops later."""
    reason: str = ""
    """Why some of the rows are rejected."""
    root: str = "raw/"
    """The prefix below which the files' names are keys of the lake."""


def _retail(_: Collection[str], options: Mapping[str, Any]) -> Iterator[SampleFile]:
    return retail_files(**options, truth=False)


def _telco(datasets: Collection[str], options: Mapping[str, Any]) -> Iterator[SampleFile]:
    return telco_files(**options, datasets=datasets, truth=False)


GENERATORS: Final[Mapping[str, Generator]] = {
    "retail": Generator(
        make=_retail,
        datasets=("sales",),
        options=("files", "rows", "seed", "days", "start", "refused"),
        demo={
            "seed": 0,
            "files": 6,
            "rows": 1500,
            "days": 4,
            "start": date(2025, 1, 30),
            "refused": 4,
        },
        late=("sales", {"files": 2, "seed": 7, "start": date(2025, 1, 31)}),
        reason="INVALID_NUMBER",
    ),
    "telco": Generator(
        make=_telco,
        datasets=TELCO_DATASETS,
        options=("customers", "plans", "events", "seed", "days", "start", "refused"),
        demo={"customers": 1_000, "plans": 20, "events": 6_000, "days": 20, "refused": 7},
        full_demo={"refused": 7},
        late=(
            "activity_logs",
            {"customers": 1_000, "events": 300, "days": 2, "seed": 7, "start": date(2024, 1, 9)},
        ),
        reason="INVALID_JSON",
    ),
}
"""Name of a lake -> its generator."""
