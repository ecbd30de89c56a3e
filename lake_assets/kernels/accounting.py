"""Where every row of a file went."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Accounting:
    """The books of one file, or the sum of several.

    ``lines`` is counted from the line ends in the bytes, not by the parser; ``headers`` and
    ``continuations`` (further lines of a quoted record) are the lines that are no row of their
    own. All other lines are rows read, and each must be in exactly one of the four columns.

    Attributes:
        lines: physical lines.
        headers: header lines, one a file.
        continuations: lines that continue the record above.
        good: rows in the processed zone.
        rejected: rows in the rejected zone.
        duplicate: rows of a file that was ingested before.
        skipped: blank rows and repeated headers.
        recoveries: how a damaged row was made readable -> rows.
        reasons: reject reason -> rows; the first reason of each row.
        warnings: reason and name of a rule of severity warn -> good rows that broke it.
        dates: event date (ISO) -> good rows.
    """

    lines: int = 0
    headers: int = 0
    continuations: int = 0
    good: int = 0
    rejected: int = 0
    duplicate: int = 0
    skipped: int = 0
    recoveries: Mapping[str, int] = field(default_factory=dict)
    reasons: Mapping[str, int] = field(default_factory=dict)
    warnings: Mapping[str, int] = field(default_factory=dict)
    dates: Mapping[str, int] = field(default_factory=dict)

    @property
    def rows_read(self) -> int:
        """Rows that the file holds, from its physical lines."""
        return self.lines - self.headers - self.continuations

    @property
    def recovered(self) -> int:
        """Rows that were not written as their file is, and were made readable."""
        return sum(self.recoveries.values())

    @property
    def unaccounted(self) -> int:
        """Rows read that are in no column; anything but 0 breaks conservation."""
        return self.rows_read - self.good - self.rejected - self.duplicate - self.skipped

    def __add__(self, other: "Accounting") -> "Accounting":
        sums: dict[str, Any] = {}
        for name in self.__dataclass_fields__:
            mine, theirs = getattr(self, name), getattr(other, name)
            if isinstance(mine, int):
                sums[name] = mine + theirs
            elif mine and theirs:
                total = Counter(mine)
                total.update(theirs)
                sums[name] = dict(sorted(total.items()))
            else:
                sums[name] = mine or theirs
        return Accounting(**sums)

    def to_json(self) -> dict[str, Any]:
        """As plain JSON types, the derived figures included."""
        return {"rows_read": self.rows_read, "recovered": self.recovered, **asdict(self)}

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`to_json`."""
        return cls(**{name: record[name] for name in cls.__dataclass_fields__})


def by_code(reasons: Mapping[str, int]) -> dict[str, int]:
    """Rows by the code of their reason, without the column or rule that it names."""
    codes: Counter[str] = Counter()
    for reason, rows in reasons.items():
        codes[reason.partition(":")[0]] += rows
    return dict(codes)


def total(books: Mapping[str, Accounting]) -> Accounting:
    """The sum of the books of several files."""
    return sum(books.values(), Accounting())
