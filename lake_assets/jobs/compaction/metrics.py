"""What the compaction of a date found and did, as the audit zone keeps it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal


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
        status: ``written``; ``no_input`` if the processed partition is empty; ``read_failed`` or
            ``write_failed``, and then ``error`` says why.
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
    status: Literal["written", "no_input", "read_failed", "write_failed"] = "written"
    error: str | None = None

    @property
    def removed(self) -> int:
        """Rows of the processed partition that are not in gold."""
        return self.duplicate_rows_removed + self.superseded_rows_removed

    def to_json(self) -> dict[str, Any]:
        """As it is stored: the contract's own figures stand beside ours."""
        document = asdict(self)
        counts = document.pop("audit_counts")
        at = list(document).index("null_counts")
        items = list(document.items())
        return dict([*items[:at], *counts.items(), *items[at:]])

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Metrics":
        """Read what :meth:`to_json` has written: what is no field of ours is the contract's."""
        names = {one.name for one in fields(cls)}
        own = {name: value for name, value in document.items() if name in names}
        counts = {name: value for name, value in document.items() if name not in names}
        return cls(**own, audit_counts=counts)
