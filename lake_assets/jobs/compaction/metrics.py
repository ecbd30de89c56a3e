"""What the compaction of a date found and did, as the audit zone keeps it."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal

from lake_assets.contracts.dataset import Dataset
from lake_assets.storage.errors import ObjectNotFound
from lake_assets.storage.store import Store
from lake_assets.storage.zones import metrics_key

Status = Literal["written", "no_input", "read_failed", "write_failed"]


@dataclass(frozen=True, slots=True)
class TableVersion:
    """A gold table of one date, as it was at one time.

    Attributes:
        dataset: whose gold it is.
        date: the date of the table (ISO); None if there was none.
        snapshot: the name of the snapshot; of a table in place, a digest of its files. None if
            there was no table.
    """

    dataset: str
    date: str | None = None
    snapshot: str | None = None


@dataclass(frozen=True, slots=True)
class Metrics:
    """``audit/gold_compaction/date=.../metrics.json``.

    Attributes:
        target_date: the event date (ISO).
        input_partition, output_partition: prefixes.
        total_rows_in_source_partition: rows of the processed partition, from the Parquet footers.
        rows_after_dedup: rows of the gold partition.
        duplicate_rows_removed: rows superseded by a later arrival of their key.
        superseded_rows_removed: rows of files that a later file of their name supersedes.
        audit_counts: figures that the contract declares; written beside the others.
        null_counts: column -> nulls in gold.
        inputs: the Parquet files read.
        outputs: the Parquet files written.
        processed_at_utc: ISO 8601.
        carried_rows: rows of the table that is carried on (only where the contract carries).
        snapshot, previous_snapshot: the one that counts, which this record commits, and the one
            before it (only where the contract asks for snapshots).
        contract_version: under which that snapshot was made.
        carried: the table whose rows go on; None if there was none before.
        lookups: the tables that were looked up.
        status: ``written``; ``no_input`` if the processed partition is empty; ``read_failed`` or
            ``write_failed``, and then ``error`` says why.
        is_news: whether something was written; not stored. A snapshot of the same input is not
            written again.
    """

    target_date: str
    input_partition: str
    output_partition: str
    total_rows_in_source_partition: int = 0
    rows_after_dedup: int = 0
    duplicate_rows_removed: int = 0
    superseded_rows_removed: int = 0
    audit_counts: dict[str, int] = field(default_factory=dict)
    null_counts: dict[str, int] = field(default_factory=dict)
    inputs: list[str] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)
    processed_at_utc: str = ""
    status: Status = "written"
    error: str | None = None
    carried_rows: int | None = None
    snapshot: str | None = None
    previous_snapshot: str | None = None
    contract_version: str | None = None
    carried: TableVersion | None = None
    lookups: list[TableVersion] | None = None
    is_news: bool = True

    @property
    def removed(self) -> int:
        """Rows of the processed partition, and of the carried table, that are not in gold."""
        return self.duplicate_rows_removed + self.superseded_rows_removed

    def to_json(self) -> dict[str, Any]:
        """As it is stored: the contract's own figures stand beside ours."""
        document = asdict(self)
        for name in OPTIONAL:
            if document[name] is None:
                del document[name]
        del document["is_news"]
        counts = document.pop("audit_counts")
        at = list(document).index("null_counts")
        items = list(document.items())
        return dict([*items[:at], *counts.items(), *items[at:]])

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Metrics":
        """Read what :meth:`to_json` has written: what is no field of ours is the contract's."""
        names = {one.name for one in fields(cls)}
        own = {name: value for name, value in document.items() if name in names}
        if own.get("carried"):
            own["carried"] = TableVersion(**own["carried"])
        if own.get("lookups") is not None:
            own["lookups"] = [TableVersion(**one) for one in own["lookups"]]
        counts = {name: value for name, value in document.items() if name not in names}
        return cls(**own, audit_counts=counts)


OPTIONAL = (
    "carried_rows", "snapshot", "previous_snapshot", "contract_version", "carried", "lookups",
)  # fmt: skip
"""Fields that are not stored where the contract does not ask for what they tell of."""


def read_metrics(store: Store, dataset: Dataset, day: str) -> Metrics | None:
    """The audit of a date (ISO); None if there is none, or what is there is no audit.

    Raises:
        StoreUnavailable: the store cannot be read.
    """
    try:
        return Metrics.from_json(json.loads(store.read(metrics_key(dataset, day))))
    except (ObjectNotFound, AttributeError, TypeError, ValueError):
        return None
