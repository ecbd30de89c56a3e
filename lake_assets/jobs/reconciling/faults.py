"""What can be wrong with a lake, found from its ledger and the objects that are really there."""

from dataclasses import dataclass
from enum import StrEnum


class FaultKind(StrEnum):
    """Kinds of fault; each is an error, unlike files that wait and gold that is stale."""

    MISSING = "missing"  # an object is not there that is named
    CHANGED = "changed"  # an object, or rows of gold, are other than what was written
    EXTRA = "extra"  # an object is there that nothing names
    UNBALANCED = "unbalanced"  # rows read are in no column of the books
    MISCOUNTED = "miscounted"  # two figures differ that count the same rows
    INTERRUPTED = "interrupted"  # a commit was not fully published
    DOUBLED = "doubled"  # a key is in gold more than once
    ORPHANED = "orphaned"  # gold without processed rows
    UNREADABLE = "unreadable"  # a record or a table cannot be read at all


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong.

    Attributes:
        kind: of fault.
        key: the object, or the prefix, that it is about.
        detail: a sentence: what was found, and what to do.
    """

    kind: FaultKind
    key: str
    detail: str


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over a dataset; rows unless said otherwise.

    ``files`` are those ingested or recognised as duplicates, ``refused`` files refused as a whole,
    ``objects`` what the ledger names. ``rows`` = good + rejected + duplicate + skipped.
    ``carried`` are rows of tables that go on in the next ones: gold = carried + good - superseded.
    """

    files: int = 0
    refused: int = 0
    objects: int = 0
    rows: int = 0
    good: int = 0
    rejected: int = 0
    duplicate: int = 0
    skipped: int = 0
    gold: int = 0
    superseded: int = 0
    carried: int = 0


@dataclass(frozen=True, slots=True)
class DatasetReport:
    """What was found of one dataset.

    Attributes:
        name: of the dataset.
        totals: its figures, by the ledger and by the rows of gold.
        waiting: files in raw/ and validated/ that no run has taken up.
        stale: event dates whose gold is older than their processed rows.
        faults: what is wrong; an untouched lake has none.
    """

    name: str
    totals: Totals
    waiting: tuple[str, ...] = ()
    stale: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """What was found of a lake; ``strays`` stand among its zones, in none of them."""

    lake: str
    quick: bool
    datasets: tuple[DatasetReport, ...]
    strays: tuple[Fault, ...] = ()

    @property
    def faults(self) -> list[Fault]:
        """All that is wrong."""
        return [*self.strays, *(fault for dataset in self.datasets for fault in dataset.faults)]
