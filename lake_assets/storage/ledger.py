"""The ledger: one record an ingest run, which is its commit point and its redo log."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, ValidationError, field_serializer, field_validator

from lake_assets.contracts.dataset import Dataset
from lake_assets.kernels.accounting import Accounting, total
from lake_assets.storage.errors import LedgerDamaged, ObjectNotFound
from lake_assets.storage.objects import ObjectInfo, Staged
from lake_assets.storage.store import Store
from lake_assets.storage.zones import commit_key, day_of, generation_of, ledger_prefix


class Record(BaseModel):
    """Immutable; unknown keys of later versions are kept out of the way."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)


class Input(Record):
    """A file that an ingest run took out of validated/.

    Attributes:
        key, etag, size: the object in validated/.
        source_file: its name as it was dropped.
        arrived: when it arrived in raw/ (UTC); also the ``ingest_ts`` of its rows.
        sha256: of its bytes; empty where it could not be read.
        outcome: ``ingested``; ``duplicate`` if the same bytes were before; ``refused`` as a whole.
        destination: its key in archive/ or rejected/system/.
        reason, detail: why it was not ingested.
        encoding, delimiter: how it was read; None where it was not. NDJSON has the delimiter "".
        extra_columns: header cells, or keys of objects, that the contract does not know.
        tasks: the number of the task that read each of its pieces, in order. The files of a batch
            that were refused or vanished have left gaps, which a rebuild has to leave again.
        contract_version: the contract under which it was read.
        books: where its rows went; zeros where it was refused.
    """

    key: str
    etag: str
    size: int
    source_file: str
    arrived: datetime
    sha256: str = ""
    outcome: Literal["ingested", "duplicate", "refused"]
    destination: str
    reason: str | None = None
    detail: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    extra_columns: list[str] = []
    tasks: list[int] = []
    contract_version: str = ""
    books: Accounting = Accounting()

    @field_validator("books", mode="before")
    @classmethod
    def _read_books(cls, value: Any) -> Accounting:
        return value if isinstance(value, Accounting) else Accounting.from_json(value)

    @field_serializer("books")
    def _write_books(self, value: Accounting) -> dict[str, Any]:
        return value.to_json()


class Commit(Record):
    """What one ingest run did, all of it or nothing of it.

    Attributes:
        version: of this record's form.
        generation: 1 as it was ingested, and one more each time that the run is restated.
        contract_version: the contract in force; some inputs of a later generation may still be
            as they were read under an earlier one.
        committed_at: when the record was written (UTC); for people, nothing depends on it.
        task_mb: how the plan divided the inputs, so that a rebuild divides them alike.
        outputs: staged writes, by the key under which they are published.
    """

    version: int = 1
    generation: int = 1
    ingest_run_id: str
    lake: str
    dataset: str
    contract_version: str
    arrival: date
    committed_at: datetime
    task_mb: int
    inputs: list[Input]
    outputs: list[Staged]

    @field_validator("outputs", mode="before")
    @classmethod
    def _read_outputs(cls, value: Any) -> list[Staged]:
        return [item if isinstance(item, Staged) else Staged.from_json(item) for item in value]

    @field_serializer("outputs")
    def _write_outputs(self, value: list[Staged]) -> list[dict[str, Any]]:
        return [dict(staged.to_json()) for staged in value]

    @property
    def books(self) -> Accounting:
        """The sum over all files."""
        return total({item.key: item.books for item in self.inputs})

    @property
    def unknown_columns(self) -> Counter[str]:
        """Header cell that the contract does not know -> files that have it."""
        return Counter(name for item in self.inputs for name in item.extra_columns)

    @property
    def dates(self) -> Mapping[str, int]:
        """Event date (ISO) -> good rows."""
        return self.books.dates

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read a record.

        Raises:
            pydantic.ValidationError: it is not one.
        """
        return cls.model_validate_json(data)

    def to_bytes(self) -> bytes:
        """The record as it is stored: indented JSON, UTF-8."""
        return self.model_dump_json(indent=1).encode()


def read_commit(store: Store, key: str) -> Commit:
    """The record under a key of the ledger.

    Raises:
        ObjectNotFound: there is none.
        LedgerDamaged: it is no record.
    """
    data = store.read(key)
    try:
        return Commit.from_bytes(data)
    except (ValidationError, KeyError) as error:
        raise LedgerDamaged(
            f"{store.uri}/{key} is no record of the ledger: it was changed, or cut off. Restore "
            "it from a backup. `lake reconcile` names all such records."
        ) from error


def latest_generations(records: Iterable[ObjectInfo]) -> list[ObjectInfo]:
    """Of the records of each run, the one that stands."""
    latest: dict[str, tuple[int, ObjectInfo]] = {}
    for info in records:
        run_id, generation = generation_of(info.key)
        if run_id not in latest or generation > latest[run_id][0]:
            latest[run_id] = generation, info
    return [info for _, info in latest.values()]


def commits(
    store: Store, dataset: Dataset, arrival: date, since: datetime | None = None
) -> Iterator[Commit]:
    """The record that stands for each run of one arrival date, in the order of their making.

    Of a run that was restated, that is the latest generation.

    Args:
        store: of the lake.
        dataset: the contract.
        arrival: the arrival date.
        since: leave out records made before this time (UTC), by the store's own clock.
    """
    latest = latest_generations(store.list(ledger_prefix(dataset, arrival)))
    found = [info for info in latest if since is None or info.modified >= since]
    for info in sorted(found, key=lambda info: (info.modified, info.key)):
        yield read_commit(store, info.key)


def find_commit(
    store: Store, dataset: Dataset, arrival: date, run_id: str, generation: int = 1
) -> Commit | None:
    """One record of the ledger, if it is there."""
    try:
        return read_commit(store, commit_key(dataset, arrival, run_id, generation))
    except ObjectNotFound:
        return None


def standing(store: Store, dataset: Dataset) -> Iterator[Commit]:
    """The record that stands for each run of the lake's history, the oldest arrivals first.

    One at a time: all of them may be more than fits in memory.
    """
    arrivals = sorted(
        {
            date.fromisoformat(day)
            for info in store.list(dataset.zones.ledger)
            if (day := day_of(info.key))
        }
    )
    for arrival in arrivals:
        yield from commits(store, dataset, arrival)
