"""A lake as a few lists: what must come of the files that were dropped, whatever the code does."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from lake_assets_tests.jobs.lakes import csv, sale

Row = tuple[str, str, object]
"""Transaction, event date (ISO), quantity."""


@dataclass(eq=False)
class File:
    """A file that was dropped; ``version`` is that of the contract which has read it."""

    name: str
    rows: tuple[Row, ...]
    arrived: datetime
    duplicate: bool = False
    version: int = 0

    @property
    def data(self) -> bytes:
        """Its bytes: none at all if it has no rows."""
        return csv(*map(self.text, self.rows)) if self.rows else b""

    @property
    def header_lines(self) -> int:
        """Lines before the first row."""
        return 1

    def text(self, row: Row) -> str:
        """The row as it stands in the file."""
        return sale(*row)

    def date(self, row: Row) -> str:
        """The partition (ISO) that the row belongs to."""
        return row[1]

    def good(self, version: int = 0) -> Iterator[tuple[int, Row]]:
        """Line and row of those that a version of the contract takes; by default its own."""
        for line, row in enumerate(self.rows, start=self.header_lines + 1):
            if takes(row, version or self.version):
                yield line, row

    @property
    def rejected(self) -> list[Row]:
        return [] if self.duplicate else [row for row in self.rows if not takes(row, self.version)]

    @property
    def dates(self) -> set[str]:
        return {self.date(row) for _, row in self.good()}


MOST = 5


def takes(row: Row, version: int) -> bool:
    """Every other version has a rule: fewer than :data:`MOST`."""
    quantity = row[2]
    return isinstance(quantity, int) and (version % 2 == 0 or quantity < MOST)


@dataclass
class Model:
    """What is known of a lake.

    Attributes:
        supersede: whether a later file of a name takes the place of an earlier one.
        raw: what lies in raw/, by name.
        validated: what lies in validated/.
        runs: the files of each ingest run, in the order of their making.
        refused: names of files that were refused as a whole.
    """

    supersede: bool
    raw: dict[str, File] = field(default_factory=dict)
    validated: list[File] = field(default_factory=list)
    runs: list[list[File]] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)

    @property
    def files(self) -> list[File]:
        return [file for run in self.runs for file in run]

    @property
    def ingested(self) -> list[File]:
        return [file for file in self.files if not file.duplicate]

    @property
    def standing(self) -> list[File]:
        """Whose rows are candidates for gold."""
        if not self.supersede:
            return self.ingested
        latest = {file.name: file for file in sorted(self.ingested, key=lambda file: file.arrived)}
        return list(latest.values())

    @property
    def everything(self) -> list[File]:
        """All files, wherever they are."""
        return [*self.files, *self.validated, *self.raw.values()]

    def validate(self, left: Collection[str] = ()) -> int:
        """All files leave raw/ but those whose names are ``left``; how many."""
        gone = [file for name, file in self.raw.items() if name not in left]
        for file in gone:
            del self.raw[file.name]
            if file.rows:
                self.validated.append(file)
            else:
                self.refused[file.name] += 1
        return len(gone)

    def next_batch(self) -> list[File]:
        """Files of the oldest arrival date; where they supersede each other, one of a name."""
        waiting = sorted(self.validated, key=lambda file: (file.arrived, file.name))
        chosen: list[File] = []
        for file in waiting:
            if file.arrived.date() != waiting[0].arrived.date():
                break
            if self.supersede and file.name in {one.name for one in chosen}:
                break
            chosen.append(file)
        return chosen

    def ingest(self, version: int) -> bool:
        """One batch, under a version of the contract; whether there was one."""
        chosen = self.next_batch()
        seen = {file.data for file in self.standing}
        for file in chosen:
            file.duplicate = file.data in seen
            file.version = version
            seen.add(file.data)
            self.validated.remove(file)
        if chosen:
            self.runs.append(chosen)
        return bool(chosen)

    def restate(self, wanted: Callable[[File], bool], version: int) -> None:
        """Runs with a wanted file are read again, as a whole: small files share one task."""
        for run in self.runs:
            ingested = [file for file in run if not file.duplicate]
            if any(map(wanted, ingested)):
                for file in ingested:
                    file.version = version

    def rebuild(self, days: Collection[str], version: int) -> None:
        """Runs of those dates follow the contract, if it has changed."""
        for run in self.runs:
            ingested = [file for file in run if not file.duplicate]
            old = [file for file in ingested if file.version != version]
            if any(not file.dates.isdisjoint(days) for file in ingested) or any(
                file.rejected for file in old
            ):
                for file in old and ingested:
                    file.version = version

    def gold(self) -> dict[tuple[str, str], tuple[object, str, int, datetime, str]]:
        """(transaction, date) -> quantity, file, line, arrival and contract version of its row."""
        rows = [
            (row[:2], (file.arrived, file.name, line, row[2], str(file.version)))
            for file in self.standing
            for line, row in file.good()
        ]
        latest = dict(sorted(rows, key=lambda found: found[1][:3]))
        return {
            key: (quantity, name, line, arrived, version)
            for key, (arrived, name, line, quantity, version) in latest.items()
        }

    def processed(self) -> Counter[tuple[str, datetime, str]]:
        """(file, arrival, contract version) -> rows."""
        return Counter(
            {
                (file.name, file.arrived, str(file.version)): count
                for file in self.ingested
                if (count := len(list(file.good())))
            }
        )

    def rejects(self) -> Counter[tuple[str, str]]:
        """(file, raw text of the row) -> how many."""
        return Counter(
            (file.name, file.text(row)) for file in self.ingested for row in file.rejected
        )
