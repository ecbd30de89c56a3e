"""What a telco sample is made of: how much of everything, and which dates its files are for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import polars as pl

MOST_CHANGE_FILES: Final = 12
"""Further customers files at most: about one a month of a year."""
MOST_CUSTOMERS: Final = 5_000_000
MOST_PLANS: Final = 800
MOST_EVENTS: Final = 80_000_000


@dataclass(frozen=True, slots=True)
class World:
    """The scale of a sample. Each of its values is a function of these and of an index.

    Raises:
        ValueError: one of them is out of range.
    """

    seed: int
    customers: int
    plans: int
    events: int
    days: int
    start: date

    def __post_init__(self) -> None:
        _require(self.seed >= 0, f"seed is {self.seed}: it must not be negative")
        _between("customers", self.customers, 1, MOST_CUSTOMERS)
        _between("plans", self.plans, 2, MOST_PLANS)
        _require(self.days >= 1, f"days is {self.days}: it must be at least 1")
        # A file without a row would be refused.
        _between("events", self.events, self.days, MOST_EVENTS)

    def day(self, offset: int) -> date:
        """The date so many days after the first."""
        return self.start + timedelta(days=offset)

    def first_event(self, offset: int) -> int:
        """The number of the first event of a day; of the day after the last, how many there are."""
        return self.events * offset // self.days

    def day_of_event(self, event: pl.Expr) -> pl.Expr:
        """The day (UInt64, from 0) of each event number (UInt64); the inverse of `first_event`."""
        return ((event + 1) * self.days - 1) // self.events

    @property
    def change_days(self) -> Sequence[int]:
        """The days on which a further customers file comes."""
        step = -(-self.days // MOST_CHANGE_FILES)
        return range(step, self.days, step)

    @property
    def price_day(self) -> int | None:
        """The day of the second plans file; None if there is one day only."""
        return self.days // 2 if self.days > 1 else None


def _require(met: bool, sentence: str) -> None:
    if not met:
        raise ValueError(f"Cannot make telco samples: {sentence}.")


def _between(name: str, value: int, least: int, most: int) -> None:
    _require(least <= value <= most, f"{name} is {value}: it must be {least} to {most}")
