"""What a right reader must find in a sample file."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Truth:
    """The accounting of one file, known from how it was made: no parser was asked.

    `rows_read == good + sum(rejected.values()) + skipped` always holds.
    """

    rows_read: int
    """Logical records after the header, blank lines and repeated headers included."""
    good: int
    """Records that belong in processed; a repeated transaction is good here, gold drops it."""
    rejected: Mapping[str, int]
    """First reason code of a record -> records."""
    skipped: int
    """Blank lines, records of nothing but delimiters, repeated headers."""
    dates: Mapping[date, int]
    """Event date -> good records; where rows have none, the date that the file is for."""
    system_reject: str | None = None
    """Why the whole file is refused; the counts are then all zero."""
    transactions: Mapping[date, frozenset[str]] | None = None
    """Date -> ids of its good records; None when it was not asked for."""
    unknown_columns: frozenset[str] | None = None
    """Columns of the file that no contract knows; None where they were not counted."""


@dataclass(frozen=True, slots=True)
class SampleFile:
    """One file as it would be dropped: `name` is its place below raw/, `content` exact bytes."""

    name: str
    content: bytes
    truth: Truth


def gold_rows(files: Iterable[SampleFile]) -> dict[date, int]:
    """Count the distinct ids per date, in date order.

    Raises:
        ValueError: a file was made without its ids (`truth=False`).
    """
    union: dict[date, set[str]] = {}
    for file in files:
        if file.truth.transactions is None:
            raise ValueError(f"{file.name} does not carry its ids: make it with truth=True.")
        for day, identifiers in file.truth.transactions.items():
            union.setdefault(day, set()).update(identifiers)
    return {day: len(union[day]) for day in sorted(union)}
