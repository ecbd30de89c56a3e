"""The outcome of a check, and how grave it is."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from lake_assets.contracts.quality import Limit

Row = dict[str, str | int | float]
"""A row of a table that is shown: what -> value."""

SAMPLE_ROWS = 10
"""Rows that a sample has at most."""


NAMED = 3
"""Files that the sentence of a check names; its table has all."""


class Severity(StrEnum):
    """What a check that does not pass means."""

    WARN = "warn"  # somebody should look
    ERROR = "error"  # something is wrong


@dataclass(frozen=True, slots=True)
class Finding:
    """The outcome of one check.

    Attributes:
        passed: whether it holds.
        sentence: what was found.
        figures: numbers worth plotting.
        table: what is at fault, such as files, dates or columns.
        severity: how grave it is, if it does not hold.
        sample: some of the rows at fault; values of personal columns are masked.
        recover: what to do, in Markdown. Shown if it does not hold.
    """

    passed: bool
    sentence: str
    figures: dict[str, float] = field(default_factory=dict)
    table: list[Row] = field(default_factory=list)
    severity: Severity = Severity.ERROR
    sample: list[Row] = field(default_factory=list)
    recover: str = ""


def severity_of(share: float, limit: Limit) -> Severity | None:
    """The level that a share is above; None if it is above none."""
    if limit.fail is not None and share > limit.fail:
        return Severity.ERROR
    if limit.warn is not None and share > limit.warn:
        return Severity.WARN
    return None


def listed(names: Iterable[str]) -> str:
    """The first few of them, and how many more there are."""
    found = list(names)
    more = f" and {len(found) - NAMED:,} more" if len(found) > NAMED else ""
    return ", ".join(found[:NAMED]) + more


def worst(levels: Iterable[Severity | None]) -> Severity | None:
    """The gravest of several; None if all hold."""
    found = [level for level in levels if level]
    return Severity.ERROR if Severity.ERROR in found else next(iter(found), None)


def allowed(limit: Limit, level: Severity | None = None) -> float:
    """The share that a level allows; without one, the first that is there."""
    shares = [limit.fail, limit.warn] if level is Severity.ERROR else [limit.warn, limit.fail]
    return next(share for share in shares if share is not None)
