"""What must hold between the contenders, and whether it does."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from benchmarks.measure import Runs, Sample

JUDGED_MB: Final = 400
"""In smaller samples it is what a job costs whatever its size that is compared."""
LEAST_GAIN: Final = 3.5
MOST_LOSS: Final = 1.6


@dataclass(frozen=True, slots=True)
class Ratio:
    """How many times as long one takes as another, both without start-up."""

    title: str
    value: float
    least: float = 0.0
    most: float = float("inf")

    @property
    def bound(self) -> str:
        """What must hold, in words."""
        return f"at least {self.least}" if self.least else f"at most {self.most}"

    @property
    def holds(self) -> bool:
        """Whether it does."""
        return self.least <= self.value <= self.most


def ratios(contenders: Mapping[str, Runs]) -> list[Ratio]:
    """From medians of runs in the same alternation; of those contenders that did run."""
    work = {name: runs.work_median for name, runs in contenders.items()}
    found = []
    if {"spark", "ours_on_spark"} <= work.keys():
        value = work["spark"] / work["ours_on_spark"]
        found.append(Ratio("PySpark DataFrames / ours on Spark", value, least=LEAST_GAIN))
    if {"ours_on_spark", "ours"} <= work.keys():
        value = work["ours_on_spark"] / work["ours"]
        found.append(Ratio("ours on Spark / ours on the local engine", value, most=MOST_LOSS))
    return found


def broken(sample: Sample, found: list[Ratio]) -> list[Ratio]:
    """Those that do not hold, if the sample is large enough to judge them by."""
    return [ratio for ratio in found if not ratio.holds and sample.megabytes >= JUDGED_MB]


def ratio_rows(sample: Sample, found: list[Ratio]) -> list[tuple[str, ...]]:
    """A row a ratio."""
    judged = sample.megabytes >= JUDGED_MB
    verdicts = {True: "yes", False: "no"} if judged else dict.fromkeys((True, False), "too small")
    return [
        (ratio.title, f"{ratio.value:.2f}", ratio.bound, verdicts[ratio.holds]) for ratio in found
    ]
